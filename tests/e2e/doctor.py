#!/usr/bin/env python3
"""doctor.py - why it does not connect: each row of the table of refusals played by a server, and shown as its sentence.

SPDX-License-Identifier: GPL-3.0-or-later
SEED S2, S4; issue 5, "What it must show" 6. The rows are read from src/conf/refusals.def: their examples are what the
scripted servers (IMAP, POP3, SMTP, a token endpoint) say."""
import base64, http.server, json, pty, socketserver, ssl, stat, threading, urllib.parse
from harness import *

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "conf", "refusals.def")
PLAIN = dict(LC_ALL="C.UTF-8", BROWSER="", DISPLAY="", WAYLAND_DISPLAY="", DBUS_SESSION_BUS_ADDRESS="", XDG_RUNTIME_DIR="/nonexistent")


def c_string(text):
    return "".join(json.loads(f'"{s}"') for s in re.findall(r'"((?:\\.|[^"\\])*)"', text))


def rows():
    """(id, with a token, sentence, example) of each example."""
    text = open(SOURCE, encoding="utf-8").read()
    for m in re.finditer(r"^\{ \.id = (.*?) \},\n", text, re.S | re.M):
        row = m.group(1)
        field = lambda name: c_string(re.search(r"\.%s = (?:N_\()?((?:\s*\"(?:\\.|[^\"\\])*\")+)" % name, row).group(1))
        for example in field("example").split("\n"):
            yield c_string(row.split(",")[0]), "WITH_TOKEN" in row, field("sentence"), example


class Refuser(socketserver.ThreadingTCPServer):
    """IMAP, POP3 or SMTP: says to each user what `words` holds for him."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, protocol, words):
        super().__init__(("127.0.0.1", 0), {"imap": Imap, "pop3": Pop3, "smtp": Smtp}[protocol])
        self.words, self.port, self.attempts, self.secrets, self.delay = words, self.server_address[1], [], [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Talk(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def hear(self):
        try:
            return self.rfile.readline().decode("latin-1").rstrip("\r\n")
        except OSError:
            return ""

    def credentials(self, response, prompt):
        """Whom it is about: of PLAIN or XOAUTH2."""
        if not response:
            self.say(prompt)
            response = self.hear()
        text = base64.b64decode(response).decode("latin-1")
        user = re.match(r"user=(.*?)\x01", text)
        user = user.group(1) if user else text.split("\0")[1]
        self.server.attempts.append(user)
        self.server.secrets.append(text)
        time.sleep(self.server.delay)
        return user, self.server.words.get(user)

    def refusal(self, words, prompt):
        """The words, after the challenge that holds the JSON of XOAUTH2."""
        plain, brace, rest = words.partition(" {")
        if brace:
            self.say(prompt % base64.b64encode(b"{" + rest.encode()).decode())
            self.hear()
        return plain


class Imap(Talk):
    def handle(self):
        words = None
        self.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2] ready")
        while line := self.hear():
            tag, verb, *rest = line.split(" ")
            if verb.upper() == "AUTHENTICATE":
                user, words = self.credentials(rest[1] if len(rest) > 1 else "", "+ ")
                if words and not words.startswith("BAD"):
                    self.say(f"{tag} {self.refusal(words, '+ %s')}")
                else:
                    self.say(f"{tag} OK [CAPABILITY IMAP4rev1] welcome")
            elif verb.upper() == "LOGOUT":
                self.say("* BYE")
                self.say(f"{tag} OK")
                return
            elif words:
                self.say(f"{tag} {words}")
            else:
                self.say("* 0 EXISTS")
                self.say(f"{tag} OK done")


class Pop3(Talk):
    def handle(self):
        self.say("+OK ready")
        while line := self.hear():
            verb, *rest = line.split(" ")
            if verb == "CAPA":
                for answer in ("+OK", "SASL PLAIN XOAUTH2", "UIDL", "TOP", "."):
                    self.say(answer)
            elif verb == "AUTH":
                user, words = self.credentials(rest[1] if len(rest) > 1 else "", "+ ")
                self.say(self.refusal(words, "+ %s") if words else "+OK welcome")
            elif verb == "STAT":
                self.say("+OK 0 0")
            else:
                self.say("+OK")
                if verb == "QUIT":
                    return


class Smtp(Talk):
    def handle(self):
        self.say("220 ready ESMTP")
        while line := self.hear():
            verb, *rest = line.split(" ")
            if verb == "EHLO":
                self.say("250-hello")
                self.say("250 AUTH PLAIN XOAUTH2")
            elif verb == "AUTH":
                user, words = self.credentials(rest[1] if len(rest) > 1 else "", "334 ")
                self.say(self.refusal(words, "334 %s") if words else "235 2.7.0 welcome")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    return


class Endpoint(http.server.ThreadingHTTPServer):
    """A provider whose every refresh ends in the words for that account; signing in works."""
    daemon_threads = True

    def __init__(self, words):
        super().__init__(("127.0.0.1", 0), Answer)
        self.words, self.url = words, f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        self.send_response(302)
        self.send_header("Location", query["redirect_uri"] + "?" + urllib.parse.urlencode({"code": "c", "state": query["state"]}))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        error, _, description = self.server.words[self.path.rsplit("/", 1)[1]].partition(": ")
        good = form["grant_type"] == "authorization_code"
        body = {"access_token": "a", "token_type": "Bearer", "expires_in": 1, "refresh_token": "r"} if good else {"error": error, "error_description": description}
        data = json.dumps(body).encode()
        self.send_response(200 if good else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def german():
    folder = scratch()
    try:
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", os.path.join(folder, "de_DE.UTF-8")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return {"LC_ALL": "de_DE.UTF-8", "LOCPATH": folder, "LANGUAGE": "de"}
    except (OSError, subprocess.CalledProcessError):
        return {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}


def of_protocol(example):
    return "smtp" if example[0].isdigit() else "pop3" if example.startswith("-ERR") else "imap" if re.match("NO |BAD |BYE ", example) else "oauth"


def doctor(path, *arguments, **environment):
    p = subprocess.run([EILPOST, "-P", path, "doctor", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180,
                       env={**os.environ, **PLAIN, **environment})
    return p.returncode, p.stdout


def account_lines(name, receive, send=None, token=False, secret="echo sesame"):
    return f"[account {name}]\naddress = {name}@localhost\nreceive = {receive}\ncheck = manual\n" + (f"send = {send}\n" if send else "") + \
        ("auth = oauth2\noauth-client-id = x\noauth-token-url = http://127.0.0.1:1/\noauth-device-url = http://127.0.0.1:1/\n" if token else "") + \
        (f"password-command = {secret}\n" if secret else "")


def pattern(sentence):
    return re.sub(r"\\\{(user|host|protocol)\\\}", r".+", re.escape(sentence))


def sections(text, names):
    """What is said of each account."""
    return dict(zip(names, re.split(r"^r\d+$", text, flags=re.M)[1:]))


def S2_each_row_is_told_by_the_doctor():
    table = [(f"r{i}", *row) for i, row in enumerate(rows())]
    assert len(table) > 90, len(table)
    servers = {p: Refuser(p, {name: example for name, _, _, _, example in table if of_protocol(example) == p}) for p in ("imap", "pop3", "smtp")}
    config, names = "", []
    for name, _, token, _, example in table:
        p = of_protocol(example)
        if p == "oauth":
            continue
        names.append(name)
        url = f"{p}+insecure://{name}@127.0.0.1:{servers[p].port}"
        good = f"imap+insecure://{name}x@127.0.0.1:{servers['imap'].port}"
        config += account_lines(name, good if p == "smtp" else url, url if p == "smtp" else None, token)
    status, said = doctor(profile(config))
    assert status == 1, said
    told = sections(said, names)
    for name, row, _, sentence, example in table:
        if name in names:
            assert re.search("What is wrong: " + pattern(sentence), told[name]), (row, sentence, example, told[name])
            assert "Whom to ask:" in told[name] and ("What to do:" in told[name] or "Guten Tag" in told[name] and "Hello" in told[name]), told[name]
            assert f"{name}: all is well" not in told[name]
    # one sign-in each, no more (S4)
    for p, server in servers.items():
        asked = [u for u in server.attempts if not u.endswith("x")]
        assert sorted(asked) == sorted(server.words), p


def S2_each_row_of_the_token_endpoint():
    first = {row[0]: row for row in reversed(list(rows())) if of_protocol(row[3]) == "oauth"}    # one example of each: each is a sign-in
    table = [(f"r{i}", *row) for i, row in enumerate(first.values())]
    assert len(table) > 25, len(table)
    endpoint = Endpoint({name: example for name, _, _, _, example in table})
    imap = Refuser("imap", {})
    browser = os.path.join(scratch(), "browser")
    with open(browser, "w") as f:
        f.write("#!/usr/bin/python3\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n")
    os.chmod(browser, 0o755)
    config = "[general]\ntoken-store = file\ntoken-key-command = echo sesame\n"
    for name, *_ in table:
        config += f"[account {name}]\naddress = {name}@localhost\nreceive = imap+insecure://{name}@127.0.0.1:{imap.port}\ncheck = manual\nauth = oauth2\noauth-client-id = x\n" \
            f"oauth-scope = mail\noauth-authorize-url = {endpoint.url}/auth\noauth-token-url = {endpoint.url}/{name}\n"
    path = profile(config)
    for name, *_ in table:
        p = subprocess.Popen([EILPOST, "-P", path, "oauth", name, "browser"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env={**os.environ, **PLAIN})
        for line in p.stdout:
            if line.startswith("http"):
                subprocess.run([browser, line.strip()], check=True)
        assert p.wait() == 0, name
    status, said = doctor(path)
    assert status == 1, said
    told = sections(said, [name for name, *_ in table])
    for name, row, _, sentence, example in table:
        assert re.search("What is wrong: " + pattern(sentence), told[name]), (row, sentence, example, told[name])
    assert not imap.attempts    # without a token nothing is tried


def all_is_well():
    server = Server()
    server.deliver(mail("One"), mail("Two"))
    exim = Exim(server)
    status, said = doctor(profile(account(server, send=exim)))
    assert status == 0 and "work: all is well" in said, said
    for what in ("127.0.0.1", "encryption", "greeting", "offers", "IMAP4rev1", "PLAIN, as alice", "2 messages in the inbox", "Sending by SMTP"):
        assert what in said, (what, said)
    assert len(re.findall(r"ok +\d+ ms", said)) >= 12, said
    status, said = doctor(profile(account(server, scheme="pop3s")))
    assert status == 0 and "2 messages" in said, said
    # a slow line: neither its late goodbye is a fault, nor is the sign-in called slow
    line = FaultProxy(server.imaps, "--delay-down", "2200")
    status, said = doctor(profile(account(server, port=line.port)))
    assert status == 0 and "work: all is well" in said and "to answer a sign-in" not in said, said


class Certified(Talk):
    """IMAP inside TLS, for who shows a certificate."""
    def handle(self):
        self.say(f"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN{' AUTH=EXTERNAL' if self.server.external else ''}] ready")
        while line := self.hear():
            tag, verb, *rest = line.split(" ")
            if verb.upper() in ("AUTHENTICATE", "LOGIN"):
                self.server.attempts.append(" ".join(rest))
            if verb.upper() == "SELECT" or verb.upper() == "EXAMINE":
                self.say("* 0 EXISTS")
            self.say(f"{tag} OK done")


class CertifiedServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, folder, external):
        super().__init__(("127.0.0.1", 0), Certified)
        self.external, self.port, self.attempts = external, self.server_address[1], []
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(f"{folder}/cert", f"{folder}/key")
        self.tls.load_verify_locations(f"{folder}/cert")
        self.tls.verify_mode = ssl.CERT_REQUIRED
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, address):
        try:
            with self.tls.wrap_socket(request, server_side=True) as tls:
                self.RequestHandlerClass(tls, address, self)
        except OSError:    # who only looks whether the port is open, or shows none
            pass


def a_certificate_signs_in():
    """auth = certificate: no password is asked for, and none is shown where EXTERNAL is not offered; a locked key is said."""
    folder = scratch()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", f"{folder}/key", "-out", f"{folder}/cert"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", f"{folder}/key", "-out", f"{folder}/locked", "-passout", "pass:sesame"], check=True)
    for name in ("key", "locked"):
        os.chmod(f"{folder}/{name}", 0o600)
    server, other = CertifiedServer(folder, True), CertifiedServer(folder, False)
    lines = lambda s, key: account_lines("work", f"imaps://alice@localhost:{s.port}", secret=None) + \
        f"auth = certificate\nca-file = {folder}/cert\nclient-certificate = {folder}/cert\nclient-key = {folder}/{key}\n"
    status, said = doctor(profile(lines(server, "key")))
    assert status == 0 and "EXTERNAL, as alice" in said and "Password" not in said, said
    assert [a.split(" ")[0] for a in server.attempts] == ["EXTERNAL"], server.attempts
    status, said = doctor(profile(lines(other, "key")))
    assert status == 1 and "offers no way to sign in" in said and not other.attempts, said
    status, said = doctor(profile(lines(server, "locked")))    # nobody is there to type
    assert status == 1 and "is locked, and its passphrase was not given" in said and len(server.attempts) == 1, said
    reader = Reader(config=lines(server, "locked"), cols=120, profile=os.path.join(scratch(), "locked"))
    reader.keys("\x1bd").wait("Passphrase of the key").keys("sesame\r").wait("All is well", 15)
    reader.keys("q").quit()


def no_network_is_no_wrong_password():
    """S2: told apart from a wrong password and from the service's refusal."""
    with closed_port() as closed:
        status, said = doctor(profile(account_lines("work", f"imap+insecure://alice@127.0.0.1:{closed.getsockname()[1]}")))
    assert status == 1 and "can't be reached" in said and "the password is not the cause" in said, said
    status, said = doctor(profile(account_lines("work", "imaps://alice@no-such-server.invalid")))
    assert status == 1 and "What is wrong: The address of no-such-server.invalid can't be found" in said, said
    server = Server()
    status, said = doctor(profile(account(server, ca=False)))
    assert status == 1 and "certificate" in said and "No password was sent" in said, said
    status, said = doctor(profile(account(server, password="echo wrong")))
    assert status == 1 and "refused the sign-in of alice: the user name or the password is wrong" in said, said
    assert "wrong" not in re.sub("is wrong|What is wrong", "", said)    # the password itself


def without_a_password_nothing_is_written():
    imap = Refuser("imap", {})
    status, said = doctor(profile(account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}", secret=None)))
    assert status == 1 and "What is wrong: Nothing is wrong up to the sign-in" in said and "PLAIN would be used" in said and not imap.attempts, said


def S3_no_password_where_none_is_taken():
    """Neither of the two servers gets one, the command is not run, and the sentence says what to do."""
    imap, ran = Refuser("imap", {}), os.path.join(scratch(), "ran")
    status, said = doctor(profile(account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}", "smtp://alice@smtp.office365.com", secret=f"touch {ran}; echo sesame")))
    assert status == 1 and "takes no passwords" in said and "auth = oauth2" in said and "PLAIN would be used" in said, said
    assert not imap.attempts and not os.path.exists(ran), said


def another_server_has_another_password():
    """What was typed for receiving is not told to a server for sending that has another name: it is asked for anew."""
    imap, smtp = Refuser("imap", {}), Refuser("smtp", {})
    path = profile("[general]\ntoken-store = memory\n" + account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}", f"smtp+insecure://bob@127.0.0.1:{smtp.port}", secret=None))
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(EILPOST, [EILPOST, "-P", path, "doctor"], {**os.environ, **PLAIN})
    said = b""
    for question, answer in ((b"Password of alice", b"sesame\n"), (b"Password of bob", b"poppy\n"), (b"all is well", b"")):
        while question not in said:
            said += os.read(fd, 4096)
        os.write(fd, answer)
    assert os.waitpid(pid, 0)[1] == 0, said
    assert "sesame" in imap.secrets[0] and "poppy" in smtp.secrets[0] and "sesame" not in "".join(smtp.secrets), (imap.secrets, smtp.secrets)


def german_too():
    imap = Refuser("imap", {"alice": "NO [UNAVAILABLE] IMAP is disabled for this mailbox"})
    status, said = doctor(profile(account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}")), **german())
    assert status == 1 and "Was nicht stimmt: IMAP ist für alice bei 127.0.0.1 abgeschaltet" in said and "Ihr Administrator" in said, said
    assert "Guten Tag" in said and "Hello" in said, said


def S2_the_screen_says_the_cause_and_stops():
    """The service refused: the table's sentence, the server's words behind it, and no retry loop; what may heal is tried again, rarely, and says so."""
    imap = Refuser("imap", {"alice": "NO [UNAVAILABLE] IMAP is disabled for this mailbox", "bob": "BAD User is authenticated but not connected."})
    for user, words, heals in (("alice", "IMAP is switched off for alice", False), ("bob", "knows bob but does not open the mailbox", True)):
        path = account_lines("work", f"imap+insecure://{user}@127.0.0.1:{imap.port}").replace("check = manual", "check = startup, every 1 minutes")
        reader = Reader(config=path, profile=os.path.join(scratch(), user), cols=150)
        reader.wait(words, 15)
        reader.pump(6)
        assert imap.attempts.count(user) in ((1, 2) if heals else (1,)), imap.attempts
        reader.quit()


def S4_one_attempt_for_each_act():
    """A wrong secret: one attempt, and one more for each act of the person; never by itself."""
    imap = Refuser("imap", {"alice": "NO [AUTHENTICATIONFAILED] Authentication failed."})
    config = account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}").replace("check = manual", "check = startup, every 1 minutes")
    reader = Reader(config=config, cols=150).wait("the user name or the password is wrong", 15)
    for acts in range(1, 4):
        reader.pump(3)
        assert len(imap.attempts) == acts, imap.attempts
        reader.keys("G").wait(lambda r: len(imap.attempts) == acts + 1, 10)
    reader.pump(2)
    assert len(imap.attempts) == 4
    reader.quit()


def on_the_screen():
    """A key on the trouble; the pane looks by itself, scrolls, is searched, stopped and written to a file."""
    words = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."
    imap, smtp = Refuser("imap", {"alice": "NO [UNAVAILABLE] IMAP is disabled for this mailbox"}), Refuser("smtp", {"alice": words})
    config = account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}", f"smtp+insecure://alice@127.0.0.1:{smtp.port}")
    for rows, cols in ((36, 120), (15, 50)):
        reader = Reader(config=config.replace("check = manual", "check = startup"), rows=rows, cols=cols, profile=os.path.join(scratch(), str(rows)))
        reader.wait("M-d why?", 15).keys("\x1bd").wait("Why work does not connect").wait("Receiving by IMAP").gone("looking …", 15)
        reader.keys("/whom to ask\r").wait("Whom to ask: your administrator", 15)
        reader.keys("n").keys("\x1b[F").wait("The server says: 535")    # End
        path = os.path.join(scratch(), f"report-{rows}")
        reader.keys("s").wait("Write it to the new file").keys("\x15" + path + "\r").wait("Written to")
        text = open(path).read()
        assert "IMAP is switched off" in text and "SMTP AUTH" in text and "Guten Tag" in text and "sesame" not in text
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        reader.keys("s").wait("Write it to the new file").keys("\x15" + path + "\r").wait("exists")
        assert open(path).read() == text
        reader.keys("q").gone("Why work does not connect")
        reader.quit()


def stopped_and_slow():
    """A server that takes 3 s: the screen lives, C-g stops; in the end the time is told."""
    imap = Refuser("imap", {"alice": None})
    imap.delay = 30    # until it is stopped
    config = account_lines("work", f"imap+insecure://alice@127.0.0.1:{imap.port}")
    reader = Reader(config=config, cols=120).wait("Inbox").keys("\x1bd").wait("greeting", 10)
    reader.keys("?").wait("Help: keys in the doctor", 2).keys("q")    # nothing is frozen
    reader.wait("looking … C-g stops", 2).keys("\x07").wait("Stopped.", 2).gone("looking …", 2)
    imap.delay = 3
    slow = lambda r: re.search(r"takes [3-9]\.", r.text)
    reader.keys("r").wait(slow, 15).wait("All is well")
    reader.keys("q").gone("All is well").keys("G").wait(slow, 15)    # told once, by the engine too
    reader.quit()


def T15_the_connection_log_holds_no_secret_and_no_mail():
    """IMAP, POP3 and SMTP: what was said with times; not the password, not what people wrote."""
    server = Server()
    exim = Exim(server)
    server.deliver(mail("Canarysubject of the garden", "Canarybody of a letter.\n"))
    config = account(server, send=exim, address="alice@localhost", extra="[general]\nundo-send = 0\n") + pop_account(server, check="startup")
    reader = Reader(config=config, cols=120).wait("Canarysubject").keys("\r").wait("Canarybody")
    reader.keys("q").keys("m").wait("Writing").keys("alice@localhost\r").keys("\t").keys("Canarysent\r").keys("Canarytext").keys("\x18").gone("Writing")
    reader.wait("Canarysent", 30)    # it has arrived
    reader.keys("\x1bc").wait("Connection log of work")
    texts = []
    for name, name_of_file in (("work", "one"), ("home", "two")):
        reader.keys(":connection-log " + name + "\r").wait("Connection log of " + name)
        reader.wait(" imap " if name == "work" else " pop3 ", 15)
        reader.pump(1.5)
        path = os.path.join(scratch(), name_of_file)
        reader.keys("s").wait("Write it to the new file").keys("\x15" + path + "\r").wait("Written to")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        texts.append(open(path).read())
    imap, pop3 = texts
    for what in ("imap - connecting to localhost", "imap > ", "AUTHENTICATE PLAIN (sign-in data, not shown)", "FETCH", " ms)", "imap - the connection is open",
                 "smtp > AUTH PLAIN (sign-in data, not shown)", "smtp > MAIL FROM", "smtp > (a message of" if "smtp > BDAT" not in imap else "smtp > BDAT"):
        assert what in imap, (what, imap)
    for what in ("pop3 > AUTH PLAIN (sign-in data, not shown)", "pop3 > RETR 1", "bytes)", "pop3 > QUIT"):
        assert what in pop3, (what, pop3)
    for text in texts:
        for secret in ("secret", "Canary", base64.b64encode(b"\0alice\0secret").decode(), base64.b64encode(b"secret").decode()):
            assert secret not in text.replace("Public/secret", ""), (secret, text)    # a folder of the test server
    reader.keys("/QUIT\r").wait(lambda r: "QUIT" in r.text)    # it is searched like any text
    reader.keys("q").quit()


if __name__ == "__main__":
    run(all_is_well, a_certificate_signs_in, T15_the_connection_log_holds_no_secret_and_no_mail, on_the_screen, stopped_and_slow, no_network_is_no_wrong_password, without_a_password_nothing_is_written, another_server_has_another_password, S3_no_password_where_none_is_taken, german_too, S2_each_row_is_told_by_the_doctor,
        S2_each_row_of_the_token_endpoint, S2_the_screen_says_the_cause_and_stops, S4_one_attempt_for_each_act)

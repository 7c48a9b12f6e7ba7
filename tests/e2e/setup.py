#!/usr/bin/env python3
# setup.py - the first start: from an address to the first mail; import, demo, by hand; accounts that come and go.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# SEED S1, S3, S11, S12, S13, S18, S21; issue 5 "What it must show" 1 and 3. The servers are known by a row of a site (the file
# "providers" beside the configuration), as an administrator would give it.
import os, re, stat, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))
from harness import *
from oidc import Provider

ALONE = dict(BROWSER="", DISPLAY="", WAYLAND_DISPLAY="", SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22", DBUS_SESSION_BUS_ADDRESS="", XDG_RUNTIME_DIR="/nonexistent")
GERMAN = dict(LC_ALL="C.UTF-8", LANGUAGE="de")
server = Server()
exim = None


def mta():
    global exim
    exim = exim or Exim(server)
    return exim


def site(sign_in="password", server=server, send=True, extra=""):
    smtp = f"smtp = smtp://localhost:{mta().submission}\n" if send else ""
    return (f"[garden]\nname = The garden\ndomains = localhost\nimap = imaps://localhost:{server.imaps}\npop3 = pop3s://localhost:{server.pop3s}\n"
            f"{smtp}user = local\nsign-in = {sign_in}\nca-file = {server.ca}\n{extra}")


class Fresh(Reader):
    """eilpost without an account; every key is counted."""

    def __init__(self, providers=None, home=None, **rest):
        self.pressed = 0
        folder = os.path.join(scratch(), "profile")
        os.makedirs(folder, mode=0o700)
        if providers:
            with open(os.path.join(folder, "providers"), "w") as f:
                f.write(providers)
        self.home = home or scratch()
        super().__init__(profile=folder, **{**ALONE, "HOME": self.home, **rest})

    def keys(self, text):
        self.pressed += len(re.sub("\x1b(O.|\\[[0-9;]*[A-Za-z~])", "#", text))
        return super().keys(text)

    @property
    def config(self):
        path = os.path.join(self.profile, "config")
        return open(path).read() if os.path.exists(path) else ""


def asks_kind(reader):
    return re.search(r"^ +1 +IMAP", reader.text, re.M)


def wizard(reader, address="alice@localhost", password="secret", kind="\r", keep=None, german=False):
    """From the first screen to the form that can be saved."""
    words = ("Ihre Mailadresse", "Ihr Name:", "Passwort von", "Anmeldung erproben") if german else ("Your mail address", "Your name:", "Password of", "Try the sign-in")
    reader.keys("\r").wait(words[0]).keys(address + "\r").wait(words[1]).keys("\r").wait(asks_kind).keys(kind)
    if keep is not None:
        reader.wait("Keep a copy on the server").keys(keep)
    reader.wait(words[2]).keys(password + "\r")
    return reader.gone(words[2]).wait(words[3])


def here(reader, subject):
    """The first mail; then the question about the password is answered."""
    reader.wait(subject, 20)
    keys = reader.pressed
    reader.wait("Shall the password of").keys("2").gone("Shall the password of").wait(subject)
    reader.pressed = keys
    return reader


def S21_first_mail_in_40_keys():
    """S21: address, sign-in, ok; and the first subject is on the screen."""
    server.deliver(mail("Welcome to the garden"))
    for rows, cols, more in ((24, 80, {}), (15, 50, {}), (24, 80, GERMAN)):
        reader = Fresh(site(), rows=rows, cols=cols, **more)
        reader.wait("Willkommen" if more else "Welcome to eilpost")
        wizard(reader, german=bool(more)).keys("\r").wait("Welcome to the garden", 20)
        asks = "Soll das" if more else "Shall the password of"
        reader.wait(asks)
        assert reader.pressed <= 40, reader.pressed
        print(f"# {rows}x{cols}: {reader.pressed} keys")
        text = reader.config
        assert f"receive = imaps://alice@localhost:{server.imaps}" in text and "[account The garden]" in text and "secret" not in text, text
        assert stat.S_IMODE(os.stat(os.path.join(reader.profile, "config")).st_mode) == 0o600
        reader.keys("2").gone(asks).wait("Welcome to the garden")
        assert reader.quit()[0] == 0


def send(reader, sender, to, subject):
    text = f"From: {sender}\nTo: {to}\nSubject: {subject}\n\nHello\n"
    done = subprocess.run([EILPOST, "-P", reader.profile, "send", "-f", sender, to], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=limit(60))
    assert done.returncode == 0, done.stdout


def S1_one_account_of_each_kind():
    """S1, S18: IMAP, then POP3, made here against the same server without a restart; both receive and send."""
    server.deliver(mail("For Bob by POP3"), user="bob")
    reader = Fresh(site())
    here(wizard(reader.wait("Welcome to eilpost")).keys("\r"), "Welcome to the garden")
    reader.keys(":add-account bob@localhost\r").wait("Your name:").keys("\r").wait(asks_kind).keys("2").wait("Keep a copy on the server").keys("\r")
    here(reader.wait("Password of bob").keys("secret\r").wait("Try the sign-in").keys("\r"), "For Bob by POP3")
    assert "[account The garden 2]" in reader.config and "keep-on-server = yes" in reader.config, reader.config
    reader.keys("cShared/sales\r").wait("POP3 has no public or shared folders")
    send(reader, "bob@localhost", "alice@localhost", "From POP3 to IMAP")
    send(reader, "alice@localhost", "bob@localhost", "From IMAP to POP3")
    for turn in range(20):    # POP3 has to look; the mail may still be on its way
        reader.keys("\x1b[15;2~").pump(1)
        if reader.row("From IMAP to POP3") >= 0:
            break
    reader.wait("From IMAP to POP3")
    reader.keys("cThe garden/inbox\r").wait("From POP3 to IMAP", 30)
    assert reader.quit()[0] == 0


def S12_exchange_online():
    """The three lines of the document; a password is never offered (S3)."""
    reader = Fresh(None, rows=30, cols=110)
    reader.wait("Welcome to eilpost").keys("\r").wait("Your mail address").keys("alice@contoso.onmicrosoft.com\r").wait("Your name:").keys("Alice\r")
    reader.wait(asks_kind).wait("imaps://outlook.office365.com:993").wait("smtp://smtp.office365.com:587")
    reader.keys("2").wait("Keep a copy").keys("\r").wait("pop3s://outlook.office365.com:995")
    reader.wait("Client id:").keys("\r").wait("Try the sign-in")    # none: it is said what is needed
    assert "assword" not in reader.text, reader.text
    reader.wait("oauth-client-id: the id that Microsoft gave to your eilpost").keys("\r").wait("oauth-client-id: the id that Microsoft")
    reader.keys("=" + "jjjjj").wait(lambda r: "Sign-in" in r.selected()).keys("\r").wait("takes no passwords")
    assert reader.config == ""
    # nor by hand: the server is what counts
    other = Fresh(None, rows=30, cols=110, EILPOST_DNS="127.0.0.1:9", EILPOST_AUTOCONFIG="http://127.0.0.1:9", EILPOST_GUESS="imaps://127.0.0.1:9")
    other.wait("Welcome to eilpost").keys("\r").wait("Your mail address").keys("alice@nowhere.example\r").wait("only a beginning", 20).wait("Your name:").keys("\x1b").gone("Your name:")
    other.wait("Try the sign-in").keys("=jjj").wait(lambda r: "Receive" in r.selected()).keys("\r").wait("Receive from:").keys("\x15imaps://outlook.office365.com\r")
    other.wait("takes no passwords").wait("at the provider (OAuth 2.0)")


def S13_the_difference_in_two_sentences():
    """In both languages, and what each can't do."""
    for more, parts in (({}, ("IMAP keeps your mail", "without a network", "POP3 fetches the inbox", "no public or shared")),
                        (GERMAN, ("IMAP lässt Ihre Mail", "ohne Netz", "POP3 holt den Posteingang", "keine öffentlichen oder geteilten"))):
        reader = Fresh(site(), **more)
        reader.wait("Willkommen" if more else "Welcome").keys("\ralice@localhost\r").wait("Ihr Name:" if more else "Your name:").keys("\r")
        reader.wait(lambda r: all(p in " ".join(r.text.split()) for p in parts))
        reader.kill()


def wrong_password():
    """A sentence with the server's words, nothing written, another try."""
    reader = Fresh(site())
    wizard(reader.wait("Welcome to eilpost"), password="wrong").keys("\r").wait("Receiving: localhost refused the sign-in of alice", 20)
    assert reader.config == ""
    here(reader.keys("\r").wait("Password of alice").keys("secret\r"), "Welcome to the garden")
    assert "[account The garden]" in reader.config
    assert reader.quit()[0] == 0


def S2_the_service_is_switched_off():
    """The table's sentence, not "wrong password"; one try only; nothing is saved."""
    listener, said = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        while True:
            one = listener.accept()[0]
            one.sendall(b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
            for line in one.makefile("rb"):
                said.append(line)
                tag, verb = line.split()[0], line.split()[1].upper()
                one.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n" + tag + b" OK done\r\n" if verb == b"CAPABILITY" else
                            tag + b" NO [UNAVAILABLE] IMAP is disabled for this mailbox\r\n")
            one.close()

    threading.Thread(target=serve, daemon=True).start()
    reader = Fresh(site(), rows=30, cols=110)
    wizard(reader.wait("Welcome to eilpost")).keys("=jjj").wait(lambda r: "Receive" in r.selected())
    reader.keys("\r").wait("Receive from:").keys(f"\x15imap+insecure://alice@127.0.0.1:{listener.getsockname()[1]}\r").gone("Receive from:")
    reader.keys("*").wait(lambda r: "Try the sign-in" in r.selected()).keys("\r").wait("IMAP is switched off for alice", 20).wait("the password is not the cause")
    assert reader.config == "" and sum(b"AUTHENTICATE" in x or b"LOGIN" in x for x in said) == 1, said


def S11_an_account_that_can_not_send():
    """Never in silence: a question; and the answer is obeyed."""
    reader = Fresh(site(send=False))
    wizard(reader.wait("Welcome to eilpost"), address="bob@localhost", kind="2", keep="\r").keys("\r").wait("can't send")
    assert reader.config == ""
    reader.keys("\r").wait(lambda r: "Send by" in r.selected())
    reader.keys("*").wait(lambda r: "Try the sign-in" in r.selected()).keys("\r").wait("can't send").keys("2")
    here(reader, "For Bob by POP3")
    assert "send =" not in reader.config and "pop3s://" in reader.config
    assert reader.quit()[0] == 0


def search_can_be_left():
    """A web server that never answers: Esc is obeyed at once, and again it goes on to the names to begin with."""
    hang = socket.create_server(("127.0.0.1", 0))
    reader = Fresh(None, EILPOST_DNS="127.0.0.1:9", EILPOST_AUTOCONFIG=f"http://127.0.0.1:{hang.getsockname()[1]}", EILPOST_GUESS="imaps://127.0.0.1:9")
    reader.wait("Welcome to eilpost").keys("\ralice@nowhere.example\r").wait("Looking for the servers of alice@nowhere.example")
    start = time.monotonic()
    reader.keys("\x1b").wait("Welcome to eilpost")
    assert time.monotonic() - start < limit(2)
    reader.keys("\rnot an address\r").wait("is not a mail address").keys("\x1b")
    hang.close()


def autoconfig_over_the_web():
    """The domain's own description is believed, and shown before a password is asked for."""
    import http.server
    xml = (f"<clientConfig version='1.1'><emailProvider id='x'><displayName>House of %EMAILLOCALPART%</displayName>"
           f"<incomingServer type='imap'><hostname>localhost</hostname><port>{server.imaps}</port><socketType>SSL</socketType><username>alice</username>"
           f"<authentication>password-cleartext</authentication></incomingServer>"
           f"<outgoingServer type='smtp'><hostname>localhost</hostname><port>{mta().submission}</port><socketType>STARTTLS</socketType></outgoingServer>"
           f"</emailProvider></clientConfig>")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = xml.encode() if self.path.startswith("/mail/config-v1.1.xml?emailaddress=alice%40house.example") else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    reader = Fresh(None, rows=30, cols=110, EILPOST_DNS="127.0.0.1:9", EILPOST_AUTOCONFIG=f"http://127.0.0.1:{web.server_port}", EILPOST_GUESS="imaps://127.0.0.1:9")
    reader.wait("Welcome to eilpost").keys("\ralice@house.example\r").wait("House of alice", 20).wait("own description (autoconfig)").wait("Your name:").keys("\r")
    reader.wait("Password of alice at localhost").keys("secret\r").wait("Try the sign-in").keys("\r").wait("Receiving:", 20).wait("certificate")    # nobody knows its CA yet
    assert reader.config == ""
    reader.keys("=jjjjjjjj").wait(lambda r: "Own certificates" in r.selected()).keys("\r").wait("Own certificates:").keys(server.ca + "\r")
    here(reader.keys("*k").wait(lambda r: "Try the sign-in" in r.selected()).keys("\r"), "Welcome to the garden")
    assert reader.quit()[0] == 0
    web.shutdown()


def oauth_garden(submission=None):
    """A server that takes tokens only, and the first questions up to where the sign-in begins."""
    provider = Provider(os.path.join(scratch(), "oidc"))
    with_tokens = Server(oidc=provider)
    smtp = Exim(with_tokens)
    row = (site("oauth2", with_tokens, send=False) + f"smtp = smtp://localhost:{submission or smtp.submission}\noauth-authorize-url = {provider.url}/auth\n"
           f"oauth-token-url = {provider.url}/token\noauth-device-url = {provider.url}/device/auth\noauth-scope = mail\n")
    reader = Fresh(row.replace("user = local", "user = address"))
    reader.wait("Welcome to eilpost").keys("\ralice@localhost\r").wait("Your name:").keys("\r").wait(asks_kind).keys("\r").wait("Client id:").keys("mailreader\r")
    return provider, with_tokens, smtp, reader.wait("Try the sign-in")


def sign_in(provider, reader):
    reader.keys("\r").wait("Type this code", 20)
    code = r"\b([BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})\b"
    provider.approve(re.search(code, reader.wait(lambda r: re.search(code, r.text)).text).group(1))
    return reader


def no_passphrase(reader, then):
    reader.wait(lambda r: "Choose a passphrase" in r.text or then in r.text, 30)
    if "Choose a passphrase" in reader.text:
        reader.keys("\x1b")
    return reader.wait(then, 20)


def oauth_from_the_first_screen():
    """Address, client id, code: then both sides are tried with the token, and the mail is here."""
    provider, with_tokens, smtp, reader = oauth_garden()
    with_tokens.deliver(mail("Signed in by a code"))
    no_passphrase(sign_in(provider, reader), "Signed in by a code")
    assert "auth = oauth2" in reader.config and "oauth-token-url" in reader.config
    assert reader.quit()[0] == 0


def oauth_for_other_servers():
    """A sign-in is for the servers that were in the form: with others there is a new one, and none of its tokens goes there."""
    closed = closed_port()
    dead = closed.getsockname()[1]
    provider, with_tokens, smtp, reader = oauth_garden(dead)
    with_tokens.deliver(mail("Signed in once more"))
    no_passphrase(sign_in(provider, reader), "Sending:").wait(lambda r: "Try the sign-in" in r.selected())
    reader.keys("=jjjj").wait(lambda r: "Send by" in r.selected()).keys("\r").wait("Send by:").keys(f"\x15smtp://localhost:{smtp.submission}\r").gone("Send by:")
    reader.keys("*k").wait(lambda r: "Try the sign-in" in r.selected())
    no_passphrase(sign_in(provider, reader), "Signed in once more")
    assert reader.quit()[0] == 0


def import_from_mutt():
    """What was taken, what not; then it is there."""
    home = scratch()
    with open(os.path.join(home, ".muttrc"), "w") as f:
        f.write(f"set realname = 'Alice Example'\nset from = alice@localhost\nset folder = imaps://alice@localhost:{server.imaps}/\nset spoolfile = +INBOX\n"
                f"set smtp_url = smtp://alice@localhost:{mta().submission}/\nset imap_pass = secret\n")
    reader = Fresh(None, home=home)
    reader.wait("Welcome to eilpost").wait("Take over what mutt knows").keys("3").wait("What is taken").wait("What is not, and why").wait("A password that stood in the file")
    reader.keys("\x1b").wait("Welcome to eilpost").wait(lambda r: "Take over what mutt knows" in r.selected()).keys("\r").wait("What is taken")
    # the question for the password may take the sentence's place at once
    reader.keys("\r").wait(lambda r: "is there; it is written" in r.text or "Password of alice" in r.text, 10)
    assert f"imaps://alice@localhost:{server.imaps}" in reader.config and "secret" not in reader.config, reader.config
    reader.kill()


def import_on_a_small_screen():
    """What does not fit is told of and can be reached; a command that will be run is shown."""
    home = scratch()
    os.makedirs(os.path.join(home, ".config", "aerc"))
    with open(os.path.join(home, ".config", "aerc", "accounts.conf"), "w") as f:
        for name in ("Home", "Work", "Club"):
            f.write(f"[{name}]\nsource = imaps://alice@localhost:{server.imaps}\noutgoing = smtp://alice@localhost:{mta().submission}\n"
                    f"from = Alice <alice@localhost>\nsource-cred-cmd = pass show {name}\n")
    reader = Fresh(None, home=home, rows=15, cols=50)
    shown = lambda words: lambda r: words in " ".join(r.text.split())
    reader.wait("Welcome to eilpost").keys("3").wait("What is taken").wait(shown("from the command: pass show Home")).wait("There is more below")
    reader.keys("\x1b[6~" * 9).wait("What is not, and why").gone("There is more below").wait("nothing").wait(shown("pass show Club"))
    reader.kill()


def questions_can_be_left():
    """Esc at any of the questions that follow each other: all values are in the form, and Enter goes on with the trial."""
    for left in ("Your name:", "POP3 fetches", "Keep a copy", "Password of"):
        reader = Fresh(site(), rows=30)
        reader.wait("Welcome to eilpost").keys("\ralice@localhost\r").wait("Your name:")
        for words, key in (("Your name:", "\r"), ("POP3 fetches", "2"), ("Keep a copy", "\r"), ("Password of", "")):
            reader.wait(words)
            if words == left:
                break
            reader.keys(key).gone(words)
        reader.keys("\x1b").wait(lambda r: "Try the sign-in" in r.selected())
        assert reader.config == ""
        reader.keys("\r").wait("Password of alice").keys("\x1b").wait(lambda r: "Try the sign-in" in r.selected()).keys("\x1b").wait("Welcome to eilpost")
        reader.kill()


def demo_leaves_nothing():
    before = set(os.listdir("/tmp"))
    reader = Fresh(None, TMPDIR="/tmp")
    reader.wait("Welcome to eilpost").keys("2").wait("DEMO").wait("A demo: sample mails").wait("The garden wall")
    assert any(n.startswith("eilpost-demo-") for n in set(os.listdir("/tmp")) - before)
    reader.keys("G").wait("The demo has no network").keys("\r").wait("Anna Weber <anna@demo.example>").keys("d").wait("moved to Trash").keys("q").keys("q").wait("Welcome to eilpost", 10)
    reader.keys("q")
    reader.process.wait()
    assert not any(n.startswith("eilpost-demo-") for n in set(os.listdir("/tmp")) - before)
    assert reader.config == "" and not os.path.exists(os.path.join(reader.profile, "store"))


def by_hand():
    reader = Fresh(None)
    reader.wait("Welcome to eilpost").keys("3").wait("Write this into").wait("[account work]").keys("\r").wait("There is no account in")
    with open(os.path.join(reader.profile, "config"), "w") as f:
        f.write(account(server))
    reader.keys("\r").wait("Welcome to the garden", 20)
    assert reader.quit()[0] == 0


def accounts_are_managed():
    """F2: order, off and on, another name, removal with and without the files; at once, and nothing lost in silence."""
    server.deliver(mail("Welcome to the garden"))
    server.deliver(mail("For Bob by POP3"), user="bob")
    text = "# mine\n" + account(server, check="startup") + "\n# at home\n" + pop_account(server, check="startup", user="bob", password="echo secret") + "\n[identity shop]\naccount = home\n"
    reader = Reader(config=text, **ALONE)
    path = os.path.join(reader.profile, "config")
    config = lambda: open(path).read()
    store = lambda name: os.path.join(reader.profile, "store", name)
    reader.wait("home (POP3)").wait("Welcome to the garden", 20)
    reader.keys("chome/inbox\r").wait("For Bob by POP3", 20)
    reader.keys("\x1bOQ").wait("Accounts: a adds one").keys("jK").wait(lambda r: config().index("[account home]") < config().index("[account work]"))
    assert config().startswith("# at home\n[account home]") or "# at home\n[account home]" in config(), config()
    reader.wait(lambda r: 0 <= r.text.find("\n home ") < r.text.find("\n work ") and "home" in r.selected())
    # off: neither shown nor fetched, its mail stays; on again
    reader.keys("d").wait("is switched off").keys("\x1b").wait(lambda r: r.row("home (POP3)") < 0).wait("Welcome to the garden")
    assert "disabled = yes" in config() and os.path.exists(store("home.db"))
    reader.keys("\x1bOQ").wait("switched off").keys("=d").wait("switched on again").keys("\x1b").wait("home (POP3)")
    assert "disabled" not in config()
    # another name: the mail goes with it, and what names it
    reader.keys("\x1bOQ=R").wait("New name of the account:").keys("\x15house\r").wait("It is called “house” now")
    assert "[account house]" in config() and "account = house" in config() and os.path.exists(store("house.db")) and not os.path.exists(store("home.db"))
    reader.keys("\x1b").wait("house (POP3)").keys("chouse/inbox\r").wait("For Bob by POP3")
    # removed, and its files stay; then the other one with them
    reader.keys("\x1bOQ=D").wait("is only in that file").keys("1").gone("is only in that file").keys("D").wait("is only in that file").keys("2").wait("its files stay where they are")
    assert "[account house]" not in config() and os.path.exists(store("house.db"))
    reader.wait(lambda r: "work" in r.selected()).keys("D").wait("Nothing changes on its server").keys("3").wait("its files here are gone")
    assert not os.path.exists(store("work.db")) and "[account work]" not in config() and "# mine" not in config().replace("# mine\n[account", "")
    reader.keys("\x1b").wait("Welcome to eilpost").keys("q")
    reader.process.wait()
    assert len(server.client("INBOX").search(None, "ALL")[1][0].split()) >= 1


def secrets_follow_the_account():
    """F2: with a new name the kept password is still there; removal says who names the account, and forgets the password with the files."""
    server.deliver(mail("Welcome to the garden"))
    text = (account(server, password=None, check="startup") + "[identity shop]\naccount = work\naddress = shop@localhost\n"
            "[general]\ntoken-store = file\ntoken-key-command = echo open sesame\n")
    reader = Reader(config=text, **ALONE)
    config = lambda: open(os.path.join(reader.profile, "config")).read()
    reader.wait("Password of alice").keys("secret\r").wait("Shall the password of work be kept").keys("1").wait("The password of work is kept", 20)
    reader.keys("\x1bOQ").wait("Accounts: a adds one").keys("=R").wait("New name of the account:").keys("\x15house\r").wait("It is called “house” now")
    assert "account = house" in config(), config()
    assert reader.keys("\x1b").gone("Accounts: a adds one").quit()[0] == 0
    server.deliver(mail("By the kept password"))
    reader = Reader(profile=reader.profile, **ALONE)
    reader.wait("By the kept password", 20)
    assert "Password of" not in reader.text, reader.text
    # removed with its files: the identity that named it is told of, and stays without that line
    whole = lambda words: lambda r: words in " ".join(r.text.split())
    reader.keys("\x1bOQ").wait("Accounts: a adds one").keys("=D").wait(whole("The identity “shop” sends by it")).wait(whole("its password, if it was kept"))
    reader.keys("3").wait("its files here are gone").wait("There is no account").gone("checked")
    assert "[identity shop]" in config() and "account = house" not in config() and "shop@localhost" in config(), config()
    reader.keys("\x1b").wait("Welcome to eilpost").keys("q")
    reader.process.wait()
    # the same account once more: its password is asked for
    with open(os.path.join(reader.profile, "config"), "w") as f:
        f.write(text.replace("work", "house"))
    reader = Reader(profile=reader.profile, **ALONE)
    reader.wait("Password of alice", 20)
    reader.kill()


run(S21_first_mail_in_40_keys, S1_one_account_of_each_kind, S12_exchange_online, S13_the_difference_in_two_sentences, wrong_password, S2_the_service_is_switched_off, S11_an_account_that_can_not_send,
    search_can_be_left, autoconfig_over_the_web, oauth_from_the_first_screen, oauth_for_other_servers, import_from_mutt, import_on_a_small_screen, questions_can_be_left, demo_leaves_nothing, by_hand, accounts_are_managed, secrets_follow_the_account)

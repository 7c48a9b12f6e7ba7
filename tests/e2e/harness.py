"""harness.py - the reader in a pseudo-terminal with a real screen model, against private servers; TAP.

SPDX-License-Identifier: GPL-3.0-or-later
Servers listen on loopback, in a private folder, and are stopped by the pid that started them.

    server = Server()                   Dovecot: .imap .imaps .pop3 .pop3s ports, .ca, alice and bob, password secret
    mta = Exim(server)                  its mail for alice@localhost and bob@localhost is delivered by that Dovecot; one CA for both
    mta = Postfix(server)               the same; root only
    sink = Sink()                       takes all mail; sink.kept() is [(envelope, bytes)]
    proxy = FaultProxy(port, "--delay-up", "100")      before any port
    account(server, send=mta)           text of a configuration: IMAP, sends by STARTTLS (how="smtps", "smtp+insecure")
    pop_account(server, user="bob")     the same for POP3, keep="no" and so on
    with a proxy give its port:         account(server, port=proxy.port), send_url(mta, port=proxy.port)
    reader = Reader(config=...)         eilpost in a terminal: keys(), wait(), checked(), gone(), row(), selected(), go(), quit(), leave(), kill()
    limit(seconds)                      what a promised time is while other tests run beside
    sync(profile)                       `eilpost sync`, no screen: the exit status and what it said
    spawn_sync(profile)                 the same as a process that may be killed
    run(test, ...)                      as TAP; a server that this machine can't have skips the test (Unavailable)"""
import atexit, email.utils, fcntl, functools, imaplib, json, os, re, shutil, signal, socket, struct, subprocess, sys, tempfile, termios, threading, time, traceback

SOURCE = os.environ.get("abs_top_srcdir") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("abs_top_builddir") or os.path.join(SOURCE, "b")
EILPOST = os.path.join(BUILD, "eilpost")
CHECKED = re.compile(r"\bchecked (\w{3} )?\d")    # a time, or a day and a time, or a date
TIOCGPTN = 0x80045430    # the number of a terminal; Python has no name for it
PRIVATE = re.compile(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]")    # sequences that pyte trips over


@functools.lru_cache(None)
def instrumented():
    """By the sanitizers."""
    with open(EILPOST, "rb") as f:
        return b"__asan_init" in f.read()


def limit(seconds):
    """A time that is promised or waited for, as it is here: beside other tests, or instrumented, all takes longer. Waits end as soon as
    they can, so this only says when something is given up. How fast the program is, is shown by tests/bench on a quiet machine.
    EILPOST_PATIENCE: at least so many times longer; "make check" says 3."""
    busy = min(4.0, 1.5 * os.getloadavg()[0] / (os.cpu_count() or 1))
    return seconds * (4 if instrumented() else 1) * max(1.0, float(os.environ.get("EILPOST_PATIENCE", 1)), busy)


try:
    import pexpect, pyte
except ImportError as missing:
    # another python may stand before the system's, which has the packages
    if os.path.exists("/usr/bin/python3") and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print(f"1..0 # SKIP {missing}: bootstrap check installs it")
    sys.exit(0)

# a script's background job ignores them, and so would all that it starts: Ctrl-C could not be tried
for ignored in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(ignored) == signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)


class Screen(pyte.Screen):
    """pyte's screen with what real terminals have and it lacks: scrolling by SU and SD, REP."""

    last = " "

    def draw(self, data):
        self.last = data[-1:] or self.last
        super().draw(data)

    def scroll(self, n, edge, step):
        y, self.cursor.y = self.cursor.y, edge
        for _ in range(n or 1):
            step()
        self.cursor.y = y

    def scroll_up(self, n=1, **_):
        self.scroll(n, self.margins.bottom if self.margins else self.lines - 1, self.index)

    def scroll_down(self, n=1, **_):
        self.scroll(n, self.margins.top if self.margins else 0, self.reverse_index)

    def repeat(self, n=1, **_):
        self.draw(self.last * (n or 1))


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, S="scroll_up", T="scroll_down", b="repeat")
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down", "repeat"}


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))    # a test that is ended takes its servers along


def scratch():
    path = tempfile.mkdtemp(prefix="eilpost-e2e-")
    os.chmod(path, 0o755)    # a server started by root runs as nobody
    atexit.register(shutil.rmtree, path, True)
    return path


class Unavailable(Exception):
    """This machine can't have that server (a start that ended with 77)."""


class Server:
    """A private Dovecot; alice and bob, password secret."""

    def __init__(self, demo=False, oidc=None, **environment):
        self.arguments = [oidc.dir] if oidc else []    # an OpenID provider (tests/servers/oidc.py): OAUTHBEARER and XOAUTH2
        self.dir = os.path.join(scratch(), "server")
        self.environment = dict(os.environ, PENALTY="0", AUTH_DELAY="0", **environment)
        self.start()
        atexit.register(self.stop)
        if demo:
            subprocess.run([os.path.join(SOURCE, "tests/servers/mkdemo"), os.path.join(self.dir, "env")], check=True)

    def start(self):
        for attempt in range(4):    # a free port may be taken by another test in between
            run = subprocess.run([os.path.join(SOURCE, "tests/servers/dovecot/start"), self.dir, *self.arguments], env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
            if run.returncode == 0 or "Address already in use" not in run.stdout:
                break
            shutil.rmtree(self.dir, True)
        if run.returncode:
            raise RuntimeError(run.stdout)
        self.env = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
        self.imap, self.imaps, self.ca = int(self.env["IMAP_PORT"]), int(self.env["IMAPS_PORT"]), self.env["CA"]
        self.pop3, self.pop3s = int(self.env["POP3_PORT"]), int(self.env["POP3S_PORT"])
        self.up = True

    def stop(self):
        if self.up:
            subprocess.run([os.path.join(SOURCE, "tests/servers/dovecot/stop"), self.dir], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.up = False

    def greeted(self):
        """A Dovecot that had just begun hung up before its greeting, on a busy computer (seen once, 2026-11)."""
        for attempt in range(5):
            try:
                return imaplib.IMAP4("127.0.0.1", self.imap)
            except imaplib.IMAP4.abort:
                if attempt == 4:
                    raise
                time.sleep(0.5)

    def client(self, folder=None, readonly=False, user="alice"):
        c = self.greeted()
        c.login(user, "secret")
        if folder:
            c.select(folder, readonly)
        return c

    def deliver(self, *mails, folder="INBOX", flags=None, user="alice"):
        c = self.client(user=user)
        for i, data in enumerate(mails):
            assert c.append(folder, flags, imaplib.Time2Internaldate(time.time() - len(mails) + i), data)[0] == "OK"
        c.logout()

    def set_password(self, password, *users):
        """Dovecot looks at its file at most once a second: this waits until it has."""
        path = os.path.join(self.dir, "users")
        for user in users or ("alice",):
            text = open(path).read()
            assert re.search(rf"(?m)^{user}:", text), text
            with open(path, "w") as f:
                f.write(re.sub(rf"(?m)^{user}:\{{PLAIN\}}[^:]*:", lambda _: f"{user}:{{PLAIN}}{password}:", text))
        for user in users or ("alice",):
            for attempt in range(40):
                c = imaplib.IMAP4("127.0.0.1", self.imap)
                try:
                    c.login(user, password)
                    c.logout()
                    break
                except imaplib.IMAP4.error:
                    time.sleep(0.2)
            else:
                raise AssertionError("the new password is not taken")

    def fill(self, folder, mails):
        """Thousands, in pieces of a hundred to a command."""
        c = self.client()
        c.create(folder)
        for start in range(0, len(mails), 100):
            tag = b"b%d" % start
            c.send(tag + b" APPEND " + folder.encode() + b"".join(b" {%d+}\r\n%s" % (len(m), m) for m in mails[start:start + 100]) + b"\r\n")
            while not c.readline().startswith(tag):
                pass
        size = int(c.select(folder, True)[1][0])
        assert size == len(mails), size
        c.logout()


class Started:
    """A server of tests/servers: its start makes a folder with env, its stop ends what it started."""

    def __init__(self, name, *arguments, **environment):
        self.name, self.dir = name, os.path.join(scratch(), name)
        self.arguments, self.environment = arguments, dict(os.environ, **environment)
        self.start()
        atexit.register(self.stop)

    def start(self):
        for attempt in range(4):    # a free port may be taken by another test in between
            run = subprocess.run([os.path.join(SOURCE, f"tests/servers/{self.name}/start"), self.dir, *self.arguments], env=self.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if run.returncode == 0 or "Address already in use" not in run.stdout:
                break
            shutil.rmtree(self.dir, True)
        if run.returncode == 77:
            raise Unavailable(run.stdout.strip().splitlines()[-1])
        if run.returncode:
            raise RuntimeError(run.stdout)
        self.read(run)
        self.up = True

    def read(self, run):
        self.env = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
        self.ca, self.smtp = self.env["CA"], int(self.env["SMTP_PORT"])
        self.submission, self.submissions = int(self.env["SUBMISSION_PORT"]), int(self.env["SUBMISSIONS_PORT"])

    def stop(self):
        if self.up:
            subprocess.run([os.path.join(SOURCE, f"tests/servers/{self.name}/stop"), self.dir], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.up = False


class Exim(Started):
    """A private Exim before a private Dovecot: AUTH by its users, mail for alice@ and bob@localhost goes to its boxes."""

    def __init__(self, dovecot, **environment):
        super().__init__("exim", dovecot.dir, **environment)


class Postfix(Started):
    """The same with Postfix; only root can start it."""

    def __init__(self, dovecot, **environment):
        super().__init__("postfix", dovecot.dir, **environment)


class Sink(Started):
    """Takes every mail (but those to reject...@): kept() has what came, in order."""

    def __init__(self):
        super().__init__("sink")

    def kept(self):
        out, n = [], 1
        folder = self.env["SINK"]
        while os.path.exists(os.path.join(folder, f"{n}.json")):
            with open(os.path.join(folder, f"{n}.eml"), "rb") as f, open(os.path.join(folder, f"{n}.json")) as j:
                out.append((json.load(j), f.read()))
            n += 1
        return out


class FaultProxy:
    """tests/servers/fault-proxy.py before a port, with its faults as arguments."""

    def __init__(self, port, *faults):
        self.process = subprocess.Popen([sys.executable, os.path.join(SOURCE, "tests/servers/fault-proxy.py"), "--target", f"127.0.0.1:{port}", *faults],
                                        stdout=subprocess.PIPE, text=True)
        atexit.register(self.stop)
        self.port = int(self.process.stdout.readline().strip().split("=")[1])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def mail(subject, body="A short text.\n", sender="Bob Meyer <bob@example.com>", extra=""):
    head = f"Date: {email.utils.formatdate(time.time())}\r\nFrom: {sender}\r\nTo: Alice <alice@example.org>\r\nSubject: {subject}\r\nMessage-ID: {email.utils.make_msgid(domain='example.org')}\r\n{extra}"
    if "Content-Type" not in extra:
        head += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return (head + body.replace("\r\n", "\n").replace("\n", "\r\n")).encode()


def shut(*sockets):
    for s in sockets:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def closed_port(port=0):
    """A socket that refuses connections, and whose port is nobody else's as long as it is there."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    return s


class Proxy:
    """Passes bytes on to a port until told to stop dead: connections stay open, nothing moves."""

    def __init__(self, port):
        self.target, self.dead, self.sockets = port, False, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def cut(self):
        """No network: what is open ends, nobody answers."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.listener = closed_port(self.port)
        shut(*self.sockets)
        self.sockets = []

    def mend(self):
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                one = self.listener.accept()[0]
            except OSError:
                return
            if self.dead:
                self.sockets.append(one)
                continue
            try:
                other = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                one.close()
                continue
            self.sockets += [one, other]
            for a, b in ((one, other), (other, one)):
                threading.Thread(target=self.copy, args=(a, b), daemon=True).start()

    def copy(self, a, b):
        try:
            self.passes(a, b, a.getsockname()[1] == self.port)
        except OSError:
            pass
        shut(a, b)

    def passes(self, a, b, from_client):
        """One direction of a connection, until its end; to be made anew by whoever does something to the bytes."""
        while data := a.recv(65536):
            self.send(b, data)

    def send(self, b, data):
        while self.dead:
            time.sleep(0.05)
        b.sendall(data)


class SlowProxy(Proxy):
    """Each of the first answers of a connection takes `delay` seconds; keeps what the client said."""

    def __init__(self, port, delay=0.0, answers=0):
        self.delay, self.answers, self.said = delay, answers, b""
        super().__init__(port)

    def passes(self, a, b, from_client):
        left = self.answers
        while data := a.recv(65536):
            if from_client:
                self.said += data
            elif left > 0:
                left -= 1
                time.sleep(self.delay)
            self.send(b, data)


class Reader:
    """eilpost in a terminal of its own."""

    def __init__(self, server=None, rows=30, cols=110, profile=None, config=None, arguments=(), **environment):
        self.profile = profile or os.path.join(scratch(), "profile")
        os.makedirs(self.profile, mode=0o700, exist_ok=True)
        if config is None and server:
            config = account(server)
        if config is not None:
            with open(os.path.join(self.profile, "config"), "w") as f:
                f.write(config)
        env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
        env.pop("NO_COLOR", None)
        self.screen = Screen(cols, rows)
        self.stream = Stream(self.screen)
        self.raw = b""
        self.process = pexpect.spawn(EILPOST, ["-P", self.profile, *arguments], env=env, dimensions=(rows, cols), timeout=10)
        self.process.delaybeforesend = None
        atexit.register(self.kill)

    def pump(self, seconds=0.05):
        end = time.monotonic() + seconds
        while True:
            try:
                data = self.process.read_nonblocking(65536, max(end - time.monotonic(), 0))
            except pexpect.TIMEOUT:
                return True
            except pexpect.EOF:
                return False
            self.raw += data
            self.stream.feed(PRIVATE.sub(b"", data))

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def wait(self, what, seconds=8):
        """Until a text (or what a function of the reader asks for) is on the screen."""
        assert what != "checked", "that is in \"not checked yet\" too: checked()"
        test = what if callable(what) else lambda r: what in r.text
        begun = time.monotonic()
        while not test(self):
            late = time.monotonic() > begun + seconds and time.monotonic() > begun + limit(seconds)
            if (late or not self.pump()) and not test(self):    # the last picture and the end may come in one piece
                raise AssertionError(f"not on the screen after {seconds} s: {what if not callable(what) else 'the condition'}\n{self.text}")
        self.pump(limit(0.01))    # a picture may come in two pieces
        return self

    def gone(self, what, seconds=8):
        return self.wait(lambda r: what not in r.text, seconds)

    def checked(self, seconds=8):
        """Until the first check of the account is through ("not checked yet" before): its time stands there."""
        return self.wait(lambda r: CHECKED.search(r.text), seconds)

    def keys(self, text):
        """Typed, and read by the program: else a busy computer would show the picture from before."""
        self.process.send(text)
        end = time.monotonic() + limit(2)
        while self.unread() and time.monotonic() < end and self.pump(0.003):
            pass
        self.pump(0.05 if text.endswith("\x1b") else 0.02)    # 25 ms after it was read it is Esc; a key before that makes Alt of it
        return self

    def unread(self):
        """How many bytes the program has not taken from its terminal."""
        try:
            number = struct.unpack("I", fcntl.ioctl(self.process.child_fd, TIOCGPTN, bytes(4)))[0]
            tty = os.open(f"/dev/pts/{number}", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return 0    # it has ended
        try:
            return struct.unpack("i", fcntl.ioctl(tty, termios.FIONREAD, bytes(4)))[0]
        except OSError:
            return 0
        finally:
            os.close(tty)

    def row(self, what):
        return next((i for i, line in enumerate(self.lines) if what in line), -1)

    def selected(self):
        """The row that the cursor is on."""
        return self.lines[self.screen.cursor.y]

    def go(self, subject):
        """The cursor on a message, by a search from the first row on. It may stand there already, and a search goes on behind
        the keys: so not before the first row (below title and head) has it."""
        self.keys("=").wait(lambda r: r.screen.cursor.y == 2)
        return self.keys(f"/{subject}\r").wait(lambda r: subject in r.selected())

    def resize(self, rows, cols):
        self.screen.resize(rows, cols)
        self.screen.reset()
        self.process.setwinsize(rows, cols)
        self.pump(0.3)

    def quit(self):
        """The exit status, and how long it took."""
        start = time.monotonic()
        self.process.send("q")
        while self.pump(0.05):
            assert time.monotonic() - start < limit(10), f"it does not leave\n{self.text}"
        self.process.close()
        return self.process.exitstatus, time.monotonic() - start

    def leave(self, shown):
        """The same, from a message (or a pane) that shows this: it is closed first."""
        return self.keys("q").gone(shown).quit()

    def kill(self):
        if self.process.isalive():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.close(force=True)


def send_url(mta, user="alice", how="smtp", port=None):
    """How mail leaves through an Exim or a Sink: "smtp" (STARTTLS), "smtps", "smtp+insecure" (neither TLS nor a password)."""
    if how == "smtp+insecure":
        return f"smtp+insecure://{user}@127.0.0.1:{port or mta.smtp}"
    return f"{how}://{user}@localhost:{port or (mta.submissions if how == 'smtps' else mta.submission)}"


def account(server, port=None, scheme="imaps", user="alice", check="startup, push", password="echo secret", ca=True, extra="", send=None, how="smtp",
            name="work", address="alice@example.org", offline="headers"):
    """send: an Exim, or a URL (send_url); offline: texts that are fetched by themselves, which most tests must not see."""
    if scheme in ("imaps", "pop3s", "pop3"):
        port = port or {"imaps": server.imaps, "pop3s": server.pop3s, "pop3": server.pop3}[scheme]
        url = f"{scheme}://{user}@localhost:{port}"
    else:
        url = f"{scheme}://{user}@127.0.0.1:{port or (server.pop3 if 'pop3' in scheme else server.imap)}"
    lines = [f"[account {name}]", f"address = {address}", f"receive = {url}", f"check = {check}"] + ([f"offline = {offline}"] if "pop3" not in scheme else [])
    if send:
        lines.append(f"send = {send if isinstance(send, str) else send_url(send, user, how)}")
    if password:
        lines.append(f"password-command = {password}")
    if ca:
        lines.append(f"ca-file = {server.ca}")
    return "\n".join(lines) + "\n" + extra


def pop_account(server, user="alice", scheme="pop3s", keep="yes", check="manual", name="home", **rest):
    extra = f"keep-on-server = {keep}\n" + rest.pop("extra", "")
    return account(server, scheme=scheme, user=user, check=check, name=name, address=rest.pop("address", f"{user}@localhost"), extra=extra, **rest)


def profile(config):
    path = os.path.join(scratch(), "profile")
    os.makedirs(path, mode=0o700)
    with open(os.path.join(path, "config"), "w") as f:
        f.write(config)
    return path


def spawn_sync(path, *arguments):
    return subprocess.Popen([EILPOST, "-P", path, "sync", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})


def sync(path, *arguments, seconds=120):
    p = spawn_sync(path, *arguments)
    said = p.communicate(timeout=limit(seconds))[0]
    return p.returncode, said


def run(*tests):
    if wanted := sys.argv[1:]:    # by name, for a hand that looks into one
        tests = [test for test in tests if test.__name__ in wanted]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        start = time.monotonic()
        try:
            test()
            print(f"ok {number} - {test.__name__} # {time.monotonic() - start:.1f} s", flush=True)
        except Unavailable as why:
            print(f"ok {number} - {test.__name__} # SKIP {why}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {test.__name__}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("#", line, flush=True)
    sys.exit(1 if failed else 0)

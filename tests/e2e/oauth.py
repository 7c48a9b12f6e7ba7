#!/usr/bin/env python3
# oauth.py - signing in by OAuth 2.0 in a terminal: code, browser, paste; tokens that end, are revoked, are not believed.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# SEED S3, S5; issue 5 "What it must show" 2 and 5: Dovecot with oauth2 for IMAP, POP3 and (through Exim) SMTP, and a provider
# on loopback that checks PKCE, rotates refresh tokens and ends a sign-in whose old one is used again.
import base64, os, re, stat, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))
from harness import *
import pexpect
from oidc import MARK, Provider

KEY = "open sesame"
LIFE = 20    # seconds of a token; 60 in openid.py, at a real provider
ALONE = dict(BROWSER="", DISPLAY="", WAYLAND_DISPLAY="", SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22", DBUS_SESSION_BUS_ADDRESS="", XDG_RUNTIME_DIR="/nonexistent")


def world(**settings):
    provider = Provider(os.path.join(scratch(), "oidc"), **settings)
    server = Server(oidc=provider)
    server.deliver(mail("Welcome to the garden"))
    return provider, server


def signing(provider, endpoints=True):
    lines = "auth = oauth2\noauth-client-id = mailreader\noauth-scope = mail\n"
    if not endpoints:
        return lines + f"oauth-issuer = {provider.url}\n"
    return lines + f"oauth-authorize-url = {provider.url}/auth\noauth-token-url = {provider.url}/token\noauth-device-url = {provider.url}/device/auth\n"


def config(provider, server, endpoints=True, command=True, **rest):
    text = account(server, password=None, address="alice@localhost", extra=signing(provider, endpoints), **rest)
    return text + (f"[general]\ntoken-store = file\ntoken-key-command = echo {KEY}\nundo-send = 0\n" if command else "")


def code_on(reader):
    code = r"\b([BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})\b"
    return re.search(code, reader.wait(lambda r: re.search(code, r.text)).text).group(1)


def sign_in_by_code(provider, reader):
    reader.wait("sign in, with a code").keys("\r").wait("Type this code")
    provider.approve(code_on(reader))
    return reader


def shell(path, *arguments, **environment):
    return pexpect.spawn(EILPOST, ["-P", path, *arguments], env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", **ALONE, **environment},
                         timeout=limit(15), encoding="utf-8")


def sign_in_from_shell(provider, path):
    p = shell(path, "oauth", "work", "code")
    p.expect(r"([BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})")
    provider.approve(p.match.group(1))
    p.expect("is signed in at")
    p.expect(pexpect.EOF)
    p.close()
    assert p.exitstatus == 0, p.exitstatus


def nothing_leaked(folder, *more):
    """The canary in every token is nowhere but in what the wire carried, plain or as base64."""
    marks = [MARK.encode()] + [base64.b64encode(b"x" * i + MARK.encode())[4 * (i > 0) + 2:-6] for i in range(3)] + [KEY.encode()]
    for root, _, files in os.walk(folder):
        for name in files:
            if name == "config":
                continue
            data = open(os.path.join(root, name), "rb").read()
            for m in marks:
                assert m not in data, f"{m} in {name}"
    for data in more:
        for m in marks:
            assert m not in data, m


def device_code_in_the_terminal():
    provider, server = world()
    log = os.path.join(scratch(), "log")
    reader = Reader(config=config(provider, server, command=False) + "[general]\ntoken-store = file\n", rows=24, cols=80, arguments=["-d", "4", "-l", log], **ALONE)
    reader.wait("work needs a sign-in at 127.0.0.1")
    assert provider.count("POST") == 0    # nothing is begun before the person says so
    reader.keys("\r").wait("Type this code").wait("minutes")
    code = code_on(reader)
    assert "▀" in reader.text and "█" in reader.text    # large, and as a QR code
    assert provider.url + "/device" in reader.text
    left = re.search(r"another (\d+):(\d\d)", reader.text).group(0)
    reader.keys("c").wait("copied")
    assert base64.b64encode(code.encode()) in reader.raw and b"\x1b]52;c;" in reader.raw
    reader.wait(lambda r: left not in r.text, 4)    # it counts down
    provider.approve(code)
    reader.wait("Choose a passphrase", 10).keys(KEY + "\r").wait("once more").keys("something else\r").wait("They differ. Choose a passphrase")
    reader.keys(KEY + "\r").wait("once more").keys(KEY + "\r")
    reader.wait("Welcome to the garden").wait(lambda r: os.path.exists(os.path.join(r.profile, "store", "tokens")))
    assert reader.quit()[0] == 0
    tokens = os.path.join(reader.profile, "store", "tokens")
    assert stat.S_IMODE(os.stat(tokens).st_mode) == 0o600
    # the next start asks for the passphrase and for nothing else
    again = Reader(profile=reader.profile, rows=24, cols=80, arguments=["-d", "4", "-l", log], **ALONE)
    again.wait("Passphrase of the stored").keys("wrong\r").wait("Not that one. Passphrase").keys(KEY + "\r")
    server.deliver(mail("A second letter"))
    again.wait("A second letter", 15)
    assert provider.count("POST /device/auth") == 1 and not provider.problems, provider.problems
    raw = reader.raw + again.raw
    again.quit()
    nothing_leaked(reader.profile, raw, open(log, "rb").read())


def browser_with_pkce():
    provider, server = world()
    browser = getattr(provider, "browser", None)
    if not browser:
        browser = os.path.join(scratch(), "browser")
        with open(browser, "w") as f:
            f.write("#!/usr/bin/python3\nimport sys, urllib.request\nprint(urllib.request.urlopen(sys.argv[1]).read())\n")
        os.chmod(browser, 0o755)
    reader = Reader(config=config(provider, server, endpoints=False), **{**ALONE, "BROWSER": browser})
    reader.wait("work needs a sign-in").keys("b").wait("Signed in", 15).wait("Welcome to the garden")
    assert not provider.problems, provider.problems
    assert provider.count("POST /token authorization_code") == 1
    assert reader.quit()[0] == 0


def pasted_over_ssh():
    provider, server = world(codes=False)
    reader = Reader(config=config(provider, server, endpoints=False), **ALONE)
    reader.wait("work needs a sign-in").keys("b").wait("Open this page").keys("c").wait("copied")
    url = base64.b64decode(re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)", reader.raw).group(1)).decode()
    assert url.startswith(provider.url + "/auth?")
    end = provider.visit(url)
    reader.keys("p").wait("Address that the browser ended at").keys("http://127.0.0.1:1/?code=x\r").wait("That is not the address")
    reader.keys("p").wait("Address that the browser ended at").keys("\x1b[200~" + end + "\x1b[201~\r").wait("Welcome to the garden", 15)
    assert MARK.encode() not in reader.raw    # the code was not shown
    assert reader.quit()[0] == 0


def refused_and_again():
    provider, server = world()
    reader = Reader(config=config(provider, server), **ALONE)
    reader.wait("work needs a sign-in").keys("\r").wait("Type this code")
    provider.deny(code_on(reader))
    reader.wait("was told not to let eilpost in").keys("\r").wait("Type this code")
    provider.approve(code_on(reader))
    reader.wait("Welcome to the garden", 15)
    assert reader.quit()[0] == 0


def kick(server):
    """The mail server ends all of its connections."""
    subprocess.run([os.path.join(server.dir, "doveadm"), "kick", "alice"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def send(reader, subject):
    """By the eilpost that is open."""
    text = f"From: alice@localhost\nTo: alice@localhost\nSubject: {subject}\n\nHello\n"
    done = subprocess.run([EILPOST, "-P", reader.profile, "send", "alice@localhost"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=limit(60))
    assert done.returncode == 0, done.stdout


def S5_tokens_that_end():
    """S5: a token that lives so long: IMAP, POP3 and SMTP go on without a question; two accounts with one sign-in."""
    provider, server = world(ttl=LIFE)
    exim = Exim(server)
    home = pop_account(server, password=None, extra="auth = oauth2\noauth-account = work\n", address="alice@localhost")
    reader = Reader(config=config(provider, server, send=exim) + home, **ALONE)
    sign_in_by_code(provider, reader).wait("Welcome to the garden", 15)
    begun = time.monotonic()
    for turn in range(2):
        while turn and time.monotonic() < begun + (LIFE + 2) * turn:
            reader.pump(1)
        kick(server)
        send(reader, f"Turn {turn} of the clock")    # SMTP; then by IMAP, then by POP3
        reader.wait(f"Turn {turn} of the clock", 40)
        reader.keys("\x1b[15;2~")
        deadline = time.monotonic() + limit(20)
        while f"Turn {turn}".encode() not in fetched_by_pop(reader) and time.monotonic() < deadline:
            reader.pump(0.3)
        assert f"Turn {turn}".encode() in fetched_by_pop(reader), reader.text
        assert "sign-in" not in reader.text and "Password" not in reader.text, reader.text
    n = provider.count("POST /token refresh_token")
    assert 1 <= n <= 1 + (time.monotonic() - begun) / (LIFE / 2), n    # once a life, at the soonest in the middle of it; for both accounts
    assert provider.count("POST /device/auth") == 1 and not provider.problems, provider.problems
    assert reader.quit()[0] == 0


def fetched_by_pop(reader):
    store = os.path.join(reader.profile, "store")
    return b"".join(open(os.path.join(store, n), "rb").read() for n in os.listdir(store) if n.startswith("home.db"))


def S5_revoked():
    """S5: one clear question; then all goes on."""
    provider, server = world()
    reader = Reader(config=config(provider, server), **ALONE)
    sign_in_by_code(provider, reader).wait("Welcome to the garden", 15)
    provider.revoke()
    kick(server)
    reader.wait(getattr(provider, "revoked_sentence", "The stored sign-in of alice@localhost"), 20).wait(getattr(provider, "revoked_words", "AADSTS50173"))
    asked = provider.count("POST /token refresh_token")
    reader.pump(6)
    assert provider.count("POST /token refresh_token") == asked == 1    # nobody tries again behind the question
    server.deliver(mail("After the question"))
    reader.keys("\r").wait("Type this code")
    provider.approve(code_on(reader))
    reader.wait("After the question", 20)
    assert reader.quit()[0] == 0


def declined():
    """Who does not want to sign in reads on, and is not asked again and again."""
    provider, server = world()
    reader = Reader(config=config(provider, server), **ALONE)
    sign_in_by_code(provider, reader).wait("Welcome to the garden", 15)
    provider.revoke()
    kick(server)
    reader.wait("The stored sign-in of alice@localhost", 20).keys("\x1b").wait("Welcome to the garden")
    reader.pump(4)
    assert "Welcome to the garden" in reader.text
    reader.keys(":sign-in\r").wait("Type this code")
    provider.approve(code_on(reader))
    reader.wait("Signed in", 15)
    server.deliver(mail("After all"))
    reader.wait("After all", 20)
    assert reader.quit()[0] == 0


def provider_down():
    """Neither a question nor a lost sign-in: it waits and goes on by itself."""
    provider, server = world(ttl=6)
    reader = Reader(config=config(provider, server), **ALONE)
    sign_in_by_code(provider, reader).wait("Welcome to the garden", 15)
    provider.down = True
    reader.pump(3)
    kick(server)
    reader.wait("offline, next try", 20).keys("j").wait("127.0.0.1 can't answer just now")
    assert "Type this code" not in reader.text and "Not now" not in reader.text
    server.deliver(mail("It came back"))
    provider.down = False
    reader.wait("It came back", 40)
    assert provider.count("POST /device/auth") == 1 and not provider.problems, provider.problems
    assert reader.quit()[0] == 0


def wrong_clock():
    """The provider's clock is three hours ahead: it is said; and a token that is over before its time is fetched anew, silently."""
    provider, server = world()
    provider.skew = 3 * 3600
    reader = Reader(config=config(provider, server), **ALONE)
    reader.wait("sign in, with a code").keys("\r").wait("Type this code").wait("3 hours behind")
    provider.approve(code_on(reader))
    reader.wait("Welcome to the garden", 15)
    provider.end_access()
    kick(server)
    server.deliver(mail("Not believed, fetched anew"))
    reader.wait("Not believed, fetched anew", 20)
    assert provider.count("POST /token refresh_token") == 1 and provider.count("POST /device/auth") == 1
    assert reader.quit()[0] == 0


def from_the_shell():
    provider, server = world()
    path = profile(config(provider, server))
    status, said = sync(path)
    assert status == 1 and "needs a sign-in" in said and "eilpost oauth work" in said, said
    sign_in_from_shell(provider, path)
    status, said = sync(path)
    assert status == 0 and "1 unread of 1" in said, said
    p = shell(path, "oauth", "work", "browser")
    p.expect(r"(http://127\.0\.0\.1:\d+/auth\?\S+)")
    p.sendline(provider.visit(p.match.group(1)))
    p.expect("is signed in at")
    p.expect(pexpect.EOF)
    # what can't be written down is neither kept nor forgotten, and that is no success
    full = 'mkdir "$1/store/tokens.$$" && exec "$0" -P "$1" oauth work "$2"'
    out = subprocess.run(["sh", "-c", full, EILPOST, path, "forget"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8", **ALONE})
    assert out.returncode == 1 and "forgotten" not in out.stdout and "can't be used" in out.stderr, out
    p = pexpect.spawn("sh", ["-c", full, EILPOST, path, "browser"], env={**os.environ, "LC_ALL": "C.UTF-8", **ALONE}, timeout=limit(15), encoding="utf-8")
    p.expect(r"(http://127\.0\.0\.1:\d+/auth\?\S+)")
    p.sendline(provider.visit(p.match.group(1)))
    p.expect("can't be used")
    p.expect(pexpect.EOF)
    assert p.wait() == 1
    p = shell(path, "oauth", "work", "forget")
    p.expect("is forgotten")
    p.expect(pexpect.EOF)
    status, said = sync(path)
    assert status == 1 and "needs a sign-in" in said, said
    assert shell(path, "oauth", "nobody").wait() == 2
    nothing_leaked(path)


def S3_never_a_password():
    """S3: a server without token mechanisms: no AUTH PLAIN, no LOGIN on the wire; the account waits."""
    provider = Provider(os.path.join(scratch(), "oidc"))
    server = Server()
    proxy = SlowProxy(server.imap)
    text = account(server, port=proxy.port, scheme="imap+insecure", password=None, ca=False, address="alice@localhost", extra=signing(provider))
    path = profile(text + f"[general]\ntoken-store = file\ntoken-key-command = echo {KEY}\n")
    sign_in_from_shell(provider, path)
    status, said = sync(path)
    assert status == 1 and "offers no way to sign in" in said, said
    assert b"LOGIN" not in proxy.said.upper() and b"AUTHENTICATE" not in proxy.said.upper(), proxy.said
    assert MARK.encode() not in proxy.said


if __name__ == "__main__":
    run(device_code_in_the_terminal, browser_with_pkce, pasted_over_ssh, refused_and_again, S5_tokens_that_end, S5_revoked, declined, provider_down,
        wrong_clock, from_the_shell, S3_never_a_password)

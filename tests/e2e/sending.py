#!/usr/bin/env python3
"""sending.py - from the keyboard into the other account's inbox, through a real MTA: whole, once, with its copy filed once; and what
happens when the line breaks at the worst moment.

SPDX-License-Identifier: GPL-3.0-or-later"""
import email, email.policy, glob, os, random, re, signal, sqlite3, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Exim, FaultProxy, Postfix, Reader, Server, Unavailable, account, limit, pop_account, profile, run, send_url, sync

QUEUED, SENDING, DOT_SENT, SENT, FILED, UNKNOWN = 1, 2, 3, 4, 5, 6    # OutState
server = Server()
try:
    exim = Exim(server, SIZE="200K")
except Unavailable as why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def clear():
    for user in ("alice", "bob"):
        c = server.client(user=user)
        for folder in ("INBOX", "Sent"):
            c.select(folder)
            c.uid("STORE", "1:*", "+FLAGS", "\\Deleted")
            c.expunge()
        c.logout()


def there(user="bob", folder="INBOX"):
    """The messages in that folder, as bytes."""
    c = server.client(folder, True, user=user)
    got = c.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
    c.logout()
    return [part[1] for part in got if isinstance(part, tuple)]


def subjects(user="bob", folder="INBOX"):
    return sorted(str(email.message_from_bytes(m, policy=email.policy.default)["Subject"]) for m in there(user, folder))


def arrives(n, user="bob", folder="INBOX", reader=None, seconds=10):
    end = time.monotonic() + limit(seconds)
    while len(there(user, folder)) < n:
        assert time.monotonic() < end, f"{len(there(user, folder))} of {n} in {folder} of {user}\n{reader.text if reader else ''}"
        reader.pump(0.1) if reader else time.sleep(0.1)
    return there(user, folder)


def settled(seconds=10):
    """What the MTA has taken is in its box a moment later, under load a long one: returns when nothing has come for a second."""
    end, last, since = time.monotonic() + limit(seconds), None, 0
    while time.monotonic() < end:
        now = len(there()), len(there("alice", "Sent"))
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > limit(1):
            return
        time.sleep(0.1)


def config(how="smtp", port=None, extra="", check="manual", **more):
    return account(server, check=check, address="alice@localhost", send=send_url(exim, how=how, port=port), extra=extra, **more) + "[general]\nundo-send = 0\n"


def write(reader, to="bob@localhost", subject="A subject", text="Hello."):
    reader.keys("m").wait("Writing a mail")
    reader.keys(to + "\r").keys("\r").keys(subject + "\r").keys(text)
    reader.wait(text.splitlines()[-1][:30])
    reader.keys("\x18")


def by_keys(how):
    clear()
    text = "Grüße aus dem Schwarzwald.\r.\r..dots\rFrom here on nothing is lost: äöü €, 山田\rend"
    r = Reader(config=config(how, check="startup, push"))
    r.wait("no messages here", 10) if "no messages" in r.text.lower() else r.pump(0.8)
    write(r, subject="Übergrößenträger ✓", text=text)
    raw, = arrives(1, reader=r)
    copy, = arrives(1, "alice", "Sent", reader=r)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m["Subject"] == "Übergrößenträger ✓" and m["To"] == "bob@localhost" and "alice@localhost" in m["From"]
    assert m.get_content_type() == "text/plain" and m["Content-Type"].params["format"] == "flowed"
    body = re.sub("(?m)^ ", "", m.get_content().replace("\r\n", "\n").rstrip("\n"))    # space-stuffed (RFC 3676)
    assert body == text.replace("\r", "\n"), body
    assert m["Message-ID"] and m["Date"] and "Bcc" not in m
    own = copy.split(b"\r\n\r\n", 1)
    assert raw.split(b"\r\n\r\n", 1)[1] == own[1], "the copy is what arrived"
    assert raw.endswith(own[0].split(b"\r\n")[-1] + b"\r\n\r\n" + own[1])
    assert b"\n" not in raw.replace(b"\r\n", b"")
    r.pump(1.5)
    assert len(there()) == 1 and len(there("alice", "Sent")) == 1
    r.quit()


def S22_starttls():
    by_keys("smtp")


def S22_implicit_tls():
    by_keys("smtps")


def S22_through_postfix():
    """Another MTA: both roads, 8-bit text, three recipients of whom one is unknown."""
    postfix = Postfix(server)
    for how in ("smtp", "smtps"):
        clear()
        path = profile(account(server, check="manual", address="alice@localhost", send=send_url(postfix, how=how)))
        text = "From: alice@localhost\nTo: bob@localhost\nSubject: plain\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n.\n..\nend\n"
        p = subprocess.run([EILPOST, "-P", path, "send", "--", "bob@localhost", "alice@localhost", "nobody@localhost"], input=text.encode(),
                           env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True)
        said = p.stderr.decode()
        assert p.returncode == 69 and "nobody@localhost (550" in said, (p.returncode, said)
        raw, = arrives(1)
        arrives(1, "alice")
        assert raw.endswith("\r\n\r\nGrüße\r\n.\r\n..\r\nend\r\n".encode()), raw
    postfix.stop()


def pop_account_sends():
    """A POP3 account has its own Sent folder, on this computer."""
    clear()
    path = profile(pop_account(server, user="bob", send=exim, check="startup") + "[general]\nundo-send = 0\n")
    r = Reader(profile=path)
    r.pump(0.5)
    write(r, to="alice@localhost", subject="from the POP3 account")
    arrives(1, "alice", reader=r)
    r.wait("Sent to alice@localhost")
    r.quit()
    folders = ask(path, "SELECT name, total FROM folder WHERE role = 3")
    assert folders and folders[0][1] == 1, folders
    assert subjects("bob", "Sent") == []


def ask(path, sql):
    one, = (f for f in glob.glob(os.path.join(path, "**", "*"), recursive=True) if os.path.isfile(f) and open(f, "rb").read(15) == b"SQLite format 3")
    db = sqlite3.connect(f"file:{one}?mode=ro", uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def send(path, subject, to="bob@localhost", body="A text.\r\n"):
    text = f"From: alice@localhost\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}"
    p = subprocess.run([EILPOST, "-P", path, "send", "-t"], input=text.encode(), env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, timeout=400)
    return p.returncode, p.stderr.decode()


def states(path):
    return sorted(s for s, in ask(path, "SELECT state FROM outbox"))


def aim(path, text):
    with open(os.path.join(path, "config"), "w") as f:
        f.write(text)


def cut_before_the_dot():
    """The line breaks while signing in, or before the body: the mail goes out again, and arrives once."""
    for how, port, *fault in (("smtp", exim.submission, "--cut-up", "450"), ("smtps", exim.submissions, "--cut-up", "400"),
                              ("smtp+insecure", exim.smtp, "--on", r"up:DATA\r\n:cut", "--replace", r"down:^250-CHUNKING\r\n:250-XNOTHING\r\n"),
                              ("smtp+insecure", exim.smtp, "--on", r"down:354 [^\n]*\n:cut", "--replace", r"down:^250-CHUNKING\r\n:250-XNOTHING\r\n")):
        clear()
        proxy = FaultProxy(port, *fault, "--conns", "1")
        path = profile(config(how, port=proxy.port))
        status, said = send(path, "cut")
        assert status == 75 and states(path) == [QUEUED], (fault, status, said, states(path))
        assert there() == []
        for _ in range(30):
            sync(path)
            if there():
                break
            time.sleep(0.5)
        arrives(1)
        proxy.stop()
        for _ in range(20):    # a while is given to the server to file it itself
            sync(path)
            if states(path) in ([], [FILED]):
                break
            time.sleep(0.5)
        assert subjects() == ["cut"] and subjects("alice", "Sent") == ["cut"], states(path)


def answer_lost():
    """The server took it, but its answer never came: it is in doubt, asked about, and not sent again by itself."""
    # a cut behind the dot is too early: Exim looks whether somebody is still there before it takes a mail
    clear()
    proxy = FaultProxy(exim.smtp, "--on", "down:250 OK id=:cut", "--replace", r"down:^250-CHUNKING\r\n:250-XNOTHING\r\n", "--conns", "1")
    path = profile(config("smtp+insecure", port=proxy.port))
    status, said = send(path, "doubt")
    assert status == 75, (status, said)
    arrives(1)
    for _ in range(3):
        sync(path)
    assert subjects() == ["doubt"], "not doubled"
    assert UNKNOWN in states(path), states(path)
    proxy.stop()
    aim(path, config())
    r = Reader(profile=path)
    r.wait("Outbox")
    r.keys("\x1bOS").pump(0.5)    # F4
    r.wait("doubt")
    r.leave("On its way")
    assert subjects() == ["doubt"]


def refused_recipient():
    """One of two is unknown there: the other gets it, and the refusal has the server's words."""
    clear()
    path = profile(config())
    status, said = send(path, "two", to="bob@localhost, nobody@localhost")
    arrives(1)
    assert subjects() == ["two"]
    rows = ask(path, "SELECT address, code, reply FROM recipient WHERE code >= 500")
    assert len(rows) == 1 and rows[0][0] == "nobody@localhost" and "Unknown user" in rows[0][2], rows
    assert status == 69 and "nobody@localhost" in said and "Unknown user" in said, (status, said)


def too_big():
    """SIZE is known before the body goes: said, and kept."""
    clear()
    path = profile(config())
    status, said = send(path, "big", body=("z" * 70 + "\r\n") * 4000)
    assert status == 69 and "takes at most 20" in said and "kB" in said and "The server said" not in said, (status, said)
    assert there() == [] and len(states(path)) == 1, states(path)


def wrong_password():
    clear()
    path = profile(config(password="echo wrong"))
    status, said = send(path, "closed")
    assert status == 75 and "refused the sign-in" in said, (status, said)
    assert there() == []
    aim(path, config())
    for _ in range(3):
        sync(path)
    arrives(1)
    assert subjects() == ["closed"]


def wrong_certificate():
    clear()
    bad = Exim(server, CERT="badhost")
    path = profile(account(server, check="manual", address="alice@localhost", send=send_url(bad)))
    status, said = send(path, "no")
    bad.stop()
    assert status == 75 and "certificate" in said.lower(), (status, said)
    log = open(os.path.join(bad.dir, "log", "exim-mainlog")).read() if os.path.exists(os.path.join(bad.dir, "log", "exim-mainlog")) else ""
    assert "alice" not in log and there() == []


def several_on_one_connection():
    clear()
    path = profile(config("smtp+insecure", port=9))
    for n in range(4):
        assert send(path, f"s{n}")[0] == 75
    proxy = FaultProxy(exim.submission, "--stats", os.path.join(path, "stats"))
    aim(path, config(port=proxy.port))
    assert sync(path)[0] == 0
    arrives(4)
    proxy.stop()
    assert '"connections": 1' in open(os.path.join(path, "stats")).read()
    end = time.monotonic() + limit(30)    # it waits a moment for a server that files by itself, before it files them
    while len(there("alice", "Sent")) < 4 and time.monotonic() < end:
        sync(path)
        time.sleep(0.3)
    got = subjects(), subjects("alice", "Sent")
    assert got == ([f"s{n}" for n in range(4)],) * 2, got


def P15_no_smuggling():
    """Whatever ends of lines a program gives: one mail arrives, its lines end in CRLF, and a dot alone ends nothing."""
    evil = [b"a\n.\nMAIL FROM:<x@localhost>\nRCPT TO:<alice@localhost>\nDATA\nSubject: smuggled\n\nb\n.\n", b"a\n.\r\nb", b"a\r.\r\nb", b"a\r.\rb\r", b"a\r\n.\nb\n",
            b".\r\n..\r\n.a\r\n", b"no end", b"\r\r\n\n\r", b"\r\n.\r\n\r\n.\r\n.", b"x" * 999 + b"\r" + b"\n.\r" * 3]
    for port, what in ((exim.smtp, ()), (exim.smtp, ("--replace", r"down:^250-CHUNKING\r\n:250-XNOTHING\r\n"))):
        clear()
        proxy = FaultProxy(port, *what)
        path = profile(config("smtp+insecure", port=proxy.port, extra="sent = no copy\n"))
        for n, body in enumerate(evil):
            text = b"From: alice@localhost\nTo: bob@localhost\nSubject: e%d\n\n" % n + body
            p = subprocess.run([EILPOST, "-P", path, "send", "-t"], input=text, env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True)
            assert p.returncode == 0, (n, p)
        got = arrives(len(evil))
        proxy.stop()
        time.sleep(0.3)
        assert subjects() == [f"e{n}" for n in range(len(evil))] and there("alice") == [], subjects()
        for raw in got:
            n = int(re.search(rb"Subject: e(\d)", raw).group(1))
            assert re.sub(rb"\r\n", b"", raw).translate(None, b"\r\n") == re.sub(rb"\r\n", b"", raw), "only CRLF"
            wanted = re.sub(rb"\r\n|\r|\n", b"\r\n", evil[n])
            body = raw.split(b"\r\n\r\n", 1)[1]
            if b"base64" not in raw and b"quoted-printable" not in raw:
                assert body.rstrip(b"\r\n") == wanted.rstrip(b"\r\n"), (n, body, wanted)


def P16_no_injection():
    """Ends of lines in addresses and headers reach neither the commands nor the header."""
    clear()
    path = profile(config(extra="sent = no copy\n"))
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    for arguments in (["bob@localhost>\r\nRCPT TO:<alice@localhost"], ["-f", "alice@localhost>\r\nRCPT TO:<alice@localhost", "bob@localhost"], ["bob@localhost\nalice@localhost"]):
        p = subprocess.run([EILPOST, "-P", path, "send", "--", *arguments] if arguments[0] != "-f" else [EILPOST, "-P", path, "send", *arguments],
                           input=b"From: alice@localhost\nSubject: inject\n\nx\n", env=env, capture_output=True)
        assert p.returncode not in (0, -6, -11), (arguments, p)
    time.sleep(0.5)
    assert there("alice") == [] and there() == []


def killed_while_sending():
    """S1: kill -9 while twenty mails leave: each arrived at most once; those in doubt say so, the others arrive."""
    clear()
    path = profile(config("smtp+insecure", port=9))
    names = [f"k{n:02}" for n in range(20)]
    for name in names:
        assert send(path, name)[0] == 75
    proxy = FaultProxy(exim.submission, "--delay-up", "5", "--delay-down", "5")
    aim(path, config(port=proxy.port))
    rng = random.Random(3)
    for _ in range(12):
        p = subprocess.Popen([EILPOST, "-P", path, "sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.1, 0.35))
        p.send_signal(signal.SIGKILL)
        p.wait()
    for _ in range(8):
        if not {QUEUED, SENDING, DOT_SENT, SENT} & set(states(path)):
            break
        sync(path)
        time.sleep(0.5)
    proxy.stop()
    settled()
    got, doubt = subjects(), {s for s, in ask(path, f"SELECT subject FROM outbox WHERE state = {UNKNOWN}")}
    assert len(got) == len(set(got)), got
    assert set(names) - set(got) <= doubt, (set(names) - set(got), doubt, states(path))
    copies = subjects("alice", "Sent")
    assert len(copies) == len(set(copies)) and set(copies) >= set(got) - doubt, (copies, got, doubt)
    print(f"# {len(got)} arrived, {len(doubt)} in doubt")


run(S22_starttls, S22_implicit_tls, S22_through_postfix, pop_account_sends, cut_before_the_dot, answer_lost, refused_recipient, too_big, wrong_password, wrong_certificate,
    several_on_one_connection, P15_no_smuggling, P16_no_injection, killed_while_sending)

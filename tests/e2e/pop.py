#!/usr/bin/env python3
"""pop.py - receiving by POP3 from a real Dovecot: policies, restarts, kill -9 in the middle, two sessions at once.

SPDX-License-Identifier: GPL-3.0-or-later"""
import email.utils, glob, os, poplib, random, re, signal, sqlite3, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import FaultProxy, Reader, Server, mail, pop_account, profile, run, spawn_sync, sync

server = Server()
MANY, KILLS = 2000, 10


def store(path):
    one, = (f for f in glob.glob(os.path.join(path, "**", "*"), recursive=True) if os.path.isfile(f) and open(f, "rb").read(15) == b"SQLite format 3")
    return one


def ask(path, sql, *values):
    db = sqlite3.connect(f"file:{store(path)}?mode=ro", uri=True)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def subjects(path):
    """What lies in the one inbox here, sorted."""
    return sorted(s for s, in ask(path, "SELECT m.subject FROM message m JOIN folder f ON f.id = m.folder WHERE f.role = 1 AND m.body_here"))


def states(path):
    return sorted(s for s, in ask(path, "SELECT state FROM pop"))


def change(path, sql, *values):
    """Between two runs: what a person or time would have done."""
    db = sqlite3.connect(store(path))
    with db:
        db.execute(sql, values)
    db.close()


def allow(path):
    """The person saw the dry run, and said yes."""
    change(path, "INSERT OR REPLACE INTO fact (key, value) VALUES ('pop-removal', 'yes')")


def empty(user="bob"):
    c = server.client("INBOX", user=user)
    c.uid("STORE", "1:*", "+FLAGS", "\\Deleted")
    c.expunge()
    c.logout()


def fill(n, user="bob", body="A short text.\n"):
    empty(user)
    start = time.time() - n * 60
    server.deliver(*(re.sub(rb"Date: [^\r]*", b"Date: " + email.utils.formatdate(start + i * 60).encode(), mail(f"n{i:04}", body=body)) for i in range(n)), user=user)
    return [f"n{i:04}" for i in range(n)]


def on_server(user="bob"):
    p = poplib.POP3("127.0.0.1", server.pop3)
    p.user(user)
    p.pass_("secret")
    n = p.stat()[0]
    p.quit()
    return n


def good(result):
    assert result[0] == 0, result
    return result


def keep():
    """S14: all stays there; each mail comes once; what is new comes alone."""
    all_ = fill(30)
    path = profile(pop_account(server, user="bob"))
    good(sync(path))
    assert subjects(path) == all_ and on_server() == 30
    good(sync(path))
    assert subjects(path) == all_
    server.deliver(mail("one more"), user="bob")
    good(sync(path))
    assert subjects(path) == sorted(all_ + ["one more"]) and on_server() == 31


def bodies_are_the_servers():
    """Byte for byte, lines of dots and a last line without its end included."""
    empty()
    sent = mail("dots", body="one\n.\n..two\n.three\n\n.\n" + "x" * 3000 + "\nlast")
    server.deliver(sent, user="bob")
    path = profile(pop_account(server, user="bob"))
    good(sync(path))
    c = server.client("INBOX", user="bob")
    there = c.fetch("1", "(BODY.PEEK[])")[1][0][1]
    c.logout()
    here = b"".join(d for d, in ask(path, "SELECT p.data FROM piece p JOIN body b ON p.id >> 16 = b.id ORDER BY p.id"))
    assert here == there + b"\r\n", "POP3 ends the last line"
    r = Reader(profile=path)
    r.wait("dots").keys("\r").wait("..two").wait(".three")
    r.kill()


def restart_downloads_nothing():
    """Target 14: a second run fetches no body and takes at most 6 turns."""
    fill(40)
    path = profile(pop_account(server, user="bob", scheme="pop3+insecure"))
    good(sync(path))
    turns, sent = count_turns(path)
    assert not re.search(rb"\b(RETR|TOP)\b", sent), sent
    assert turns <= 6, (turns, sent)


def count_turns(path):
    """How often the client waited for an answer before it spoke on, and what it said."""
    import socket, threading
    listener = socket.create_server(("127.0.0.1", 0))
    talk, lock = [], threading.Lock()

    def pump(a, b, who):
        while data := a.recv(65536):
            with lock:
                talk.append((who, data))
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)

    def serve():
        client = listener.accept()[0]
        target = socket.create_connection(("127.0.0.1", server.pop3))
        down = threading.Thread(target=pump, args=(target, client, "S"), daemon=True)
        down.start()
        pump(client, target, "C")
        down.join()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    config = os.path.join(path, "config")
    text = open(config).read()
    with open(config, "w") as f:
        f.write(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{listener.getsockname()[1]}", text))
    good(sync(path))
    thread.join(5)
    with open(config, "w") as f:
        f.write(text)
    turns = sum(1 for i, (who, _) in enumerate(talk) if who == "C" and (i == 0 or talk[i - 1][0] == "S"))
    return turns, b"".join(d for who, d in talk if who == "C" and not d.startswith((b"PASS", b"AUTH")))


def removal_is_asked_first():
    """Nothing is removed before the person saw what would be."""
    all_ = fill(12)
    path = profile(pop_account(server, user="bob", keep="no"))
    good(sync(path))
    assert subjects(path) == all_ and on_server() == 12
    good(sync(path))
    assert on_server() == 12
    allow(path)
    good(sync(path))
    assert on_server() == 0 and subjects(path) == all_
    server.deliver(mail("later"), user="bob")
    good(sync(path))
    assert on_server() == 0 and subjects(path) == sorted(all_ + ["later"])


def days():
    """S15: after N days, by the time it was first seen."""
    fill(6)
    path = profile(pop_account(server, user="bob", keep="3 days"))
    good(sync(path))
    allow(path)
    good(sync(path))
    assert on_server() == 6
    change(path, "UPDATE pop SET first_seen = first_seen - 4 * 86400 WHERE id % 2 = 0")
    good(sync(path))
    assert on_server() == 3
    assert len(subjects(path)) == 6


def until_deleted_here():
    """S16: what was deleted here goes there."""
    fill(5)
    path = profile(pop_account(server, user="bob", keep="until deleted here"))
    good(sync(path))
    allow(path)
    good(sync(path))
    assert on_server() == 5
    change(path, "DELETE FROM message WHERE subject = 'n0004'")    # the program has no key for it yet
    good(sync(path))
    assert on_server() == 4


def killed_in_the_middle():
    """S1: kill -9 ten times in a download of 2,000: nothing lost, nothing doubled."""
    all_ = fill(MANY)
    path = profile(pop_account(server, user="bob"))
    seen, rng = [], random.Random(7)
    for n in range(KILLS):
        p = spawn_sync(path)
        end = time.monotonic() + 20
        goal = (n + 1) * MANY // (KILLS + 2) + rng.randint(-40, 40)
        while time.monotonic() < end and p.poll() is None:
            try:
                if ask(path, "SELECT count(*) FROM pop")[0][0] >= goal:
                    break
            except (sqlite3.Error, ValueError, OSError):
                pass
            time.sleep(0.001)
        p.send_signal(signal.SIGKILL)
        p.communicate()
        here = subjects(path)
        assert len(here) == len(set(here))
        assert len(here) == ask(path, "SELECT count(*) FROM pop WHERE message > 0")[0][0]
        seen.append(len(here))
    good(in_time(path))
    assert subjects(path) == all_, (len(subjects(path)), seen)
    assert sum(0 < s < MANY for s in seen) >= 3, f"killed too early or too late: {seen}"
    print("# mails here at each kill:", *seen)


def killed_while_removing():
    """P14: kill -9 at any time while mails are taken and removed: each is here once, and at the end none is there."""
    all_ = fill(400)
    path = profile(pop_account(server, user="bob", keep="no"))
    good(sync(profile_once(path)))
    rng = random.Random(11)
    for n in range(12):
        p = spawn_sync(path)
        time.sleep(rng.uniform(0.01, 0.25))
        p.send_signal(signal.SIGKILL)
        p.communicate()
        if n % 3 == 2:
            server.deliver(mail(f"more{n}"), user="bob")
            all_.append(f"more{n}")
    good(in_time(path))
    good(in_time(path))
    assert subjects(path) == sorted(all_)
    assert on_server() == 0


def profile_once(path):
    """The store must be there before the answer can lie in it: one run with nothing allowed."""
    good(in_time(path))
    allow(path)
    return path


def in_time(path):
    """A killed client's session may hold the mailbox for a moment: [IN-USE]."""
    for _ in range(40):
        result = sync(path)
        if result[0] == 0:
            return result
        time.sleep(0.25)
    return result


def in_use():
    """Another program has the mailbox: said in words, and tried again without the person."""
    fill(3)
    other = poplib.POP3("127.0.0.1", server.pop3)
    other.user("bob")
    other.pass_("secret")
    path = profile(pop_account(server, user="bob", check="startup"))
    r = Reader(profile=path)
    try:
        r.wait(lambda r: "in use" in r.text or "n0002" in r.text, 20)
        assert not re.search("refused the sign-in", r.text)
    finally:
        other.quit()
    r.wait("n0002", 60)
    r.quit()


def stls_and_pop3s():
    all_ = fill(4)
    for scheme in ("pop3", "pop3s"):
        path = profile(pop_account(server, user="bob", scheme=scheme))
        good(sync(path))
        assert subjects(path) == all_


def stls_is_required():
    """A server, or somebody before it, that hides STLS gets no password."""
    fill(1)
    proxy = FaultProxy(server.pop3, "--replace", "up:^STLS:XTLS")
    path = profile(pop_account(server, user="bob", scheme="pop3", port=proxy.port))
    status, said = sync(path)
    proxy.stop()
    assert status != 0 and "STARTTLS" in said and "No password was sent" in said, said


def wrong_certificate():
    bad = Server(CERT="badhost")
    path = profile(pop_account(bad, user="bob"))
    status, said = sync(path)
    bad.stop()
    assert status != 0 and "certificate" in said.lower(), said


def wrong_password():
    fill(1)
    path = profile(pop_account(server, user="bob", password="echo wrong"))
    status, said = sync(path)
    assert status != 0 and "refused the sign-in" in said, said


def cut_connections():
    """The line breaks after 20 kB, again and again: it goes on where it was."""
    all_ = fill(60, body="Some line of text that is not so short.\n" * 30)
    proxy = FaultProxy(server.pop3, "--cut-down", "20000")
    path = profile(pop_account(server, user="bob", scheme="pop3+insecure", port=proxy.port))
    before = -1
    for _ in range(40):
        status, said = sync(path)
        here = subjects(path)
        assert len(here) == len(set(here))
        if status == 0:
            break
        assert len(here) > before, (len(here), said)
        before = len(here)
    proxy.stop()
    assert subjects(path) == all_


def too_big():
    """One that is beyond all limits stays there and is named; the others come."""
    all_ = fill(5)
    proxy = FaultProxy(server.pop3, "--replace", r"down:^3 \d{1,5}\r\n:3 700000000\r\n")
    path = profile(pop_account(server, user="bob", scheme="pop3+insecure", port=proxy.port))
    status, said = sync(path)
    proxy.stop()
    assert subjects(path) == all_[:2] + all_[3:], subjects(path)
    assert "700.0 MB stays" in said.replace("\u00a0", " "), (status, said)


def one_inbox_on_screen():
    """The account has its one inbox in the folder pane, newest first, read by keys."""
    fill(8)
    r = Reader(config=pop_account(server, user="bob", check="startup"))
    r.wait("n0007").wait("n0000")
    assert r.row("n0007") < r.row("n0000")
    r.keys("\r").wait("A short text.").keys("q").pump(0.3)
    assert r.quit()[0] == 0


run(keep, bodies_are_the_servers, restart_downloads_nothing, removal_is_asked_first, days, until_deleted_here, in_use, stls_and_pop3s, stls_is_required,
    wrong_certificate, wrong_password, cut_connections, too_big, one_inbox_on_screen, killed_while_removing, killed_in_the_middle)

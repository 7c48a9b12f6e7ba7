#!/usr/bin/env python3
"""seed.py - what the user's document wants of sending and receiving (SEED.md), a named test each; wire logs are read.

SPDX-License-Identifier: GPL-3.0-or-later
The rest of its rows: S10 to S12 batch.py, S14 to S16 pop.py, S22 to S25, S31, S32 settings.py, S24 to S26 also
tests/sync/schedule.c with a clock of its own."""
import email, os, re, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, FaultProxy, Proxy, Reader, Server, Sink, SlowProxy, account, limit, mail, pop_account, run, scratch, sync

server, sink = Server(), Sink()
server.deliver(*[mail(f"Number {i}") for i in range(1, 31)])
ca = os.path.join(scratch(), "ca.pem")
with open(ca, "w") as f:
    f.write(open(server.ca).read() + open(sink.ca).read())
F2 = "\x1bOQ"


def config(check="startup", port=None, extra=""):
    return account(server, port=port, check=check).replace(server.ca, ca) + f"send = smtp://alice@localhost:{sink.submission}\n{extra}[general]\nundo-send = 0\n"


def logged(check="startup", **more):
    log = os.path.join(scratch(), "log")
    return Reader(config=config(check, **more), arguments=("-d", "4", "-l", log)), log


def said(log, who="imap|smtp|pop3"):
    """What we wrote, in order: (protocol, line)."""
    out = []
    for line in open(log, errors="replace"):
        m = re.match(r"\S+ \S+ (%s): > \d+: (.*)" % who, line)
        if m:
            out += [(m[1], part) for part in m[2].split(r"\r\n") if part]
    return out


def write(r, subject, to="bob@example.com"):
    r.keys("m").wait("Writing").keys(f"{to}\r").keys("\r").keys(f"{subject}\rText.\r").keys("\x18").gone("Writing")


def folder(name, user=None):
    c = server.client(name, readonly=True)
    ids = c.search(None, "ALL")[1][0].split()
    out = [(email.message_from_bytes(c.fetch(i, "(BODY.PEEK[])")[1][0][1]), c.fetch(i, "(FLAGS)")[1][0]) for i in ids]
    c.logout()
    return out


def until(test, seconds=10, r=None):
    end = time.monotonic() + limit(seconds)
    while not test():
        assert time.monotonic() < end, "not in time\n" + (r.text if r else "")
        r.pump(0.1) if r else time.sleep(0.1)


def same_acts(r, user, protocol):
    """Read, find, answer, forward, attach, file, delete, take back: by the same keys whatever the account speaks."""
    r.wait("Letter 6", 15).checked(15)
    r.keys("=").keys("/Letter 4\r").wait(lambda r: "Letter 4" in r.selected())
    r.keys("\r").wait("This is letter 4.").keys("/letter\r").pump(0.2)
    n = len(sink.kept())
    r.keys("r").wait("Writing").keys("\x18").gone("Writing")
    until(lambda: len(sink.kept()) == n + 1, 10, r)
    r.keys("f").wait("Writing").keys("carol@example.com\r").keys("\x18").gone("Writing")
    until(lambda: len(sink.kept()) == n + 2, 10, r)
    attached = os.path.join(scratch(), "notes.txt")
    with open(attached, "w") as f:
        f.write("attached by " + user)
    r.keys("i").keys("m").wait("Writing").keys("bob@example.com\r\rWith a file\rText.\r").keys("\x1b").wait("y send")
    r.keys("a").keys("~").keys(f"\x15{attached}\r").wait("notes.txt").keys("y").gone("Writing")
    until(lambda: len(sink.kept()) == n + 3, 10, r)
    answer, forward, file = (email.message_from_bytes(raw) for _, raw in sink.kept()[n:])
    assert answer["subject"] == "Re: Letter 4" and "> This is letter 4." in answer.get_payload() and answer["in-reply-to"], answer.as_string()
    assert forward["subject"].startswith("Fwd: Letter 4") and "This is letter 4." in forward.as_string(), forward.as_string()
    assert [p.get_filename() for p in file.walk()][-1] == "notes.txt"
    r.go("Letter 3").keys("F").wait("takes it back")
    r.go("Letter 2").keys("d").gone("Letter 2")
    r.go("Letter 1").keys("A").gone("Letter 1")
    r.go("Letter 5").keys("d").gone("Letter 5").keys("u").wait("Letter 5")
    r.keys("l").keys("letter\r").wait("Letter 6").keys("l").keys("\x15all\r").pump(0.3)
    r.keys("ctrash\r").wait("Letter 2").keys("carchive\r").wait("Letter 1").keys("csent\r").wait("With a file").wait("Letter 4")
    r.keys("cinbox\r").wait("Letter 3").gone("Letter 2")
    assert "!" in r.lines[r.row("Letter 3")], r.text


def S7_the_same_over_both():
    """The same script of acts on an IMAP account and on a POP3 account."""
    letters = [mail(f"Letter {i}", body=f"This is letter {i}.\n") for i in range(1, 7)]
    for user, receive in (("bob", None), ("alice", account)):
        other = Server()
        other.deliver(*letters, user=user)
        anchors = os.path.join(scratch(), "anchors.pem")
        with open(anchors, "w") as f:
            f.write(open(other.ca).read() + open(sink.ca).read())
        text = account(other, user=user, check="startup") if receive else pop_account(other, user=user, check="startup")
        r = Reader(config=text.replace(other.ca, anchors) + f"send = smtp://alice@localhost:{sink.submission}\n[general]\nundo-send = 0\n", rows=36, cols=120)
        same_acts(r, user, "imap" if receive else "pop3")
        r.kill()
        other.stop()


def S8_offline():
    """No network: 20 acts on what was synced, a restart, the network is back: server equals store, nothing lost, nothing twice."""
    other = Server()
    other.deliver(*[mail(f"Paper {i:02}", body=f"This is paper {i}, word{i:02}.\n") for i in range(1, 25)])
    anchors = os.path.join(scratch(), "anchors.pem")
    with open(anchors, "w") as f:
        f.write(open(other.ca).read() + open(sink.ca).read())
    receiving, sending = Proxy(other.imaps), Proxy(sink.submission)
    text = account(other, port=receiving.port, check="startup, every 1 minutes, push").replace(other.ca, anchors)
    text += f"send = smtp://alice@localhost:{sending.port}\n[general]\nundo-send = 0\n"
    r = Reader(config=text, rows=36, cols=120)
    r.wait("Paper 24", 20).checked(20)
    at(r, 24).keys("\r").wait("word24")
    for n in range(23, 0, -1):    # read once: their texts are here
        r.keys("j").wait(f"word{n:02}")
    r.keys("q").keys("\x1bR").pump(0.3)
    until(lambda: len(seen(other)) == 24, 20, r)
    receiving.cut()
    sending.cut()
    before = len(sink.kept())
    twenty_acts(r)
    r.keys("q").wait("have not left yet")
    assert r.quit()[0] == 0    # its own q is the answer
    r = Reader(config=text, profile=r.profile, rows=36, cols=120)    # still no network: all of it is there
    r.wait("Paper 24", 20)
    assert not any(f"Paper {n:02}" in r.text for n in (12, 13, 14, 15)), r.text
    at(r, 20).keys("\r").wait("word20").keys("q")
    r.keys("carchive\r").wait("Paper 12").wait("Paper 15").keys("ctrash\r").wait("Paper 13").keys("cinbox\r").wait("Paper 24")
    assert len(sink.kept()) == before
    receiving.mend()
    sending.mend()
    r.keys("G").wait(lambda r: len(sink.kept()) == before + 3, 40)
    until(lambda: subjects(other, "Sent") == ["Fwd: Paper 10", "New letter", "Re: Paper 09"], 30, r)
    until(lambda: subjects(other) == sorted(f"Paper {n:02}" for n in range(1, 25) if n not in (12, 13, 14, 15)), 30, r)
    until(lambda: subjects(other, "Archive") == ["Paper 11", "Paper 12", "Paper 15"] and labelled(other, "$Forwarded") == ["Paper 10"] and
          flagged(other) == ["Paper 01", "Paper 03"] and labelled(other, "later") == ["Paper 07"], 30, r)
    assert subjects(other, "Archive") == ["Paper 11", "Paper 12", "Paper 15"] and subjects(other, "Trash") == ["Paper 13"], subjects(other, "Archive")
    assert subjects(other, "Junk") == ["Paper 14"], subjects(other, "Junk")
    told = seen(other)
    assert "Paper 05" not in told and "Paper 06" not in told and "Paper 01" in told, told
    assert flagged(other) == ["Paper 01", "Paper 03"], flagged(other)
    assert sorted(email.message_from_bytes(d)["subject"] for _, d in sink.kept()[before:]) == ["Fwd: Paper 10", "New letter", "Re: Paper 09"]
    assert labelled(other, "later") == ["Paper 07"] and labelled(other, "$Forwarded") == ["Paper 10"], labelled(other, "$Forwarded")
    r.pump(1)
    assert r.quit()[0] == 0
    assert sync(r.profile)[0] == 0    # it looks into Sent, too
    out = subprocess.run([EILPOST, "-P", r.profile, "verify"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=limit(60))
    assert out.returncode == 0 and "waits" not in out.stdout and "the texts of 20" in out.stdout, out.stdout + out.stderr
    assert len(sink.kept()) == before + 3
    other.stop()


def at(r, number):
    return r.go(f"Paper {number:02}")


def twenty_acts(r):
    """Read, search, flag, label, file, answer; each shows at once."""
    at(r, 24).keys("\r").wait("word24").keys("q").pump(0.1)                       # 1 read
    at(r, 2).keys("\r").wait("word02").keys("q").pump(0.1)                        # 2
    r.keys("l").keys("~b word17\r").wait("Paper 17").gone("Paper 24").keys("l").keys("\x15\r").wait("Paper 24")    # 3 search in texts
    r.keys("=").keys("/Paper 18\r").wait(lambda r: "Paper 18" in r.selected())    # 4 search
    for n in (1, 3, 4):                                                           # 5, 6, 7 flag
        at(r, n).keys("F").wait("1 message flagged")
    at(r, 4).keys("F").wait("flag")                                               # 8 and take one away
    at(r, 5).keys("N").wait("marked as unread")                                   # 9, 10 unread
    at(r, 6).keys("N").wait("marked as unread")
    at(r, 7).keys("w").keys("later\r").wait("label later set")                    # 11 label
    at(r, 12).keys("A").gone("Paper 12")                                          # 12 archive
    at(r, 13).keys("d").gone("Paper 13")                                          # 13 delete
    at(r, 14).keys("X").gone("Paper 14")                                          # 14 junk
    at(r, 15).keys("s").keys("\x15Archive\r").gone("Paper 15")                    # 15 move
    at(r, 11).keys("C").keys("\x15Archive\r").wait("copied to Archive")           # 16 copy
    at(r, 16).keys("d").gone("Paper 16").keys("u").wait("Paper 16")               # 17 delete and take back
    at(r, 9).keys("r").wait("Writing").keys("\x18").gone("Writing").keys("i").pump(0.2)    # 18 answer
    at(r, 10).keys("f").wait("Writing").keys("carol@example.com\r").keys("\x18").gone("Writing").keys("i").pump(0.2)    # 19 forward
    write(r, "New letter")                                                        # 20 write


def having(other, what, name="INBOX"):
    c = other.client(name, readonly=True)
    ids = c.search(None, *what)[1][0].split()
    out = sorted(email.message_from_bytes(c.fetch(i, "(BODY.PEEK[HEADER])")[1][0][1])["subject"] for i in ids)
    c.logout()
    return out


def subjects(other, name="INBOX"):
    return having(other, ["ALL"], name)


def seen(other):
    return having(other, ["SEEN"])


def flagged(other):
    return having(other, ["FLAGGED"])


def labelled(other, word):
    return having(other, ["KEYWORD", word])


def S18_public_folders():
    """Folders of others and public ones stand in an IMAP account and are used by rights; for POP3 a sentence says why there are none."""
    b = server.client(user="bob")
    b.create("Plans")
    b.append("Plans", None, None, mail("The plan"))
    assert b.setacl("Plans", "alice", "lrs")[0] == "OK"
    b.logout()
    server.deliver(mail("The news"), folder="Public/news")
    r = Reader(config=config("push"), rows=36, cols=120)
    r.wait("Number 30").checked()
    r.keys("cPublic/news\r").wait("The news")
    r.keys("cshared/bob/Plans\r").wait("The plan")
    r.keys("d").wait("right")    # read only: said at once, nothing is done
    r.keys("cINBOX\r").wait("Number 30").keys("=").keys("/Number 26\r").wait(lambda r: "Number 26" in r.selected())
    r.keys("C").keys("\x15shared/bob/Plans\r").wait("right")
    r.keys("=").keys("/Number 26\r").wait(lambda r: "Number 26" in r.selected())
    r.keys("C").keys("\x15Public/news\r").wait("copied to")
    until(lambda: "Number 26" in [m["subject"] for m, _ in folder("Public/news")], 10, r)
    assert [m["subject"] for m, _ in folder("shared/bob/Plans")] == ["The plan"]
    r.kill()
    r = Reader(config=pop_account(server, check="startup").replace(server.ca, ca))
    r.wait("Number 30", 15)
    assert "Public" not in r.text and "shared" not in r.text
    r.keys("cPublic/news\r").wait(lambda r: "POP3 has no public" in " ".join(r.text.split()))
    r.kill()


def S20_list_before_bodies():
    """10,000 mails behind a line of 1 Mbit/s: the first page within 2 s of the sign-in, and not a byte of a body."""
    other = Server()
    other.fill("INBOX", [mail(f"Many {i:05}", "A body of no interest, and long.\n" * 100) for i in range(10000)])
    proxy = FaultProxy(other.imap, "--rate-down", "125000", "--rate-up", "125000")
    log = os.path.join(scratch(), "log")
    r = Reader(config=account(other, scheme="imap+insecure", port=proxy.port, check="startup"), arguments=("-d", "4", "-l", log))
    start = time.monotonic()
    r.wait("Many 09999", 10).wait("Many 09990")
    took = time.monotonic() - start
    print(f"# the first page after {took:.2f} s", flush=True)
    assert took < limit(2), took
    fetched = [l for _, l in said(log, "imap") if "FETCH" in l]
    assert fetched and not any(re.search(r"BODY(\.PEEK)?\[(?!HEADER\.FIELDS)", l) for l in fetched), fetched
    r.kill()
    other.stop()


def S13_the_difference():
    """What IMAP and POP3 can and can't do is said in two sentences where the account's server is set, in both languages."""
    r = Reader(config=config())
    r.wait("Number 30").keys(F2).wait("on startup").keys("\t").wait("receive").keys("jj")
    r.wait(lambda r: "IMAP keeps mail and folders on the server" in " ".join(r.text.split()) and "POP3 only fetches" in " ".join(r.text.split()))
    r.kill()
    german = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "po", "de.po")).read()
    assert "IMAP lässt Mail und Ordner auf dem Server" in german.replace('"\n"', "")


def S17_one_folder():
    """POP3: the inbox and what lies on this computer are all the folders there are, the screen says so, and nothing but POP3 goes to the server."""
    log = os.path.join(scratch(), "log")
    account = pop_account(server, check="startup").replace(server.ca, ca) + f"send = smtp://alice@localhost:{sink.submission}\n[general]\nundo-send = 0\n"
    r = Reader(config=account, arguments=("-d", "4", "-l", log))
    r.wait("30 messages", 15).checked().wait("(POP3)").wait("Number 30 ").gone("Archive")
    write(r, "Kept here")
    r.wait("Sent").keys("csent\r").wait("only on this computer").wait("Kept here").keys("G").pump(1)
    r.kill()
    verbs = {line.split()[0] for _, line in said(log, "pop3") if not line.endswith("...")}
    assert "RETR" in verbs and verbs <= {"CAPA", "AUTH", "USER", "PASS", "STAT", "UIDL", "LIST", "TOP", "RETR", "NOOP", "QUIT", "<secret>"}, verbs
    assert said(log, "smtp") and not said(log, "imap")


def S19_one_copy():
    """Sent from here, seen from there: exactly one copy, read; also where the server files it by itself."""
    r, log = logged()
    r.wait("Number 30").checked()
    write(r, "Filed by us")
    until(lambda: [m["subject"] for m, _ in folder("Sent")] == ["Filed by us"], 15, r)
    assert b"\\Seen" in folder("Sent")[0][1]
    r.kill()
    # another account that has sent nothing yet: the server is faster than we are
    proxy = Proxy(server.imaps)
    r, log = logged(port=proxy.port)
    r.wait("Number 30").checked()
    n = len(sink.kept())
    proxy.dead = True    # nobody looks before the server has filed it
    write(r, "Filed by the server")
    until(lambda: len(sink.kept()) > n, 10, r)
    server.deliver(sink.kept()[n][1], folder="Sent", flags="(\\Seen)")
    proxy.dead = False
    until(lambda: ("imap", "APPEND") in [(p, l.split()[1] if " " in l else l) for p, l in said(log)] or "HEADER Message-ID" in open(log, errors="replace").read(), 15, r)
    r.pump(3)
    assert [m["subject"] for m, _ in folder("Sent")].count("Filed by the server") == 1
    assert not any("APPEND" in l for _, l in said(log, "imap")), said(log, "imap")
    write(r, "The second one")
    until(lambda: len(sink.kept()) > n + 1, 10, r)
    server.deliver(sink.kept()[n + 1][1], folder="Sent", flags="(\\Seen)")
    r.pump(6)
    assert [m["subject"] for m, _ in folder("Sent")].count("The second one") == 1
    assert not any("APPEND" in l for _, l in said(log, "imap"))
    r.kill()


def S23_sends_then_receives():
    """In manual mode a written mail waits for the command; the cycle sends first, then receives."""
    r, log = logged("manual")
    r.wait("manual")
    n = len(sink.kept())
    write(r, "Waits for G")
    r.pump(2)
    assert len(sink.kept()) == n and not said(log), said(log)
    r.keys("G").wait("Number 30").checked()
    assert len(sink.kept()) == n + 1
    order = [p for p, l in said(log)]
    assert "smtp" in order and "imap" in order
    first_imap = order.index("imap")
    assert any(l.startswith("MAIL FROM") for p, l in said(log)[:first_imap]), said(log)[:first_imap + 1]
    r.kill()


def S27_reads_only():
    """A whole sync changes nothing on the server: no STORE, no EXPUNGE, EXAMINE-like commands and PEEK only."""
    r, log = logged()
    r.wait("Number 30").checked()
    r.pump(2)
    r.keys("q")
    r.pump(0.5)
    verbs = {" ".join(l.split()[1:3]).upper() for p, l in said(log, "imap") if re.match(r"e\d+ ", l)}
    changing = [v for v in verbs if v.split()[0] in ("STORE", "EXPUNGE", "APPEND", "COPY", "MOVE", "DELETE", "CREATE", "RENAME", "CLOSE") or
                v in ("UID STORE", "UID EXPUNGE", "UID COPY", "UID MOVE")]
    assert not changing and any("FETCH" in v for v in verbs), verbs
    assert "BODY[" not in " ".join(l for _, l in said(log, "imap")), "a fetch without PEEK sets \\Seen"
    r.kill()


def S28_slow_sign_in():
    """Eight seconds at the sign-in: the screen answers, says so, and signs in once."""
    proxy = SlowProxy(server.imap, delay=4.0, answers=2)
    text = account(server, scheme="imap+insecure", port=proxy.port, check="startup").replace(server.ca, ca)
    r = Reader(config=text)
    r.wait("signing in", 6)
    times = []
    for _ in range(20):
        start = time.monotonic()
        r.keys("?").wait("Help: keys", 1)
        r.keys("q").gone("Help: keys", 1)
        times.append((time.monotonic() - start) / 2)
    assert sorted(times)[-2] < limit(0.1), times    # a busy computer may keep one waiting
    r.wait("Number 30", 15)
    assert proxy.said.count(b"AUTHENTICATE") + proxy.said.count(b" LOGIN ") == 1
    r.kill()


def S30_near_real_time():
    """With IDLE news is here in seconds, a written mail leaves at once, and a line that died in silence is noticed."""
    proxy = Proxy(server.imaps)
    r, log = logged("push", port=proxy.port)
    r.wait("Number 30").checked()
    r.pump(1)
    start = time.monotonic()
    server.deliver(mail("News by push"))
    r.wait("News by push", 3)
    n = len(sink.kept())
    write(r, "At once")
    until(lambda: len(sink.kept()) > n, 3, r)
    assert time.monotonic() - start < limit(8)
    r.kill()


def S33_two_clients():
    """Another program on the same mailbox: flags, moves and deletions are seen without a restart, and ours are not lost."""
    r = Reader(config=config("push"))
    r.wait("Number 30").checked()
    other = server.client("INBOX")

    def uid(subject):
        return other.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()[-1]

    r.keys("=").keys("/Number 29\r").wait(lambda r: "Number 29" in r.selected()).keys("F")
    other.uid("STORE", uid("Number 28"), "+FLAGS", "(\\Flagged)")
    other.uid("COPY", uid("Number 27"), "Archive")
    other.uid("STORE", uid("Number 27"), "+FLAGS", "(\\Deleted)")
    other.expunge()
    r.gone("Number 27", 5)
    r.wait(lambda r: any("Number 28" in l and "!" in l for l in r.lines), 5)
    until(lambda: b"\\Flagged" in other.uid("FETCH", uid("Number 29"), "(FLAGS)")[1][0], 8, r)
    assert any("Number 29" in l and "!" in l for l in r.lines)
    other.logout()
    r.kill()


if __name__ == "__main__":
    run(S7_the_same_over_both, S8_offline, S13_the_difference, S17_one_folder, S18_public_folders, S19_one_copy, S20_list_before_bodies, S23_sends_then_receives, S27_reads_only, S28_slow_sign_in, S30_near_real_time, S33_two_clients)

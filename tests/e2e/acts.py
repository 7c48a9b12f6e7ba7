#!/usr/bin/env python3
"""acts.py - what the person does to messages: on the screen at once, on the server soon after, and taken back.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, re, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Proxy, Reader, Server, account, limit, mail, run

server = Server()
N = 30


def clear(server=server, user="alice"):
    c = server.client(user=user)
    for line in c.list()[1]:
        name = re.search(rb'"?([^" ]+)"?$', line)[1].decode()
        if b"\\Noselect" in line or c.select(f'"{name}"')[0] != "OK":
            continue
        c.uid("STORE", "1:*", "+FLAGS", "\\Deleted")
        c.expunge()
    c.logout()
    server.deliver(*[mail(f"Number {n:02}") for n in range(1, N + 1)], user=user)


def there(folder="INBOX", server=server, user="alice"):
    """Subjects in that folder on the server, sorted."""
    c = server.client(user=user)
    if c.select(f'"{folder}"', readonly=True)[0] != "OK":
        return None
    got = c.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
    c.logout()
    return sorted(re.search(rb"Number (\d+)", part[1])[1].decode() for part in got if isinstance(part, tuple))


def flags(number, folder="INBOX", server=server):
    c = server.client(folder, True)
    uid = c.uid("SEARCH", "SUBJECT", f'"Number {number:02}"')[1][0].split()[-1]
    told = c.uid("FETCH", uid, "(FLAGS)")[1][0]
    c.logout()
    return told.decode()


def until(test, r=None, seconds=8):
    end = time.monotonic() + limit(seconds)
    while not test():
        assert time.monotonic() < end, "not in time\n" + (r.text if r else "")
        r.pump(0.1) if r else time.sleep(0.1)


def go(r, number):
    """The cursor onto that message."""
    return r.go(f"Number {number:02}")


def begin(**more):
    clear()
    r = Reader(server, **more)
    return r.wait(f"Number {N}").checked()


def all_numbers(*without):
    return [f"{n:02}" for n in range(1, N + 1) if n not in without]


def delete_and_undo():
    """d: gone at once, in the trash on the server; u brings it back, on the server too."""
    r = begin()
    go(r, 20).keys("d").wait("1 message moved to Trash").gone("Number 20")
    assert "Number 19" in r.selected(), r.selected()
    until(lambda: there("Trash") == ["20"] and there() == all_numbers(20), r)
    r.keys("u").wait("Taken back").wait("Number 20")
    until(lambda: there("Trash") == [] and there() == all_numbers(), r)
    r.wait(f"{N} messages")
    r.kill()


def move_copy_archive_junk():
    r = begin()
    go(r, 10).keys("s").keys("Archive\r").wait("1 message moved to Archive")
    go(r, 11).keys("A").wait("moved to Archive")
    go(r, 12).keys("C").keys("\x15Archive\r").wait("copied to Archive")
    go(r, 13).keys("X").wait("moved to Junk")
    until(lambda: there("Archive") == ["10", "11", "12"] and there("Junk") == ["13"] and there() == all_numbers(10, 11, 13), r)
    r.keys("cjunk\r").wait("Number 13").keys("X").wait("moved to")
    until(lambda: there("Junk") == [] and "13" in there(), r)
    r.keys("carchive\r").wait("Number 10").wait("Number 11").wait("Number 12").wait("3 messages")
    r.keys("uuu").wait("Taken back: 1 message copied to Archive").gone("Number 12")
    until(lambda: there("Archive") == ["10", "11"] and there("Junk") == [] and there() == all_numbers(10, 11), r)
    r.kill()


def tagged():
    """t, T, ;d: many at once, one command on the wire."""
    r = begin()
    go(r, 5).keys("t").wait("1 tagged")
    r.keys("T").keys("~s 'Number 2'\r").wait("11 tagged")
    r.keys(";").wait("The next command acts on 11").keys("d").wait("11 messages moved to Trash")
    until(lambda: len(there("Trash")) == 11, r)
    r.keys("u").wait("Taken back: 11 messages")
    until(lambda: there() == all_numbers(), r)
    r.keys("D").keys("~s 'Number 1'\r").wait("Move 10 messages to the trash?").keys("y").wait("10 messages moved")
    until(lambda: len(there("Trash")) == 10, r)
    # what the limit hides is not meant
    r.keys("l").keys("~s 'Number 03' | ~s 'Number 04'\r").wait("limit:").gone("Number 05")
    r.keys("D").keys("~A\r").wait("Move 2 messages to the trash?").keys("n").gone("Move 2 messages")
    r.keys("T").keys("~A\r").wait("2 tagged")
    r.kill()


def flags_and_labels():
    r = begin()
    go(r, 7).keys("F").wait("1 message flagged")
    until(lambda: "\\Flagged" in flags(7), r)
    r.keys("u").wait("Taken back")
    until(lambda: "\\Flagged" not in flags(7), r)
    go(r, 7).keys("w").keys("work\r").wait("label work set on 1 message")
    until(lambda: "work" in flags(7), r)
    go(r, 7).keys("W").keys("work\r").wait("label work taken")
    until(lambda: "work" not in flags(7), r)
    r.keys("w").keys("no good\r").wait("can be no label")
    r.keys("\x1bR").wait("marked as read")
    until(lambda: all("\\Seen" in flags(n) for n in (1, 15, 30)), r)
    r.keys("u").wait("Taken back")
    until(lambda: not any("\\Seen" in flags(n) for n in (1, 15, 30)), r)
    r.kill()


def for_good():
    r = begin()
    go(r, 9).keys("d").wait("moved to Trash")
    until(lambda: there("Trash") == ["09"], r)
    go(r, 12).keys("F").wait("flagged ·")
    r.keys("ctrash\r").wait("Number 09").keys("d").wait("for good?").keys("n").wait("Nothing was changed").wait("Number 09")
    r.keys("d").wait("for good?").keys("y").wait("deleted for good").gone("Number 09")
    assert not "u takes it back" in r.text, r.text
    until(lambda: there("Trash") == [], r)
    r.keys("u").wait("can't be taken back")
    r.keys("U").wait("What was done").wait("1 message deleted for good")
    line = next(l for l in r.text.splitlines() if "deleted for good" in l)
    assert "done" in line and "taken back" not in line, line    # it stays as it is, and u goes on with the one before
    r.keys("q").gone("What was done")
    r.keys("u").wait("Taken back")
    r.kill()


def in_the_pager():
    """d in the message: the next one is shown."""
    r = begin()
    go(r, 20).keys("\r").wait("Subject: Number 20").keys("d").wait("Subject: Number 19")
    until(lambda: there("Trash") == ["20"], r)
    r.keys("q").keys("U").wait("What was done").wait("1 message moved to Trash").wait("done")
    r.keys("u").wait("taken back").keys("q").wait("Number 20")
    until(lambda: there() == all_numbers(), r)
    r.kill()


def removed_elsewhere():
    """The open message is deleted by another program: it can be read on, and what can't be done to it is said."""
    r = begin()
    go(r, 20).keys("\r").wait("Subject: Number 20")
    c = server.client("INBOX")
    c.uid("STORE", c.uid("SEARCH", "SUBJECT", '"Number 20"')[1][0], "+FLAGS", "\\Deleted")
    c.expunge()
    c.logout()
    r.wait(lambda r: "29 messages" in r.lines[0])
    r.keys("F").wait("This message is not there any more")
    r.kill()


def offline():
    """With no network: all is shown, waits, and comes true after a restart with one."""
    proxy = Proxy(server.imaps)
    clear()
    r = Reader(config=account(server, port=proxy.port))
    r.wait(f"Number {N}").checked().pump(1)
    proxy.dead = True
    go(r, 20).keys("d").gone("Number 20")
    go(r, 19).keys("s").keys("Archive\r").gone("Number 19")
    go(r, 18).keys("F")
    go(r, 17).keys("d").gone("Number 17").keys("u").wait("Number 17")
    r.keys("carchive\r").wait("Number 19").keys("F").wait("1 message flagged").keys("cinbox\r").wait("Number 18")
    assert there() == all_numbers()
    path = r.profile
    r.kill()
    conf = open(os.path.join(path, "config")).read()
    open(os.path.join(path, "config"), "w").write(conf.replace(f":{proxy.port}", f":{server.imaps}"))
    r = Reader(profile=path)
    until(lambda: there() == all_numbers(20, 19) and there("Trash") == ["20"] and there("Archive") == ["19"], r, 15)
    until(lambda: "\\Flagged" in flags(18) and "\\Flagged" in flags(19, "Archive"), r)
    r.keys("carchive\r").wait("Number 19").wait("1 message")
    r.kill()


def to_another_account():
    """s and C to a folder of another account: there with its text, flags and date; the original of a move is in the trash."""
    clear(user="bob")
    second = account(server, user="bob", name="other", address="bob@example.org")
    long = mail("Number 77", "A long line of text.\n" * 20000, extra="X-Kept: yes\r\n")
    clear()
    server.deliver(long)
    r = Reader(config=account(server) + second, rows=40).wait(f"Number {N}").checked().wait(lambda r: r.text.count("Archive") > 1)    # of the other account too
    go(r, 20).keys("F").wait("flagged")
    until(lambda: "\\Flagged" in flags(20), r)
    go(r, 20).keys("s").keys("other/Archive\r").wait("moved to other/Archive").gone("Number 20")
    until(lambda: there("Archive", user="bob") == ["20"] and there("Trash") == ["20"], r)
    c = server.client("Archive", True, user="bob")
    assert b"\\Flagged" in c.fetch("1", "(FLAGS)")[1][0]
    c.logout()
    go(r, 21).keys("t")
    go(r, 22).keys("t")
    go(r, 77).keys("t").wait("3 tagged").keys(";").wait("acts on 3").keys("C").keys("\x15other/Archive\r").wait("3 messages copied to other/Archive")
    until(lambda: there("Archive", user="bob") == ["20", "21", "22", "77"], r)
    assert there() == all_numbers(20) + ["77"]
    c = server.client("Archive", True, user="bob")
    uid = c.uid("SEARCH", "SUBJECT", "77")[1][0].split()[0]
    assert c.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1] == long
    c.logout()
    r.keys("cother/archive\r").wait("Number 77").wait("4 messages")
    go(r, 77).keys("\r").wait("A long line of text.")
    r.keys("q").keys("u").wait("Taken back: 3 messages")
    until(lambda: there("Archive", user="bob") == ["20"], r)
    r.kill()


def removed_while_read():
    """What is read and was removed by another program: said, and nothing else is touched or skipped."""
    r = begin(rows=30)
    go(r, 20).keys("\r").wait("A short text.")
    c = server.client("INBOX")
    c.uid("STORE", c.uid("SEARCH", "SUBJECT", '"Number 20"')[1][0].split()[-1].decode(), "+FLAGS", "\\Deleted")
    c.expunge()
    c.logout()
    r.wait(lambda r: "29 messages" in r.lines[0])
    for key in ("d", "F", "A", "N"):
        r.keys(key).wait("not there any more").keys("h").gone("not there any more").keys("h")
        assert "Subject: Number 20" in r.text, r.text
    assert r.row("Number 19") > 0 and there("Trash") == [] and len(there()) == N - 1
    r.kill()


if __name__ == "__main__":
    run(delete_and_undo, move_copy_archive_junk, tagged, flags_and_labels, for_good, in_the_pager, removed_elsewhere, removed_while_read, offline, to_another_account)

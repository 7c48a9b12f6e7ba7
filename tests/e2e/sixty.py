#!/usr/bin/env python3
"""sixty.py - the same sixty acts by keys, on a server with everything, on one like Exchange Online, on one with "INBOX." before all
names, and without MOVE and UIDPLUS: what the server has at the end is what a list in memory says.

SPDX-License-Identifier: GPL-3.0-or-later"""
import copy, os, random, re, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, account, limit, mail, run

ROLES = {"trash": ["Trash", "INBOX.Trash", "Deleted Items"], "archive": ["Archive", "INBOX.Archive"], "junk": ["Junk", "INBOX.Junk", "Junk Email", "Junk E-Mail"],
         "work": ["Work", "INBOX.Work"], "inbox": ["INBOX"]}
N = 24


def content(server, names):
    """What lies in those folders: (role, number, flagged, seen, label), sorted."""
    out = []
    c = server.client()
    for role, name in names.items():
        if not name or c.select(f'"{name}"', readonly=True)[0] != "OK":
            continue
        got = c.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        for i, part in enumerate(got):
            if not isinstance(part, tuple):
                continue
            flags = part[0] + (got[i + 1] if i + 1 < len(got) and isinstance(got[i + 1], bytes) else b"")
            number = int(re.search(rb"Number (\d+)", part[1])[1])
            assert b"\\Deleted" not in flags, (role, number)
            out.append((role, number, b"\\Flagged" in flags, b"\\Seen" in flags, b"mark" in flags))
    c.logout()
    return sorted(out)


class Model:
    """Messages as (role, number, flagged, seen, label); each act keeps what was before it."""

    def __init__(self):
        self.now, self.before = [["inbox", n, False, False, False] for n in range(1, N + 1)], []

    def act(self, number, change):
        self.before.append(copy.deepcopy(self.now))
        for m in list(self.now):
            if m[0] == "inbox" and m[1] in number:
                change(m)

    def undo(self):
        self.now = self.before.pop()

    def inbox(self):
        return [m[1] for m in self.now if m[0] == "inbox"]


def script(variant="default", disable=None, seed=60):
    rng = random.Random(seed)
    server = Server(VARIANT=variant)
    c = server.client()
    c.create("INBOX.Work" if variant == "inboxdot" else "Work")
    c.subscribe("INBOX.Work" if variant == "inboxdot" else "Work")
    c.logout()
    server.deliver(*[mail(f"Number {n:02}") for n in range(1, N + 1)])
    r = Reader(config=account(server, extra=f"disable = {disable}\n" if disable else ""))
    r.wait(f"Number {N}").checked(15).wait("Work")
    m = Model()

    def at(number):
        r.go(f"Number {number:02}")

    def put(role):
        return lambda x: x.__setitem__(0, role)

    def turn(i):
        return lambda x: x.__setitem__(i, not x[i])

    for step in range(60):
        inbox = m.inbox()
        kind = rng.choice(["F", "N", "d", "A", "X", "s", "C", "w", "W", "u", "u", "tagged", "thread", "all", "good"])
        if kind == "u" and m.before:
            m.undo()
            r.keys("u").wait("Taken back")
            continue
        if len(inbox) < 6:
            kind = "F"
        number = rng.choice(inbox)
        at(number)
        if kind in "FN":
            r.keys(kind).wait("takes it back")
            m.act([number], turn(2 if kind == "F" else 3))
        elif kind in "dAX":
            r.keys(kind).wait("moved to").gone(f"Number {number:02}")
            m.act([number], put({"d": "trash", "A": "archive", "X": "junk"}[kind]))
        elif kind == "s":
            r.keys("s").keys("\x15Work\r").wait("moved to").gone(f"Number {number:02}")
            m.act([number], put("work"))
        elif kind == "C":
            r.keys("C").keys("\x15Work\r").wait("copied to")
            m.act([number], lambda x: m.now.append(["work"] + x[1:]))
        elif kind == "w" and [x for x in m.now if x[1] == number and x[0] == "inbox"][0][4] is False:
            r.keys("w").keys("\x15mark\r").wait("label mark set")
            m.act([number], turn(4))
        elif kind == "W" and [x for x in m.now if x[1] == number and x[0] == "inbox"][0][4]:
            r.keys("W").keys("\x15mark\r").wait("label mark taken")
            m.act([number], turn(4))
        elif kind == "thread":    # each is one of its own
            if not [x for x in m.now if x[1] == number and x[0] == "inbox"][0][3]:
                r.keys("\x12").wait("marked as read")
                m.act([number], turn(3))
        elif kind == "all":
            if not all(x[3] for x in m.now if x[0] == "inbox"):
                r.keys("\x1bR").wait("marked as read")
                m.act(inbox, lambda x: x.__setitem__(3, True))
        elif kind == "good":
            r.keys(":delete-for-good\r").wait("for good?").keys("y").wait("deleted for good").gone(f"Number {number:02}")
            m.act([number], m.now.remove)
            m.before = []    # that can't be taken back any more when the server has done it
        elif kind == "tagged":
            other = rng.choice([n for n in inbox if n != number])
            r.keys("t").wait("1 tagged")
            at(other)
            r.keys("t").wait("2 tagged").keys(";d").wait("2 messages moved").gone(f"Number {other:02}")
            m.act([number, other], put("trash"))
        r.pump(rng.choice([0, 0, 0.05, 0.2]))    # some before the server did the last one, some after
    wanted = sorted(tuple(x) for x in m.now)
    end = time.monotonic() + limit(20)
    while True:
        c = server.client()
        names = {role: next((n for n in candidates if c.select(f'"{n}"', readonly=True)[0] == "OK"), None) for role, candidates in ROLES.items()}
        c.logout()
        if content(server, names) == wanted:
            break
        if time.monotonic() > end:
            got = content(server, names)
            raise AssertionError(f"too much: {sorted(set(got) - set(wanted))}\nmissing: {sorted(set(wanted) - set(got))}\n{names}\n{r.text}")
        r.pump(0.2)
    r.keys("U").wait("What was done").gone("waits").gone("failed").keys("q")
    r.keys("cwork\r").wait(f"{len([x for x in m.now if x[0] == 'work'])} message")
    r.kill()
    server.stop()


def everything():
    script()


def exchange_online():
    script("exchange")


def inbox_prefix():
    script("inboxdot")


def without_move():
    script(disable="MOVE", seed=61)


def without_uidplus():
    script(disable="MOVE UIDPLUS", seed=62)


if __name__ == "__main__":
    run(everything, exchange_online, inbox_prefix, without_move, without_uidplus)

#!/usr/bin/env python3
"""drawing.py - what stands on the terminal after keys is what C-l draws anew: nothing of an older picture is left.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, random, re, sys

import pexpect

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, limit, mail, run

server = Server()
subjects = ["The garden wall", "日本語の件名です", "Été à l'étang", "A subject that is longer than its column, and then some more of it, and more", "x"]
server.deliver(*[mail(f"{subjects[i % 5]} {i}") for i in range(120)])
MOVES = ["j", "k", "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[5~", "\x1b[H", "\x1b[F", "=", "*", "jjj", "kkkkk", "j\x1b[6~k"]
OTHERS = ["\r", "q", "N", "F", "t", "\t", ":jump 50\r", ":limit garden\r", ":limit ~A\r", "?", "\x1b", "c\x1b", "\x1b[Z", " ", "-"]


def picture(r):
    cells = [[(c.data, c.fg, c.bg, c.bold, c.reverse, c.italics, c.underscore) for c in (r.screen.buffer[y][x] for x in range(r.screen.columns))]
             for y in range(r.screen.lines)]
    return cells, (r.screen.cursor.y, r.screen.cursor.x), r.screen.cursor.hidden


def settled(r):
    """The picture when all has come: no text on its way, no search, and not a byte for a while."""
    r.wait(lambda r: not re.search("etching the|searching", r.text))
    n = -1
    while n != len(r.raw):
        n = len(r.raw)
        r.pump(0.15)
    return picture(r)


def after_random_keys(rows=30, cols=110, seed=1, n=60):
    rng = random.Random(seed)
    r = Reader(server, rows=rows, cols=cols)
    r.wait("x 119" if cols > 60 else "119").wait(lambda r: "Fetching" not in r.text)
    r.pump(1)
    for i in range(n):
        keys = [rng.choice(MOVES if rng.random() < 0.8 else OTHERS) for _ in range(rng.randint(1, 4))]
        for k in keys:
            if k == "q":
                settled(r)
            if k == "q" and not r.row("garden") < 0:
                k = "j"    # it would leave
            r.keys(k)
        seen = settled(r)
        r.keys("\x0c")
        again = settled(r)
        for y in range(rows - (1 if cols > 100 else 4)):    # below may be words that the next key takes away
            assert seen[0][y][:cols] == again[0][y][:cols], (i, keys, y, "".join(c[0] for c in seen[0][y]), "".join(c[0] for c in again[0][y]))
        assert seen[1:] == again[1:], (i, keys, seen[1:], again[1:])
    r.kill()


def in_three_panes():
    after_random_keys()


def in_one_pane():
    after_random_keys(20, 58, 2, 30)


def a_picture_is_one_write():
    """Seen half drawn by nobody: the bytes of a page come together."""
    r = Reader(server)
    r.wait("x 119")
    r.pump(1)
    tries = []
    for key in ("\x1b[6~", "\x1b[5~") * 4:    # the kernel may cut one in two
        reads, patience = [], limit(2)
        r.process.send(key)
        while True:
            try:
                reads.append(r.process.read_nonblocking(65536, patience))
                patience = 0.3
            except pexpect.TIMEOUT:
                break
        tries.append([len(x) for x in reads])
        if len(reads) == 1 and len(reads[0]) > 500:
            break
    else:
        raise AssertionError(tries)
    r.kill()


run(in_three_panes, in_one_pane, a_picture_is_one_write)

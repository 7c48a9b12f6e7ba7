#!/usr/bin/env python3
"""settings.py - the modes of sending and receiving, switched on the settings screen.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Proxy, Reader, Server, account, mail, run

server = Server()
server.deliver(*[mail(f"Number {i}") for i in range(1, 6)])
F2 = "\x1bOQ"


class Counting(Proxy):
    @property
    def count(self):
        return len(self.sockets) // 2


def config(proxy, check):
    text = account(server, port=proxy.port, check=f"{check}   # the mode")
    return "# my own words\n\n" + text + "# the end\n"


def file(r):
    with open(os.path.join(r.profile, "config")) as f:
        return f.read()


def S25_manual():
    """Manual: nothing goes out at start; G does one cycle, and the title says manual."""
    proxy = Counting(server.imaps)
    r = Reader(config=config(proxy, "manual"))
    r.wait("manual")
    r.pump(3)
    assert proxy.count == 0, proxy.count
    r.keys("G").wait("Number 5").checked()
    assert proxy.count == 1, proxy.count
    r.pump(2)
    assert proxy.count == 1, proxy.count
    r.kill()


def S24_startup():
    """On startup: one cycle, and none by itself after it."""
    proxy = Counting(server.imaps)
    r = Reader(config=config(proxy, "startup"))
    r.wait("Number 5").checked()
    r.pump(3)
    assert proxy.count == 1, proxy.count
    r.kill()


def S22_switched():
    """manual -> every 1 minute -> startup: the next connection obeys, the file shows it with its comments, a restart keeps it."""
    proxy = Counting(server.imaps)
    r = Reader(config=config(proxy, "manual"))
    before = file(r)
    r.wait("manual").keys(F2).wait("Send and receive").wait("on startup")
    assert proxy.count == 0
    r.keys("e").wait("minutes").keys("\x151\r").wait("every 1 min")
    assert file(r) == before.replace("check = manual", "check = every 1 minute"), file(r)
    assert proxy.count == 0, "an interval begins now, it is not over"
    start = time.monotonic()
    r.wait(lambda r: proxy.count == 1, 75)    # the engine obeys without a restart
    assert time.monotonic() - start > 45, time.monotonic() - start
    r.checked(10)
    r.keys("e")    # off: the only mode, so manual is what is left
    r.wait(lambda r: "check = manual" in file(r))
    r.keys("s").wait(lambda r: "check = startup" in file(r))
    assert file(r) == before.replace("check = manual", "check = startup"), file(r)
    n = proxy.count
    r.pump(2)
    assert proxy.count == n, "startup means the next start"
    profile = r.profile
    r.keys("q").keys("q")
    r.kill()
    r = Reader(profile=profile)
    r.wait("Number 5").wait(lambda r: proxy.count > n, 20).checked()
    assert proxy.count == n + 1, (n, proxy.count)
    r.keys(F2).wait("[x]")
    assert "config, line" in r.text
    r.kill()


def S31_advice():
    """The screen says beside the modes what each is for."""
    r = Reader(server)
    r.wait("Number 5").keys(F2).wait("Always connected").wait("Not always connected").wait("Several devices: keep a copy")
    r.kill()


def S32_help():
    """? on the settings screen explains the keys and every option; the manual page has the three modes by their names."""
    r = Reader(server)
    r.wait("Number 5").keys(F2).wait("Send and receive").keys("?").wait("Help: keys in the settings")
    r.keys("/mode-manual\r").wait("Send and receive only on command")
    r.keys("/keep-on-server\r").wait("keep-on-server").wait("POP3")
    r.keys("/check \r").pump(0.1)
    r.keys("q").wait("Send and receive")
    r.kill()
    page = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc/eilpost.1.in")).read()
    for mode in (".B startup\n", ".B manual\n", '.BI every " N " minutes\n'):
        assert mode in page, mode


def options():
    """Any option: searched, changed, refused, set back; provenance is said."""
    r = Reader(server)
    r.wait("Number 5").keys(F2).wait("Send and receive")
    r.keys("/dates\r").wait("relative").wait("built in")
    r.keys("\r").wait("absolute").wait("this screen")
    assert "dates = absolute" in file(r)
    r.keys("x").wait("set back").wait("relative")
    assert "dates" not in file(r)
    r.keys("/folders-width\r").wait("folders-width").keys("\r").keys("\x15900\r").wait("not a number from 0 to 60")
    assert "folders-width" not in file(r)
    r.keys("\r").keys("\x1530\r").wait("this screen")
    assert "folders-width = 30" in file(r)
    r.keys("/keep-on-server\r").keys("\r").keys("\x15sometimes\r").wait("none of: yes, no, N days")
    r.keys("\x1b").wait("Send and receive").keys("\x1b").wait("Number 5")
    assert r.quit()[0] == 0
    r.kill()


def small():
    for rows, cols in ((24, 80), (15, 50), (6, 20)):
        r = Reader(server, rows=rows, cols=cols)
        r.pump(0.5)
        r.keys(F2)
        r.pump(0.3)
        for _ in range(8):
            r.keys("\t").keys("jj")
        r.keys("\x1b")
        r.pump(0.2)
        assert r.quit()[0] == 0
        r.kill()


if __name__ == "__main__":
    run(S25_manual, S24_startup, S31_advice, S32_help, options, small, S22_switched)

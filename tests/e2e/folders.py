#!/usr/bin/env python3
"""folders.py - the tree of folders by keys: folding, making, renaming, moving, deleting, subscribing, rights, quota; on a server
with everything, on one like Exchange Online, on one with "INBOX." before all names.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, re, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Proxy, Reader, Server, account, limit, mail, pop_account, run

LEFT, RIGHT = "\x1b[D", "\x1b[C"


class Names:
    """How a server calls what is shown as Work/2024."""

    def __init__(self, variant):
        self.prefix, self.sep = ("INBOX.", ".") if variant == "inboxdot" else ("", "/")

    def __call__(self, path):
        return self.prefix + path.replace("/", self.sep)

    def shown(self, path):
        return path.replace("/", self.sep)


def tree(r):
    """The folder pane: (depth, name)."""
    out = []
    for line in r.lines[2:]:
        m = re.match(r"( *)(?:[▾▸]?[›*]?) ?(\S.*?)(?:\s+\d+)?[ !…]*$", line.split("│")[0]) if "│" in line else None
        if m:
            out.append((line.index(m[2]) // 2 - 2, m[2]))
    return out


def listed(server, subscribed=False):
    c = server.client()
    lines = (c.lsub if subscribed else c.list)()[1]
    c.logout()
    found = [re.search(rb'(?:"([^"]*)"|(\S+))$', line) for line in lines if line]
    return {(m[1] or m[2]).decode() for m in found}


def until(test, r, seconds=10):
    end = time.monotonic() + limit(seconds)
    while not test():
        assert time.monotonic() < end, "not in time\n" + r.text
        r.pump(0.1)


def to(r, name, depth=None):
    """The cursor of the folder pane on the folder of that leaf."""
    r.keys("\x1b[H").wait(lambda r: (r.screen.cursor.y, r.screen.cursor.x) == (2, 0))
    for _ in range(40):
        line = r.selected().split("│")[0]
        if re.search(r"(^|[ ▾▸›])%s( |$)" % re.escape(name), line):
            return r
        y = r.screen.cursor.y
        r.keys("j").wait(lambda r: r.screen.cursor.y != y)
    raise AssertionError(f"no {name}\n{r.text}")


def start(variant, port=None, **more):
    server = Server(VARIANT=variant)
    name = Names(variant)
    c = server.client()
    for f in ("Work", "Work/2024", "Work/2024/May", "Lists", "Lists/dev"):
        c.create(name(f))
        c.subscribe(name(f))
    c.logout()
    server.deliver(*[mail(f"Number {i}") for i in range(4)])
    server.deliver(mail("Of May"), folder=name("Work/2024/May"))
    proxy = Proxy(server.imaps)
    r = Reader(config=account(server, port=proxy.port), rows=36, cols=120, **more)
    r.wait("Number 3").checked(15).wait("May")
    return server, name, proxy, r


def all_of_it(variant):
    server, name, proxy, r = start(variant)
    s = name.shown
    r.keys("y").wait("C new")
    # fold: what is below counts for the parent; kept over a restart
    to(r, "Work").keys(LEFT).gone("2024").wait(lambda r: any(re.search("Work +1", l) for l in r.lines))
    r.keys("q").quit()    # what is folded is written down by then
    r = Reader(profile=r.profile, rows=36, cols=120)
    r.wait("Number 3").wait("Work").keys("y").wait("C new")
    assert "2024" not in r.text, r.text
    to(r, "Work").keys(RIGHT).wait("2024").wait("May")
    # make
    to(r, "Work").keys("C").wait("Name of the new folder").keys(f"\x15{s('Work/Fresh')}\r").wait("made").wait("Fresh")
    until(lambda: name("Work/Fresh") in listed(server), r)
    assert name("Work/Fresh") in listed(server, True)
    # one of that name is there
    r.keys("C").keys(f"\x15{s('Work/Fresh')}\r").wait("already")
    # rename with what is below
    to(r, "2024").keys("r").wait("Rename").keys(f"\x15{s('Work/2025')}\r").wait("is called").wait(lambda r: "2025" in [n for _, n in tree(r)] and "2024" not in [n for _, n in tree(r)])
    until(lambda: name("Work/2025/May") in listed(server) and name("Work/2024") not in listed(server), r)
    # move into another
    to(r, "2025").keys("s").wait("Move").keys("\x15Lists\r").wait("is called")
    until(lambda: name("Lists/2025/May") in listed(server), r)
    to(r, "May").keys("\r").wait("Of May")
    # never into itself
    r.keys("y")
    to(r, "Lists").keys("s").keys(f"\x15{s('Lists/2025')}\r").wait("into itself")
    # back to the top
    to(r, "2025").keys("s").wait("Move").keys("\x15\r").wait("is called")
    until(lambda: name("2025/May") in listed(server), r)
    assert ("2025" in [n for d, n in tree(r) if d == 0]), tree(r)
    r.keys("u").wait("Taken back")
    until(lambda: name("Lists/2025/May") in listed(server), r)
    # subscribe
    to(r, "dev").keys("S").wait("not subscribed any more")
    until(lambda: name("Lists/dev") not in listed(server, True), r)
    r.keys("T").wait("Only folders").wait(lambda r: "dev" not in [n for _, n in tree(r)])
    r.keys("T").wait(lambda r: "dev" in [n for _, n in tree(r)])
    to(r, "dev").keys("i").wait("not subscribed")
    to(r, "dev").keys("S").wait("subscribed ·")
    until(lambda: name("Lists/dev") in listed(server, True), r)
    # delete: asked, with how much is in it
    to(r, "May").keys("d").wait("and the 1 message in it").keys("n").wait("Nothing was changed")
    to(r, "May").keys("d").wait("for good?").keys("y").wait("May deleted").wait(lambda r: "May" not in [n for _, n in tree(r)])
    until(lambda: name("Lists/2025/May") not in listed(server), r)
    r.keys("u").wait("can't be brought back")
    r.wait("Number 3")    # the one that was open is gone: the inbox is shown
    # the inbox stays
    to(r, "Inbox").keys("d").wait("belongs to every account")
    # empty
    r.keys("q").keys("=").keys("dd").wait("moved to").gone("Number 3").gone("Number 2").keys("y")
    to(r, "Trash").keys("E").wait("Delete all 2 messages in").keys("y").wait("emptied")
    trash = next(n for n in listed(server) if n.split(name.sep)[-1] in ("Trash", "Deleted Items"))
    c = server.client()
    until(lambda: c.select(f'"{trash}"', readonly=True)[1][0] == b"0", r)
    c.logout()
    r.kill()
    server.stop()


def everything():
    all_of_it("default")


def exchange_online():
    all_of_it("exchange")


def inbox_prefix():
    all_of_it("inboxdot")


def the_order():
    """Special folders on top, then the person's by name, then those of others; no prefix is seen."""
    server, name, proxy, r = start("inboxdot")
    shown = [n for d, n in tree(r) if d == 0]
    assert shown[0] == "Inbox" and shown[1] == "Drafts" and "INBOX" not in "".join(shown), (shown, r.text)
    assert shown.index("Trash") < shown.index("Lists") < shown.index("Work"), shown
    r.keys("cWork.2024.May\r").wait("Of May")
    r.kill()
    server.stop()


def offline():
    """Made, moved and deleted with no network; the tree shows it at once, also after a restart; then it becomes true."""
    server, name, proxy, r = start("default")
    proxy.cut()
    r.wait("offline", 20).keys("y")
    to(r, "Work").keys("C").keys("\x15Later\r").wait("made")
    to(r, "2024").keys("r").keys("\x15Later/Old\r").wait("is called")
    to(r, "dev").keys("d").wait("Delete the folder").keys("y").wait("deleted ·").wait(lambda r: "dev" not in [n for _, n in tree(r)])
    r.keys("u").wait("Taken back").wait("dev")
    to(r, "dev").keys("d").wait("Delete the folder").keys("y").wait("deleted ·").wait(lambda r: "dev" not in [n for _, n in tree(r)])
    r.kill()
    r = Reader(profile=r.profile, rows=36, cols=120)
    r.wait("Later").wait("Old").wait("May")
    assert "dev" not in [n for _, n in tree(r)]
    before = listed(server)
    assert "Later" not in before and "Lists/dev" in before
    c = server.client()     # another program is quicker with two of them
    assert c.create("Later")[0] == "OK" and c.delete("Lists/dev")[0] == "OK"
    c.logout()
    proxy.mend()
    r.keys("G")
    until(lambda: {"Later", "Later/Old", "Later/Old/May"} <= listed(server) and "Lists/dev" not in listed(server) and "Work/2024" not in listed(server), r, 20)
    r.keys("U").wait("What was done").gone("waits").gone("failed")
    r.kill()
    server.stop()


def gone_elsewhere():
    """The open folder is deleted by another program: the inbox takes its place, and that is said, also in a small window."""
    server, name, proxy, r = start("default")
    r.kill()
    r = Reader(profile=r.profile, rows=24, cols=80)
    r.wait("Number 3").keys("cWork/2024/May\r").wait("Of May").pump(1)
    c = server.client()
    assert c.delete("Work/2024/May")[0] == "OK"
    c.logout()
    r.keys("G").wait("The folder Work/2024/May is gone").wait("Number 3")
    assert "This is the inbox." in re.sub(r"\s+", " ", r.text), r.text
    r.keys("j").gone("is gone").wait("Number 3")
    r.kill()
    server.stop()


def refused():
    """What the server refuses is named, and is in the history as failed, also when it was given up."""
    server, name, proxy, r = start("default")
    long = "x" * 300    # Dovecot takes 255 bytes
    r.keys("y").wait("C new")
    r.keys("C").keys(f"\x15{long}\r").wait("The server refused to make the folder xxx")
    r.wait("<F4> shows it")
    r.keys("\x1bOS").wait("make the folder")
    r.wait(lambda r: "make the folder" in r.selected())
    r.keys("d").wait("Take it back").keys("2").wait("The change is taken back.").gone("make the folder")
    r.keys("q").keys("U").wait("What was done").wait("failed")
    r.kill()
    server.stop()


def into_a_new_one():
    """A message goes into a folder that is not there yet: it is offered, and made with it in one act."""
    server, name, proxy, r = start("default")
    r.go("Number 2").keys("s").keys("\x15Brand/New\r").wait("Make it?").keys("n").wait("Nothing was changed")
    r.go("Number 2").keys("s").keys("\x15Brand/New\r").wait("Make it?").keys("y").wait("moved to Brand/New").gone("Number 2")
    until(lambda: "Brand/New" in listed(server), r)
    c = server.client()
    until(lambda: c.select("Brand/New", readonly=True)[1][0] == b"1", r)
    c.logout()
    r.keys("u").wait("Number 2")
    r.kill()
    server.stop()


def rights():
    """What the server gives no right to is marked, said in words, and refused before anything happens."""
    server, name, proxy, r = start("default")
    b = server.client(user="bob")
    b.create("Plans")
    b.append("Plans", None, None, mail("The plan"))
    b.setacl("Plans", "alice", "lr")
    b.logout()
    r.kill()    # Dovecot tells of new shares in a new session only
    r = Reader(profile=r.profile, rows=36, cols=120)
    r.wait("Plans", 10).keys("y")
    to(r, "Plans")
    r.wait(lambda r: "Plans (read only)" in r.selected())
    r.keys("i").wait("only read").keys("d").wait("Delete the folder").keys("y").wait("no right")
    to(r, "Plans").keys("C").keys("\x15shared/bob/Plans/Mine\r").wait("You may not make folders")
    r.kill()
    server.stop()


def small_screens():
    """At 80x24 and 50x15 the tree is a key away, and whole."""
    server = Server()
    server.deliver(mail("Only one"))
    for rows, cols in ((24, 80), (15, 50), (6, 20)):
        r = Reader(server, rows=rows, cols=cols)
        r.wait("Only one")
        r.keys("y").wait("Inbox")
        if rows > 6:
            r.wait("Trash").wait("back")
        r.keys("\x1b").gone("Trash").wait("Only one")
        r.kill()
    server.stop()


def pop3():
    """The folders of a POP3 account are on this computer: made, renamed, used and deleted there."""
    server = Server()
    server.deliver(*[mail(f"Number {i}") for i in range(3)])
    r = Reader(config=pop_account(server, check="startup"), rows=30, cols=110)
    r.wait("Number 2", 15).checked(10).keys("y").wait("C new")
    r.keys("C").keys("\x15Keep\r").wait("made").wait("Keep")
    r.keys("q").keys("=").keys("s").keys("\x15Keep\r").wait("moved to Keep").gone("Number 2")
    r.keys("y")
    to(r, "Keep").keys("r").keys("\x15Kept\r").wait("is called").wait("Kept")
    r.keys("\r").wait("Number 2").keys("y")
    to(r, "Kept").keys("d").wait("and the 1 message").keys("y").wait("deleted").wait(lambda r: "Kept" not in [n for _, n in tree(r)]).wait("Number 1")
    to(r, "Inbox").keys("d").wait("belongs to every account")
    r.kill()
    server.stop()


if __name__ == "__main__":
    run(everything, exchange_online, inbox_prefix, the_order, offline, gone_elsewhere, refused, into_a_new_one, rights, small_screens, pop3)

#!/usr/bin/env python3
"""notices.py - new mail is told: once, only when it is new, by bytes that say nothing but it.

SPDX-License-Identifier: GPL-3.0-or-later"""
import base64, os, re, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, account, limit, mail, pop_account, run, scratch

OSC = re.compile(rb"\x1b\](9|777);([^\x07\x1b\x9c]*)\x1b\\")
server = Server()
server.deliver(*[mail(f"Old {i}") for i in range(1, 6)])
admin = server.client()
admin.create("Lists")
admin.create("Quiet")
log = os.path.join(scratch(), "log")
PRINT = f'printf "%s|%s|%s|%s|%s\\\\n" "$1" "$2" "$EILPOST_FOLDER" "$EILPOST_COUNT" "$EILPOST_MARKUP" >> {log}'


def config(extra="", **rest):
    return account(server, **rest) + f"[notify]\nterminal = osc777\nbell = yes\ncommand = {PRINT}\n" + extra


def told(r):
    return [m.group(2).decode() for m in OSC.finditer(r.raw)]


def said():
    return open(log).read().splitlines() if os.path.exists(log) else []


def start(**rest):
    if os.path.exists(log):
        os.unlink(log)
    r = Reader(config=rest.pop("config", None) or config(), **rest)
    return r


def settle(r, seconds=2.5):
    r.pump(seconds)
    return r


def wait_told(r, n, seconds=8):
    r.wait(lambda r: len(told(r)) >= n, seconds)
    settle(r, 0.3)


def nothing_for_a_first_sync_then_each_once():
    r = start()
    r.wait("Old 5").checked()
    settle(r)
    assert not told(r) and not said() and b"\x07" not in r.raw, told(r)
    server.deliver(mail("The garden wall", sender="Anna Weber <anna@example.org>"))
    r.wait("The garden wall")
    wait_told(r, 1)
    assert told(r) == ["notify;New mail from Anna Weber;The garden wall"], told(r)
    r.wait("New mail from Anna Weber: The garden wall")    # the bottom line
    assert r.raw.count(b"\x07") == 1    # the bell
    end = time.time() + limit(5)
    while not said() and time.time() < end:
        r.pump(0.1)
    assert said() == ["New mail from Anna Weber|The garden wall|Inbox|1|The garden wall"], said()
    r.keys("G")
    settle(r)
    assert len(told(r)) == 1 and len(said()) == 1
    assert r.quit()[0] == 0
    again = Reader(profile=r.profile)
    again.wait("The garden wall").checked()
    settle(again)
    assert not told(again), told(again)    # never twice
    again.kill()


def several_are_one_notice():
    r = start()
    r.wait("The garden wall").checked()
    settle(r, 1)
    c, mails = server.client(), [mail(f"Burst {i}") for i in range(1, 8)]
    c.send(b"b APPEND INBOX" + b"".join(b" {%d+}\r\n%s" % (len(m), m) for m in mails) + b"\r\n")    # one command: they are gathered for 1.5 s
    while not c.readline().startswith(b"b "):
        pass
    c.logout()
    wait_told(r, 1)
    settle(r)
    assert len(told(r)) == 1 and told(r)[0].startswith("notify;7 new messages in work / Inbox;Bob Meyer: Burst"), told(r)
    r.kill()


def what_came_while_away_is_told():
    r = start()
    r.wait("Burst 7").checked()
    settle(r, 1)
    r.quit()
    server.deliver(mail("While away"))
    again = Reader(profile=r.profile)
    again.wait("While away")
    wait_told(again, 1)
    assert told(again) == ["notify;New mail from Bob Meyer;While away"], told(again)
    again.kill()


def not_what_was_read_elsewhere_or_is_old():
    r = start()
    r.wait("While away").checked()
    settle(r, 1)
    server.deliver(mail("Read already"), flags="\\Seen")
    c = server.client()
    c.append("INBOX", None, '"01-Jan-2020 00:00:00 +0000"', mail("Moved from the archive"))
    r.wait("Read already")
    settle(r)
    assert not told(r), told(r)
    c.select("INBOX")
    c.append("INBOX", None, None, mail("Read at once"))
    c.store("*", "+FLAGS", "\\Seen")
    c.logout()
    r.wait("Read at once")
    settle(r)
    assert not told(r), told(r)
    r.kill()


def encoded(text):
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def evil_subjects():
    r = start()
    r.wait("While away").checked()
    settle(r, 1)
    touched = os.path.join(scratch(), "touched")
    before = len(r.raw)
    server.deliver(mail(encoded(f"\x1b]0;owned\x07\x9c\x1b\\;$(touch {touched})`id`\r\nline\u202etxt"), sender=encoded("\x1b[31m4;1;50") + " <x@example.org>"))
    wait_told(r, 1)
    settle(r)
    new = r.raw[before:]
    assert len(told(r)) == 1, told(r)
    title, body = told(r)[0].split(";")[1:]
    assert title == "New mail from [31m4,1,50", title
    assert re.match(r"\]0,owned *\\,\$\(touch ", body), body
    assert not os.path.exists(touched)
    assert b"\x1b]0;" not in new and b"\x1b[31m4" not in new and "\u202e".encode() not in new and b"\xc2\x9c" not in new
    assert new.count(b"\x07") == 1
    r.wait(lambda r: said())
    assert re.match(r"New mail from \[31m4;1;50\|\]0;owned *\\;\$\(touch ", said()[0]), said()
    r.kill()


def per_folder_and_other_folders():
    r = start(config=config("folders = inbox, Lists\n"))
    r.wait("While away").checked()
    for folder in ("Lists", "Quiet"):    # looked at once
        r.keys("c" + folder + "\r").wait(f"work / {folder}").wait("No messages.")
        settle(r, 1)
    r.keys("cInbox\r").wait("While away")
    settle(r, 1)
    server.deliver(mail("To the quiet ones"), folder="Quiet")
    server.deliver(mail("To the list"), folder="Lists")
    r.keys("G")
    wait_told(r, 1)
    settle(r)
    assert told(r) == ["notify;New mail from Bob Meyer;To the list"], told(r)
    r.wait(lambda r: said())
    assert said()[0].split("|")[2] == "Lists", said()
    r.wait("work / Inbox").wait("While away")    # the screen stayed where it was
    r.kill()


def own_acts_are_no_news(**environment):
    mine = Server(**environment)
    c = mine.client()
    c.create("Lists")
    c.logout()
    mine.deliver(mail("Number one"), mail("To be moved"), mail("Number three"))
    r = start(config=account(mine) + "[notify]\nterminal = osc777\n")
    r.wait("Number three").checked()
    settle(r, 1)
    r.keys("cLists\r").wait("work / Lists")    # looked at once
    settle(r, 1)
    r.keys("cInbox\r").wait("Number three").keys("/to be moved\r").wait(lambda r: "To be moved" in r.selected())
    r.keys(":move Lists\r").gone("To be moved")
    settle(r, 3)
    r.keys("G")
    settle(r, 3)
    assert not told(r), told(r)
    r.keys("cLists\r").wait("To be moved")
    settle(r, 2)
    assert not told(r), told(r)
    r.kill()


def own_acts_are_no_news_without_uidplus():
    own_acts_are_no_news(VARIANT="old")


def quiet_hours():
    now = time.localtime()
    span = f"{(now.tm_hour - 1) % 24:02}:00-{(now.tm_hour + 2) % 24:02}:00"
    r = start(config=config(f"quiet = {span}\n"))
    r.wait("While away").checked()
    settle(r, 1)
    server.deliver(mail("In the night"))
    r.wait("New mail from Bob Meyer: In the night")    # seen, not heard
    settle(r)
    assert not told(r) and not said() and b"\x07" not in r.raw, (told(r), said(), re.findall(rb".{60}\x07.{20}", r.raw, re.S))
    r.keys(":notify-test\r").wait("Now is a quiet time")
    wait_told(r, 1)
    r.kill()


def through_tmux_and_osc9():
    r = start(config=account(server) + "[notify]\nterminal = osc9\n", TMUX="/tmp/tmux-0/default,1,0")
    r.wait("While away").checked()
    r.keys(":notify-test A; B\r").wait("A notice was given by: osc9")
    r.wait(lambda r: b"\x1bPtmux;\x1b\x1b]9;New mail from eilpost: A, B\x1b\x1b\\\x1b\\" in r.raw)
    r.kill()


def nothing_set():
    r = start(config=account(server))
    r.wait("While away").checked()
    r.keys(":notify-test\r").wait("bottom line only")
    server.deliver(mail("Only on the screen"))
    r.wait("Only on the screen")
    settle(r)
    assert not told(r) and b"\x07" not in r.raw
    r.kill()


def by_pop3():
    server.deliver(mail("Bob's first"), mail("Bob's second"), user="bob")
    r = start(config=pop_account(server, user="bob") + "[notify]\nterminal = osc777\n")
    r.keys("G").wait("Bob's second").checked()
    settle(r)
    assert not told(r), told(r)
    server.deliver(mail("Bob's third"), user="bob")
    r.keys("G").wait("Bob's third")
    wait_told(r, 1)
    assert told(r) == ["notify;New mail from Bob Meyer;Bob's third"], told(r)
    r.keys("G")
    settle(r)
    assert len(told(r)) == 1, told(r)
    r.kill()


def a_command_that_hangs_is_left_alone():
    started = os.path.join(scratch(), "started")
    r = start(config=account(server) + f"[notify]\ncommand = echo x >> {started}; exec sleep 300\n")
    r.wait("While away").checked()
    for n in range(3):
        r.keys(":notify-test\r").wait("A notice was given by: command")
        r.keys("j")
    r.keys(":notify-test\r").wait("did not end")
    r.wait(lambda r: os.path.exists(started) and len(open(started).read().split()) == 3)
    status, took = r.quit()
    assert status == 0 and took < limit(3), (status, took)
    assert len(open(started).read().split()) == 3


run(nothing_for_a_first_sync_then_each_once, several_are_one_notice, what_came_while_away_is_told, not_what_was_read_elsewhere_or_is_old,
    evil_subjects, per_folder_and_other_folders, own_acts_are_no_news, own_acts_are_no_news_without_uidplus, quiet_hours, through_tmux_and_osc9, nothing_set, by_pop3, a_command_that_hangs_is_left_alone)

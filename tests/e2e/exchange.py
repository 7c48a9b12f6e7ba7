#!/usr/bin/env python3
"""exchange.py - a server as Exchange Online is: few extensions, a sign-in that takes seconds, folders without roles.

SPDX-License-Identifier: GPL-3.0-or-later
All that the reader says goes through a proxy that keeps it, so that nothing is asked for that was not announced."""
from harness import *

ANNOUNCED_NOT = ("ENABLE", "CONDSTORE", "QRESYNC", "CHANGEDSINCE", "MODSEQ", "VANISHED", "RETURN", "SPECIAL-USE", "COMPRESS", "NOTIFY", "SEARCHRES", "UTF8=ACCEPT", "STATUS-SIZE")


server = Server(VARIANT="exchange")
proxy = SlowProxy(server.imap)
reader = None


def uid_of(client, subject):
    client.noop()
    return client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()[-1]


def until(test, what, seconds=6):
    end = time.monotonic() + limit(seconds)
    while not test():
        assert time.monotonic() < end, f"{what} (waited {seconds} s)"
        reader.pump(0.05)


def has_flag(client, flag, subject):
    client.noop()
    return uid_of(client, subject) in client.uid("SEARCH", flag)[1][0].split()


def list_and_text():
    global reader
    server.deliver(*(mail(f"Number {i}", f"Text of number {i}.\n") for i in range(1, 41)))
    reader = Reader(config=account(server, port=proxy.port, scheme="imap+insecure"))
    reader.wait("Number 40").wait("40 unread").checked()
    reader.keys("\r").wait("Text of number 40.").keys("q").gone("Text of number 40.")
    reader.wait("39 unread")


def folders_by_their_names():
    """Without SPECIAL-USE the names tell: they stand in the order of roles, before the others."""
    client = server.client()
    client.create("AAAproject")
    client.logout()
    reader.keys("\x1b[15~").wait("AAAproject", 10)
    assert -1 < reader.row("Inbox") < reader.row("Drafts") < reader.row("Sent") < reader.row("AAAproject"), reader.text
    assert reader.row("Trash") < reader.row("AAAproject"), reader.text


def news_while_idle():
    reader.keys("jj").wait(lambda r: "Number 38" in r.selected())
    start = time.monotonic()
    server.deliver(mail("Fresh arrival"))
    reader.wait("Fresh arrival", 3)
    print(f"# new mail after {time.monotonic() - start:.2f} s")
    assert "Number 38" in reader.selected(), reader.text
    client = server.client("INBOX")
    client.uid("STORE", uid_of(client, "Number 36"), "+FLAGS", "(\\Flagged)")
    reader.wait(lambda r: any("Number 36" in line and "!" in line for line in r.lines), 4)
    client.uid("STORE", uid_of(client, "Number 37"), "+FLAGS", "(\\Deleted)")
    client.expunge()
    reader.gone("Number 37", 4)
    assert "Number 38" in reader.selected(), reader.text
    client.logout()


def flags_reach_the_server():
    client = server.client("INBOX")
    reader.keys("F")
    until(lambda: has_flag(client, "FLAGGED", "Number 38"), "F never reached the server")
    reader.keys("kN")
    client.logout()


def asks_for_nothing_unannounced():
    said = proxy.said.upper().decode("latin-1")
    # what is encoded is a password
    commands = [line for line in said.splitlines() if not re.search(r"AUTHENTICATE|LOGIN", line)]
    for line in commands:
        for word in ANNOUNCED_NOT:
            assert word not in line, line
    assert "IDLE" in said and len(commands) > 5, commands


def slow_sign_in():
    """The proxy hop that Exchange Online is known for: from the store at once, keys at once, the state in words."""
    status, seconds = reader.quit()
    assert status == 0 and seconds < limit(2), (status, seconds)
    server.deliver(mail("Came overnight"))
    slow = SlowProxy(server.imap, 4.0, 2)
    r = Reader(config=account(server, port=slow.port, scheme="imap+insecure"), profile=reader.profile)
    start = time.monotonic()
    r.wait("Number 40", 2)
    r.wait(lambda r: "connecting" in r.text or "signing in" in r.text or "securing" in r.text, 2)
    took, states = [], set()
    names = [f"Number {i}" for i in (40, 39, 38, 36)]
    while time.monotonic() - start < 8.5 and "Came overnight" not in r.text:
        for key, names_in_turn in (("j", names[1:]), ("k", names[-2::-1])):
            for _ in names_in_turn:
                was, begin = r.selected(), time.monotonic()
                r.process.send(key)
                while r.selected() == was and time.monotonic() - begin < 2:
                    r.pump(0.002)
                took.append(time.monotonic() - begin)
                r.pump(0.05)
        states |= {s for s in ("connecting", "signing in", "securing") if s in r.text}
    took.sort()
    print(f"# the slowest key: {took[-1] * 1000:.0f} ms; states: {', '.join(sorted(states))}")
    assert took[len(took) * 9 // 10] < limit(0.1), took    # a busy computer may keep one or two waiting
    assert "signing in" in states, states
    r.wait("Came overnight", 15).checked()
    status, seconds = r.quit()
    assert status == 0 and seconds < limit(2), (status, seconds)


def quit_while_signing_in():
    slow = SlowProxy(server.imap, 8.0, 9)
    r = Reader(config=account(server, port=slow.port, scheme="imap+insecure"), profile=reader.profile)
    r.wait("Number 40", 2)
    status, seconds = r.quit()
    assert status == 0 and seconds < limit(2), (status, seconds)


run(list_and_text, folders_by_their_names, news_while_idle, flags_reach_the_server, asks_for_nothing_unannounced, slow_sign_in, quit_while_signing_in)

#!/usr/bin/env python3
"""syncing.py - the reader beside other clients and on bad networks.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, re, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Proxy, Reader, Server, account, limit, mail, run, scratch

server = Server()
server.deliver(*[mail(f"Number {i}", f"Text of number {i}.\n") for i in range(1, 31)])


def uid_of(client, subject):
    return client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()[-1]


def go_to(r, subject):
    r.keys("=").keys(f"/{subject}\r").wait(lambda r: subject in r.selected())
    return r


def idle_news():
    """Mail, flags and deletions of another client show at once; the cursor stays on its message."""
    r = Reader(server)
    r.wait("Number 30").checked()
    r.keys("jjj").wait(lambda r: "Number 27" in r.selected())
    r.pump(0.5)
    start = time.monotonic()
    server.deliver(mail("Just arrived"))
    r.wait("Just arrived", 3)
    assert time.monotonic() - start < limit(2)
    assert "Number 27" in r.selected()
    other = server.client("INBOX")
    other.uid("STORE", uid_of(other, "Number 26"), "+FLAGS", "(\\Seen \\Flagged)")
    r.wait(lambda r: any("Number 26" in l and "●" not in l and "!" in l for l in r.lines), 3)
    other.uid("STORE", uid_of(other, "Number 25"), "+FLAGS", "(\\Deleted)")
    other.expunge()
    r.gone("Number 25", 3)
    other.uid("STORE", uid_of(other, "Number 27"), "+FLAGS", "(\\Deleted)")
    other.expunge()
    r.gone("Number 27", 3)
    assert "Number" in r.selected()    # the cursor stands on a neighbour
    other.logout()
    r.kill()


def changes_while_away(**environment):
    mine = Server(**environment) if environment else server
    if environment:
        mine.deliver(*[mail(f"Number {i}", f"Text of number {i}.\n") for i in range(1, 31)])
    r = Reader(mine)
    r.wait("Number 30").checked()
    r.pump(0.5)
    r.quit()
    other = mine.client("INBOX")
    other.uid("STORE", uid_of(other, "Number 24"), "+FLAGS", "(\\Flagged)")
    other.uid("STORE", uid_of(other, "Number 23"), "+FLAGS", "(\\Deleted)")
    other.expunge()
    other.append("INBOX", None, None, mail("While away"))
    other.logout()
    again = Reader(profile=r.profile)
    again.wait("While away").gone("Number 23")
    again.wait(lambda r: any("Number 24" in l and "!" in l for l in r.lines))
    again.kill()
    if environment:
        mine.stop()


def changes_while_away_qresync():
    changes_while_away()


def changes_while_away_as_on_exchange():
    changes_while_away(VARIANT="exchange")


def read_only():
    r = Reader(server, arguments=["-R"])
    r.wait("Number 30")
    go_to(r, "Number 30").keys("\r").wait("Text of number")
    r.keys("F").pump(0.5)
    client = server.client("INBOX", readonly=True)
    seen = client.search(None, "SEEN")[1][0]
    r.pump(0.5)
    assert client.search(None, "SEEN")[1][0] == seen
    client.logout()
    r.kill()


def uidvalidity_changes():
    client = server.client()
    client.create("Again")
    client.append("Again", "\\Seen", None, mail("Before"))    # only the new one counts 1
    r = Reader(server)
    r.wait("Number 30").wait(lambda r: any(l.strip().startswith("Again") for l in r.lines)).keys("cAgain\r").wait("Before")
    r.keys("cinbox\r").wait("Number 30")
    client.delete("Again")
    time.sleep(1.1)    # UIDVALIDITY is a time in seconds
    client.create("Again")
    client.append("Again", None, None, mail("After"))
    client.logout()
    r.pump(0.5)    # NOTIFY took it off the tree in between
    r.wait(lambda r: any(re.match(r" *Again +1", l) for l in r.lines))
    r.keys("cAgain\r").wait("After").gone("Before")
    r.kill()


def dead_network():
    """Nothing moves on the wire: keys, help, what is here, and the end work as ever."""
    proxy = Proxy(server.imap)
    r = Reader(config=account(server, port=proxy.port, scheme="imap+insecure"))
    r.wait("Number 30")
    go_to(r, "Number 30").keys("\r").wait("Text of number").keys("q").pump(0.5)
    proxy.dead = True
    r.keys("j" * 12).wait(lambda r: "Number 1" in r.selected(), 1)
    r.keys("\r").wait("etching the message", 1)    # not here: it says so, and waits for nobody
    r.keys("q").gone("etching the message", 1)
    r.keys("?").wait("Help: keys", 1).keys("q").gone("Help: keys", 1)
    go_to(r, "Number 30").keys("\r").wait("Text of number", 1).keys("q").pump(0.1)
    status, seconds = r.quit()
    assert status == 0 and seconds < limit(2), (status, seconds)


def known_folders_at_once():
    """0 round trips to the first screen of a folder that is known: its list is there while the line is silent, and when it is cut."""
    server.deliver(*[mail(f"Kept {i}") for i in range(1, 6)], folder="Archive")
    proxy = Proxy(server.imap)
    r = Reader(config=account(server, port=proxy.port, scheme="imap+insecure"))
    r.wait("Number 30").checked()
    r.keys("cArchive\r").wait("Kept 5").wait("Kept 1").gone("Number 30")
    r.keys("cInbox\r").wait("Number 30").gone("Kept 5").checked()
    proxy.dead = True

    def there_and_back():
        begun = time.monotonic()
        r.keys("cArchive\r").wait("Kept 5", 1).wait("Kept 1", 1)
        took = time.monotonic() - begun
        r.keys("cInbox\r").wait("Number 30", 1).gone("Kept 5", 1)
        return f"{took * 1000:.0f} ms"

    silent = there_and_back()
    proxy.cut()
    r.wait("offline")
    print(f"# silent: {silent}, cut: {there_and_back()}, of them 30 the test's own")
    r.kill()
    r = Reader(profile=r.profile)    # and after a restart
    r.wait("Number 30").keys("cArchive\r").wait("Kept 5", 1).wait("Kept 1", 1)
    r.kill()


def read_under_a_limit():
    """What a limit let through stays until the next one: who reads the unread ones misses none, and deletes the one that was read."""
    c = server.client()
    c.create("Some")
    c.logout()
    server.deliver(*[mail(name, f"The text of {name}.\n") for name in ("Delta", "Gamma", "Beta", "Alpha")], folder="Some")
    r = Reader(server)
    r.wait("Number 30").checked().keys("cSome\r").wait("Alpha").keys("l~U\r").wait("Alpha").keys("=\r").wait("The text of Alpha.").pump(0.5)
    r.keys("j").wait("The text of Beta.").pump(0.5)
    assert [line.split()[-2] for line in r.lines if re.search(r" (Alpha|Beta|Gamma|Delta) +\d", line)] == ["Alpha", "Beta", "Gamma", "Delta"], r.text
    r.keys("q").gone("The text of Beta.").wait(lambda r: "Beta" in r.selected())
    r.keys("d").wait("moved to Trash").wait(lambda r: "Gamma" in r.selected()).wait(lambda r: not re.search(r" Beta +\d", r.text))
    r.keys("l~U\r").wait(lambda r: not re.search(r" Alpha +\d", r.text)).wait("Gamma").wait("Delta")
    r.quit()
    c = server.client()
    c.delete("Some")
    c.logout()


def the_other_one_ends():
    """A second eilpost of the same profile says so, and takes over when the first has ended: by itself, and at once with G."""
    for at_once in (False, True):
        first = Reader(server)
        first.wait("Number 30").checked()
        second = Reader(profile=first.profile)
        second.wait("in use by").keys("G").wait("in use by")
        assert "Checking work" not in second.text, second.text
        first.quit()
        if at_once:
            second.keys("G")
        second.wait("the other eilpost has ended" if not at_once else lambda r: "in use by" not in r.text).checked(15)
        server.deliver(mail("For the second"))
        second.wait("For the second").keys("=").wait(lambda r: "For the second" in r.selected()).keys("d").wait("moved to Trash").gone("For the second")
        second.quit()


def a_name_that_fits_several():
    """Return with the beginning of several folders' names lists them and keeps the prompt; with nothing it does nothing."""
    r = Reader(server)
    r.wait("Number 30").checked().keys("c").wait("folder").keys("r\r").pump(0.3)
    assert r.lines[-1].endswith(": r") and "Archive" in "".join(r.lines[-6:-1]), r.text
    r.keys("\x15Archive\r").wait("work / Archive").keys("c").keys("\x15\r").pump(0.2)
    assert "work / Archive" in r.text and "fits" not in r.text and "There is no folder" not in r.text, r.text
    r.quit()


def silent_line():
    """P21, S30: the line dies without a word. It is noticed within the time of an answer, the screen keeps what it shows, and the next line brings the news."""
    proxy = Proxy(server.imap)
    r = Reader(config=account(server, port=proxy.port, scheme="imap+insecure"))
    r.wait("Number 30").checked().pump(0.5)
    shown = lambda: [line.split("│")[-1] for line in r.lines if "Number" in line]    # the account gets a mark, the list stays
    before = shown()
    proxy.dead = True
    server.deliver(mail("Came in silence"))
    r.pump(1)
    assert "offline" not in r.text, r.text
    begun = time.monotonic()
    r.keys("G").wait("offline, next try", 20)
    noticed = time.monotonic() - begun
    assert noticed < limit(15), noticed
    assert shown() == before, r.text
    r.keys("jj").wait(lambda r: "Number" in r.selected(), 1)
    proxy.dead = False
    r.keys("G").wait("Came in silence", 20).checked(10)
    print(f"# noticed after {noticed:.1f} s")
    r.kill()


def reconnects():
    r = Reader(server)
    r.wait("Number 30").checked().pump(0.3)
    server.stop()
    r.wait("offline, next try", 10)
    r.keys("jjj").wait(lambda r: "Number" in r.selected())
    server.start()
    r.keys("G").checked(15)
    server.deliver(mail("After the restart"))
    r.wait("After the restart", 8)
    r.kill()


def wish_made_offline():
    """A flag set without a server reaches it later."""
    r = Reader(server)
    r.wait("Number 30").checked().pump(0.3)
    server.stop()
    r.wait("offline, next try", 10)
    go_to(r, "Number 20").keys("F").wait("1 message flagged")
    r.quit()
    server.start()
    again = Reader(profile=r.profile)
    again.checked(10)
    client = server.client("INBOX", readonly=True)
    for _ in range(int(limit(40))):
        client.noop()
        if uid_of(client, "Number 20") in client.uid("SEARCH", "FLAGGED")[1][0].split():
            break
        again.pump(0.1)
    assert uid_of(client, "Number 20") in client.uid("SEARCH", "FLAGGED")[1][0].split()
    client.logout()
    again.kill()


def refused(config, *says):
    r = Reader(config=config, cols=200)
    for text in says:
        r.wait(text, 12)
    status, seconds = r.quit()
    assert status == 0 and seconds < limit(2)
    return r


def wrong_password():
    refused(account(server, password="echo wrong"), "refused the sign-in of alice")
    refused(account(server, password="exit 3"), "The password command failed (exit status 3)")


def wrong_certificates():
    for cert, says in (("expired", "has expired"), ("badhost", "mail.example.org"), ("self", "signed itself")):
        bad = Server(CERT=cert)
        refused(account(bad), says, "No password was sent")
        log = open(os.path.join(bad.dir, "log", "dovecot.log")).read()
        assert "user=<alice>" not in log, log
        bad.stop()
    refused(account(server, ca=False), "No password was sent")


def starttls():
    """127.0.0.2 wants STARTTLS; over it the mail comes."""
    config = account(server).replace(f"imaps://alice@localhost:{server.imaps}", f"imap://alice@127.0.0.2:{server.imap}")
    r = Reader(config=config)
    r.wait("Number 30").checked()
    r.kill()


def asks_for_the_password():
    r = Reader(config=account(server, password=None))
    r.wait("Password of alice").keys("secret").pump(0.3)
    assert "secret" not in r.text and b"secret" not in r.raw
    r.keys("\r").wait("Number 30")
    r.kill()


def mistakes_are_named():
    folder = scratch()
    path = os.path.join(folder, "config")
    with open(path, "w") as f:
        f.write("[account w]\naddress = a@b.example\nreceive = imaps://h\nadress = c\nauth = magic\n[keys.index]\nfly-away = x\n[colors]\nunread = purpleish\n")
    out = subprocess.run([EILPOST, "-F", path, "--check-config"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
    assert f"{path}:4: " in out.stderr and f"{path}:5: " in out.stderr and "address" in out.stderr, out
    assert f"{path}:7: fly-away" in out.stderr and f"{path}:9: unread" in out.stderr, out
    out = subprocess.run([EILPOST, "-P", scratch()], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
    assert out.returncode == 1 and "receive = imaps://" in out.stderr, out


def one_writer():
    """A second reader on the same profile does no harm and says what it is."""
    r = Reader(server)
    r.wait("Number 30").checked()
    second = Reader(profile=r.profile, cols=160)
    second.wait("Number 30")
    second.keys("\r").pump(0.5)
    second.keys("q").pump(0.2)
    status, seconds = second.quit()
    assert status == 0 and seconds < limit(2)
    r.keys("jjjj").wait(lambda r: "Number" in r.selected())
    r.kill()


run(idle_news, changes_while_away_qresync, changes_while_away_as_on_exchange, read_only, uidvalidity_changes, dead_network, known_folders_at_once, read_under_a_limit, the_other_one_ends, a_name_that_fits_several, silent_line, reconnects, wish_made_offline,
    wrong_password, wrong_certificates, starttls, asks_for_the_password, mistakes_are_named, one_writer)

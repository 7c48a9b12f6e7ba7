#!/usr/bin/env python3
"""drafts.py - drafts stand in the server's folder too, once, and those of other programs are gone on with.

SPDX-License-Identifier: GPL-3.0-or-later"""
import glob, email, os, re, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Proxy, Reader, Server, Sink, account, limit, mail, run, scratch

server, sink = Server(), Sink()
server.deliver(mail("Number 1"))
ca = os.path.join(scratch(), "ca.pem")
with open(ca, "w") as f:
    f.write(open(server.ca).read() + open(sink.ca).read())


def config(port=None, extra="", check="startup, push"):
    return account(server, port=port, check=check, extra=extra).replace(server.ca, ca) + f"send = smtp://alice@localhost:{sink.submission}\n[general]\nundo-send = 0\n"


def folder(name="Drafts"):
    """What the server has: [(subject, flags, text)]."""
    c = server.client(name, readonly=True)
    out = []
    for i in c.search(None, "ALL")[1][0].split():
        told = c.fetch(i, "(FLAGS BODY.PEEK[])")[1]
        if not isinstance(told[0], tuple):    # it went in between
            continue
        m = email.message_from_bytes(told[0][1])
        head = told[0][0] + (told[1] if isinstance(told[1], bytes) else b"")
        out.append((m["subject"], sorted(f for f in re.search(rb"FLAGS \(([^)]*)\)", head)[1].decode().split() if f != "\\Recent"), m))
    c.logout()
    return out


def names(name="Drafts"):
    return sorted(s for s, _, _ in folder(name))


def empty(name="Drafts"):
    c = server.client(name)
    if c.search(None, "ALL")[1][0]:
        c.store("1:*", "+FLAGS", "(\\Deleted)")
        c.expunge()
    c.logout()


def until(test, r, seconds=15):
    end = time.monotonic() + limit(seconds)
    while not test():
        assert time.monotonic() < end, "not in time\n" + r.text
        r.pump(0.1)


def ready(**more):
    r = Reader(config=config(**more), rows=32, cols=110)
    return r.wait("Number 1").checked(20)


def write(r, subject, text="First words."):
    r.keys("m").wait("Writing").keys(f"bob@example.com\r\r{subject}\r{text}\r")


def put_aside_and_sent():
    """Postponed: on the server, seen and marked as a draft; changed: still one; sent: none, and the mail left once."""
    r = ready()
    n = len(sink.kept())
    write(r, "Half a letter")
    r.keys("\x0f").gone("Writing")
    until(lambda: names() == ["Half a letter"], r)
    subject, flags, m = folder()[0]
    assert flags == ["\\Draft", "\\Seen"] and "First words." in m.get_payload() and m["to"] == "bob@example.com", (flags, m.as_string())
    r.keys("R").wait("Writing").wait("First words.").keys("More words.").keys("\x0f").gone("Writing")
    until(lambda: ["More words." in m.get_payload() for subject, _, m in folder() if subject == "Half a letter"] == [True], r)
    r.keys("cDrafts\r").wait(lambda r: "Half a letter" in r.selected())    # from its copy in the folder: the same draft
    r.keys("\r").wait("Writing").wait("More words.").keys("\x18").gone("Writing")
    until(lambda: len(sink.kept()) == n + 1 and names() == [], r)
    r.pump(1)
    assert names() == [] and len(sink.kept()) == n + 1
    assert "More words." in email.message_from_bytes(sink.kept()[n][1]).get_payload()
    r.kill()
    empty("Sent")


def from_another_program():
    """A draft that lies in Drafts is gone on with by Return; left untouched it stays; sent, it is gone there."""
    many = "dan@example.com " + " ".join(f"reader{i}@example.com" for i in range(150))
    draft = mail("Begun elsewhere", body="Words of the phone.\n", sender="Alice <alice@example.org>").replace(b"To: Alice <alice@example.org>", b"To: carol@example.com\r\nBcc: " + b",\r\n ".join(many.encode().split()))
    server.deliver(draft, folder="Drafts", flags="(\\Draft \\Seen)")
    r = ready()
    n = len(sink.kept())
    end = time.monotonic() + limit(20)
    while "work / Drafts" not in r.lines[0]:    # nothing here: the folder opens, as soon as it is known that something is in it
        assert time.monotonic() < end, r.text
        r.keys("R").pump(0.5)
    r.wait(lambda r: "Begun elsewhere" in r.selected(), 20)
    r.keys("\r").wait("Writing").wait("Words of the phone.").wait("carol@example.com").wait("dan@example.com").keys("\x03")
    r.wait(lambda r: "Writing" not in r.text or "What becomes" in r.text)
    if "What becomes" in r.text:
        r.keys("d").gone("Writing")
    r.pump(1)
    assert names() == ["Begun elsewhere"], names()
    r.keys("i").keys("=").wait(lambda r: "Begun elsewhere" in r.selected())
    r.keys("R").wait("Writing").wait("Words of the phone.")
    r.keys("\x18").gone("Writing")
    until(lambda: len(sink.kept()) == n + 1 and names() == [], r)
    envelope, raw = sink.kept()[n]
    assert envelope["to"] == ["carol@example.com"] + many.split() and b"dan@" not in raw and "Words of the phone." in email.message_from_bytes(raw).get_payload(), raw
    r.kill()
    empty("Sent")


def its_own_reply_to():
    """Where answers go stays as the other program put it, though it is just the sender; those to the identity go elsewhere else."""
    shop = "Shop <shop@example.org>"
    draft = mail("Answers to me", body="Words of the phone.\n", sender=shop).replace(b"To: Alice <alice@example.org>", f"To: carol@example.com\r\nReply-To: {shop}".encode())
    server.deliver(draft, folder="Drafts", flags="(\\Draft \\Seen)")
    r = Reader(config=config() + "[identity shop]\naddress = shop@example.org\nreply-to = office@example.org\n", rows=32, cols=110)
    r.wait("Number 1").checked(20)
    n = len(sink.kept())
    r.keys("cDrafts\r").wait(lambda r: "Answers to me" in r.selected(), 20)
    r.keys("\r").wait("Writing").wait("Words of the phone.").keys("\x18").gone("Writing")
    until(lambda: len(sink.kept()) == n + 1 and names() == [], r)
    assert email.message_from_bytes(sink.kept()[n][1])["reply-to"] == shop, sink.kept()[n][1]
    r.kill()
    empty("Sent")


def nobody_yet():
    """Without a recipient, and with half of one: on the server too, and nothing is wrong with the account."""
    r = ready()
    r.keys("m").wait("Writing").keys("\r\rTo whom?\rWords.\r").keys("\x0f").gone("Writing")
    until(lambda: names() == ["To whom?"], r)
    assert folder()[0][2]["to"] is None
    r.keys("R").wait("Writing").wait("Words.").keys("\x1b").keys("tcarol@example.com, da\x0f").gone("Writing")
    until(lambda: [m["to"] for _, _, m in folder()] == ["carol@example.com"], r)
    assert "can't be put" not in r.text
    r.keys("R").wait("Writing").wait("carol@example.com, da").keys("\x03").wait(lambda r: "Writing" not in r.text or "What becomes" in r.text)
    r.kill()
    empty()


def discarded():
    """Thrown away: its copy is in the trash."""
    r = ready()
    write(r, "Not to be")
    r.keys("\x0f").gone("Writing")
    until(lambda: names() == ["Not to be"], r)
    r.keys("R").wait("Writing").keys("x").keys("\x03").wait("What becomes").keys("d").gone("Writing")
    until(lambda: names() == [] and names("Trash") == ["Not to be"], r)
    r.kill()
    empty("Trash")


def offline_and_killed():
    """Postponed three times without a network, killed, started again: one on the server, with the last words."""
    proxy = Proxy(server.imaps)
    r = ready(port=proxy.port)
    proxy.cut()
    write(r, "On the train")
    for words in ("one ", "two ", "three "):
        r.keys(words).keys("\x0f").gone("Writing")
        r.keys("R").wait("Writing").wait(words.strip())
    r.keys("\x0f").gone("Writing").pump(0.5)
    r.kill()
    assert names() == []
    proxy.mend()
    r = Reader(config=config(port=proxy.port), profile=r.profile, rows=32, cols=110)
    until(lambda: names() == ["On the train"], r, 40)
    assert "three" in folder()[0][2].get_payload()
    r.pump(2)
    assert names() == ["On the train"], names()
    r.kill()
    empty()


def left_in_the_composer():
    """Never put aside, for the program was killed before: the next start does it."""
    r = ready()
    write(r, "Half a thought", "word " * 60)    # more keys than are lost at most
    until(lambda: glob.glob(os.path.join(r.profile, "store", "*.d", "*.eml")), r, 20)
    r.pump(1)    # the file is there before its row
    r.kill()
    assert names() == []
    r = Reader(config=config(), profile=r.profile, rows=32, cols=110)
    until(lambda: names() == ["Half a thought"], r, 40)
    r.keys("R").wait("Writing").wait("word word").keys("\x0f").gone("Writing")
    until(lambda: names() == ["Half a thought"], r)
    r.kill()
    r = Reader(config=config(), profile=r.profile, rows=32, cols=110).checked()
    until(lambda: names() == ["Half a thought"], r)    # it may have been killed between APPEND and EXPUNGE
    r.pump(1)
    assert names() == ["Half a thought"], names()    # and once is enough
    r.kill()
    empty()


def by_the_option():
    """drafts = a folder's name, or no copy."""
    c = server.client()
    c.create("Unfinished")
    c.logout()
    r = ready(extra="drafts = Unfinished\n")
    r.wait("Unfinished")
    write(r, "Elsewhere")
    r.keys("\x0f").gone("Writing")
    until(lambda: names("Unfinished") == ["Elsewhere"], r)
    assert names() == []
    r.kill()
    r = ready(extra="drafts = no copy\n")
    write(r, "Only here")
    r.keys("\x0f").gone("Writing").pump(2)
    assert names() == [] and names("Unfinished") == ["Elsewhere"]
    r.keys("R").wait("Writing").wait("First words.")
    r.kill()


if __name__ == "__main__":
    run(put_aside_and_sent, nobody_yet, from_another_program, its_own_reply_to, discarded, offline_and_killed, left_in_the_composer, by_the_option)

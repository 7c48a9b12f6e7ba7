#!/usr/bin/env python3
"""boxes.py - `eilpost export` and `eilpost import`: mbox, Maildir and .eml, out of a folder and into one.

SPDX-License-Identifier: GPL-3.0-or-later"""
import email, imaplib, mailbox, os, re, signal, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Reader, Server, account, limit, mail, pop_account, profile, run, scratch, sync

server = Server()
FROM = "Before\n\nFrom here on it is quoted.\n>From there, too.\n"
for i in range(1, 13):
    server.deliver(mail(f"Sheet {i:02}", FROM if i == 3 else f"Text of sheet {i}.\n"), flags={1: "(\\Seen)", 2: "(\\Flagged \\Answered)", 4: "(todo)"}.get(i))


def eilpost(path, *arguments, expect=0):
    out = subprocess.run([EILPOST, "-P", path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                         env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert out.returncode == expect, (out.returncode, out.stdout, out.stderr)
    return out.stdout + out.stderr


def synced(config=None):
    path = profile(config or account(server, check="manual"))
    assert sync(path)[0] == 0
    return path


def folder(name, s=server, user="alice"):
    """What the server has: subject -> [(flags, date, bytes)]."""
    c = s.client(name, readonly=True, user=user)
    out = {}
    for i in c.search(None, "ALL")[1][0].split():
        told = c.fetch(i, "(FLAGS INTERNALDATE BODY.PEEK[])")[1]
        head = told[0][0] + (told[1] if isinstance(told[1], bytes) else b"")
        flags = sorted(f for f in re.search(rb"FLAGS \(([^)]*)\)", head)[1].decode().split() if f != "\\Recent")
        out.setdefault(email.message_from_bytes(told[0][1])["subject"], []).append((flags, re.search(rb'INTERNALDATE "([^"]*)"', head)[1], told[0][1]))
    c.logout()
    return out


def mbox_there_and_back():
    """Another program reads the mbox; imported, dates, flags, labels and bytes are the same; a second time nothing is doubled."""
    path, target = synced(), os.path.join(scratch(), "sheets.mbox")
    before = folder("INBOX")
    text = eilpost(path, "export", "mbox", "work", "INBOX", target)
    assert "12 messages written" in text, text
    assert folder("INBOX") == before, "export changed something"
    box = mailbox.mbox(target)
    assert [m["subject"] for m in box] == [f"Sheet {i:02}" for i in range(1, 13)]
    assert "R" in box[0].get_flags() and "F" in box[1].get_flags() and "A" in box[1].get_flags() and "R" not in box[4].get_flags()
    assert ">From here on" in box[2].get_payload() and ">>From there" in box[2].get_payload(), box[2].get_payload()
    assert "is there already" in eilpost(path, "export", "mbox", "work", "INBOX", target, expect=1)
    assert "12 messages taken in" in eilpost(path, "import", "work", "Back", target)
    assert folder("Back") == before
    text = eilpost(path, "import", "work", "Back", target)
    assert "0 messages taken in, 12 were there already" in text, text
    assert folder("Back") == before
    assert sync(path)[0] == 0
    assert "agrees: 12 messages" in next(l for l in eilpost(path, "verify").splitlines() if l.strip().startswith("Back"))


def cut_off_and_repeated():
    """kill -9 in the middle of an import, several times, then to its end: each message once."""
    many = os.path.join(scratch(), "many.mbox")
    box = mailbox.mbox(many)
    for i in range(600):
        box.add(mailbox.mboxMessage(mail(f"Many {i:03}", "A line.\n" * 200)))
    box.add(mailbox.mboxMessage(mail("No name").replace(b"Message-ID", b"X-Was-ID")))
    box.flush()
    path = synced()
    cut = 0
    for wait in (0.25, 0.4, 0.6):
        p = subprocess.Popen([EILPOST, "-P", path, "import", "work", "Many", many], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(wait)
        cut += p.poll() is None
        p.send_signal(signal.SIGKILL)
        p.wait()
    assert cut, "none was cut off"
    eilpost(path, "import", "work", "Many", many)
    assert sync(path)[0] == 0
    there = folder("Many")
    assert len(there) == 601 and all(len(m) == 1 for m in there.values()), (len(there), [s for s, m in there.items() if len(m) != 1])


def maildir_into_local_folders():
    """A POP3 account's folders are on this computer: out of one, into another; what is there is not taken twice."""
    other = Server()
    other.deliver(mail("Letter A"), mail("Letter B", FROM), user="bob")
    path = synced(pop_account(other, user="bob"))
    target = os.path.join(scratch(), "letters")
    eilpost(path, "export", "maildir", "home", "Inbox", target)
    box = mailbox.Maildir(target, create=False)
    assert sorted(m["subject"] for m in box) == ["Letter A", "Letter B"]
    assert FROM in [m.get_payload() for m in box]
    assert "2 messages taken in" in eilpost(path, "import", "home", "Kept", target)
    assert "2 were there already" in eilpost(path, "import", "home", "Kept", target)
    letters = os.path.join(scratch(), "letters.d")
    eilpost(path, "export", "eml", "home", "Kept", letters)
    assert sorted(os.listdir(letters)) == ["00000001.eml", "00000002.eml"]
    with open(os.path.join(letters, "00000001.eml"), "rb") as f:
        assert email.message_from_bytes(f.read())["subject"] == "Letter A"
    assert "1 message taken in" in eilpost(path, "import", "home", "One", os.path.join(letters, "00000002.eml"))
    other.stop()


def what_is_not_here():
    """Without the network the missing ones are counted, and it is no success; the rest is written."""
    path, target = synced(), os.path.join(scratch(), "here")
    text = eilpost(path, "export", "--here", "eml", "work", "INBOX", target, expect=1)
    assert "0 messages written" in text and "12 messages are missing" in text, text
    assert os.listdir(target) == []
    assert "no folder" in eilpost(path, "export", "mbox", "work", "Nowhere", target + "2", expect=1)
    assert "Usage" in eilpost(path, "export", "zip", "work", "INBOX", target, expect=2)
    assert "Usage" in eilpost(path, "import", "work", expect=2)


def ended_by_a_signal():
    """Ctrl-C in the middle of an export: it ends by it, and nothing of it is left."""
    path = synced()
    with open(os.path.join(path, "config")) as f:
        config = re.sub("password-command = .*", "password-command = sleep 60", f.read())
    with open(os.path.join(path, "config"), "w") as f:
        f.write(config)
    for form in ("mbox", "maildir", "eml"):
        for number in (signal.SIGINT, signal.SIGTERM):
            home = scratch()
            p = subprocess.Popen([EILPOST, "-P", path, "export", form, "work", "INBOX", os.path.join(home, "out")], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            end = time.monotonic() + limit(10)
            while not os.listdir(home) and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(0.2)
            p.send_signal(number)
            out = p.communicate(timeout=limit(20))[0]
            assert p.returncode == -number and os.listdir(home) == [], (form, p.returncode, os.listdir(home), out)


def beside_an_open_one():
    """Export only looks and works; import wants the store and says so."""
    r = Reader(server)
    r.wait("Sheet 12").checked()
    target = os.path.join(scratch(), "open.mbox")
    assert "12 messages written" in eilpost(r.profile, "export", "mbox", "work", "INBOX", target)
    assert "Leave it first" in eilpost(r.profile, "import", "work", "INBOX", target, expect=1)
    r.kill()


if __name__ == "__main__":
    run(mbox_there_and_back, cut_off_and_repeated, maildir_into_local_folders, what_is_not_here, ended_by_a_signal, beside_an_open_one)

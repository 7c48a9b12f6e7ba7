#!/usr/bin/env python3
"""scripts.py - `eilpost status`, `list`, `search` and `show`: what a script can ask of the store, without a network.

SPDX-License-Identifier: GPL-3.0-or-later"""
import email.message, json, os, sqlite3, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Reader, Server, account, mail, profile, run, sync

server = Server()
HTML = email.message.EmailMessage()
HTML["From"], HTML["To"], HTML["Subject"], HTML["Message-ID"] = "Käthe Müller <kaethe@example.org>", "alice@example.org", "Grüße\tmit Tab", "<html@x>"
HTML.set_content("<p>See <a href='https://example.org/place'>the place</a>.</p><blockquote type=cite><p>Quoted</p></blockquote>", subtype="html")
HTML.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="plan.pdf")
server.deliver(mail("First", "Text of the first.\n"), flags="(\\Seen)")
server.deliver(mail("Second", "Line one.\n\n> quoted\n-- \nName\n"), flags="(\\Flagged)")
server.deliver(bytes(HTML))
c = server.client()
c.create("Work")
c.logout()
server.deliver(mail("Elsewhere", "In another folder.\n"), folder="Work")


def eilpost(path, *arguments, expect=0):
    out = subprocess.run([EILPOST, "-P", path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                         env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    assert out.returncode == expect, (out.returncode, out.stdout, out.stderr)
    return out.stdout if expect == 0 else out.stdout + out.stderr


def synced(offline="all"):
    """Whose server can't be reached any more: all that follows is of the store."""
    path = profile(account(server, check="manual", offline=offline))
    assert sync(path)[0] == 0
    file = os.path.join(path, "config")
    text = open(file).read()
    open(file, "w").write(text.replace(f":{server.imaps}", ":9"))
    assert open(file).read() != text
    return path


def rows(text):
    """Without those of the server's virtual folders, which show the others' messages once more."""
    return [line.split("\t") for line in text.splitlines() if "\tVirtual/" not in line]


def listed():
    """Newest first, six fields, a name that show takes; the same as JSON; -n ends it."""
    path = synced()
    all = rows(eilpost(path, "list"))
    assert [len(r) for r in all] == [6, 6, 6], all
    assert [r[5] for r in all][1:] == ["Second", "First"] and "Grüße" in all[0][5] and all[0][4] == "Käthe Müller", all
    assert [r[2] for r in all] == ["NX", "NF", "-"], all
    assert all[0][3] == "INBOX" and all[0][0].startswith("work:"), all
    objects = [json.loads(l) for l in eilpost(path, "list", "--json").splitlines()]
    assert [o["id"] for o in objects] == [r[0] for r in all]
    assert [o["unread"] for o in objects] == [True, True, False] and objects[1]["flags"] == ["flagged"] and objects[0]["attachment"]
    assert objects[0]["from_address"] == "kaethe@example.org" and objects[0]["here"] and objects[0]["received"].endswith("Z")
    assert rows(eilpost(path, "list", "-n", "1")) == all[:1]
    assert [r[5] for r in rows(eilpost(path, "list", "work", "Work"))] == ["Elsewhere"]
    assert rows(eilpost(path, "-f", "Work", "list")) == rows(eilpost(path, "list", "work", "Work"))
    assert "no folder “Nowhere”" in eilpost(path, "list", "work", "Nowhere", expect=1)
    assert "no account “home”" in eilpost(path, "list", "home", expect=2)
    for wrong in (["--jsn"], ["-n"], ["-n", "0"], ["-n", "x"], ["a", "b", "c"]):
        assert "Usage: eilpost list" in eilpost(path, "list", *wrong, expect=2), wrong


def searched():
    """The patterns of the screen, over all folders; a word in bodies; bad patterns are said."""
    path = synced()
    assert [r[5] for r in rows(eilpost(path, "search", "~f", "müller"))] == [rows(eilpost(path, "list"))[0][5]]
    assert sorted(r[3] for r in rows(eilpost(path, "search", "~A"))) == ["INBOX"] * 3 + ["Work"]
    assert [r[5] for r in rows(eilpost(path, "search", "~b", "another"))] == ["Elsewhere"]
    assert eilpost(path, "search", "~s", "nothing-like-it") == ""
    assert [json.loads(l)["subject"] for l in eilpost(path, "-f", "INBOX", "search", "--json", "~F").splitlines()] == ["Second"]
    assert [r[3] for r in rows(eilpost(path, "-f", "Work", "search", "~A"))] == ["Work"]
    assert eilpost(path, "search", "~y", expect=2).strip()
    assert "Usage: eilpost search" in eilpost(path, "search", expect=2)
    # a folder that shows what others have, as Gmail's "All Mail" does, brings only what is nowhere else
    def unread():
        return sorted(r.split("\t")[5] for r in eilpost(path, "search", "~U").splitlines())
    twice = unread()
    assert twice.count("Elsewhere") == 2, twice
    with sqlite3.connect(os.path.join(path, "store", "work.db")) as db:
        assert db.execute("UPDATE folder SET role = 7 WHERE wire LIKE 'Virtual/%'").rowcount == 1    # ROLE_ALL
    assert unread() == sorted(set(twice)), unread()


def twins():
    """Two alerts of one second and one size are two mails, also in a folder that shows what others have."""
    c, when = server.client(), '"30-Nov-2026 10:00:00 +0000"'
    c.create("Alerts")
    for i in (1, 2):
        twin = f"From: cron@example.org\r\nSubject: Twin\r\nMessage-ID: <twin{i}@x>\r\n\r\nThe same.\r\n"
        assert c.append("Alerts", None, when, twin.encode())[0] == "OK"
    c.logout()
    path = synced()
    with sqlite3.connect(os.path.join(path, "store", "work.db")) as db:
        assert db.execute("UPDATE folder SET role = 7 WHERE wire = 'Alerts' OR wire LIKE 'Virtual/%'").rowcount == 2
    for most in ("1", "2", "9"):
        assert len(eilpost(path, "search", "-n", most, "~s", "Twin").splitlines()) == min(int(most), 2)
    c = server.client()
    c.delete("Alerts")
    c.logout()


def shown():
    """As the pager has it: brief headers, HTML as text with its links, quotes; as JSON with all headers and the parts."""
    path = synced()
    html, second, first = [r[0] for r in rows(eilpost(path, "list"))]
    text = eilpost(path, "show", second)
    head, _, body = text.partition("\n\n")
    assert "Subject: Second" in head and "From: " in head, head
    assert "Line one.\n" in body and "> quoted" in body and "-- \nName" in body, body
    text = eilpost(path, "show", html)
    assert "See the place[1]." in text and "> Quoted" in text and "[1] https://example.org/place" in text and "plan.pdf" in text, text
    both = eilpost(path, "show", second, first)
    assert both.count("\f") == 1 and "Text of the first." in both
    number = eilpost(path, "show", first.split(":")[1])
    assert "Text of the first." in number
    o = json.loads(eilpost(path, "show", "--json", html))
    assert o["id"] == html and "See the place" in o["text"] and {"name": "Message-ID", "value": "<html@x>"} in o["fields"], o
    assert any(p["name"] == "plan.pdf" and p["attachment"] and p["here"] for p in o["parts"]), o["parts"]
    assert "no such message" in eilpost(path, "show", "work:999999", expect=1)
    for wrong in ("nobody:1", "work:x", "work", "work:0"):
        assert "is no message" in eilpost(path, "show", wrong, expect=2), wrong
    assert "Usage: eilpost show" in eilpost(path, "show", expect=2)


def not_here():
    """Headers alone: show says what is missing, and how it comes."""
    path = synced("headers")
    id = rows(eilpost(path, "list"))[0][0]
    assert "not on this computer yet" in eilpost(path, "show", id, expect=1)


def standing():
    """Unread, waiting, when; without a store it says how to get one; beside a reader that is open."""
    empty = profile(account(server, check="manual"))
    assert "eilpost sync work" in eilpost(empty, "status", expect=1)
    path = synced()
    text = eilpost(path, "status")
    assert "work: checked 2" in text and "INBOX: 2 unread of 3" in text, text
    r = Reader(profile=path)
    r.wait("Second")
    r.keys("F")
    r.wait("!")
    o = json.loads(eilpost(path, "status", "--json", "work"))
    assert o["account"] == "work" and o["changes_waiting"] == 1 and o["outbox"] == 0, o
    inbox = next(f for f in o["folders"] if f["role"] == "inbox")
    assert inbox["messages"] == 3 and inbox["unread"] == 2, inbox
    assert "1 change waits" in eilpost(path, "status")
    r.quit()
    assert "no account “home”" in eilpost(path, "status", "home", expect=2)


def head_is_enough():
    """Whoever reads the beginning only is no failure."""
    path = synced()
    out = subprocess.run(["sh", "-c", f"'{EILPOST}' -P '{path}' list | head -n 1; '{EILPOST}' -P '{path}' list > /dev/full; echo $?"],
                         capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert out.stdout.splitlines()[0].startswith("work:") and out.stdout.splitlines()[-1] == "1", out
    assert "can't be written" in out.stderr and "Broken pipe" not in out.stderr, out.stderr


run(listed, searched, twins, shown, not_here, standing, head_is_enough)

#!/usr/bin/env python3
"""verify.py - `eilpost verify`: the store against the server, in words.

SPDX-License-Identifier: GPL-3.0-or-later"""
import json, os, sqlite3, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Proxy, Reader, Server, account, limit, mail, pop_account, profile, run, sync

server = Server()
server.deliver(*[mail(f"Number {i}") for i in range(1, 21)])
server.deliver(mail("In the archive"), folder="Archive")


def verify(path, *arguments, expect=0, **environment):
    out = subprocess.run([EILPOST, "-P", path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit(60),
                         env={**os.environ, "LC_ALL": "C.UTF-8", **environment})
    assert out.returncode == expect, (out.returncode, out.stdout, out.stderr)
    return out.stdout + out.stderr


def line(text, start):
    return next(one for one in text.splitlines() if one.strip().startswith(start))


def store(path):
    return next(os.path.join(d, f) for d, _, files in os.walk(path) for f in files if f.endswith(".sqlite") or f.endswith(".db"))


def tamper(path, sql):
    db = sqlite3.connect(store(path))
    db.execute(sql)
    db.commit()
    db.close()


def synced(**more):
    path = profile(account(server, check="manual", **more))
    status, said = sync(path)
    assert status == 0, said
    return path


def uid(client, subject):
    return client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()[-1]


def agrees_and_changes_nothing():
    """What was synced agrees; nothing is marked as read; each folder has its line; JSON says the same."""
    path = synced()
    text = verify(path, "verify")
    assert "agrees: 20 messages" in line(text, "INBOX") and "agrees: 1 message" in line(text, "Archive"), text
    assert "Store and server agree." in text, text
    c = server.client("INBOX", readonly=True)
    assert not c.search(None, "SEEN")[1][0], "verify marked messages as read"
    c.logout()
    told = json.loads(verify(path, "verify", "--json", "work"))
    assert told["agrees"] and {f["name"]: f["here"] for f in told["folders"]}["INBOX"] == 20, told
    text = verify(path, "verify", LANGUAGE="de")
    assert "stimmen überein" in text, text
    assert "nobody" in verify(path, "verify", "nobody", expect=2)
    # without a store, and without a server
    assert "eilpost sync work" in verify(profile(account(server)), "verify", expect=1)
    gone = profile(account(server, port=9))
    os.makedirs(os.path.dirname(store(path).replace(path, gone)), exist_ok=True)
    with open(store(path), "rb") as f, open(store(path).replace(path, gone), "wb") as to:
        to.write(f.read())
    verify(gone, "verify", expect=1)


def what_changed_behind_is_named():
    """A flag, a label, a removal and a new message of another client: named one by one, with why; the next check heals it."""
    path = synced()
    c = server.client("INBOX")
    c.uid("STORE", uid(c, "Number 3"), "+FLAGS", "(\\Flagged)")
    c.uid("STORE", uid(c, "Number 4"), "+FLAGS", "(Important)")
    gone = uid(c, "Number 5")
    c.uid("STORE", gone, "+FLAGS", "(\\Deleted)")
    c.expunge()
    server.deliver(mail("Number 21"))
    c.create("Fresh")
    text = verify(path, "verify", expect=1)
    assert "differs: 20 messages" in line(text, "INBOX") and "4 differences" in line(text, "INBOX"), text
    flags = line(text, "UID %s “Number 3”" % uid(c, "Number 3").decode())
    assert "flags: here none, on the server \\Flagged" in flags and "changed there since the last look" in flags, flags
    assert "labels: here none, on the server Important" in text, text
    assert "removed there since" in line(text, f"UID {gone.decode()} “Number 5”"), text
    assert "came since the last look" in text and "not known here yet" in line(text, "Fresh"), text
    assert "differ in 3 folders" in text, text    # Virtual/unread shows the same messages
    assert sync(path)[0] == 0
    text = verify(path, "verify")
    assert "Store and server agree." in text, text
    c.delete("Fresh")
    c.uid("STORE", b"1:*", "-FLAGS", "(\\Flagged Important)")
    c.logout()


def a_tampered_store_is_found():
    """Flags that nobody changed, a row that is lost, one that never was, a text that does not fit: wrong here, and said so."""
    path = synced()
    r = Reader(profile=path, config=account(server, check="manual"))
    r.wait("Number 20").keys("G").checked().keys("\r").wait("A short text.").keys("q").gone("A short text.")
    assert r.quit()[0] == 0
    tamper(path, "UPDATE message SET server_flags = 4, flags = 4 WHERE subject = 'Number 7'")
    tamper(path, "DELETE FROM message WHERE subject = 'Number 8'")
    tamper(path, "UPDATE piece SET data = zeroblob(length(data)) WHERE id = (SELECT max(id) FROM piece)")
    text = verify(path, "verify", expect=1)
    assert "what is here is wrong" in line(text, "UID") and "here \\Flagged, on the server none" in text, text
    assert "not here though it should be" in text and "text here is damaged" in text, text
    told = json.loads(verify(path, "verify", "--json", expect=1))
    inbox = next(f for f in told["folders"] if f["name"] == "INBOX")
    assert sorted((i["what"], i["why"]) for i in inbox["named"]) == [("flags", "wrong-here"), ("lacks", "wrong-here"), ("text", "wrong-here")], inbox


def what_waits_is_named():
    """Wishes without a network: verify says which, and counts none of them as a difference; beside the reader that is open, too."""
    proxy = Proxy(server.imap)
    config = account(server, scheme="imap+insecure", port=proxy.port, check="startup", ca=False)
    r = Reader(config=config)
    r.wait("Number 20").checked()
    r.keys("=").keys("/Number 11\r").wait(lambda r: "Number 11" in r.selected())
    c = server.client("INBOX", readonly=True)
    assert "Store and server agree." in verify(r.profile, "verify", "work")    # it is open
    proxy.cut()
    r.keys("F").wait("!")
    r.keys("=").keys("/Number 12\r").wait(lambda r: "Number 12" in r.selected()).keys("A").gone("Number 12")
    r.keys("=").keys("/Number 13\r").wait(lambda r: "Number 13" in r.selected()).keys("d").gone("Number 13")
    with open(os.path.join(r.profile, "config"), "w") as f:    # verify has a network of its own
        f.write(account(server, check="manual"))
    text = verify(r.profile, "verify")
    assert "flag “Number 11”: waits for the connection" in text, text
    assert "move → Archive “Number 12”: waits" in text and "move → Trash “Number 13”: waits" in text, text
    assert "2 wait to leave" in line(text, "INBOX") and "1 waits to get there" in line(text, "Archive"), text
    assert "3 changes wait" in text and "agree" in text, text
    c.logout()
    r.kill()


def without_condstore():
    """The server can't tell since when: said as it is."""
    path = synced(extra="disable = CONDSTORE QRESYNC\n")
    c = server.client("INBOX")
    c.uid("STORE", uid(c, "Number 16"), "+FLAGS", "(\\Answered)")
    text = verify(path, "verify", expect=1)
    assert "on the server \\Answered. The server does not tell since when" in text, text
    c.uid("STORE", uid(c, "Number 16"), "-FLAGS", "(\\Answered)")
    c.logout()
    assert "Store and server agree." in verify(path, "verify")


def pop3_ledger():
    """POP3: UIDL against the ledger, texts against their checksums; one came, one went, one lies damaged here."""
    other = Server()
    other.deliver(*[mail(f"Letter {i}") for i in range(1, 6)], user="bob")
    path = profile(pop_account(other, user="bob"))
    assert sync(path)[0] == 0
    text = verify(path, "verify")
    assert "agrees: 5 messages, the texts of 5" in line(text, "Inbox") and "5 messages, 5 of them in the ledger" in text, text
    c = other.client("INBOX", user="bob")
    c.store("2", "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.logout()
    other.deliver(mail("Letter 6"), user="bob")
    tamper(path, "UPDATE piece SET data = zeroblob(length(data)) WHERE id = (SELECT max(id) FROM piece)")
    text = verify(path, "verify", expect=1)
    assert "“Letter 2” is not on the server any more" in text and "came since the last look" in text and "text here is damaged" in text, text
    c = other.client("INBOX", user="bob", readonly=True)
    assert c.search(None, "ALL")[1][0].split() == [b"1", b"2", b"3", b"4", b"5"], "verify removed something"
    c.logout()
    other.stop()


if __name__ == "__main__":
    run(agrees_and_changes_nothing, what_changed_behind_is_named, a_tampered_store_is_found, what_waits_is_named, without_condstore, pop3_ledger)

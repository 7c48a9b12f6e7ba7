#!/usr/bin/env python3
"""extensions.py - what Dovecot offers, used and switched off one by one, and a server reduced to each of less.

SPDX-License-Identifier: GPL-3.0-or-later
A proxy between keeps what was said, so that what is switched off is seen to be not used; in the end the store is the
server's truth, whatever was used."""
import os, re, sqlite3, subprocess, sys, time, zlib
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, FaultProxy, Proxy, Reader, Server, SlowProxy, account, limit, mail, run, scratch

server = Server()
N = 120


class Delay(SlowProxy):
    """A line of some length: every piece takes a few milliseconds; counts the bytes of both directions."""

    def __init__(self, port, seconds=0.006, edit=None):
        self.seconds, self.down, self.up, self.edit = seconds, 0, 0, edit
        super().__init__(port)

    def passes(self, a, b, from_client):
        while data := a.recv(65536):
            time.sleep(self.seconds)
            if from_client:
                self.said += data
                self.up += len(data)
            else:
                self.down += len(data)
                if self.edit:
                    data = self.edit(data)
            self.send(b, data)


def profile(port, **options):
    folder = os.path.join(scratch(), "profile")
    os.makedirs(folder, mode=0o700)
    configure(folder, port, **options)
    return folder


def configure(folder, port, check="manual", disable=None):
    with open(os.path.join(folder, "config"), "w") as f:
        f.write(account(server, port=port, scheme="imap+insecure", check=check) + (f"disable = {disable}\n" if disable else ""))


def sync(folder):
    out = subprocess.run([EILPOST, "-P", folder, "sync"], capture_output=True, text=True, timeout=60, env=dict(os.environ, LC_ALL="C.UTF-8"))
    assert out.returncode == 0, out


def store(folder):
    for name in ("work",):
        for root, _, files in os.walk(folder):
            for f in files:
                if f.endswith(".db"):
                    return sqlite3.connect(f"file:{os.path.join(root, f)}?mode=ro", uri=True)
    raise AssertionError("no store in " + folder)


def here(folder):
    """UID -> flags that the store has of the inbox."""
    with store(folder) as db:
        return {uid: (bool(f & 1), bool(f & 2), bool(f & 4)) for uid, f in db.execute(
            "SELECT uid, server_flags FROM message JOIN folder ON folder.id = message.folder WHERE wire = 'INBOX'")}


def there():
    c = server.client("INBOX", readonly=True)
    out = {}
    for line in c.uid("FETCH", "1:*", "(FLAGS)")[1]:
        if line:
            uid, flags = re.search(rb"UID (\d+)", line).group(1), re.search(rb"FLAGS \(([^)]*)\)", line).group(1)
            out[int(uid)] = (b"\\Seen" in flags, b"\\Answered" in flags, b"\\Flagged" in flags)
    c.logout()
    return out


def change():
    """What another client does meanwhile."""
    c = server.client("INBOX")
    uids = c.uid("SEARCH", "ALL")[1][0].split()
    c.uid("STORE", uids[3], "+FLAGS", "(\\Seen \\Answered)")
    c.uid("STORE", uids[5], "+FLAGS", "(\\Flagged)")
    c.uid("STORE", uids[8], "-FLAGS", "(\\Seen \\Flagged \\Answered)")
    c.uid("STORE", uids[10] + b"," + uids[-2], "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.append("INBOX", "(\\Flagged)", None, mail(f"Fresh {time.time()}"))
    c.append("INBOX", None, None, mail(f"Fresh {time.time()}"))
    c.logout()


# what is switched off, and what is not said then
SWITCHES = (
    ("", ()),
    ("COMPRESS", ("COMPRESS",)),
    ("QRESYNC", ("QRESYNC", "VANISHED")),
    ("QRESYNC CONDSTORE", ("QRESYNC", "CONDSTORE", "MODSEQ", "CHANGEDSINCE")),
    ("QRESYNC CONDSTORE ESEARCH", ("QRESYNC", "CONDSTORE", "RETURN (ALL")),
    ("ENABLE", ("ENABLE", "QRESYNC (")),
    ("NOTIFY", ("NOTIFY",)),
    ("LIST-STATUS", ("RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS",)),
    ("LIST-EXTENDED", ("RETURN (SUBSCRIBED",)),
    ("STATUS=SIZE", (" SIZE",)),
    ("SPECIAL-USE", ("SPECIAL-USE",)),
    ("NAMESPACE", ("NAMESPACE",)),
    ("QUOTA", ("GETQUOTAROOT",)),
    ("PREVIEW", ("PREVIEW",)),
    ("ACL", ("MYRIGHTS",)),
    ("BINARY", ("BINARY",)),
    ("ID", (" ID (",)),
    ("IDLE", ("IDLE",)),
    ("SASL-IR", ("AUTHENTICATE PLAIN A",)),
    ("LITERAL+", ("+}",)),
    ("COMPRESS QRESYNC CONDSTORE ESEARCH ENABLE NOTIFY LIST-STATUS LIST-EXTENDED STATUS=SIZE SPECIAL-USE NAMESPACE QUOTA ACL ID IDLE SASL-IR "
     "PREVIEW LITERAL+ MOVE UIDPLUS UNSELECT SEARCHRES BINARY MULTIAPPEND", ("RETURN (", "ENABLE", "CONDSTORE", "NAMESPACE", "+}")),
)


def go_to(r, subject):
    r.keys("=").keys(f"/{subject}\r").wait(lambda r: subject in r.selected())


def with_and_without():
    proxy = Delay(server.imap, 0)
    folders = []
    for disable, _ in SWITCHES:
        folder = profile(proxy.port, disable=disable)
        sync(folder)
        sync(folder)    # what it can is known from the second session on
        assert here(folder) == there(), disable
        folders.append(folder)
    change()
    want = there()
    for folder, (disable, unsaid) in zip(folders, SWITCHES):
        proxy.said = b""
        sync(folder)
        assert here(folder) == want, (disable, {u for u in want if here(folder).get(u) != want[u]}, set(here(folder)) - set(want))
        said = proxy.said.decode("latin-1").upper()
        for word in unsaid:
            assert word not in said, (disable, word, said)
        if not disable:
            assert "QRESYNC (" in said and "NAMESPACE" in said and "GETQUOTAROOT" in said and "SIZE" in said and "PREVIEW (LAZY)" in said, said


def the_server_has_less():
    """Not our switch but the server's list is shorter: one capability at a time is cut out of what it says."""
    for words in (["QRESYNC"], ["CONDSTORE", "QRESYNC"], ["ESEARCH"], ["LIST-STATUS"], ["LIST-EXTENDED"], ["NAMESPACE"], ["ENABLE"], ["UIDPLUS", "MOVE"]):
        def edit(data, words=words):
            for w in words:
                data = re.sub(rb" " + re.escape(w.encode()) + rb"(?=[ \]\r])", b"", data) if b"CAPABILITY" in data else data
            return data
        proxy = Delay(server.imap, 0, edit)
        folder = profile(proxy.port)
        sync(folder)
        sync(folder)
        change()
        sync(folder)
        assert here(folder) == there(), words


def compressed():
    """COMPRESS begins when much is to come and the line has some length; never before the sign-in; the bytes are fewer."""
    got = {}
    for disable in ("", "COMPRESS"):
        proxy = Delay(server.imap)
        folder = profile(proxy.port, check="startup, push", disable=disable)
        r = Reader(profile=folder)
        r.wait("Fresh", 10)
        end = time.monotonic() + limit(10)
        while here(folder) != there():
            assert time.monotonic() < end, disable
            r.pump(0.1)
        got[disable] = proxy.down
        assert (b"COMPRESS DEFLATE" in proxy.said) == (disable == ""), (disable, proxy.said)
        if not disable:
            before, after = proxy.said.split(b"COMPRESS DEFLATE\r\n", 1)
            assert b"AUTHENTICATE" in before
            plain = zlib.decompressobj(-15).decompress(after)
            assert b"UID FETCH" in plain and b"AUTHENTICATE" not in plain, plain
        # news come through the deflater too, and so does a whole mail
        name = "Unpacked" if disable else "Packed"
        server.deliver(mail(name, "x" * 300 + "\n" + "Text behind the deflater.\n" * 20))
        r.wait(name, 5)
        go_to(r, name)
        r.keys("\r").wait("Text behind the deflater", 5)
        r.keys("q")
        assert r.quit()[0] == 0
    print(f"# bytes down for {len(there())} headers: {got['COMPRESS']} plain, {got['']} compressed")
    assert got[""] < got["COMPRESS"] * 0.5, got


def compressed_inside_tls():
    got = {}
    for disable in ("", "disable = COMPRESS\n"):
        proxy = Delay(server.imaps)
        r = Reader(config=account(server, port=proxy.port) + disable)
        r.wait("Fresh", 10).checked(10)
        end = time.monotonic() + limit(10)
        while here_or_none(r.profile) != there():
            assert time.monotonic() < end
            r.pump(0.1)
        got[disable != ""] = proxy.down
        assert b"DEFLATE" not in proxy.said and b"secret" not in proxy.said
        assert r.quit()[0] == 0
    print(f"# inside TLS: {got[True]} plain, {got[False]} compressed")
    assert got[False] < got[True] * 0.6, got


def cut_while_compressed():
    """The line is cut in the middle of compressed data: the next connection begins plain, and everything comes."""
    proxy = FaultProxy(server.imap, "--delay-down", "6", "--cut-down", "15000", "--conns", "1")
    folder = profile(proxy.port, check="startup, push")
    r = Reader(profile=folder)
    end = time.monotonic() + limit(20)
    while not os.path.exists(folder) or here_or_none(folder) != there():
        assert time.monotonic() < end, r.text
        r.pump(0.2)
    r.quit()
    proxy.stop()


def here_or_none(folder):
    try:
        return here(folder)
    except (AssertionError, sqlite3.Error):
        return None


def count_in_tree(r, folder):
    for line in r.lines:
        m = re.match(rf"[ ›]*{folder} +(\d+)", line)
        if m:
            return int(m.group(1))
    return 0


def news_of_all_folders():
    """NOTIFY: a mail in another folder shows in the tree by itself; without it IDLE watches the folder on the screen alone."""
    c = server.client()
    c.create("Lists")
    r = Reader(profile=profile(server.imap, check="startup, push"))
    r.wait("Fresh").wait(lambda r: any(re.match(r" *Lists", l) for l in r.lines)).checked().pump(0.5)
    start = time.monotonic()
    c.append("Lists", None, None, mail("To the list"))
    r.wait(lambda r: count_in_tree(r, "Lists") == 1, 4)
    print(f"# shown in the tree after {time.monotonic() - start:.1f} s")
    # a folder that another client makes, renames, removes
    c.create('"Made elsewhere"')
    r.wait("Made elsewhere", 4)
    c.rename('"Made elsewhere"', '"Renamed elsewhere"')
    r.wait("Renamed elsewhere", 4).gone("Made elsewhere")
    c.delete('"Renamed elsewhere"')
    r.gone("Renamed elsewhere", 4)
    # another folder on the screen: now it is the inbox that NOTIFY tells of
    r.keys("cLists\r").wait("To the list")
    before = count_in_tree(r, "Inbox")
    c.append("INBOX", None, None, mail("While elsewhere"))
    r.wait(lambda r: count_in_tree(r, "Inbox") == before + 1, 4)
    c.append("Lists", None, None, mail("One more for the list"))
    r.wait("One more for the list", 4).keys("cinbox\r").wait("While elsewhere")
    # the folder on the screen has its news as ever
    c.append("INBOX", None, None, mail("To the inbox"))
    r.wait("To the inbox", 4)
    r.quit()
    r = Reader(profile=profile(server.imap, check="startup, push", disable="NOTIFY"))
    r.wait("To the inbox").wait(lambda r: count_in_tree(r, "Lists") == 2).checked().pump(0.5)
    c.append("Lists", None, None, mail("To the list again"))
    c.append("INBOX", None, None, mail("Without NOTIFY"))
    r.wait("Without NOTIFY", 4)
    assert count_in_tree(r, "Lists") == 2
    r.keys("G").wait(lambda r: count_in_tree(r, "Lists") == 3, 5)
    r.quit()
    c.logout()


def of_others():
    """Bob's folder that he shares, with the rights that he gives; a public one."""
    b = server.client(user="bob")
    b.create("Plans")
    b.append("Plans", None, None, mail("The plan"))
    assert b.setacl("Plans", "alice", "lr")[0] == "OK"
    assert b.setacl("INBOX", "alice", "l")[0] == "OK"
    b.logout()
    folder = profile(server.imap)
    sync(folder)
    sync(folder)
    with store(folder) as db:
        rows = {wire: (space, rights) for wire, space, rights in db.execute("SELECT wire, namespace, rights FROM folder WHERE gone = 0")}
        quota = db.execute("SELECT value FROM fact WHERE key = 'quota'").fetchone()[0].split()
    assert rows["shared/bob/Plans"] == (1, "lr"), rows
    assert rows["Public/news"][0] == 2 and "i" in rows["Public/news"][1], rows
    assert rows["INBOX"] == (0, None), rows
    assert int(quota[1]) == 2 * 1024 * 1024, quota


def quota_is_told():
    """93 % full: it is said, in words."""
    def edit(data):
        return re.sub(rb"\(STORAGE \d+ \d+\)", b"(STORAGE 930 1000)", data)
    proxy = Delay(server.imap, 0, edit)
    r = Reader(profile=profile(proxy.port, check="startup, push"))
    r.wait("93", 8).wait("full")
    r.quit()


def how_a_text_begins():
    """PREVIEW: shown below the headers' place when the text does not come, found by ~b, and never instead of the text."""
    proxy = Proxy(server.imap)
    folder = profile(proxy.port, check="startup, push")
    server.deliver(mail("Nearly here", "What stands \x1b[31mfirst in it.\n" + "And much more. " * 40 + "\n"), mail("Next to it", "Short.\n"))
    c = server.client("INBOX")      # Dovecot then has it at hand
    c.uid("FETCH", c.uid("SEARCH", 'SUBJECT "Nearly here"')[1][0].split()[-1].decode(), "(PREVIEW)")
    c.logout()
    sync(folder)
    r = Reader(profile=folder)
    r.wait("Nearly here").checked()
    go_to(r, "Nearly here")
    proxy.dead = True               # a line that is open and dead: it may come, and takes long
    r.keys("\r").wait("Fetching the message", 3)
    assert "Preview:" not in r.text
    r.wait("Preview: What stands", 6).wait("And much more")
    assert "…" in r.text
    r.keys("q").gone("Preview:")
    r.keys("l~b stands\r").wait(lambda r: "Nearly here" in r.text and "Next to it" not in r.text)
    r.quit()
    r = Reader(profile=folder, arguments=["--offline"])
    r.wait("Nearly here")
    go_to(r, "Nearly here")
    r.keys("\r").wait("not on this computer", 3).wait("Preview: What stands", 3)
    for rows, cols in ((24, 80), (15, 50)):
        r.resize(rows, cols)
        r.wait("Preview: What", 3).wait("again.", 3)     # whole, however narrow
    r.keys("q").gone("Preview:").quit()
    r = Reader(profile=profile(server.imap, check="startup, push"))
    r.wait("Nearly here")
    go_to(r, "Nearly here")
    r.keys("\r").wait(lambda r: "And much more" in r.text and "Preview:" not in r.text, 5)
    r.keys("q").gone("And much more").quit()


def monstrous_structure():
    """A mail whose structure is longer than a line may be (P2): it is in the list, and so is what lies behind it."""
    parts = "".join(f'--b\r\nContent-Type: text/plain; name="{"n" * 200}{i}"\r\n\r\nx\r\n' for i in range(4000))
    server.deliver(mail("Monster", parts + "--b--\r\n", extra='MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'), mail("Behind the monster"))
    r = Reader(profile=profile(server.imap, check="startup, push"))
    r.wait("Behind the monster", 8).wait("Monster").checked()
    folder = r.profile
    end = time.monotonic() + limit(10)
    while here(folder) != there():
        assert time.monotonic() < end
        r.pump(0.1)
    r.quit()
    sync(folder)
    assert here(folder) == there()


server.deliver(*(mail(f"Number {i}") for i in range(1, N + 1)))
run(with_and_without, the_server_has_less, compressed, compressed_inside_tls, cut_while_compressed, news_of_all_folders, of_others, quota_is_told, how_a_text_begins, monstrous_structure)

#!/usr/bin/env python3
"""kills.py - killed at random moments of mixed work, with a second client beside it: the store is whole after each kill, and at the
end it says what the server has, by content; nothing is lost and nothing is there twice.

SPDX-License-Identifier: GPL-3.0-or-later
Each mail has a token of its own. What a token may do: n%4 is 0 or 1: it is moved, and is there once whatever happens; 2: it is copied,
once for each act that the store remembers; 3: it may be deleted for good. From 500 on they come from the second client.
  EILPOST_KILLS=300 EILPOST_SEED=7 EILPOST_VARIANT=inboxdot     how often (default: 10 on each kind of server), how, and on which"""
import collections, glob, os, random, re, shutil, signal, sqlite3, sys, threading, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, account, limit, mail, run, scratch

KILLS = int(os.environ.get("EILPOST_KILLS", 0))
SEED = int(os.environ.get("EILPOST_SEED", 0)) or random.SystemRandom().randrange(1, 10 ** 6)
N = 40
COPY, APPEND = 3, 11    # ActKind of store/acts.h
FAILED, PARKED = 2, 3    # WishState of store/journal.h
UID_PROVISIONAL = 1 << 32


def token(n):
    return f"Token {n:04}"


def token_mail(n):
    return mail(token(n), f"The text of token {n:04}.\n")


class Ended(Exception):
    """The reader was killed."""


class Second(threading.Thread):
    """Another client: new mail, flags, moves, and it takes away what it brought."""

    def __init__(self, server, folders, seed):
        super().__init__(daemon=True)
        self.server, self.folders, self.rng = server, folders, random.Random(seed)
        self.brought, self.taken, self.acts, self.stopped, self.trouble = [], set(), 0, threading.Event(), None

    def one(self, c):
        what = self.rng.choice(["new", "flag", "flag", "label", "move", "take"])
        if what == "new":
            n = 500 + len(self.brought)
            self.brought.append(n)
            assert c.append("INBOX", None, None, token_mail(n))[0] == "OK"
            return
        c.select(f'"{self.rng.choice(self.folders) if what != "take" else "INBOX"}"')
        n = self.rng.choice(range(0, N, 4)) if what == "move" else self.rng.choice(self.brought) if what == "take" and self.brought else self.rng.randrange(N)
        uids = c.uid("SEARCH", "SUBJECT", f'"{token(n)}"')[1][0].split()
        if not uids or (what == "take" and n < 500):
            return
        uid = uids[0].decode()
        if what == "flag":
            c.uid("STORE", uid, self.rng.choice(["+FLAGS", "-FLAGS"]), self.rng.choice(["(\\Seen)", "(\\Flagged)"]))
        elif what == "label":
            c.uid("STORE", uid, self.rng.choice(["+FLAGS", "-FLAGS"]), "(theirs)")
        elif what == "move":
            c.uid("MOVE", uid, f'"{self.rng.choice(self.folders)}"')
        else:
            self.taken.add(n)
            c.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
            c.uid("EXPUNGE", uid)

    def run(self):
        try:
            c = self.server.client()
            while not self.stopped.wait(self.rng.uniform(0.05, 0.4)):
                self.one(c)
                self.acts += 1
            c.logout()
        except Exception as why:
            self.trouble = why

    def end(self):
        self.stopped.set()
        self.join()
        if self.trouble:
            raise self.trouble


# ---- the store, from outside ----

def looked_at(store, path):
    """A copy as the kill left it, so that the reader itself has to mend what there is to mend."""
    for f in glob.glob(path + "/*"):
        os.unlink(f)
    for suffix in ("", "-wal"):
        if os.path.exists(store + suffix):
            shutil.copy(store + suffix, path)
    return sqlite3.connect(os.path.join(path, os.path.basename(store)))


def is_whole(db):
    said = db.execute("PRAGMA integrity_check").fetchall()
    assert said == [("ok",)], said
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    wrong = db.execute("SELECT f.wire, f.total, count(m.id), f.unseen, ifnull(sum((m.flags & 1) = 0), 0) FROM folder f LEFT JOIN message m ON m.folder = f.id"
                       " GROUP BY f.id HAVING f.total <> count(m.id) OR f.unseen <> ifnull(sum((m.flags & 1) = 0), 0)").fetchall()
    assert not wrong, wrong


def labels_of(words):
    """In one order: sets that are equal may be written in two ways, and what is compared is sorted by how it is written."""
    return tuple(sorted({"mark", "theirs"} & set(words)))


def in_store(store):
    """{folder: sorted (token, seen, flagged, labels)}, the tokens whose text here is another's, and what waits or failed."""
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    out = {wire: [] for wire, in db.execute("SELECT wire FROM folder WHERE gone = 0 AND selectable = 1 AND substr(wire, 1, 1) <> char(1)")}
    for wire, subject, flags, labels, uid in db.execute("SELECT f.wire, m.subject, m.flags, m.keywords, m.uid FROM message m JOIN folder f ON f.id = m.folder"):
        if wire in out:
            out[wire].append((subject, bool(flags & 1), bool(flags & 4), labels_of((labels or "").split()), uid >= UID_PROVISIONAL))
    wrong = [(subject, data[:60]) for subject, data in db.execute("SELECT m.subject, p.data FROM message m JOIN body b ON b.message = m.id AND b.done = 1 AND b.section = '1'"
                                                                  " JOIN piece p ON p.id = b.id << 16") if subject and subject[-4:].encode() not in data]
    wishes = db.execute("SELECT kind, state, last_error, folder, target, message FROM wish").fetchall()
    db.close()
    return {k: sorted(v, key=str) for k, v in out.items()}, wrong, wishes


def on_server(server, user="alice"):
    out = {}
    c = server.client(user=user)
    for line in c.list()[1]:
        m = re.search(rb'(?:"([^"]*)"|(\S+))$', line)
        name = (m[1] or m[2]).decode()
        if b"\\Noselect" in line or b"\\NonExistent" in line or c.select(f'"{name}"', readonly=True)[0] != "OK":
            continue
        out[name] = []
        got = c.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        for i, part in enumerate(got):
            if isinstance(part, tuple):
                flags = part[0] + (got[i + 1] if i + 1 < len(got) and isinstance(got[i + 1], bytes) else b"")
                out[name].append((re.search(rb"(Token \d+)", part[1])[1].decode(), b"\\Seen" in flags, b"\\Flagged" in flags,
                                  labels_of(w for w in ("mark", "theirs") if w.encode() in flags), False))
    c.logout()
    return {k: sorted(v, key=str) for k, v in out.items()}


# ---- the work of the person ----

class Person:
    def __init__(self, rng, variant):
        self.rng, self.sep = rng, "." if variant == "inboxdot" else "/"
        self.made, self.missed = 0, 0
        self.folders = ["inbox", "Work", "Archive"]

    def see(self, r, what, seconds=2):
        """Is it on the screen soon? What is not is left alone."""
        test = what if callable(what) else lambda r: what in r.text
        end = time.monotonic() + seconds
        while not test(r):
            if not r.pump(0.02):
                raise Ended
            if time.monotonic() > end:
                self.missed += 1
                r.keys("\x1b").pump(0.05)
                return False
        return True

    def pick(self, r, fits):
        seen = sorted({int(t) for line in r.lines for t in re.findall(r"Token (\d{4})", line) if fits(int(t))})
        if not seen:
            return None
        n = self.rng.choice(seen)
        r.keys("=").keys(f"/{token(n)}\r")
        return n if self.see(r, lambda r: token(n) in r.selected(), 1) else None

    def go(self, r, folder):
        r.keys(f"c{folder}\r").pump(0.1)
        self.here = folder

    def one(self, r):
        rng = self.rng
        what = rng.choice(["go", "F", "F", "N", "w", "tagged", "s", "s", "A", "X", "d", "d", "C", "C", "other", "good", "undo", "undo", "folder", "all", "open"])
        if what == "go" or (what == "open" and self.here != "inbox"):
            self.go(r, rng.choice(["inbox", "inbox", *self.folders]))
        elif what == "undo":
            r.keys("u")
        elif what == "all":
            r.keys("\x1bR")
        elif what == "folder":
            self.made += 1
            name = f"New{self.made}"
            r.keys(f":create-folder {name}\r")
            self.folders = [*self.folders[:4], name]
        elif what == "C" or what == "other":
            if self.pick(r, lambda n: n % 4 == 2) is not None:
                r.keys("C").keys(f"\x15{rng.choice(self.folders[1:3]) if what == 'C' else 'other/INBOX'}\r")
        elif what == "good":
            if self.pick(r, lambda n: n % 4 == 3) is not None:
                r.keys(":delete-for-good\r")
                if self.see(r, "for good?", 1):
                    r.keys("y")
        elif what == "tagged":
            if self.pick(r, lambda n: n % 4 < 2) is not None:
                r.keys("t")
                if self.pick(r, lambda n: n % 4 < 2) is not None:
                    r.keys("t").keys(";s").keys("\x15Work\r")
        elif self.pick(r, lambda n: n % 4 != 2 or what in "FNw") is not None:
            if what == "open":
                r.keys("\r").pump(0.1)
                r.keys("q")
            elif what == "s":
                r.keys("s").keys(f"\x15{rng.choice(self.folders[1:])}\r")
            elif what == "w":
                r.keys(rng.choice("wW")).keys("\x15mark\r")
            elif what in "AX" or what == "d":
                if self.here in ("inbox", "Work"):
                    r.keys(what)
            else:
                r.keys(what)
        if not r.pump(rng.choice([0, 0.01, 0.05, 0.2])):
            raise Ended

    def work(self, r):
        self.here = "inbox"
        try:
            self.see(r, "Token", 20)
            while True:
                self.one(r)
        except (Ended, OSError):
            pass


# ---- the test ----

def note_acts(db, known):
    for act, kind, text, undone in db.execute("SELECT id, kind, text, undone FROM act"):
        known[act] = (kind, text, undone)


def kills(variant, times):
    rng = random.Random(SEED)
    server = Server(VARIANT=variant)
    prefix = "INBOX." if variant == "inboxdot" else ""
    c = server.client()
    for name in ("Work", "Archive"):
        c.create(prefix + name)
        c.subscribe(prefix + name)
    c.logout()
    server.deliver(*[token_mail(n) for n in range(N)])
    other = account(server, user="bob", name="other", address="bob@example.org")

    def config():
        return account(server, extra=rng.choice(["", "disable = COMPRESS=DEFLATE\n", "disable = MOVE\n", "disable = QRESYNC NOTIFY\n"])) + other

    begun = time.monotonic()
    r = Reader(config=config(), rows=50, cols=120)
    r.wait(token(N - 1), 20).checked(20)
    started = time.monotonic() - begun
    r.kill()
    stores = {name: os.path.join(r.profile, "store", f"{name}.db") for name in ("work", "other")}
    acts = {name: {} for name in stores}
    person, second = Person(rng, variant), Second(server, ["INBOX", prefix + "Work", prefix + "Archive"], SEED)
    place = scratch()
    second.start()
    for n in range(times):
        r = Reader(profile=r.profile, config=config(), rows=50, cols=120)
        moment = rng.uniform(0.02, 1.0) * (started + 2)
        timer = threading.Timer(moment, os.kill, (r.process.pid, signal.SIGKILL))
        timer.start()
        person.work(r)
        timer.join()
        r.process.close(force=True)
        for name, store in stores.items():
            db = looked_at(store, place)
            try:
                is_whole(db)
            except AssertionError as why:
                raise AssertionError(f"kill {n} of {times}, after {moment:.3f} s, seed {SEED}, {name}: {why}")
            note_acts(db, acts[name])
            db.close()
    second.end()
    settled(server, r.profile, config(), stores, acts)
    counted(server, acts, second)
    done = sum(len(a) for a in acts.values())
    print(f"# {variant}, seed {SEED}: {times} kills, {done} acts, {second.acts} of the second client, {len(second.brought)} mails new in between; {person.missed} keys in vain")
    assert done > times, done
    server.stop()


def settled(server, profile, config, stores, acts):
    """Until all that was wished is done and each folder was looked at: the stores say what the server has."""
    r = Reader(profile=profile, config=config, rows=50, cols=120)
    r.checked(30)
    end, looked = time.monotonic() + limit(120), 0
    while True:
        here, wrong, wishes = in_store(stores["work"])
        there, bob = on_server(server), on_server(server, "bob")
        bobs, wrong_too, theirs = in_store(stores["other"])
        live = [w for w in wishes + theirs if w[1] not in (FAILED, PARKED)]
        if not live and here == there and bobs["INBOX"] == bob["INBOX"]:
            break
        if time.monotonic() > end:
            def more(a, b, k):    # also of copies that are alike
                return sorted((collections.Counter(a.get(k, [])) - collections.Counter(b.get(k, []))).elements(), key=str)
            differ = {k: (more(here, there, k), more(there, here, k)) for k in here.keys() | there.keys() if here.get(k) != there.get(k)}
            raise AssertionError(f"seed {SEED}: only here, only there: {differ}; wishes (kind, state, ...) {live}\n{r.text}")
        if not live:    # a folder that nobody opens is looked at when its turn comes
            differing = [k for k in there if here.get(k) != there[k]]
            if differing:
                r.keys(f"c{differing[looked % len(differing)].removeprefix('INBOX.')}\r")
            else:
                r.keys("cother/inbox\r")
            looked += 1
        r.keys("G").pump(0.5)
    assert not wrong and not wrong_too, wrong
    failed = [w for w in wishes + theirs if w[1] in (FAILED, PARKED)]
    print(f"# {len(failed)} wishes refused (the second client was there first): {sorted({str(w[2]) for w in failed})}")
    r.kill()
    for name, store in stores.items():
        db = looked_at(store, scratch())
        is_whole(db)
        note_acts(db, acts[name])
        db.close()


def is_view(name):
    """Of Dovecot's, on what lies elsewhere."""
    return name.startswith("Virtual")


def counted(server, acts, second):
    where = on_server(server)
    there = collections.Counter(t for name, mails in where.items() if not is_view(name) for t, *_ in mails)
    bob = collections.Counter(t for name, mails in on_server(server, "bob").items() if not is_view(name) for t, *_ in mails)
    copies = collections.Counter(text for kind, text, undone in acts["work"].values() if kind == COPY and not undone)
    sent_on = collections.Counter(text for kind, text, undone in acts["other"].values() if kind == APPEND and not undone)
    wrong = []
    for n in [*range(N), *second.brought]:
        t = token(n)
        most, least = 1 + copies[t], 0 if n % 4 == 3 or n in second.taken else 1 + (copies[t] if n < 500 else 0)
        if not least <= there[t] <= most:
            wrong.append((t, there[t], least, most, [name for name, mails in where.items() for x, *_ in mails if x == t]))
        if bob[t] != sent_on[t]:
            wrong.append((t, "bob", bob[t], sent_on[t]))
    assert not wrong, f"seed {SEED}: (token, how often there, at least, at most, where) {wrong}; acts {acts['other']}"


def everything():
    kills("default", KILLS or 10)


def exchange_online():
    kills("exchange", KILLS or 10)


def inbox_prefix():
    kills("inboxdot", KILLS or 10)


if __name__ == "__main__":
    tests = {"default": everything, "exchange": exchange_online, "inboxdot": inbox_prefix}
    run(*[tests[v] for v in os.environ.get("EILPOST_VARIANT", "default exchange inboxdot").split()])

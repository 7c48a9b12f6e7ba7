#!/usr/bin/env python3
# walls.py - the walls between the rooms, read from the include lines and from the link lines.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# HACKING, "The rooms and the walls", is the law; the tables below are its letter. Every breach is named with file and
# line. usage: walls.py [ROOT]; the self-test at the end builds small houses with holes and wants each of them found.

import os
import re
import sys
import tempfile

# Who may include whom. A name with a slash opens that one header only.
TABLE = {
    "base": [],
    "proto": ["base"],
    "net": ["base"],
    "mail": ["base"],
    "conf": ["base"],
    "auth": ["base", "conf", "net"],
    "render": ["base", "mail"],
    "store": ["base", "mail"],
    "setup": ["base", "conf", "net", "store"],
    "doctor": ["auth/vault.h", "base", "conf", "net", "proto"],
    "sync": ["auth/vault.h", "base", "conf", "net", "proto", "render", "store"],
    "ui": ["auth/vault.h", "base", "conf", "doctor/doctor.h", "store", "render/client.h", "render/compose.h", "setup/demo.h", "setup/discover.h", "setup/found.h", "setup/import.h", "sync/door.h", "sync/engine.h", "sync/stored.h", "sync/trial.h"],
    "batch": ["auth/vault.h", "base", "conf", "doctor/doctor.h", "render/client.h", "render/compose.h", "store", "sync/door.h", "sync/engine.h", "sync/look.h", "sync/stored.h", "sync/verify.h"],
    "main": ["auth", "base", "batch", "conf", "doctor", "mail", "net", "proto", "render", "setup", "store", "sync", "ui"],
}
# What a neighbour's door may show of a third room goes with it: the reader draws the Document that the client hands over.
DOORS = {"ui": ["mail/document.h", "mail/draft.h", "mail/mailto.h", "mail/reply.h"], "sync": ["mail/draft.h"], "batch": ["mail/document.h", "mail/draft.h", "mail/mailto.h", "mail/reply.h"]}

# Headers of libraries, and where alone they may be named.
LIBRARIES = [
    ("curses", r"(n?curses(w?/.*)?|ncurses_dll|term|termcap|panel|form|menu)(\.h)?", ["ui/screen.c"]),
    ("GnuTLS", r"gnutls/.*", ["src/net/tls.c"]),
    ("curl", r"curl/.*", ["src/net/curl.h"]),
    ("nettle", r"nettle/.*", ["src/auth/seal.c", "src/store/sum.c"]),
    ("libsecret", r"libsecret/.*", ["src/auth/keyring.c"]),
    ("SQLite", r"sqlite3(ext)?\.h", ["src/store/"]),
    ("GMime", r"gmime(-3\.0)?(/.*|\.h)", ["src/mail/", "src/render/"]),
    ("gumbo", r"gumbo\.h", ["src/mail/", "src/render/"]),
]

# proto/ hears and speaks through its caller only; it is told what time it is.
PROTO_HEADERS = [
    ("a socket", r"sys/(socket|select|poll|epoll|un|ioctl|uio)\.h|netinet/.*|arpa/.*|netdb\.h|poll\.h|net/if\.h|gio/.*|glib-unix\.h"),
    ("a clock", r"time\.h|sys/(time|timeb|timerfd|times)\.h"),
    ("a thread", r"pthread\.h|threads\.h|semaphore\.h|stdatomic\.h"),
]
PROTO_NAMES = [  # glib.h brings these along with strings and lists, so the include line alone does not tell
    ("a socket", r"socket|connect|accept4?|bind|listen|send(to|msg)?|recv(from|msg)?|getaddrinfo|poll|ppoll|select|epoll_\w+"
                 r"|g_poll|g_io_\w+|g_unix_\w+|g_socket_\w+"),
    ("a clock", r"time|gettimeofday|clock(_\w+)?|nanosleep|u?sleep|alarm|timer_\w+|g_get_(monotonic|real)_time|g_get_current_time"
                r"|g_date_time_new_now\w*|g_usleep|g_timer_\w+|g_timeout_\w+|g_idle_\w+|g_main_\w+|g_source_\w+"),
    ("a thread", r"pthread_\w+|thrd_\w+|mtx_\w+|g_thread_\w+|g_mutex_\w+|g_rec_mutex_\w+|g_rw_lock_\w+|g_cond_\w+"
                 r"|g_async_queue_\w+|g_once_\w+|g_private_\w+|fork|vfork|clone|g_spawn_\w+"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|include_next|import)\b[ \t]*(.*?)[ \t]*$')
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments(text, strings):
    """The same text on the same lines; strings=False blanks what stands in quotes as well."""
    def blank(m):
        s = m.group(0)
        if s[0] in "\"'" and strings:
            return s
        return re.sub(r"[^\n]", " ", s)
    return NOISE.sub(blank, text.replace("\\\n", " \n"))


def sources(root):
    for top in ("src", "ui", "proto"):
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(files):
                if name.endswith((".c", ".h", ".def", ".inc")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def room_of(path):
    parts = path.split("/")
    if parts[0] != "src":
        return parts[0]
    return parts[1] if len(parts) > 2 else "main" if path == "src/main.c" else None


def includes(text):
    """(line, quoted, path); path None: can't be read."""
    for n, line in enumerate(without_comments(text, True).split("\n"), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        named = re.match(r'"([^"]*)"$|<([^>]*)>$', m.group(1))
        if not named:
            yield n, False, None
        else:
            yield n, named.group(1) is not None, named.group(1) or named.group(2)


def wrong_room(room, target):
    """Why a file of a room may not include "room/file.h"; None: it may."""
    other = target.split("/")[0]
    if other not in TABLE or "/" not in target or ".." in target:
        return "“%s” does not begin with a room" % target
    if other == room or other in TABLE[room] or target in TABLE[room] or target in DOORS.get(room, []):
        return None
    if any(x.startswith(other + "/") for x in TABLE[room]):
        return "%s may include only %s of %s, not “%s”" % (
            room, ", ".join(x for x in TABLE[room] if x.startswith(other + "/")), other, target)
    return "%s may not include %s (“%s”)" % (room, other, target)


def breaches_of_includes(path, text):
    room = room_of(path)
    if room not in TABLE:
        yield path, 1, "the folder is no room of the table in tests/walls.py"
        return
    for line, quoted, target in includes(text):
        if target is None:
            yield path, line, "an include line must name its file in quotes or angle brackets"
        elif target != "config.h" and (quoted or (target.split("/")[0] in TABLE and "/" in target)):
            why = wrong_room(room, target)
            if why:
                yield path, line, why


def breaches_of_libraries(path, text):
    for line, _, target in includes(text):
        for name, pattern, homes in LIBRARIES:
            if target and re.fullmatch(pattern, target) and not path.startswith(tuple(homes)):
                yield path, line, "%s (<%s>) is only for %s" % (name, target, ", ".join(homes))


def breaches_of_proto(path, text):
    if room_of(path) != "proto":
        return
    for line, _, target in includes(text):
        for what, pattern in PROTO_HEADERS:
            if target and re.fullmatch(pattern, target):
                yield path, line, "proto/ must not know %s (<%s>)" % (what, target)
    for n, line in enumerate(without_comments(text, False).split("\n"), 1):
        for what, pattern in PROTO_NAMES:
            for m in re.finditer(r"(?<![\w.>])(%s)[ \t]*\(" % pattern, line):
                yield path, n, "proto/ must not know %s (%s)" % (what, m.group(1))


def closure(room):
    seen, todo = set(), [room]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += [x.split("/")[0] for x in TABLE[at] + DOORS.get(at, [])]
    return seen


def logical_lines(text):
    held, start = "", 0
    for n, line in enumerate(text.split("\n"), 1):
        start = start or n
        held += re.sub(r"(^|[ \t])#.*", "", line) if not held else line
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        yield start, held
        held, start = "", 0


def breaches_of_links(makefile):
    """The third wall: a unit test links the rooms that its subject may know, and what those need."""
    values, programs = {}, []
    for line, text in logical_lines(makefile):
        m = re.match(r"(\w+)[ \t]*\+?=[ \t]*(.*)", text)
        if m:
            values[m.group(1)] = values.get(m.group(1), "") + " " + m.group(2)
            p = re.fullmatch(r"tests_([a-z]+)_\w+_LDADD", m.group(1))
            if p and p.group(1) in TABLE:
                programs.append((line, m.group(1), p.group(1)))

    def spread(text, depth=0):
        if depth > 20:
            return text
        return re.sub(r"\$[({](\w+)[)}]", lambda m: spread(values.get(m.group(1), ""), depth + 1), text)

    for line, name, room in programs:
        for other in sorted(set(re.findall(r"\blib(\w+)\.l?a\b", spread(values[name])))):
            if other in TABLE and other not in closure(room):
                yield "Makefile.am", line, "%s links lib%s.a, which %s may not know" % (name[:-len("_LDADD")], other, room)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def survey(root):
    """What each wall has to say about a house: name -> [(file, line, why)]."""
    found = {"rooms": [], "libraries": [], "proto": [], "links": []}
    for path in sources(root):
        text = read(root, path)
        found["rooms"] += breaches_of_includes(path, text)
        found["libraries"] += breaches_of_libraries(path, text)
        found["proto"] += breaches_of_proto(path, text)
    if os.path.exists(os.path.join(root, "Makefile.am")):
        found["links"] += breaches_of_links(read(root, "Makefile.am"))
    return found


# ---- the self-test: file, content, the breaches wanted as (wall, line) ----
HOLES = [
    ("neighbours", "src/net/x.c", '#include "config.h"\n#include "mail/part.h"\n', [("rooms", 2)]),
    ("upwards", "src/base/x.h", '#include "store/db.h"\n', [("rooms", 1)]),
    ("in angle brackets", "src/mail/x.c", "#include <net/tls.h>\n", [("rooms", 1)]),
    ("system folder net is not our room net", "src/net/x.c", "#include <net/if.h>\n", []),
    ("without its room", "src/mail/x.c", '#include "part.h"\n', [("rooms", 1)]),
    ("around the corner", "src/mail/x.c", '#include "base/../net/tls.h"\n', [("rooms", 1)]),
    ("spaces and a comment before", "src/mail/x.c", ' /* a\n b */ #  include "net/tls.h"\n', [("rooms", 2)]),
    ("a comment behind", "src/mail/x.c", '#include "net/tls.h" // why\n', [("rooms", 1)]),
    ("two lines", "src/mail/x.c", '#include \\\n"net/tls.h"\n', [("rooms", 1)]),
    ("by macro", "src/mail/x.c", "#include WHATEVER\n", [("rooms", 1)]),
    ("only in a comment", "src/mail/x.c", '/*\n#include "net/tls.h"\n*/\n// #include <curses.h>\n', []),
    ("only in a string", "src/mail/x.c", 'static const char *s = "/*";\n#include "net/tls.h"\n', [("rooms", 2)]),
    ("a door of one header", "ui/x.c", '#include "sync/engine.h"\n#include "sync/plan.h"\n#include "render/wire.h"\n', [("rooms", 2), ("rooms", 3)]),
    ("a room without a row", "src/misc/x.c", "\n", [("rooms", 1)]),
    ("a stray file", "src/x.c", "\n", [("rooms", 1)]),
    ("main sees all", "src/main.c", '#include "ui/app.h"\n#include "net/tls.h"\n', []),
    ("all that is allowed", "src/sync/x.c", "".join('#include "%s/x.h"\n' % r for r in ["base", "conf", "net", "proto", "render", "store", "sync"]), []),
    ("sync knows no picture", "src/sync/x.c", '#include "ui/app.h"\n', [("rooms", 1)]),
    ("curses in a pane", "ui/panes/x.c", "#include <ncursesw/curses.h>\n", [("libraries", 1)]),
    ("curses in a header", "ui/screen.h", "#include <curses.h>\n", [("libraries", 1)]),
    ("curses at home", "ui/screen.c", "#include <curses.h>\n#include <term.h>\n", []),
    ("GnuTLS beside tls.c", "src/net/link.c", "#include <gnutls/gnutls.h>\n", [("libraries", 1)]),
    ("SQL outside", "ui/x.c", "\n\n#include <sqlite3.h>\n", [("libraries", 3)]),
    ("SQL at home", "src/store/x.c", "#include <sqlite3.h>\n", []),
    ("foreign bytes outside the worker", "src/sync/x.c", "#include <gmime/gmime.h>\n#include <gumbo.h>\n", [("libraries", 1), ("libraries", 2)]),
    ("proto opens a socket", "proto/x.c", "#include <sys/socket.h>\n#include <netdb.h>\n", [("proto", 1), ("proto", 2)]),
    ("proto reads a clock", "proto/imap/x.c", "#include <glib.h>\nint f(void) {\n\treturn g_get_monotonic_time ();\n}\n", [("proto", 3)]),
    ("proto locks", "proto/imap/x.h", "#include <pthread.h>\nstatic inline void f(GMutex *m) { g_mutex_lock(m); }\n", [("proto", 1), ("proto", 2)]),
    ("proto only talks of it", "proto/x.c", 'f("time(0)"); /* select (2) */\nimap_session_select(s); x->connect(1);\n', []),
    ("others have clocks", "src/sync/x.c", "#include <time.h>\nint f(void) { return time(NULL); }\n", []),
    ("a test links too much", "Makefile.am", "A_LIBS = libstore.a \\\n\tlibnet.a\ntests_store_x_LDADD = $(A_LIBS) libbase.a\n", [("links", 3)]),
    ("a test links what it may", "Makefile.am", "tests_ui_x_LDADD = libui.a libmail.a libbase.a\ntests_sync_x_LDADD = libsync.a libnet.a libmail.a\n", []),
]


def self_test(path, content, wanted):
    with tempfile.TemporaryDirectory() as root:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(content)
        got = [(wall, b) for wall, breaches in survey(root).items() for b in breaches]
        same = sorted((wall, b[1]) for wall, b in got) == sorted(wanted) and all(b[0] == path for _, b in got)
        return same, ["wanted %s, got:" % wanted] + ["%s %s:%d: %s" % ((wall,) + b) for wall, b in got]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    titles = {
        "rooms": "each room includes only those that it may know",
        "libraries": "curses, GnuTLS, SQLite, GMime and gumbo stay at home",
        "proto": "no sockets, clocks or threads in proto/",
        "links": "each unit test links only the rooms of its subject",
    }
    count = sum(1 for _ in sources(root))
    print("1..%d" % (1 + len(titles) + len(HOLES)))
    good, n = count > 0, 1
    print("%s 1 - there are sources to look at (%d)" % ("ok" if good else "not ok", count))
    for wall, breaches in survey(root).items():
        n += 1
        good &= not breaches
        print("%s %d - /walls/%s: %s" % ("not ok" if breaches else "ok", n, wall, titles[wall]))
        for path, line, why in breaches:
            print("# %s:%d: %s" % (path, line, why))
    for title, path, content, wanted in HOLES:
        n += 1
        same, story = self_test(path, content, wanted)
        good &= same
        print("%s %d - /walls/self-test/%s" % ("ok" if same else "not ok", n, title.replace(" ", "-").replace("#", "")))
        for line in [] if same else story:
            print("# " + line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())

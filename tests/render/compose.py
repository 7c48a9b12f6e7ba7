#!/usr/bin/env python3
# compose.py - what `eilpost-render compose` writes, read by somebody else: Python's email module.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# Random drafts from a fixed seed, all letters and lengths; each message must say what the draft meant, byte for byte.
# The records are those of src/mail/draft.c and src/render/composer.c, written here once more on purpose.

import email
import email.policy
import email.header
import email.utils
import os
import random
import struct
import subprocess
import sys
import tempfile

RENDER = os.environ.get("EILPOST_RENDER") or os.path.join(os.getcwd(), "eilpost-render")
ROUNDS = int(os.environ.get("ROUNDS", "150"))
FIELD, REFERENCES, BODY, FLAGS, MESSAGE_ID, DATE, ATTACHMENT, DATA, NAME = 2, 5, 6, 7, 10, 11, 12, 14, 15
FROM, TO, CC, BCC, REPLY_TO, SUBJECT = range(6)
ID = "<0123456789abcdef0123456789abcdef@example.org>"
rnd = random.Random(4711)


def record(tag, data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack("<II", tag, len(data)) + data


def draft(fields, body, flowed=True, attachments=(), references=""):
    out = b"EILD" + struct.pack("<I", 1) + record(FLAGS, bytes([1 if flowed else 0]))
    for n, text in fields.items():
        out += record(FIELD, chr(65 + n) + text)
    out += record(BODY, body) + record(MESSAGE_ID, ID) + record(DATE, struct.pack("<q", 1772442000))
    if references:
        out += record(REFERENCES, references)
    for name, data in attachments:
        out += record(ATTACHMENT, b"") + record(NAME, name) + record(DATA, data)
    return out


def number(n):
    return struct.pack("<Q", n)


def text(s):
    data = s.encode() + b"\0"
    return number(len(data)) + data


def compose(bytes_):
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as message:
        request.write(bytes_ + number(1) + number(0) + number(len(bytes_)) + text("Me <me@example.org>") + number(len(bytes_)))
        request.flush()
        request.seek(0)
        os.set_inheritable(message.fileno(), True)
        # the message goes to descriptor 3, whatever it is here
        answer = subprocess.run(["/bin/sh", "-c", 'exec "$0" compose 3>&%d' % message.fileno(), RENDER], stdin=request,
                                stdout=subprocess.PIPE, pass_fds=[message.fileno()], timeout=60).stdout
        message.seek(0)
        return struct.unpack("<Q", answer[:8])[0], answer[8:], message.read()


LETTERS = ["abcdefghij", "ABC xyz", "äöüßé", "日本語中文", "😀🎉", "\"\\(),:;<>@[].", "=?_!#$%&'*+-/^`{|}~", "עברית", "  "]


def words(longest):
    out = "".join(rnd.choice(rnd.choice(LETTERS)) for _ in range(rnd.randint(0, longest)))
    return " ".join(out.split(" ")).strip()


def quote(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def decoded(value):
    """RFC 2047 by the oldest code of the module, which is the most faithful."""
    return str(email.header.make_header(email.header.decode_header(value.replace("\r\n", ""))))


def unflow(payload):
    out, line, quoted = [], "", None
    for raw in payload.split("\r\n")[:-1]:
        depth = len(raw) - len(raw.lstrip(">"))
        rest = raw[depth:]
        if rest.startswith(" "):
            rest = rest[1:]
        soft = rest.endswith(" ") and rest != "-- "
        line += rest
        if not soft:
            out.append(">" * depth + (" " if depth and line else "") + line)
            line = ""
    assert line == "", "a soft break at the end"
    return "\n".join(out)


def check_wire(raw):
    assert raw.endswith(b"\r\n"), "no line end at the end"
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b""), "a bare CR or LF"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n")), "a line is too long"
    assert all(b < 128 and b for b in raw), "not ASCII"


def one_round():
    subject = words(rnd.choice([5, 40, 300, 3000]))
    people = [(words(rnd.choice([0, 8, 60])), "user%d@example.org" % i) for i in range(rnd.randint(1, 12))]
    lines = [words(rnd.choice([0, 10, 60, 400, 2000])) for _ in range(rnd.randint(0, 20))]
    lines = [("> " * rnd.choice([0, 0, 0, 1, 3]) + line.lstrip("> ")).rstrip() for line in lines]
    lines += rnd.sample(["From here", ".", "..", "-- ", "  indented", ">quoted"], rnd.randint(0, 6))
    body = "".join(line + "\n" for line in lines)
    files = [(("x" + words(rnd.choice([8, 80]))).replace("/", "_").replace("\\", "_"), rnd.randbytes(rnd.choice([0, 1, 57, 1000, 60000])))
             for _ in range(rnd.choice([0, 0, 1, 3]))]
    references = " ".join("<%d.%s@example.org>" % (i, "x" * rnd.randint(1, 60)) for i in range(rnd.randint(0, 60)))
    to = ", ".join(quote(n) + " <%s>" % a if n else a for n, a in people)
    status, _, raw = compose(draft({TO: to, SUBJECT: subject, BCC: "hidden@example.org"}, body, True, files, references))
    assert status == 1, (status, _)
    check_wire(raw)
    assert b"hidden" not in raw
    m = email.message_from_bytes(raw, policy=email.policy.compat32)
    assert decoded(m["Subject"] or "") == subject, (decoded(m["Subject"] or ""), subject)
    got = email.utils.getaddresses([m["To"].replace("\r\n", "")])
    assert [a for _, a in got] == [a for _, a in people], (got, people)
    assert [decoded(n) for n, _ in got] == [n for n, _ in people], (got, people)
    assert " ".join((m["References"] or "").split()) == references
    assert m["Message-ID"] == ID
    parts = [p for p in m.walk() if not p.is_multipart()]
    assert len(parts) == 1 + len(files)
    payload = parts[0].get_payload(decode=True).decode()
    want = "\n".join(normal(line) for line in body.split("\n")[:-1])
    got = unflow(payload.replace("\r\n", "\n").replace("\n", "\r\n"))
    assert got == want, (got, want)
    for part, (name, data) in zip(parts[1:], files):
        assert part.get_payload(decode=True) == data, name
        assert email.utils.collapse_rfc2231_value(part.get_filename()) == name, (part.get_filename(), name)


def normal(line):
    """A typed line as a reader sees it again: quote marks close together, no blanks at the end."""
    depth, rest = 0, line
    while rest.startswith(">"):
        depth += 1
        rest = rest[1:]
        if rest.startswith(" >"):
            rest = rest[1:]
    if depth and rest.startswith(" "):
        rest = rest[1:]
    if rest != "-- ":
        rest = rest.rstrip(" ")
    return ">" * depth + (" " if depth and rest else "") + rest


def main():
    print("1..1")
    for n in range(ROUNDS):
        try:
            one_round()
        except AssertionError as e:
            print("not ok 1 - round %d" % n)
            print("# " + ascii(e)[:2000])
            return 1
    print("ok 1 - P15 P16: %d random drafts say to Python's email module what they meant" % ROUNDS)
    return 0


sys.exit(main())

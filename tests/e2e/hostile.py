#!/usr/bin/env python3
"""hostile.py - whatever a mail holds, the terminal gets only what eilpost means to send; and bombs do not stop it.

SPDX-License-Identifier: GPL-3.0-or-later
The reader's whole output is cut into tokens; every control that is not one of the few that drawing needs is an error. If
the project's corpora lie beside the tree (../shared/corpora), every eighth of their mails is opened as well; with their
folder in EILPOST_CORPORA, each."""
import base64, glob, urllib.parse
from harness import *

PAYLOADS = {
    "cursor report": b"\x1b[6n", "device attributes": b"\x1b[c", "title report": b"\x1b[21t", "media copy": b"\x1b[5i", "window size": b"\x1b[8;1;1t",
    "alternate screen": b"\x1b[?47h", "clear": b"\x1b[2J\x1b[H", "blink": b"\x1b[5;33m", "reset": b"\x1bc", "alignment": b"\x1b#8", "title": b"\x1b]0;PWNED\x07",
    "clipboard": b"\x1b]52;c;UFdORUQ=\x07", "link": b"\x1b]8;;http://evil.example/\x1b\\", "dcs": b"\x1bP+q544e\x1b\\", "apc": b"\x1b_Gi=1\x1b\\", "pm": b"\x1b^x\x1b\\",
    "sos": b"\x1bXx\x1b\\", "c1 csi": b"\xc2\x9b6n", "raw c1 csi": b"\x9b6n", "c1 osc": b"\xc2\x9d0;PWNED\xc2\x9c", "bell": b"\x07\x07", "backspace": b"abc\x08\x08\x08xyz",
    "carriage return": b"abc\rxyz", "shift out": b"\x0e\x0f", "nul": b"a\x00b", "delete": b"a\x7fb", "next line": b"\xc2\x85", "vertical": b"\x0b\x0c",
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069".encode(), "line separator": "\u2028\u2029".encode(), "half escape": b"\x1b", "half csi": b"\x1b[", "broken utf-8": b"\xf0\x9f\x98 \xc3",
    "tags": "\U000e0041\U000e0042".encode(), "combining": ("a" + "\u0301" * 300).encode(), "wide edge": "日本語テキスト".encode() * 20, "zero width": "a\u200b\u200d\ufeffb".encode(),
}
TOKEN = re.compile("|".join((
    r"(?P<csi>\x1b\[(?P<body>[0-?]*[ -/]*)(?P<end>[@-~]))",
    r"(?P<osc>\x1b\](?P<kind>[0-9]*);(?P<said>[^\x00-\x1f\x7f-\x9f]*)(?:\x07|\x1b\\))",
    r"(?P<esc>\x1b(?:[()][0AB]|[=>78M]))",
    r"(?P<plain>[\r\n\x08\t]|[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+)")))
CSI = set("ABCDGHJKLMPSTXbdmhlrn@")     # what drawing needs; n is struck off below
reader = server = None


def controls(raw):
    """What is not drawing in what the reader wrote."""
    text, at, bad = raw.decode("utf-8", "replace"), 0, []
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            bad.append(text[max(0, at - 20):at + 20])
            at += 1
            continue
        if m["csi"] and (m["end"] not in CSI - {"n"} or (m["end"] == "m" and re.search(r"(^|;)5(;|$)", m["body"]) and not re.search(r"[34]8;5", m["body"]))):
            if not (m["end"] in "tqucm" and m["body"][:1] in (">", "<", "=") or m["end"] == "t" and m["body"].startswith(("22;", "23;"))):
                bad.append(m[0])
        if m["osc"] and (m["kind"] not in ("0", "1", "2") or not m["said"].startswith("eilpost") and m["said"] and "eilpost" not in m["said"]):
            bad.append(m[0])
        at = m.end()
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as e:
        if e.end < len(raw) - 4:
            bad.append(f"not UTF-8: {raw[max(0, e.start - 10):e.end + 10]}")
    return bad


def word(data):
    return b"=?utf-8?B?" + base64.b64encode(data) + b"?="


def hostile(name, p):
    """One mail with the payload wherever foreign bytes are shown."""
    line = p.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    quoted = urllib.parse.quote_from_bytes(p).encode()
    entity = "".join(f"&#{c};" for c in p.decode("utf-8", "replace").encode("latin-1", "replace")).encode()
    head = [b"From: \"X " + line + b" Y\" <x@example.org>", b"To: =?utf-8?Q?" + b"".join(b"=%02X" % c for c in p) + b"?= <a@example.org>",
            b"Cc: " + word(p) + b" <c@example.org>", b"Subject: " + name.encode() + b" " + line + b" " + word(b"[" + p + b"]") + b" END",
            b"Date: Mon, 1 Jun 2026 10:00:00 +0000 (" + line + b")", b"X-Raw: " + line, b"List-Id: " + line + b" <l.example.org>", b"Message-ID: <" + name.replace(" ", "-").encode() + b"@example.org>",
            b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=bb"]
    parts = [b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBODY before " + p.replace(b"\0", b"") + b" after\r\n> quoted " + line,
             b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"CODED " + p + b" after").replace(b"\n", b"\r\n"),
             b"Content-Type: text/plain; charset=\"" + line + b"\"\r\n\r\nODD CHARSET " + line,
             b"Content-Type: text/html; charset=utf-8\r\n\r\n<p title=\"" + entity + b"\">HTML " + entity + b" and " + line + b" <a href=\"http://evil.example/" + entity + line + b"\">link" + line + b"</a></p>",
             b"Content-Type: application/octet-stream; name*=utf-8''n" + quoted + b".bin\r\nContent-Disposition: attachment; filename*=utf-8''f" + quoted + b".bin\r\n\r\nx",
             b"Content-Type: application/x" + line + b"; name=\"r" + line + b".bin\"\r\nContent-Description: " + word(p) + b"\r\nContent-Disposition: attachment; filename=\"" + word(p) + b"\"\r\n\r\nx"]
    return b"\r\n".join(head) + b"\r\n\r\n" + b"".join(b"--bb\r\n" + x + b"\r\n" for x in parts) + b"--bb--\r\n"


def home():
    """Back in the list, whatever is open."""
    for _ in range(3):
        reader.keys("\x1b").pump(0.1)
    reader.keys("=").pump(0.05)


def clean(what, since=0):
    bad = controls(reader.raw[since:])
    assert not bad, f"{what}: {bad[:5]}"
    assert "PWNED" not in reader.screen.title, what


def the_checker_itself():
    """It finds each payload that has a control, and nothing in plain drawing."""
    assert not controls("\x1b[1;1H\x1b[38;5;5mAnna\x1b[m\r\n\x1b]2;eilpost\x07 日本".encode())
    for name, p in PAYLOADS.items():
        if name not in ("clear", "alternate screen", "backspace", "carriage return", "broken utf-8", "tags", "combining", "wide edge", "zero width"):
            assert controls(b"x" + p + b" and more of it"), name


def list_of_hostile_mails():
    global reader, server
    server = Server()
    client = server.client()
    for i, (name, p) in enumerate(PAYLOADS.items()):
        data = hostile(name, p)
        answer = client.append("INBOX", None, imaplib.Time2Internaldate(time.time() - 1000 + i), data)
        assert answer[0] == "OK" or b"\0" in data, (name, answer)
    for n in ("&AJs-6n", "x&IC4-gnp", "a&ABs-[6nb", "tab&AAk-x"):
        try:
            client.create(f'"{n}"')     # the server may refuse it
        except imaplib.IMAP4.error:
            pass
    client.logout()
    reader = Reader(server, rows=40, cols=150)
    reader.wait("zero width").checked().pump(0.5)
    clean("the list")


def each_opened():
    home()
    for n in range(len(PAYLOADS)):
        since = len(reader.raw)
        name = reader.selected()
        reader.keys("\r").wait(lambda r: "BODY before" in r.text or "can't be shown" in r.text, 5)
        for key in ("h", "]]]]", "v", "q", "h", "q"):
            reader.keys(key)
        reader.wait(lambda r: "BODY before" not in r.text and "can't be shown" not in r.text)
        clean(name, since)
        reader.keys("j")
    reader.keys("\x0c").pump(0.2)
    clean("redraw")


def names_in_questions_and_on_disk():
    """Saving all of a hostile mail makes plain names in that folder only."""
    folder = scratch()
    home()
    for _ in range(len(PAYLOADS)):
        reader.keys("\r").wait("BODY before")
        reader.keys("v").wait("application/octet")
        reader.keys("js").pump(0.05)
        reader.keys("\x07")
        reader.keys("S\x15" + folder + "\r").wait("go to")
        reader.keys("qqj").pump(0.02)
    reader.wait(lambda r: len(os.listdir(folder)) >= len(PAYLOADS), 20).pump(0.8)
    clean("saving")
    names = os.listdir(folder)
    for n in names:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f/\u202a-\u202e\u2066-\u2069]", n) and not n.startswith((".", "-")), repr(n)


def folders_of_the_server():
    home()
    reader.keys("y").pump(0.3)
    reader.keys("c").keys("\t\t").pump(0.3)
    reader.keys("\x07\x1b").pump(0.2)
    clean("folders")


def bombs():
    """Each is answered in words within 3 s, and the reader goes on."""
    def head(name, kind="text/plain"):
        return f"From: Bomb <b@example.org>\r\nSubject: bomb {name}\r\nDate: Mon, 1 Jun 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n".encode()
    # Dovecot tells 100 levels; far more than that is quadratic work for Dovecot itself
    nested = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (i, i + 1) for i in range(500))
    all_of_them = {
        "parts": head("parts", "multipart/mixed; boundary=b") + b"\r\n" + b"--b\r\n\r\nx\r\n" * 1000000 + b"--b--\r\n",
        "nested": head("nested", "multipart/mixed; boundary=b0") + b"\r\n" + nested,
        "headers": head("headers") + b"X: y\r\n" * 1000000 + b"\r\nText.\r\n",
        "long": head("long") + b"X-Long: " + b"a" * 20000000 + b"\r\n\r\nText.\r\n",
        "html": head("html", "text/html") + b"\r\n" + b"<div><blockquote>" * 100000 + b"deep",
        "table": head("table", "text/html") + b"\r\n" + b"<table><tr>" + b"<td colspan=1000 rowspan=1000>x" * 100000,
        "line": head("line") + b"\r\n" + b"a" * 8000000 + b"\r\n",
    }
    client = server.client()
    for data in all_of_them.values():
        assert client.append("INBOX", None, None, data)[0] == "OK"
    client.logout()
    home()
    reader.wait("bomb line", 20)
    reader.keys("=")
    for name in reversed(all_of_them):
        reader.wait(lambda r: f"bomb {name}" in r.selected(), 5)
        start = time.monotonic()
        reader.keys("\r").wait(lambda r: any(f"bomb {name}" in line and "Subject:" in line for line in r.lines) or "can't be shown" in r.text, 8)
        reader.wait(lambda r: "etching the message" not in r.text and "orking" not in r.text, 8)
        took = time.monotonic() - start
        body = [line for line in reader.lines[18:-1] if line.strip(" ~│")]
        print(f"# {name}: {took:.1f} s, {body[-1][-110:].strip() if body else 'nothing'}")
        assert took < limit(3), (name, took)
        reader.keys("?").wait("Help: keys", 2).keys("q").gone("Help: keys", 2)
        reader.keys("q").keys("j").pump(0.1)
    clean("bombs")


def corpora():
    """Every mail of the corpora opens."""
    roots = [os.environ.get("EILPOST_CORPORA", ""), *(os.path.join(SOURCE, up, "shared/corpora") for up in ("..", "../.."))]
    root = next((r for r in roots if r and os.path.isdir(r)), None)
    if not root:
        print("# no corpora here")
        return
    mails = sorted(p for p in glob.glob(root + "/*/*") if os.path.isfile(p) and not p.endswith((".md", "LICENSE", ".txt")))
    if not os.environ.get("EILPOST_CORPORA"):
        mails = mails[::8]      # all of them take most of a minute
    client, n = server.client(), 0
    client.create("Corpora")
    for p in mails:
        with open(p, "rb") as f:
            data = f.read()
        data = re.sub(rb"\r?\n", b"\r\n", data).replace(b"\0", b" ")
        if data and client.append("Corpora", None, None, data)[0] == "OK":
            n += 1
    client.logout()
    home()
    reader.keys("G").wait("Corpora", 10)
    reader.keys("cCorpora\r").wait("work / Corpora").wait(lambda r: re.search(r"\b%d messages" % n, r.text), 20)
    since = len(reader.raw)
    reader.keys("\r").wait(lambda r: "Fetching the message" not in r.text)
    for i in range(n):
        reader.keys("j").wait(lambda r: "Fetching the message" not in r.text, 10)
    reader.wait(lambda r: "last message" in r.keys("j").text, 10)
    print(f"# {n} mails")
    clean("corpora", since)


def leaves():
    home()
    if reader.process.isalive():
        status, seconds = reader.quit()
        assert status == 0 and seconds < limit(2), (status, seconds)
    clean("the end")


run(the_checker_itself, list_of_hostile_mails, each_opened, names_in_questions_and_on_disk, folders_of_the_server, bombs, corpora, leaves)

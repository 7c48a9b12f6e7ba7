#!/usr/bin/env python3
"""offline.py - what is here without the network, and attachments that take their time.

SPDX-License-Identifier: GPL-3.0-or-later"""
import base64, hashlib, os, random, re, socket, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Proxy, Reader, Server, account, limit, mail, run, scratch


class Line(Proxy):
    """A line to the server with so many bytes a second (rate; 0: as fast as it is), which counts them and keeps what the client said."""

    def __init__(self, port, rate=0):
        self.rate, self.count, self.sent = rate, 0, b""
        super().__init__(port)

    def passes(self, a, b, from_client):
        if not from_client:
            b.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        while data := a.recv(16384):
            if from_client:
                self.sent += data
            else:
                self.count += len(data)
                if self.rate:
                    time.sleep(len(data) / self.rate)
            self.send(b, data)


def with_file(subject, name, data, text="See the file.\n", kind="application/octet-stream", outer="multipart/mixed", spoil=None):
    body = base64.encodebytes(data).decode()
    body = spoil(body) if spoil else body
    return mail(subject, f"--b\nContent-Type: text/plain\n\n{text}--b\nContent-Type: {kind}\nContent-Disposition: attachment; "
                f"filename={name}\nContent-Transfer-Encoding: base64\n\n{body}--b--\n",
                extra=f"MIME-Version: 1.0\r\nContent-Type: {outer}; boundary=b\r\n\r\n")


def most_memory(reader):
    status = open(f"/proc/{reader.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) // 1024


BIG = random.Random(7).randbytes(38_000_000)    # more than 50 MB as it travels
server = Server()
server.deliver(with_file("A big file", "film.bin", BIG), *[mail(f"Number {i}", f"Text of number {i}.\n") for i in range(1, 31)])


def open_parts(r, subject, text):
    r.keys("=").keys(f"/{subject}\r").wait(lambda r: subject in r.selected())
    r.keys("\r").wait(text)
    r.keys("v").wait("Attachments and parts")


def big_attachment():
    """Size and time before, progress, stop at once, after a restart only the rest, decoded into the file, small in memory."""
    line = Line(server.imap)
    config = account(server, port=line.port, scheme="imap+insecure", check="startup, push", ca=False, extra="disable = COMPRESS\n")
    r = Reader(config=config)
    r.wait("Number 30").checked()
    open_parts(r, "A big file", "See the file.")
    r.wait("film.bin").wait("on the server")
    target = os.path.join(scratch(), "film.bin")
    line.rate = 10_000_000
    r.keys("s").wait("Save as (36M")
    r.keys("\x15" + target + "\r").wait(re_of(r"of 36M.*left"), 20)
    assert line.count < 10_000_000, line.count    # what came before it is known how long it takes
    r.wait(lambda r: line.count > 20_000_000, 20)
    begun = time.monotonic()
    r.keys("\x07").wait("Stopped")
    took = time.monotonic() - begun
    assert took < limit(0.3), took
    assert not os.path.exists(target) and not os.listdir(os.path.dirname(target))
    had, end = -1, time.monotonic() + limit(10)
    while line.count != had and time.monotonic() < end:    # what was on its way still comes, then nothing more
        had = line.count
        r.pump(1.0)
    assert line.count == had < 30_000_000, (line.count, had)
    r.wait("of it are here")
    assert most_memory(r) < 60, most_memory(r)
    r.keys("q").gone("Attachments and parts")
    r.keys("q").gone("See the file.")
    assert r.quit()[0] == 0
    line.count, line.rate = 0, 0
    again = Reader(config=config, profile=r.profile)
    again.wait("Number 30").checked()
    open_parts(again, "A big file", "See the file.")
    again.wait("of it are here").wait("film.bin")
    again.keys("s").wait("Save as (")
    again.keys("\x15" + target + "\r").wait("Saved as", 30)
    with open(target, "rb") as f:
        assert hashlib.sha256(f.read()).digest() == hashlib.sha256(BIG).digest()
    whole = len(base64.encodebytes(BIG)) * 78 // 77
    assert b"BINARY.PEEK[2]<" in line.sent and had + line.count < len(BIG) + 1_500_000, (line.count, had)
    assert most_memory(again) < 60, most_memory(again)
    assert os.listdir(os.path.dirname(target)) == ["film.bin"]
    again.wait("is here")
    print(f"# stopped in {took * 1000:.0f} ms; {had} + {line.count} of {len(BIG)} bytes, {whole} as they were sent; {most_memory(again)} MiB")
    again.kill()


def reading_goes_on():
    """connections = 2, inside TLS: the file comes over a second connection, and texts are opened meanwhile; the same file in the end."""
    worst = {}
    for connections in (1, 2):
        line = Line(server.imaps, 4_000_000)
        r = Reader(config=account(server, port=line.port, check="startup, push", extra=f"connections = {connections}\nfetch-ahead = 0\n"))
        r.wait("Number 30", 20).checked(20)
        open_parts(r, "A big file", "See the file.")
        target = os.path.join(scratch(), "film.bin")
        r.keys("s").wait("Save as (36M").keys("\x15" + target + "\r").wait(re_of(r"of 36M"), 20)
        r.keys("q").gone("Attachments and parts").keys("q").gone("See the file.")
        times = []
        for i in (13, 17, 19):
            r.keys("=").keys(f"/Number {i}\r").wait(lambda r: f"Number {i}" in r.selected())
            begun = time.monotonic()
            r.keys("\r").wait(f"Text of number {i}.", 10)
            times.append(time.monotonic() - begun)
            r.keys("q").gone(f"Text of number {i}.")
        assert not os.path.exists(target), "the line was too fast to say anything"
        worst[connections] = max(times)
        assert len(line.sockets) == 2 * connections, len(line.sockets)
        if connections == 2:
            line.rate = 0
            r.wait("Saved as", 60)
            with open(target, "rb") as f:
                assert hashlib.sha256(f.read()).digest() == hashlib.sha256(BIG).digest()
        r.kill()
    print(f"# a text beside the file: {worst[1] * 1000:.0f} ms over one connection, {worst[2] * 1000:.0f} ms over two")


def decoded_on_the_way():
    """BINARY: the same file with it and without, byte for byte, at a quarter of the bytes less; never of a mail that is signed."""
    some = random.Random(8)
    table = b"".join(b"%d,%s\n" % (i, some.choice((b"x\r", b"\0", b"\r\r", b"", b"\xff"))) for i in range(200_000))
    files = {"Random bytes": ("random.bin", some.randbytes(3_000_001), "application/octet-stream", "multipart/mixed"),
             "A table": ("table.csv", table, "text/csv; charset=us-ascii", "multipart/mixed"),
             "Signed": ("signed.bin", some.randbytes(1_000_000), "application/octet-stream", "multipart/signed")}
    server.deliver(*(with_file(subject, name, data, kind=kind, outer=outer) for subject, (name, data, kind, outer) in files.items()))
    count = {}
    for disable in ("COMPRESS", "COMPRESS BINARY"):
        line = Line(server.imap)
        r = Reader(config=account(server, port=line.port, scheme="imap+insecure", check="startup, push", ca=False, extra=f"disable = {disable}\n"))
        r.wait("Number 30").checked()
        for subject, (name, data, _, outer) in files.items():
            open_parts(r, subject, "See the file.")
            r.wait(name)
            target = os.path.join(scratch(), name)
            said, had = len(line.sent), line.count
            r.keys("s").wait("Save as (").keys("\x15" + target + "\r").wait("Saved as", 30)
            count[disable, subject] = line.count - had
            with open(target, "rb") as f:
                assert f.read() == data, (disable, subject)
            assert (b"BINARY" in line.sent[said:]) == (disable == "COMPRESS" and outer == "multipart/mixed"), line.sent[said:]
            r.keys("q").gone("Attachments and parts").keys("q").gone("See the file.")
        assert r.quit()[0] == 0
    for subject, (_, data, _, outer) in files.items():
        with_it, without = count["COMPRESS", subject], count["COMPRESS BINARY", subject]
        print(f"# {subject}: {len(data)} bytes, {with_it} on the line, {without} without BINARY")
        assert with_it < without * 0.75 if outer == "multipart/mixed" else with_it > len(data) * 1.33, (subject, with_it, without)


def broken_base64():
    """What no encoder writes is saved as ever, whatever the server's decoder makes of it."""
    data = random.Random(9).randbytes(600_000)
    spoils = {"Strange letters": lambda b: b[:400_000] + "!?*\n" + b[400_000:], "Two in one": lambda b: b + b, "A dash behind": lambda b: b + "-- \nmailing list\n",
              "Cut": lambda b: b[:700_001], "No padding": lambda b: b.rstrip("=\n") + "QQ\n", "Blank lines": lambda b: b.replace("\n", "\n\n \n", 3000)}
    server.deliver(*(with_file(subject, "broken.bin", data, spoil=spoil) for subject, spoil in spoils.items()))
    saved = {subject: [] for subject in spoils}
    for disable in ("COMPRESS", "COMPRESS BINARY"):
        line = Line(server.imap)
        r = Reader(config=account(server, port=line.port, scheme="imap+insecure", check="startup, push", ca=False, extra=f"disable = {disable}\n"))
        r.wait("Number 30").checked()
        for subject in spoils:
            open_parts(r, subject, "See the file.")
            target = os.path.join(scratch(), "broken.bin")
            r.keys("s").wait("Save as (").keys("\x15" + target + "\r").wait("Saved as", 30)
            with open(target, "rb") as f:
                saved[subject].append(f.read())
            r.keys("q").gone("Attachments and parts").keys("q").gone("See the file.")
        print(f"# {disable}: {line.sent.count(b'BINARY.PEEK')} pieces by BINARY, {line.sent.count(b'BODY.PEEK[2]<')} as they were sent")
        assert r.quit()[0] == 0
    for subject, (with_it, without) in saved.items():
        assert with_it == without and len(without) > 500_000, (subject, len(with_it), len(without))


def re_of(pattern):
    return lambda r: re.search(pattern, r.text)


if __name__ == "__main__":
    run(big_attachment, reading_goes_on, decoded_on_the_way, broken_base64)

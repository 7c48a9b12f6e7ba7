#!/usr/bin/env python3
"""offline.py - what is here without the network, and attachments that take their time.

SPDX-License-Identifier: GPL-3.0-or-later"""
import base64, hashlib, os, random, re, socket, sys, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, account, limit, mail, run, scratch


class Line:
    """A line to the server with so many bytes a second (rate; 0: as fast as it is), which counts them; cut: nothing gets through."""

    def __init__(self, port, rate=0):
        self.target, self.rate, self.count, self.sent, self.cut = port, rate, 0, b"", False
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(5)
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near = self.socket.accept()[0]
            if self.cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            self.open += [near, far]
            threading.Thread(target=self.copy, args=(far, near, True), daemon=True).start()
            threading.Thread(target=self.copy, args=(near, far, False), daemon=True).start()

    def copy(self, a, b, down):
        try:
            while data := a.recv(16384):
                if down:
                    self.count += len(data)
                    if self.rate:
                        time.sleep(len(data) / self.rate)
                else:
                    self.sent += data
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def break_all(self):
        self.cut = True
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []


def with_file(subject, name, data, text="See the file.\n"):
    body = base64.encodebytes(data).decode()
    return mail(subject, f"--b\nContent-Type: text/plain\n\n{text}--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; "
                f"filename={name}\nContent-Transfer-Encoding: base64\n\n{body}--b--\n",
                extra="MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")


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
    config = account(server, port=line.port, scheme="imap+insecure", check="startup, push", ca=False)
    r = Reader(config=config)
    r.wait("Number 30").checked()
    open_parts(r, "A big file", "See the file.")
    r.wait("film.bin").wait("on the server")
    target = os.path.join(scratch(), "film.bin")
    line.rate = 25_000_000
    r.keys("s").wait("Save as (36M")
    r.keys("\x15" + target + "\r").wait(re_of(r"of 36M.*left"), 20)
    assert line.count < 10_000_000, line.count    # what came before it is known how long it takes
    r.wait(lambda r: line.count > 20_000_000, 20)
    begun = time.monotonic()
    r.keys("\x07").wait("Stopped")
    took = time.monotonic() - begun
    assert took < limit(0.3), took
    assert not os.path.exists(target) and not os.listdir(os.path.dirname(target))
    r.pump(1.0)
    had = line.count
    r.pump(0.5)
    assert line.count == had, (line.count, had)    # nothing more comes
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
    assert line.count < whole - had + 1_500_000, (line.count, whole, had)
    assert most_memory(again) < 60, most_memory(again)
    assert os.listdir(os.path.dirname(target)) == ["film.bin"]
    again.wait("is here")
    print(f"# stopped in {took * 1000:.0f} ms; {had} + {line.count} of {whole} bytes; {most_memory(again)} MiB")
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
        assert len(line.open) == 2 * connections, len(line.open)
        if connections == 2:
            line.rate = 0
            r.wait("Saved as", 60)
            with open(target, "rb") as f:
                assert hashlib.sha256(f.read()).digest() == hashlib.sha256(BIG).digest()
        r.kill()
    print(f"# a text beside the file: {worst[1] * 1000:.0f} ms over one connection, {worst[2] * 1000:.0f} ms over two")


def re_of(pattern):
    return lambda r: re.search(pattern, r.text)


if __name__ == "__main__":
    run(big_attachment, reading_goes_on)

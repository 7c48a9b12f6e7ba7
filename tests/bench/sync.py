#!/usr/bin/env python3
"""sync.py - a folder's first sync, beside what the server can send at best: headers, then another look, then all texts (PERFORMANCE.md targets 4, 11, 15).

SPDX-License-Identifier: GPL-3.0-or-later
usage: tests/bench/sync.py [N [RUNS]]     (20000 and 3; BUILD as in tests/e2e). Not part of make check: it wants a quiet computer.
A private Dovecot without TLS. The drain asks for the same items in one command and throws the answer away. CPU is that of
eilpost with its workers; the middle of the runs counts."""
import os, resource, socket, sqlite3, statistics, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import Server, account, mail, profile, sync

N = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
ITEMS = b"(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (REFERENCES)])"


def drain(port):
    """Seconds and bytes."""
    s = socket.create_connection(("127.0.0.1", port))
    start = time.monotonic()
    s.sendall(b"a LOGIN alice secret\r\nb EXAMINE INBOX\r\nc UID FETCH 1:* " + ITEMS + b"\r\n")
    n, tail = 0, b""
    while b"\nc OK" not in tail:
        data = s.recv(1 << 18)
        assert data, "the server hung up"
        n += len(data)
        tail = (tail + data)[-200:]
    s.close()
    return time.monotonic() - start, n


def timed(path):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    status, said = sync(path, seconds=900)
    assert status == 0, said
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def count(path, where="1"):
    db = sqlite3.connect(f"file:{path}/store/work.db?mode=ro", uri=True)
    n = db.execute(f"SELECT count(*) FROM message WHERE {where} AND folder = (SELECT id FROM folder WHERE wire = 'INBOX')").fetchone()[0]
    db.close()
    return n


def middle(pairs):
    return [statistics.median(x) for x in zip(*pairs)]


server = Server()
server.fill("INBOX", [mail(f"n{k:06} about the garden wall", body="Some words in a line that is not so long.\n" * (10 + k % 60),
                           extra=f"References: <{k // 7}.1@example.org> <{k // 7}.2@example.org>\r\n") for k in range(N)])
drain(server.imap)      # the server's caches are warm for both
drains, firsts, agains, texts = [], [], [], []
for _ in range(RUNS):
    drains.append(drain(server.imap))
    path = profile(account(server, scheme="imap+insecure", offline="all", extra="fetch-ahead = 0\n"))
    firsts.append(timed(path))
    assert count(path) == N, count(path)
    agains.append(timed(path))
    with open(os.path.join(path, "config"), "w") as f:
        f.write(account(server, scheme="imap+insecure", offline="all", extra="fetch-ahead = 100000\n"))
    texts.append(timed(path))
    assert count(path, "body_here = 1") == N, count(path, "body_here = 1")
(d, n), (s, cpu), (again, again_cpu), (t, t_cpu) = map(middle, (drains, firsts, agains, texts))
print(f"{N} messages, the middle of {RUNS} runs")
print(f"drain    {d:6.2f} s  {N / d:7.0f} headers/s  {n / 1e6:.1f} MB")
print(f"headers  {s:6.2f} s  {N / s:7.0f} headers/s  CPU {cpu:.2f} s   {s / d:.2f} times the drain (target 1.5)")
print(f"again    {again:6.2f} s  CPU {again_cpu:.2f} s")
print(f"texts    {t:6.2f} s  {N / t:7.0f} texts/s  CPU {t_cpu:.2f} s")

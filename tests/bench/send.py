#!/usr/bin/env python3
"""send.py - round trips from the connection to the server's "accepted", and what each further mail adds (targets with AUTH: 9 over
STARTTLS, 8 with CHUNKING; implicit TLS 7 and 6; each further mail 2 and 1; plain without AUTH 5).

SPDX-License-Identifier: GPL-3.0-or-later
usage: tests/bench/send.py [RUNS]     (5). Not part of make check.
A private Exim with and without CHUNKING, and the sink, which has not even PIPELINING. (T(300 ms) - T(0)) / 0.3 s
of `eilpost sync` with 1, 2 and 3 mails in the outbox; the connection itself is one more, as the proxy answers it at once. The QUIT is
not waited for. Nothing is filed, and the account receives at once from the server beside it."""
import os, statistics, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import EILPOST, Exim, FaultProxy, Server, Sink, account, profile, send_url, sync

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
RTT = 0.3
MAIL = b"From: alice@localhost\r\nTo: bob@localhost\r\nSubject: round trips\r\n\r\nA short text.\r\n"


def config(server, url, ca):
    return account(server, check="manual", send=url, extra="sent = no copy\n").replace(server.ca, ca)


def one(server, url, ca, mails):
    """Seconds of the cycle that sends what waits."""
    path = profile(config(server, "smtp+insecure://alice@127.0.0.1:9", ca))    # nobody listens: they wait
    for _ in range(mails):
        p = subprocess.run([EILPOST, "-P", path, "send", "-t"], input=MAIL, env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True)
        assert p.returncode == 75, p
    with open(os.path.join(path, "config"), "w") as f:
        f.write(config(server, url, ca))
    start = time.monotonic()
    status, said = sync(path)
    took = time.monotonic() - start
    assert status == 0, said
    return took


def measure(name, server, mta, how, port):
    seconds = {}
    for rtt in (0, RTT):
        proxy = FaultProxy(port, "--delay-up", str(int(rtt * 500)), "--delay-down", str(int(rtt * 500)))
        url = send_url(mta, how=how, port=proxy.port)
        for mails in (1, 2, 3):
            seconds[rtt, mails] = statistics.median(one(server, url, mta.ca, mails) for _ in range(RUNS))
        proxy.stop()
    trips = {mails: (seconds[RTT, mails] - seconds[0, mails]) / RTT for mails in (1, 2, 3)}
    print(f"{name:40} {trips[1] + 1:5.2f} round trips with the connection, each further mail {(trips[3] - trips[1]) / 2:5.2f}   ({seconds[0, 1] * 1000:.0f} ms without latency)",
          flush=True)


server = Server()
exim = Exim(server)
measure("STARTTLS, AUTH, CHUNKING", server, exim, "smtp", exim.submission)
measure("implicit TLS, AUTH, CHUNKING", server, exim, "smtps", exim.submissions)
old = Exim(server, CHUNKING="")
measure("STARTTLS, AUTH, DATA", server, old, "smtp", old.submission)
measure("implicit TLS, AUTH, DATA", server, old, "smtps", old.submissions)
sink = Sink()
both = os.path.join(os.path.dirname(sink.ca), "both.pem")
with open(both, "w") as f:
    f.write(open(sink.ca).read() + open(server.ca).read())
sink.ca = both
measure("STARTTLS, AUTH, no PIPELINING", server, sink, "smtp", sink.submission)
measure("implicit TLS, AUTH, no PIPELINING", server, sink, "smtps", sink.submissions)
measure("plain, CHUNKING, no AUTH", server, exim, "smtp+insecure", exim.smtp)
measure("plain, DATA, no AUTH", server, old, "smtp+insecure", old.smtp)

#!/usr/bin/env python3
"""pop.py - how fast mail comes by POP3, beside mpop, in the same run (targets: at least mpop's speed without latency, 0.9 of it at
100 ms and at most N/20 turns; a second run fetches nothing and takes at most 6 turns).

SPDX-License-Identifier: GPL-3.0-or-later
usage: tests/bench/pop.py [N [RUNS]]     (2000 and 3; BUILD as in tests/e2e). Not part of make check: it wants a quiet computer.
A private Dovecot, neither side with TLS; mpop is downloaded and unpacked, not installed, and delivers into a Maildir (fsync'd),
eilpost into its store. The middle of the runs counts. Latency is a proxy's on loopback, the same for both; turns are
(T(RTT) - T(0)) / RTT. mpop asks for one mail after the other unless the server announces PIPELINING, which Dovecot does."""
import os, shutil, statistics, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import SOURCE, FaultProxy, Server, mail, pop_account, profile, scratch, sync

N = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
RTT = 0.1


def unpacked_mpop():
    if shutil.which("mpop"):
        return shutil.which("mpop"), {}
    script = f'. {SOURCE}/tests/servers/lib.sh; rig_unpack mpop mpop; rig_libpath; echo "$PKG/usr/bin/mpop $LD_LIBRARY_PATH"'
    where = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return where[0], {"LD_LIBRARY_PATH": where[1]}


MPOP, MPOP_ENV = unpacked_mpop()


def mpop(port, home):
    if not os.path.exists(os.path.join(home, "rc")):
        for d in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(home, "Maildir", d))
        with open(os.path.join(home, "rc"), "w") as f:
            f.write(f"account default\nhost 127.0.0.1\nport {port}\nuser bob\npassword secret\ntls off\nauth user\nkeep on\n"
                    f"delivery maildir {home}/Maildir\nuidls_file {home}/uidls\n")
        os.chmod(os.path.join(home, "rc"), 0o600)
    start = time.monotonic()
    subprocess.run([MPOP, "-q", "-C", os.path.join(home, "rc")], env={**os.environ, **MPOP_ENV}, check=True)
    took = time.monotonic() - start
    assert len(os.listdir(os.path.join(home, "Maildir/new"))) == N
    return took


def eilpost(port, path):
    start = time.monotonic()
    status, said = sync(path, seconds=600)
    took = time.monotonic() - start
    assert status == 0 and str(N) in said, said
    return took


server = Server()
for i in range(0, N, 500):
    server.deliver(*(mail(f"n{k:05}", body="Some words in a line that is not so long.\n" * (10 + k % 60)) for k in range(i, min(i + 500, N))), user="bob")


def rows(rtt):
    proxy = FaultProxy(server.pop3, "--delay-up", str(int(rtt * 500)), "--delay-down", str(int(rtt * 500))) if rtt else None
    port = proxy.port if proxy else server.pop3
    times = {"mpop": ([], []), "eilpost": ([], [])}
    for _ in range(RUNS):
        home = scratch()
        times["mpop"][0].append(mpop(port, home))
        times["mpop"][1].append(mpop(port, home))
        path = profile(pop_account(server, user="bob", scheme="pop3+insecure", port=port))
        times["eilpost"][0].append(eilpost(port, path))
        times["eilpost"][1].append(eilpost(port, path))
    if proxy:
        proxy.stop()
    return {who: [statistics.median(t) for t in both] for who, both in times.items()}


sync(profile(pop_account(server, user="bob", scheme="pop3+insecure")))    # the server's caches are warm for both
near, far = rows(0), rows(RTT)
print(f"{N} mails, the middle of {RUNS} runs")
for who in ("mpop", "eilpost"):
    first, again = near[who]
    first_far, again_far = far[who]
    print(f"{who:8}  RTT 0: {first:6.2f} s {N / first:7.0f} mails/s, again {again:5.2f} s   RTT {RTT * 1000:.0f}: {first_far:6.2f} s, again {again_far:5.2f} s"
          f"   turns {(first_far - first) / RTT:5.1f}, again {(again_far - again) / RTT:4.1f}")
print(f"speed beside mpop: {near['mpop'][0] / near['eilpost'][0]:.2f} at RTT 0 (target 1, wished 2), {far['mpop'][0] / far['eilpost'][0]:.2f} at RTT {RTT * 1000:.0f} (target 0.9);"
      f" turns at most {N / 20:.0f}")

#!/usr/bin/env python3
"""screen.py - how fast the screen is: opening, a key in the list, scrolling, pages, jumps; over a folder of many headers, offline.

SPDX-License-Identifier: GPL-3.0-or-later
usage: tests/bench/screen.py [--rows N] [--program EILPOST] [--keep FOLDER]   (in the build folder; PERFORMANCE.md targets 7, 8 and 10)
A latency is from the write of the key to the last byte of its picture; one of the kernel's and the pty's is in it. CPU is that
of all threads, by schedstat."""
import argparse, os, pty, re, select, shutil, statistics, subprocess, sys, tempfile, termios, fcntl, struct, time

p = argparse.ArgumentParser()
p.add_argument("--rows", type=int, default=100000)
p.add_argument("--program", default="./eilpost")
p.add_argument("--store", default="tests/bench/store")
p.add_argument("--keep", help="a folder whose store stays for the next time")
p.add_argument("--keys", type=int, default=1000)
o = p.parse_args()


def pct(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))]


def spread(name, times, scale=1000, unit="ms"):
    print(f"{name:34} median {pct(times, .5) * scale:8.3f} {unit}  p95 {pct(times, .95) * scale:8.3f}  p99 {pct(times, .99) * scale:8.3f}  worst {max(times) * scale:8.3f}  ({len(times)})", flush=True)


def cpu(pid):
    return sum(int(open(f"/proc/{pid}/task/{t}/schedstat").read().split()[0]) for t in os.listdir(f"/proc/{pid}/task")) / 1e9


class Program:
    def __init__(self, profile):
        self.start = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
            os.execve(o.program, [o.program, "-P", profile], env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.data = b""

    def read(self, wait):
        if not select.select([self.fd], [], [], wait)[0]:
            return b""
        data = os.read(self.fd, 1 << 16)
        self.last = time.monotonic()
        self.data += data
        return data

    def until(self, text, wait=10):
        end = time.monotonic() + wait
        while text not in self.data:
            if time.monotonic() > end:
                sys.exit(f"not seen: {text}\n{self.data[-2000:]}")
            self.read(0.5)
        return self.last - self.start

    def settle(self, quiet=0.5):
        while self.read(quiet):
            pass

    def key(self, keys, quiet=0.015):
        """Seconds to the last byte, and bytes."""
        before = len(self.data)
        sent = time.monotonic()
        os.write(self.fd, keys)
        if not self.read(2):
            sys.exit("no answer to a key")
        while self.read(quiet):
            pass
        return self.last - sent, len(self.data) - before


folder = o.keep or tempfile.mkdtemp(prefix="eilpost-bench-")
profile = os.path.join(folder, f"profile-{o.rows}")
if not os.path.exists(profile):
    os.makedirs(profile, mode=0o700)
    with open(os.path.join(profile, "config"), "w") as f:
        f.write("[account work]\naddress = alice@example.org\nreceive = imap+insecure://alice@127.0.0.1:9\ncheck = manual\npassword-command = echo x\n")
    store = os.path.join(profile, "store", "work.db")
    subprocess.run([o.program, "-P", profile, "list"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.makedirs(os.path.dirname(store), mode=0o700, exist_ok=True)
    subprocess.run([o.store, "--fill", store, str(o.rows)], check=True, stdout=subprocess.DEVNULL)

opens = []
for i in range(10):
    r = Program(profile)
    opens.append(r.until(f"message {o.rows} about".encode()))
    r.settle(0.2)
    os.write(r.fd, b"q")
    os.waitpid(r.pid, 0)
    os.close(r.fd)
print(f"{o.rows} headers, a terminal of 120x40")
spread("open: first rows on the screen", opens)
r = Program(profile)
r.until(f"message {o.rows} about".encode())
r.settle()


def case(name, keys, n, quiet=0.015, check=None):
    before = cpu(r.pid)
    got = [r.key(keys[i % len(keys)], quiet) for i in range(n)]
    used = (cpu(r.pid) - before) / n
    spread(name, [g[0] for g in got])
    print(f"{'':34} CPU {used * 1000:.3f} ms  bytes median {pct([g[1] for g in got], .5)}  mean {statistics.mean(g[1] for g in got):.0f}  max {max(g[1] for g in got)}")


case("a key inside the page", [b"j"] * 30 + [b"k"] * 30, o.keys // 60 * 60)
case("down, with scrolling", [b"j"], o.keys)
case("a page down and up", [b"\x1b[6~", b"\x1b[5~"], 200)
case("first and last", [b"\x1b[F", b"\x1b[H"], 100)
case("jump into the middle", [f":jump {o.rows // 2 + i}\r".encode() for i in range(50)], 50, 0.05)
r.settle()
before, start, at = cpu(r.pid), time.monotonic(), len(r.data)
os.write(r.fd, b"j" * 300)
r.settle(0.5)
print(f"300 keys at once: {300 / max(r.last - start, 1e-6):.0f} keys/s, {(cpu(r.pid) - before) * 1000:.1f} ms CPU, {len(r.data) - at} bytes")
print("peak memory: %.1f MiB" % (int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{r.pid}/status").read()).group(1)) / 1024))
os.write(r.fd, b"q")
os.waitpid(r.pid, 0)
if not o.keep:
    shutil.rmtree(folder)

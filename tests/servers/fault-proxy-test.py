#!/usr/bin/env python3
"""fault-proxy-test.py - fault-proxy.py fails as it is told to, against a small line server of its own; TAP.

SPDX-License-Identifier: GPL-3.0-or-later"""
import atexit, json, os, re, shutil, socket, ssl, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
GREET = b"* OK [CAPABILITY IMAP4rev1 STARTTLS IDLE] hi\r\n"
passed = failed = 0


def folder():
    path = tempfile.mkdtemp(prefix="fault-proxy-")
    atexit.register(shutil.rmtree, path, True)
    return path



def lines(f):
    try:
        yield from f
    except OSError:
        pass


def server():
    s = socket.create_server(("127.0.0.1", 0))

    def one(c):
        with c:
            c.sendall(GREET)
            f = c.makefile("rb")
            for l in lines(f):
                t = l.split()[0]
                if b"CAPABILITY" in l:
                    c.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS IDLE\r\n" + t + b" OK done\r\n")
                elif b"STARTTLS" in l:
                    c.sendall(t + b" OK begin\r\n")
                elif b"BIG" in l:
                    c.sendall(b"x" * 20000 + b"\r\n" + t + b" OK\r\n")
                else:
                    c.sendall(t + b" OK\r\n")

    def loop():
        while True:
            c, _ = s.accept()
            threading.Thread(target=one, args=(c,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
    return s.getsockname()[1]


class Px:
    def __init__(self, port, *args):
        self.stats = os.path.join(folder(), "stats.json")
        self.p = subprocess.Popen([sys.executable, os.path.join(HERE, "fault-proxy.py"), "--target", f"127.0.0.1:{port}", "--stats", self.stats, *args], stdout=subprocess.PIPE)
        self.port = int(self.p.stdout.readline().split(b"=")[1])
        self.p.stdout.readline()

    def conn(self):
        c = socket.create_connection(("127.0.0.1", self.port), 5)
        c.settimeout(1.5)
        return c

    def close(self):
        self.p.terminate()
        self.p.wait(10)
        return json.load(open(self.stats))


def readall(c, until=None):
    b = b""
    try:
        while until is None or until not in b:
            d = c.recv(65536)
            if not d:
                return b, "eof"
            b += d
    except socket.timeout:
        return b, "timeout"
    except ConnectionResetError:
        return b, "reset"
    return b, "ok"


def check(name, ok, *detail):
    global passed, failed
    if ok:
        passed += 1
        print(f"ok {passed + failed} - {name}", flush=True)
    else:
        failed += 1
        print(f"not ok {passed + failed} - {name}\n#", *detail, flush=True)


up = server()
p = Px(up); c = p.conn(); r = readall(c, b"\r\n"); c.sendall(b"a NOOP\r\n"); r2 = readall(c, b"OK\r\n"); c.close(); time.sleep(.4); st = p.close()
check("clean", r == (GREET, "ok") and r2[0] == b"a OK\r\n" and st["up"] == 8 and st["down"] == len(GREET) + 6 and st["open"] == 0 and st["list"][0]["end"] == "closed by client", r, r2, st)
p = Px(up, "--delay-down", "150", "--delay-up", "50"); c = p.conn(); t = time.time(); readall(c, b"\r\n"); t1 = time.time() - t
c.sendall(b"a NOOP\r\n"); time.sleep(.01); c.sendall(b"b NOOP\r\n"); t = time.time(); readall(c, b"b OK\r\n"); t2 = time.time() - t; p.close()
check("delay", .14 < t1 < 2 and .18 < t2 < 2, t1, t2)
p = Px(up, "--rate-down", "20000"); c = p.conn(); readall(c, b"\r\n"); t = time.time(); c.sendall(b"a BIG\r\n"); r = readall(c, b"a OK"); t1 = time.time() - t; p.close()
check("rate", .8 < t1 < 4 and len(r[0]) > 20000, t1)
p = Px(up, "--cut-down", "10"); r = readall(p.conn()); st = p.close()
check("cut-down", r == (GREET[:10], "eof") and st["faults"] == {"cut-down": 1}, r, st)
p = Px(up, "--reset-down", "7"); r = readall(p.conn()); st = p.close()
check("reset-down", r == (GREET[:7], "reset"), r)
p = Px(up, "--cut-up", "3"); c = p.conn(); readall(c, b"\r\n"); c.sendall(b"a NOOP\r\n"); r = readall(c); st = p.close()
check("cut-up", r[1] in ("eof", "reset") and st["list"][0]["up"] == 3, r, st)
p = Px(up, "--stall-down", "12"); c = p.conn(); r = readall(c); st = p.close()
check("stall-down", r == (GREET[:12], "timeout"), r)
p = Px(up, "--split-down", "--split-up"); c = p.conn(); r = readall(c, b"\r\n"); c.sendall(b"a NOOP\r\n"); readall(c, b"OK\r\n"); st = p.close()
check("split", r[0] == GREET and st["list"][0]["pieces_down"] == len(GREET) + 6 and st["list"][0]["pieces_up"] == 8, st)
p = Px(up, "--strip-starttls"); c = p.conn(); g = readall(c, b"\r\n"); c.sendall(b"a CAPABILITY\r\n"); r = readall(c, b"done\r\n"); p.close()
check("strip", b"STARTTLS" not in g[0] + r[0] and b"IDLE" in r[0] and b"IDLE" in g[0], g, r)
p = Px(up, "--inject-starttls", "* CAPABILITY EVIL\\r\\na2 OK x\\r\\n"); c = p.conn(); readall(c, b"\r\n"); c.sendall(b"a STARTTLS\r\n"); r = readall(c, b"x\r\n"); p.close()
check("inject", r[0] == b"a OK begin\r\n* CAPABILITY EVIL\r\na2 OK x\r\n", r)
p = Px(up, "--preauth"); r = readall(p.conn(), b"\r\n"); p.close()
check("preauth", r[0].startswith(b"* PREAUTH [CAPABILITY"), r)
p = Px(up, "--on", "up:a2 NOOP\r\n:cut-after"); c = p.conn(); readall(c, b"\r\n"); c.sendall(b"a1 NOOP\r\n"); r1 = readall(c, b"OK\r\n"); c.sendall(b"a2 NOOP\r\n"); r2 = readall(c); st = p.close()
check("on", r1[0] == b"a1 OK\r\n" and st["list"][0]["up"] == 18 and r2[0] == b"" and r2[1] in ("eof", "reset"), r1, r2, st)
p = Px(up, "--on", "down:a2 OK:swallow"); c = p.conn(); readall(c, b"\r\n"); c.sendall(b"a1 NOOP\r\na2 NOOP\r\n"); r = readall(c); p.close()
check("swallow", r == (b"a1 OK\r\n", "timeout"), r)
p = Px(up, "--refuse", "--conns", "1"); r = readall(p.conn()); r2 = readall(p.conn(), b"\r\n"); p.close()
check("refuse, first only", r == (b"", "eof") and r2[0] == GREET, r, r2)
p = Px(up, "--mute"); r = readall(p.conn()); p.close()
check("mute", r == (b"", "timeout"), r)
fn = os.path.join(folder(), "s.json"); json.dump([{"cut-down": 4}, {}], open(fn, "w"))
p = Px(up, "--script", fn); r = readall(p.conn()); r2 = readall(p.conn(), b"\r\n"); json.dump([{"preauth": True}], open(fn, "w")); r3 = readall(p.conn(), b"\r\n"); p.close()
check("script", r[0] == GREET[:4] and r2[0] == GREET and r3[0].startswith(b"* PREAUTH"), r, r2, r3)
p = Px(up); c = p.conn(); readall(c, b"\r\n"); os.kill(p.p.pid, 10); r = readall(c); p.close()
check("USR1", r[1] == "reset", r)
p = Px(up); c = p.conn(); readall(c, b"\r\n"); os.kill(p.p.pid, 12); time.sleep(.1); c.sendall(b"a NOOP\r\n"); r = readall(c); os.kill(p.p.pid, 12); r2 = readall(c, b"OK\r\n"); p.close()
check("USR2", r == (b"", "timeout") and r2[0] == b"a OK\r\n", r, r2)
p = Px(up, "--inject-at", "4", "ZZ"); r = readall(p.conn(), b"\r\n"); p.close()
check("inject-at", r[0] == GREET[:4] + b"ZZ" + GREET[4:], r)
d = folder()
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", d + "/k", "-out", d + "/c"], check=True, stderr=subprocess.DEVNULL)
open(d + "/both", "w").write(open(d + "/c").read() + open(d + "/k").read())
p = Px(up, "--tls-in", d + "/both", "--preauth"); ctx = ssl.create_default_context(cafile=d + "/c"); ctx.check_hostname = False
c = ctx.wrap_socket(p.conn()); r = readall(c, b"\r\n"); c.close(); p.close()
check("tls-in", r[0].startswith(b"* PREAUTH"), r)
print(f"1..{passed + failed}")
sys.exit(bool(failed))

#!/usr/bin/env python3
"""fault-proxy.py - a TCP proxy on loopback that fails in the way it is told to.

SPDX-License-Identifier: GPL-3.0-or-later

  fault-proxy.py --target HOST:PORT [--listen PORT] [--stats FILE] [faults]
prints PORT= and PID= lines, then runs until SIGTERM (or --exit-after connections).

"up" is client to server, "down" is server to client.  N counts bytes of one connection in that direction (TLS
records when the client starts TLS through the proxy; plain text when the proxy itself ends TLS with --tls-in).

  --delay-up MS --delay-down MS     latency added to every piece (pipelining is kept: it is not added up)
  --rate-up B --rate-down B         bytes a second
  --split-up --split-down           every byte in a segment of its own
  --cut-up N --cut-down N           close both sides after N bytes        (FIN)
  --reset-up N --reset-down N       the same with RST
  --stall-up N --stall-down N       nothing more in that direction after N bytes; the connection stays open
  --on DIR:REGEX:ACTION             when REGEX is seen in DIR (up, down): ACTION is cut, reset, stall (both directions),
                                    swallow (this direction only), each before the match is delivered, or after it with
                                    "-after": 'up:\\r\\n\\.\\r\\n$:cut-after' loses the answer to DATA
  --replace DIR:REGEX:TEXT          rewrites plain-text lines (\\r \\n \\xHH and group references work in TEXT)
  --strip-starttls                  takes STARTTLS / STLS out of what the server announces (a downgrade attack)
  --inject-starttls BYTES           appended to the answer to STARTTLS / STLS, in the same segment (response injection)
  --inject-at N BYTES               puts BYTES into the down stream after N bytes
  --preauth                         turns "* OK" of the greeting into "* PREAUTH"
  --refuse | --mute                 close at once | accept and never say anything
  --accept-delay MS                 before connecting to the server
  --conns LIST                      only on these connections (1 is the first: 1,3-5,7-); the others pass clean
  --script FILE                     JSON list, one object of these options (without dashes) a connection, last one repeats;
                                    read anew for every connection, so that a test can change it while running
  --tls-in CERT.both                speak TLS to the client with this certificate and key (bad ones are in tls/: badhost, self)
  --tls-out                         speak TLS to the server (unchecked)
Signals: USR1 resets every open connection; USR2 stalls everything (again: lets it go on).
--stats is rewritten as JSON at every change (at most every 0.2 s): totals, and for each connection bytes, pieces, times,
what ended it, which faults fired.
"""
import argparse, asyncio, collections, json, os, re, signal, socket, ssl, struct, sys, time


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--target", required=True)
    p.add_argument("--listen", type=int, default=0)
    p.add_argument("--host", default="127.0.0.1", choices=["127.0.0.1", "::1"])
    p.add_argument("--stats")
    p.add_argument("--script")
    p.add_argument("--conns", default="1-")
    p.add_argument("--exit-after", type=int, default=0)
    p.add_argument("--tls-in")
    p.add_argument("--tls-out", action="store_true")
    for d in ("up", "down"):
        for o in ("delay", "rate", "cut", "reset", "stall"):
            p.add_argument(f"--{o}-{d}", type=int)
        p.add_argument(f"--split-{d}", action="store_true")
    p.add_argument("--on", action="append", default=[])
    p.add_argument("--replace", action="append", default=[])
    p.add_argument("--strip-starttls", action="store_true")
    p.add_argument("--inject-starttls")
    p.add_argument("--inject-at", nargs=2, metavar=("N", "BYTES"))
    p.add_argument("--preauth", action="store_true")
    p.add_argument("--refuse", action="store_true")
    p.add_argument("--mute", action="store_true")
    p.add_argument("--accept-delay", type=int, default=0)
    return p.parse_args()


def unescape(s):
    return re.sub(rb"\\(r|n|t|0|\\|x[0-9a-fA-F]{2})",
                  lambda m: {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}.get(m[1]) or bytes([int(m[1][1:], 16)]),
                  s.encode("utf-8", "surrogateescape"))


def in_list(n, spec):
    for part in spec.split(","):
        a, dash, b = part.partition("-")
        if int(a or 1) <= n <= (int(b) if b else (10 ** 9 if dash else int(a))):
            return True
    return False


class Stop(Exception):
    pass


class Faults:
    """Options of one connection."""
    KEYS = ("strip_starttls", "inject_starttls", "inject_at", "preauth", "refuse", "mute", "accept_delay", "on", "replace")

    def __init__(self, get):
        for d in ("up", "down"):
            for o in ("delay", "rate", "cut", "reset", "stall", "split"):
                setattr(self, f"{o}_{d}", get(f"{o}_{d}"))
        for k in self.KEYS:
            setattr(self, k, get(k))
        self.on = [self.parse(x) for x in self.on or []]
        self.replace = [(d, re.compile(a.encode(), re.I), unescape(b)) for d, a, b in (self.three(x) for x in self.replace or [])]
        if self.strip_starttls:
            self.replace += [("down", re.compile(rb"^(\* CAPABILITY|\* OK \[CAPABILITY)(.*?) STARTTLS\b", re.I), rb"\1\2"),
                             ("down", re.compile(rb"^250-STARTTLS\r\n", re.I), b""),
                             ("down", re.compile(rb"^250 STARTTLS\r\n", re.I), b"250 HELP\r\n"),
                             ("down", re.compile(rb"^STLS\r\n", re.I), b"")]
        if self.preauth:
            self.replace.append(("down", re.compile(rb"^\* OK"), b"* PREAUTH"))
        self.lines = bool(self.replace or self.inject_starttls)

    @staticmethod
    def three(x):
        d, rest = x.split(":", 1)
        a, b = rest.rsplit(":", 1)
        return d, a, b

    def parse(self, x):
        d, a, act = self.three(x)
        after = act.endswith("-after")
        return [d, re.compile(a.encode()), act[:-6] if after else act, after]


class Conn:
    def __init__(self, px, n, creader, cwriter, f):
        self.px, self.n, self.f = px, n, f
        self.cr, self.cw, self.sr, self.sw = creader, cwriter, None, None
        self.bytes = {"up": 0, "down": 0}
        self.plain = True
        self.want_starttls = False
        self.over = asyncio.Event()
        self.frozen = {"up": False, "down": False}
        self.info = {"n": n, "start": time.time(), "up": 0, "down": 0, "pieces_up": 0, "pieces_down": 0, "faults": []}
        px.stats["list"].append(self.info)

    def fired(self, what):
        self.info["faults"].append({"fault": what, "t": round(time.time() - self.info["start"], 4), "up": self.bytes["up"], "down": self.bytes["down"]})
        c = self.px.stats["faults"]
        c[what] = c.get(what, 0) + 1
        self.px.changed()

    def end(self, why, rst=False):
        if "end" in self.info:
            return
        self.info["end"], self.info["seconds"] = why, round(time.time() - self.info["start"], 4)
        for w in (self.cw, self.sw):
            if w is None:
                continue
            s = w.get_extra_info("socket")
            if rst and s is not None:
                try:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                except OSError:
                    pass
                w.transport.abort()
            else:
                w.close()
        self.over.set()
        self.px.changed()

    async def act(self, action, d):
        self.fired(f"{action}-{d}")
        if action in ("cut", "reset"):
            self.frozen["up"] = self.frozen["down"] = True   # an answer on its way is lost
            await asyncio.sleep(0.02)                        # lets what was written leave before the end
            self.end(f"{action}-{d}", action == "reset")
            raise Stop
        if action == "stall":
            self.frozen["up"] = self.frozen["down"] = True
        elif action == "swallow":
            self.frozen[d] = True
        else:
            sys.exit(f"fault-proxy: unknown action {action}")

    async def put(self, w, d, data):
        """Writes with rate, split and byte limits."""
        f = self.f
        while data:
            await self.px.go.wait()
            if self.frozen[d]:
                return
            room, action = None, None
            for o in ("cut", "reset", "stall"):
                n = getattr(f, f"{o}_{d}")
                if n is not None and (room is None or n - self.bytes[d] < room):
                    room, action = max(0, n - self.bytes[d]), o
            if d == "down" and f.inject_at and self.bytes[d] <= int(f.inject_at[0]) < self.bytes[d] + len(data):
                k = int(f.inject_at[0]) - self.bytes[d]
                data = data[:k] + unescape(f.inject_at[1]) + data[k:]
                f.inject_at = None
                self.fired("inject-at")
            size = 1 if getattr(f, f"split_{d}") else 65536
            rate = getattr(f, f"rate_{d}")
            if rate:
                size = min(size, max(1, rate // 20))
            if room is not None:
                size = min(size, room)
            piece, data = data[:size], data[size:]
            if piece:
                w.write(piece)
                await w.drain()
                self.bytes[d] += len(piece)
                self.info[d] = self.bytes[d]
                self.info["pieces_" + d] += 1
                self.px.stats[d] += len(piece)
                self.px.changed()
                if rate:
                    await asyncio.sleep(len(piece) / rate)
                elif size == 1:
                    await asyncio.sleep(0.0002)   # with TCP_NODELAY: a segment each
            if action and self.bytes[d] >= getattr(f, f"{action}_{d}"):
                setattr(f, f"{action}_{d}", None)
                if action == "stall":
                    self.fired(f"stall-{d}")
                    self.frozen[d] = True
                    return
                await self.act(action, d)

    def rewrite(self, d, line):
        for rd, rx, to in self.f.replace:
            if rd == d and self.plain:
                new = rx.sub(to, line)
                if new != line:
                    self.fired("replace")
                    line = new
        if d == "up" and re.match(rb"^(\S+ STARTTLS|STARTTLS|STLS)\s*$", line, re.I):
            self.want_starttls = True
        elif d == "down" and self.want_starttls and re.match(rb"^(\S+ OK|\+OK|220)", line, re.I) and not line.startswith(b"*"):
            self.plain = False
            if self.f.inject_starttls:
                self.fired("inject-starttls")
                line += unescape(self.f.inject_starttls)
        return line

    async def pump(self, r, w, d):
        f, q = self.f, collections.deque()
        wake = asyncio.Event()
        delay = (getattr(f, f"delay_{d}") or 0) / 1000

        async def reader():
            buf, tail = b"", b""
            while True:
                try:
                    data = await r.read(65536)
                except (OSError, ssl.SSLError):
                    data = b""
                if not data:
                    break
                if f.lines and self.plain and not (d == "up" and not buf and data[:1] == b"\x16"):
                    buf += data
                    out = b""
                    while b"\n" in buf and self.plain:
                        i = buf.index(b"\n") + 1
                        out += self.rewrite(d, buf[:i])
                        buf = buf[i:]
                    if not self.plain:
                        out, buf = out + buf, b""
                    data = out
                else:
                    data, buf = buf + data, b""
                acts = []
                for rule in f.on:
                    if rule[0] != d:
                        continue
                    m = rule[1].search(tail + data)
                    if m:
                        cut = max(0, (m.end() if rule[3] else m.start()) - len(tail))
                        acts.append((cut, rule))
                if acts:
                    cut, rule = min(acts, key=lambda x: x[0])
                    f.on.remove(rule)
                    q.append((time.monotonic() + delay, data[:cut], rule[2]))
                    q.append((time.monotonic() + delay, data[cut:], None))
                else:
                    q.append((time.monotonic() + delay, data, None))
                tail = (tail + data)[-4096:]
                wake.set()
            q.append((time.monotonic() + delay, None, None))
            wake.set()

        task = asyncio.create_task(reader())
        try:
            while True:
                while not q:
                    wake.clear()
                    await wake.wait()
                due, data, action = q.popleft()
                if due > time.monotonic():
                    await asyncio.sleep(due - time.monotonic())
                if data is None:
                    if self.frozen[d]:
                        await self.over.wait()
                    self.info.setdefault("closed_by", "client" if d == "up" else "server")
                    if w.can_write_eof():
                        w.write_eof()
                    else:
                        w.close()
                    return
                if data:
                    await self.put(w, d, data)
                if action:
                    await self.act(action, d)
        finally:
            task.cancel()

    async def run(self):
        f = self.f
        try:
            if f.refuse:
                self.fired("refuse")
                return self.end("refuse")
            if f.mute:
                self.fired("mute")
                while await self.cr.read(65536):
                    pass
                return self.end("client")
            if f.accept_delay:
                await asyncio.sleep(f.accept_delay / 1000)
            host, port = self.px.o.target.rsplit(":", 1)
            ctx = None
            if self.px.o.tls_out:
                ctx = ssl.create_default_context()
                ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
            self.sr, self.sw = await asyncio.open_connection(host, int(port), ssl=ctx)
            for w in (self.cw, self.sw):
                w.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(self.pump(self.cr, self.sw, "up"), self.pump(self.sr, self.cw, "down"))
            self.end("closed by " + self.info.get("closed_by", "?"))
        except Stop:
            pass
        except (OSError, ssl.SSLError) as x:
            self.end(f"error: {x}")
        finally:
            self.end("proxy")


class Proxy:
    def __init__(self, o):
        self.o = o
        self.go = asyncio.Event()
        self.go.set()
        self.open = set()
        self.stats = {"connections": 0, "open": 0, "up": 0, "down": 0, "faults": {}, "list": []}
        self.dirty = False
        self.done = asyncio.Event()

    def changed(self):
        self.dirty = True

    def write(self):
        self.dirty = False
        if not self.o.stats:
            return
        tmp = self.o.stats + ".new"
        with open(tmp, "w") as f:
            json.dump(self.stats, f, indent=1)
        os.replace(tmp, self.o.stats)

    def faults(self, n):
        if self.o.script:
            with open(self.o.script) as f:
                entries = json.load(f)
            e = entries[min(n, len(entries)) - 1] if entries else {}
            return Faults(lambda k: e.get(k.replace("_", "-"), e.get(k)))
        if not in_list(n, self.o.conns):
            return Faults(lambda k: None)
        return Faults(lambda k: getattr(self.o, k))

    async def client(self, r, w):
        self.stats["connections"] += 1
        n = self.stats["connections"]
        c = Conn(self, n, r, w, self.faults(n))
        self.open.add(c)
        self.stats["open"] = len(self.open)
        self.changed()
        try:
            await c.run()
        finally:
            self.open.discard(c)
            self.stats["open"] = len(self.open)
            self.changed()
            if self.o.exit_after and n >= self.o.exit_after and not self.open:
                self.done.set()

    async def main(self):
        ctx = None
        if self.o.tls_in:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(self.o.tls_in)
        srv = await asyncio.start_server(self.client, self.o.host, self.o.listen, ssl=ctx)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda l, c: None)
        for s in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(s, self.done.set)

        def reset_all():
            for c in list(self.open):
                c.fired("reset-signal")
                c.end("reset-signal", True)
        loop.add_signal_handler(signal.SIGUSR1, reset_all)
        loop.add_signal_handler(signal.SIGUSR2, lambda: self.go.clear() if self.go.is_set() else self.go.set())
        print(f"PORT={srv.sockets[0].getsockname()[1]}\nPID={os.getpid()}", flush=True)
        self.write()
        while not self.done.is_set():
            try:
                await asyncio.wait_for(self.done.wait(), 0.2)
            except asyncio.TimeoutError:
                pass
            if self.dirty:
                self.write()
        srv.close()
        for c in list(self.open):
            c.end("proxy stopped")
        self.write()


if __name__ == "__main__":
    o = options()

    async def run():
        await Proxy(o).main()
    asyncio.run(run())

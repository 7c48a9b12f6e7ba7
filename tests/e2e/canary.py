#!/usr/bin/env python3
# canary.py - a password and tokens that can be recognised are looked for wherever they must not be.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# RELIABILITY T15, T16; issue 5 "What it must show" 5. Looked through: the log at full detail, all bytes that the terminal got, every file
# of the profile, of HOME and of TMPDIR, command line and environment of eilpost and of all that it started, and what an abort leaves
# behind; plain, as base64 at any position (so inside SASL strings too), as hexadecimal and percent-encoded. The store itself is sealed,
# so it is no exception. Not looked for: the memory of the running program, which has to hold them (it is locked, not dumped, and closed
# to other programs of the same person).
import base64, os, re, resource, secrets, signal, subprocess, sys, urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))
from harness import *
from oidc import MARK, Provider

ALONE = dict(BROWSER="", DISPLAY="", WAYLAND_DISPLAY="", SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22", DBUS_SESSION_BUS_ADDRESS="", XDG_RUNTIME_DIR="/nonexistent")


def canary(name):
    """Letters that base64 and percent-encoding both change."""
    return f"{name}&%+{secrets.token_hex(8)}"


def forms(mark):
    data = mark.encode()
    out = {data, data.hex().encode(), data.hex().upper().encode(), data[::-1]}
    for quoted in (urllib.parse.quote(mark, safe=""), urllib.parse.quote_plus(mark), urllib.parse.quote(mark)):
        out |= {quoted.encode(), quoted.lower().encode()}
    for i in range(3):    # the letters that depend on it alone, wherever it begins
        coded = base64.b64encode(b"x" * i + data + b"x" * ((-len(data) - i) % 3))
        core = coded[(0, 2, 3)[i]:len(coded) - (4 if (len(data) + i) % 3 else 0)]
        out |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return out


class Watch:
    """What is searched, and for what."""

    def __init__(self, *marks):
        self.marks, self.raw, self.seen = {f: m for m in marks for f in forms(m)}, b"", {}
        self.home, self.tmp, self.profile, self.cwd = scratch(), scratch(), os.path.join(scratch(), "profile"), scratch()
        self.log = os.path.join(scratch(), "log")

    def reader(self, config=None, **rest):
        here, before = os.getcwd(), resource.getrlimit(resource.RLIMIT_CORE)
        os.chdir(self.cwd)
        try:    # a core could be written, if the program let it
            resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
            r = Reader(config=config, profile=self.profile, rows=24, cols=100, arguments=["-d", "4", "-l", self.log],
                       **{**ALONE, "HOME": self.home, "TMPDIR": self.tmp, "LANG": "C.UTF-8", **rest})
        finally:
            os.chdir(here)
            resource.setrlimit(resource.RLIMIT_CORE, before)
        return r

    def search(self, data, where):
        for form, mark in self.marks.items():
            assert form not in data, f"{mark} in {where}: {form} in {data[max(0, data.find(form) - 80):data.find(form) + 120]}"

    def processes(self, reader):
        """eilpost and all below it."""
        todo, n = [reader.process.pid], 0
        while todo:
            pid = todo.pop()
            for what in ("cmdline", "environ", "status"):
                try:
                    self.search(open(f"/proc/{pid}/{what}", "rb").read(), f"/proc/PID/{what}")
                    n += 1
                except (PermissionError, FileNotFoundError, ProcessLookupError):
                    pass
            try:
                todo += [int(c) for t in os.listdir(f"/proc/{pid}/task") for c in open(f"/proc/{pid}/task/{t}/children").read().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
        assert n >= 2, n

    def everything(self, reader):
        self.search(reader.raw, "the terminal")
        n = 0
        for folder in (self.profile, self.home, self.tmp, self.cwd, os.path.dirname(self.log)):
            for root, _, files in os.walk(folder):
                for name in files:
                    path = os.path.join(root, name)
                    try:
                        data = open(path, "rb").read() if os.path.isfile(path) else None
                    except FileNotFoundError:    # the reader's own, and done with
                        continue
                    if data is not None:
                        self.search(data, path)
                        n += 1
        assert n >= 3 and os.path.getsize(self.log) > 1000, n


def abort(watch, reader):
    """As a bug would: no core, in no place."""
    reader.process.kill(signal.SIGABRT)
    reader.process.expect(pexpect.EOF)
    reader.process.close()
    assert reader.process.signalstatus == signal.SIGABRT, reader.process.signalstatus
    assert not os.WCOREDUMP(reader.process.status) and not [n for n in os.listdir(watch.cwd) if "core" in n], os.listdir(watch.cwd)


def send(watch, subject):
    text = f"From: alice@localhost\nTo: alice@localhost\nSubject: {subject}\n\nHello\n"
    done = subprocess.run([EILPOST, "-P", watch.profile, "send", "alice@localhost"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=60)
    watch.search(done.stdout.encode(), "eilpost send")
    assert done.returncode == 0, done.stdout


def the_search_finds_them():
    """What would be a leak is seen as one: the wire of an unencrypted loopback has them."""
    password = canary("Found")
    watch = Watch(password)
    server = Server()
    server.deliver(mail("Welcome"))
    server.set_password(password)
    proxy = SlowProxy(server.imap)
    path = os.path.join(scratch(), "secret")
    with open(path, "w") as f:
        f.write(password + "\n")
    r = watch.reader(account(server, port=proxy.port, scheme="imap+insecure", password=f"cat {path}", ca=False))
    r.wait("Welcome", 20)
    assert any(f in proxy.said for f in watch.marks), proxy.said
    for planted in (password.encode(), base64.b64encode(b"\0alice\0" + password.encode()), urllib.parse.quote(password, safe="").encode(),
                    base64.b64encode(b"user=alice\1auth=Bearer " + password.encode() + b"\1\1"), base64.b64encode(password.encode())):
        try:
            watch.search(b"... " + planted + b" ...", "a plant")
        except AssertionError:
            continue
        raise AssertionError(f"not found: {planted}")
    r.kill()


def passwords():
    """IMAP by the screen, POP3 by a command, SMTP; a wrong one first; then an abort."""
    password, wrong, key = canary("Right"), canary("Wrong"), canary("Key")
    watch = Watch(password, wrong, key)
    server = Server()
    server.deliver(mail("Welcome to the garden"))
    mta = Exim(server)
    server.set_password(password)
    path = os.path.join(scratch(), "secret")
    with open(path, "w") as f:
        f.write(password + "\n")
    home = pop_account(server, user="alice", password=f"sleep 0.5; cat {path}", address="alice@localhost")
    r = watch.reader(account(server, password=None, send=mta, address="alice@localhost") + home + "[general]\ntoken-store = file\nundo-send = 0\n")
    r.wait("Password of alice", 20).keys(wrong + "\r").wait("be kept", 10).keys("1").wait("Not accepted. Password", 30)
    watch.processes(r)
    r.keys(password + "\r").wait("Choose a passphrase", 30).keys(key + "\r").wait("once more").keys(key + "\r")
    r.wait("Welcome to the garden", 30)
    r.keys("\x1b[15;2~").pump(0.3)    # all accounts: POP3 asks its command
    watch.processes(r)
    send(watch, "By SMTP")
    r.wait("By SMTP", 40)
    r.wait(lambda r: os.path.exists(os.path.join(watch.profile, "store", "tokens")), 20)
    watch.processes(r)
    watch.everything(r)
    abort(watch, r)
    watch.everything(r)
    r = watch.reader()    # out of the store; and with another one on the server it is refused
    r.wait("Passphrase of the stored", 20).keys(wrong + "\r").wait("Not that one", 20).keys(key + "\r").wait("By SMTP", 20)
    r.checked(40)
    server.set_password(canary("Other"))
    subprocess.run([os.path.join(server.dir, "doveadm"), "kick", "alice"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    r.wait("Not accepted. Password", 40)
    watch.processes(r)
    watch.everything(r)
    r.kill()


def tokens():
    """IMAP, POP3 and SMTP by tokens: signed in, refused, fetched anew, the provider down, revoked; then an abort."""
    key = canary("Key")
    watch = Watch(MARK, key)
    provider = Provider(os.path.join(scratch(), "oidc"))
    server = Server(oidc=provider)
    server.deliver(mail("Welcome to the garden"))
    mta = Exim(server)
    oauth = (f"auth = oauth2\noauth-client-id = mailreader\noauth-scope = mail\noauth-authorize-url = {provider.url}/auth\n"
             f"oauth-token-url = {provider.url}/token\noauth-device-url = {provider.url}/device/auth\n")
    home = pop_account(server, password=None, extra="auth = oauth2\noauth-account = work\n", address="alice@localhost")
    r = watch.reader(account(server, password=None, send=mta, address="alice@localhost", extra=oauth) + home + "[general]\ntoken-store = file\nundo-send = 0\n")
    r.wait("sign in, with a code", 20).keys("\r").wait("Type this code", 20)
    provider.approve(re.search(r"\b([BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})\b", r.text).group(1))
    r.wait("Choose a passphrase", 20).keys(key + "\r").wait("once more").keys(key + "\r").wait("Welcome to the garden", 30)
    send(watch, "By SMTP")
    r.wait("By SMTP", 40)
    watch.processes(r)

    def kick():
        subprocess.run([os.path.join(server.dir, "doveadm"), "kick", "alice"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    provider.end_access()    # refused by the mail servers, fetched anew
    kick()
    server.deliver(mail("Fetched anew"))
    r.wait("Fetched anew", 40).keys("\x1b[15;2~").pump(1)
    provider.down = True
    provider.end_access()
    kick()
    r.wait("offline, next try", 40)
    provider.down = False
    server.deliver(mail("It is back"))
    r.wait("It is back", 60)
    provider.revoke()
    kick()
    r.wait("AADSTS50173", 40)
    watch.processes(r)
    watch.everything(r)
    abort(watch, r)
    watch.everything(r)


if __name__ == "__main__":
    run(the_search_finds_them, passwords, tokens)

#!/usr/bin/env python3
"""cancel.py - P21: whatever is waited for, a key (Ctrl-C without a screen) ends the waiting within 100 ms.

SPDX-License-Identifier: GPL-3.0-or-later
The lines here go silent: nothing comes, nothing ends. Each is tried a few times and the best counts: what is measured is the
program, not how busy the computer is."""
import email, os, signal, subprocess, sys, time

import pexpect

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Proxy, Reader, Server, Sink, account, limit, mail, profile, run, scratch, sync

TRIES = 4
CANCEL = "\x07"

server, sink = Server(), Sink()
server.deliver(*[mail(f"Number {i}", f"Text of number {i}.\n") for i in range(1, 21)])
ENV = {**os.environ, "LC_ALL": "C.UTF-8"}


def within(r, keys, what, gone=False):
    """From the key to the picture, in seconds; the picture is looked at every few milliseconds."""
    begun = time.monotonic()
    r.process.send(keys)
    while (what in r.text) == gone:
        assert time.monotonic() - begun < limit(8) and r.pump(0.003), f"{what}\n{r.text}"
    return time.monotonic() - begun


def best(name, times):
    print(f"# {name}: " + ", ".join(f"{t * 1000:.0f}" for t in times) + " ms")
    assert min(times) < limit(0.1), times


def reader(proxy, extra="", **more):
    return Reader(config=account(server, port=proxy.port, scheme="imap+insecure", extra=extra, **more))


def message_that_does_not_come():
    """C-g and q close it; another one that is here opens at once, and so does the list."""
    proxy = Proxy(server.imap)
    r = reader(proxy, "fetch-ahead = 0\n")
    r.wait("Number 20").checked()
    r.keys("=/Number 20\r").wait(lambda r: "Number 20" in r.selected()).keys("\r").wait("Text of number 20").keys("q").gone("Text of number")
    proxy.dead = True
    times = []
    for key in (CANCEL, "q", CANCEL, "q"):
        r.keys("=/Number 12\r").wait(lambda r: "Number 12" in r.selected())
        r.keys("\r").wait("etching the message")
        times.append(within(r, key, "etching the message", gone=True))
    best("closed", times)
    times = []
    for _ in range(TRIES):
        r.keys("=/Number 12\r").wait(lambda r: "Number 12" in r.selected()).keys("\r").wait("etching the message").keys("q").gone("etching the message")
        r.keys("=/Number 20\r").wait(lambda r: "Number 20" in r.selected())
        times.append(within(r, "\r", "Text of number 20"))
        r.keys("q").gone("Text of number")
    best("another one that is here", times)
    r.kill()


def check_on_a_silent_line():
    """C-g: the question is given up, the line with it; the next one brings the news."""
    proxy = Proxy(server.imap)
    r = reader(proxy)
    r.wait("Number 20").checked()
    proxy.dead = True
    r.keys("G").wait("Checking")
    times = [within(r, CANCEL, "Stopped; it is tried again")]
    r.wait("offline, next try", 5)    # the probe of the line takes 10 s
    # the same while it signs in
    for _ in range(TRIES):
        r.keys("=G").wait(lambda r: "connecting" in r.text or "signing in" in r.text)
        times.append(within(r, CANCEL, "Stopped; it is tried again"))
        r.wait("offline, next try", 5).keys("k").gone("Stopped;")
    best("stopped", times)
    r.keys(CANCEL).wait("Nothing is going on")
    proxy.dead = False
    server.deliver(mail("After the silence"))
    r.keys("G").wait("After the silence", 15).checked()
    r.kill()


class UntilMail(Proxy):
    """Silent from the first mail on (falls = b"MAIL FROM"), or when all of it went through (b"\\r\\n.\\r\\n"); None: never."""

    falls = b"MAIL FROM"

    def passes(self, a, b, from_client):
        said = b""
        while data := a.recv(65536):
            said = said[-8:] + data             # what it falls at may come in two pieces
            if from_client and self.falls and self.falls in said:
                self.dead, said = True, b""     # before the server has it: its answer is quick
                if b"MAIL" not in self.falls:
                    b.sendall(data)
                    continue
            self.send(b, data)


def write(r, subject):
    r.keys("m").wait("Writing").keys("bob@example.com\r\r").keys(subject + "\rIt is 4.20.\x18").gone("Writing")


def mail_that_is_being_sent():
    """C-g keeps it here, e takes it back into the composer, d gives it up; none of it leaves, and the one that shall leaves once."""
    proxy = UntilMail(sink.smtp)
    r = Reader(config=account(server, check="manual", send=f"smtp+insecure://alice@127.0.0.1:{proxy.port}") + "sent = no copy\n[general]\nundo-send = 0\n")
    r.wait("manual")
    r.keys("\x1bOS").wait("No mail waits").keys("q").gone("On its way")
    write(r, "The wall")
    r.keys("\x1bOS").wait("The wall").keys("$").wait("is being sent")
    times = [within(r, CANCEL, "Stopped: the mail stays")]
    r.wait("stopped before it had left")
    # of those it left behind each goes its way
    proxy.dead = False
    r.keys("=$").wait("is being sent")
    times.append(within(r, "e", "Writing: The wall"))
    proxy.dead = False
    r.wait("It is 4.20.").keys("\x18").gone("Writing").wait("The wall").keys("=$").wait("is being sent")
    r.keys("d").wait("Give up").keys("2")
    r.wait("No mail waits")
    proxy.dead = False
    r.pump(1)
    assert not sink.kept(), sink.kept()
    best("a mail on its way", times)
    # what is handed over can't be called back, and is no matter of doubt
    proxy.falls = b"\r\n.\r\n"
    r.keys("q").gone("On its way")
    write(r, "The fence")
    r.keys("\x1bOS").wait("The fence").keys("$").wait("waits for the receipt")
    r.keys("=d").wait("It is handed over").keys("e").keys(CANCEL).wait("Nothing is going on").wait("waits for the receipt")
    proxy.dead, proxy.falls = False, None
    r.wait("Sent to bob@example.com", 15).wait("No mail waits").keys("q").gone("On its way")
    assert [email.message_from_bytes(data)["subject"] for _, data in sink.kept()] == ["The fence"]
    assert r.quit()[0] == 0


def both_lines_are_silent():
    """A sign-in that gets no answer, and a mail that is due at a server that says nothing: one key stops both, and it is said when they are tried again."""
    imap, smtp = Proxy(server.imap), Proxy(sink.smtp)
    imap.dead = smtp.dead = True
    r = Reader(config=account(server, check="startup, push", port=imap.port, scheme="imap+insecure", send=f"smtp+insecure://alice@127.0.0.1:{smtp.port}") +
               "sent = no copy\n[general]\nundo-send = 0\n")
    r.wait(lambda r: "connecting" in r.lines[0] or "signing in" in r.lines[0])
    write(r, "The gate")
    r.keys("\x1bOS").wait("The gate").wait("leaves now").keys(CANCEL).wait("Stopped; it is tried again")
    r.wait("offline, next try").gone("leaves now")
    r.kill()


def interrupted(path, *arguments, port=None, stdin=subprocess.DEVNULL):
    """Seconds from the signal to the end, when it waits for a server that says nothing."""
    process = subprocess.Popen([EILPOST, "-P", path, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV)
    if stdin == subprocess.PIPE:
        process.stdin.write(b"To: bob@example.com\nSubject: x\n\nhi\n")
        process.stdin.close()
    end = time.monotonic() + limit(15)
    while not port():
        assert time.monotonic() < end and process.poll() is None, (arguments, process.stdout.read() if process.poll() is not None else "")
        time.sleep(0.01)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    took = time.monotonic() - begun
    assert process.returncode == -signal.SIGINT, (arguments, process.returncode, process.stdout.read())
    return took


def without_a_screen():
    """Ctrl-C in sync, verify, export, import, send and doctor, each with a server that is silent: over at once, and nothing is half there."""
    proxy = Proxy(server.imap)
    config = account(server, port=proxy.port, scheme="imap+insecure", check="manual", send=f"smtp+insecure://alice@127.0.0.1:{proxy.port}")
    path = profile(config)
    assert sync(path)[0] == 0
    folder = scratch()
    target, box = os.path.join(folder, "out.mbox"), os.path.join(folder, "in.eml")
    commands = [("sync",), ("verify",), ("export", "mbox", "work", "INBOX", target), ("import", "work", "INBOX", box), ("doctor",)]
    for command in commands:
        times = []
        for _ in range(TRIES):
            with open(box, "wb") as f:
                f.write(mail("Imported"))    # another one each time: what is there already is not taken again
            proxy.dead, proxy.sockets = True, []
            times.append(interrupted(path, *command, port=lambda: proxy.sockets))
        best(command[0], times)
    times = []
    for _ in range(TRIES):
        proxy.sockets = []
        times.append(interrupted(path, "send", "-t", port=lambda: proxy.sockets, stdin=subprocess.PIPE))
    best("send", times)
    assert not os.path.exists(target)
    proxy.dead = False
    out = subprocess.run([EILPOST, "-P", path, "verify"], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENV, timeout=60)
    assert out.returncode == 0, out
    out = subprocess.run([EILPOST, "-P", path, "export", "mbox", "work", "INBOX", target], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENV,
                         timeout=60)
    assert out.returncode == 0 and open(target).read().count("\nSubject: Number") == 20, out


def password_prompt():
    """Ctrl-C at a password prompt is no character of it; the terminal shows what is typed again."""
    times = []
    for _ in range(TRIES):
        path = profile(account(server, check="manual", password=None))
        shell = pexpect.spawn("/bin/sh", ["-c", f"{EILPOST} -P {path} sync; stty -a"], env=ENV, timeout=10)
        shell.expect("alice.*: ")
        begun = time.monotonic()
        shell.send("secr\x03")
        shell.expect(pexpect.EOF)
        times.append(time.monotonic() - begun)
        shell.close()
        assert shell.signalstatus == signal.SIGINT or shell.exitstatus in (130, 0), (shell.exitstatus, shell.signalstatus)
        assert b"secr" not in shell.before, shell.before
    best("a prompt", times)
    path = profile(account(server, check="manual", password=None))
    child = pexpect.spawn(EILPOST, ["-P", path, "sync"], env=ENV, timeout=20)
    child.expect("alice.*: ")
    assert not child.getecho()
    child.sendline("secret")
    child.expect("work: ")
    assert b"secret" not in child.before
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.exitstatus


if __name__ == "__main__":
    run(message_that_does_not_come, check_on_a_silent_line, mail_that_is_being_sent, both_lines_are_silent, without_a_screen, password_prompt)

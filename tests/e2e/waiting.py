#!/usr/bin/env python3
"""waiting.py - what is on its way, on the screen: reasons, next tries, refusals, doubt, undo; against a small SMTP server that does as it is told.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, re, socket, subprocess, sys, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Reader, closed_port, limit, run


class Sink:
    """Takes mail. refuse: recipients with the words they get; cut: how many mails it takes whole and then hangs up without a word."""

    def __init__(self, listen=True):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.refuse, self.cut, self.mails = {}, 0, []
        if listen:
            self.listen()

    def listen(self):
        self.socket.listen(5)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.socket.accept()[0]
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        f = client.makefile("rwb")
        recipients = []

        def say(line):
            f.write(line.encode() + b"\r\n")
            f.flush()

        try:
            say("220 sink ESMTP")
            while line := f.readline():
                verb = line.split()[0].upper().decode() if line.strip() else ""
                if verb == "EHLO":
                    recipients = []
                    say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN")
                elif verb == "AUTH":
                    say("235 2.7.0 welcome")
                elif verb == "RCPT":
                    to = re.search(rb"<(.*?)>", line).group(1).decode()
                    if to in self.refuse:
                        say(self.refuse[to])
                    else:
                        recipients.append(to)
                        say("250 2.1.5 ok")
                elif verb == "DATA":
                    if not recipients:
                        say("554 5.5.1 no valid recipients")
                        continue
                    say("354 go on")
                    text = b""
                    while (line := f.readline()) not in (b".\r\n", b""):
                        text += line
                    self.mails.append((recipients, text))
                    if self.cut:
                        self.cut -= 1
                        client.shutdown(socket.SHUT_RDWR)
                        return
                    recipients = []
                    say("250 2.0.0 taken")
                elif verb == "QUIT":
                    say("221 bye")
                    return
                else:
                    recipients = []
                    say("250 ok")
        except OSError:
            pass
        finally:
            client.close()


CLOSED = closed_port()


def nobody_there():
    return CLOSED.getsockname()[1]


def config(sink, check="startup", extra=""):
    return (f"[account work]\naddress = alice@example.org\nreceive = imap+insecure://alice@127.0.0.1:{nobody_there()}\n"
            f"send = smtp+insecure://alice@127.0.0.1:{sink.port}\npassword-command = echo secret\ncheck = {check}\nsent = no copy\n{extra}")


def send(profile, subject="The wall", to="Bob Meyer <bob@example.com>"):
    """By the second eilpost, which gives it to the first."""
    text = f"From: alice@example.org\nTo: {to}\nSubject: {subject}\n\nIt is 4.20.\n"
    return subprocess.run([EILPOST, "-P", profile, "send", "-t"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=limit(30), env={**os.environ, "LC_ALL": "C.UTF-8"})


def until(test, seconds=8):
    end = time.monotonic() + limit(seconds)
    while not test():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def nothing_waits():
    r = Reader(config=config(Sink()))
    r.wait("Outbox").keys("\x1bOS").wait("No mail waits.").wait("On its way")
    assert "Drafts" not in r.text
    r.keys("q").gone("On its way").keys("u").wait("nothing to undo").keys("$").wait("No mail waits to be sent")
    assert r.quit()[0] == 0


def offline_waits_then_leaves():
    sink = Sink(listen=False)
    r = Reader(config=config(sink))
    r.wait("Outbox")
    send(r.profile)
    r.wait(lambda r: re.search(r"Outbox +1", r.text))
    r.keys("\x1bOS").wait("Connection refused").wait("next try").wait("Bob Meyer").wait("The wall")
    r.keys("q").gone("On its way")
    # leaving asks, once; staying is one key away
    r.keys("q").wait("1 mail has not left yet").keys("3").gone("has not left yet")
    r.keys("q").wait("1 mail has not left yet").keys("2").wait("On its way").keys("q")
    assert r.process.isalive()
    r.keys("q").wait("has not left yet").keys("\r")
    end = time.monotonic() + 8
    while r.pump(0.05) and time.monotonic() < end:
        pass
    r.process.close()
    assert r.process.exitstatus == 0
    # it is there at the next start, and goes when it is told to
    sink.listen()
    r = Reader(profile=r.profile)
    r.wait("Outbox").keys("$").wait(lambda r: "Sent to Bob Meyer" in r.text or "No mail waits to be sent" in r.text, 15)    # it may have been its time just then
    until(lambda: sink.mails)
    assert [m[0] for m in sink.mails] == [["bob@example.com"]], sink.mails
    r.gone("Outbox                1")
    assert r.quit()[0] == 0


def the_secret_outlives_the_receiving():
    """The server of the receiving is away at once, the password comes a moment later: sending goes on."""
    sink = Sink(listen=False)
    r = Reader(config=config(sink))
    r.wait("Outbox")
    send(r.profile)
    r.wait(lambda r: re.search(r"Outbox +1", r.text)).kill()
    sink.listen()
    r = Reader(profile=r.profile, config=config(sink).replace("echo secret", "sleep 1; echo secret"))
    r.keys("$").wait("Sent to Bob Meyer", 15)
    assert len(sink.mails) == 1
    assert r.quit()[0] == 0


def manual_waits_for_a_word():
    sink = Sink()
    r = Reader(config=config(sink, "manual"))
    r.wait("manual")
    send(r.profile)
    r.keys("\x1bOS").wait("waits for a check (G) or $")
    r.pump(0.5)
    assert not sink.mails
    r.keys("$")
    until(lambda: sink.mails)
    r.wait("No mail waits")
    r.keys("q").gone("On its way")
    assert r.quit()[0] == 0


def refused_recipients_with_words():
    sink = Sink()
    sink.refuse = {"carol@example.com": "550 5.1.1 no Carol lives here"}
    r = Reader(config=config(sink), cols=120)
    r.wait("Outbox")
    send(r.profile, to="bob@example.com, carol@example.com")
    r.wait(lambda r: re.search(r"Outbox +1 !", r.text))
    r.keys("\x1bOS").wait("refused carol@example.com: 550").wait("no Carol lives here").wait("sent, but not to all")
    assert [m[0] for m in sink.mails] == [["bob@example.com"]]
    assert "refused bob" not in r.text
    # it stays until the person has seen it
    r.keys("d").wait("Put this notice away").keys("2").wait("No mail waits.")
    # all refused: given up, after a question
    sink.refuse = {"dora@example.com": "550 5.7.1 not you"}
    send(r.profile, "Second", "dora@example.com")
    r.wait("refused dora@example.com: 550").wait("not you").keys("=")
    r.keys("d").wait("Give up").keys("1").gone("Give up")
    r.wait("Second").keys("d").wait("Give up").keys("y").wait("No mail waits.")
    r.keys("q").gone("On its way")
    assert r.quit()[0] == 0


def in_doubt_asks():
    sink = Sink()
    sink.cut = 1
    r = Reader(config=config(sink), cols=120)
    r.wait("Outbox")
    send(r.profile)
    r.wait(lambda r: re.search(r"Outbox +1 !", r.text))
    r.keys("\x1bOS").wait("in doubt: your decision")
    r.keys("\r").wait("may arrive twice").wait("It did arrive").keys("3").gone("It did arrive")
    r.keys("$").wait("may arrive twice").keys("\x1b").gone("It did arrive").pump(0.5)
    assert len(sink.mails) == 1, "never again in silence"
    assert "in doubt" in r.text
    r.keys("\r").wait("may arrive twice").keys("\x1b[A\r").wait("No mail waits.")
    until(lambda: len(sink.mails) == 2)
    sink.cut = 1
    send(r.profile, "Third")
    r.wait("in doubt").wait("Third").keys("=\r").wait("may arrive twice").keys("1").gone("in doubt")
    r.pump(0.5)
    assert len(sink.mails) == 3
    r.keys("q").gone("On its way")
    assert r.quit()[0] == 0


def write(r, subject="The wall"):
    r.keys("m").wait("Writing").keys("bob@example.com\r\r").keys(subject + "\rIt is 4.20.\x18").gone("Writing")


def undo_takes_back():
    sink = Sink()
    r = Reader(config=config(sink, extra="[general]\nundo-send = 3\n"))
    r.wait("Outbox")
    write(r)
    r.wait("The mail to bob@example.com leaves in").wait("u takes it back")
    r.keys("u").wait("Writing: The wall").wait("It is 4.20.").pump(4)
    assert not sink.mails, "taken back is taken back"
    r.keys("\x18").wait(lambda r: re.search(r"leaves in [12] s", r.text)).wait("Sent to bob@example.com")
    assert len(sink.mails) == 1 and b"It is 4.20." in sink.mails[0][1] and b"Subject: The wall" in sink.mails[0][1]
    r.keys("u").wait("nothing to undo")
    assert r.quit()[0] == 0
    # no countdown where nothing leaves by itself
    r = Reader(config=config(sink, "manual", "[general]\nundo-send = 3\n"))
    r.wait("Outbox")
    write(r, "Second")
    r.wait("The mail to bob@example.com waits in the outbox").pump(4)
    assert len(sink.mails) == 1
    r.keys("$").wait("Sent to bob@example.com")
    assert r.quit()[0] == 0


def undo_changed():
    """The time in which it can be taken back holds for the next mail, without a restart."""
    sink = Sink()
    r = Reader(config=config(sink, extra="[general]\nundo-send = 500\n"))
    r.wait("Outbox")
    write(r)
    r.wait(lambda r: re.search(r"leaves in \d{3} s", r.text)).keys("u").wait("Writing: The wall").keys("\x0f").gone("Writing")
    r.keys("\x1bOQ").wait("Send and receive").keys("/undo-send\r").wait("undo-send").keys("\r").keys("\x151\r").wait("this screen").keys("\x1b").wait("Send and receive").keys("\x1b").gone("Send and receive")
    write(r, "Second")
    r.wait("Sent to bob@example.com")
    assert [b"Subject: Second" in m[1] for m in sink.mails] == [True], sink.mails
    assert r.quit()[0] == 0


def edit_and_cancel_while_waiting():
    sink = Sink(listen=False)
    r = Reader(config=config(sink, extra="[general]\nundo-send = 0\n"))
    r.wait("Outbox")
    write(r)
    r.keys("\x1bOS").wait("The wall").wait("Connection refused").wait("next try")
    r.keys("e").wait("Writing: The wall").keys("Anna says: \x0f").wait("On its way").wait("Drafts  1").wait("No mail waits")
    r.keys("=\r").wait("Anna says:").keys("\x18").wait("On its way").wait("Connection refused")
    assert "Drafts" not in r.text
    r.keys("=d").wait("Give up").keys("2").wait("No mail waits")
    sink.listen()
    r.keys("q").gone("On its way").keys("$").wait("No mail waits to be sent").pump(0.5)
    assert not sink.mails
    assert r.quit()[0] == 0


def schedule_pauses():
    r = Reader(config=config(Sink(), "startup, every 5 minutes"), cols=120)
    r.keys("\x1bOS").wait("every 5 minutes").wait("next ")
    r.keys("\x1b[F").pump(0.1)
    r.keys("p").wait("paused").wait("work pauses")
    r.keys("p").wait("next ").gone("paused")
    r.keys("q").gone("On its way")
    assert r.quit()[0] == 0


run(nothing_waits, offline_waits_then_leaves, the_secret_outlives_the_receiving, manual_waits_for_a_word,
    refused_recipients_with_words, in_doubt_asks, undo_takes_back, undo_changed, edit_and_cancel_while_waiting,
    schedule_pauses)

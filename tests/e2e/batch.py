#!/usr/bin/env python3
"""batch.py - eilpost without a screen: sync, send, called as sendmail, and beside an open one.

SPDX-License-Identifier: GPL-3.0-or-later"""
import email, email.policy, os, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Reader, Server, Sink, account, limit, mail, run, scratch

server, sink = Server(), Sink()
server.deliver(*[mail(f"Number {i}") for i in range(1, 6)])
both = os.path.join(scratch(), "ca.pem")
with open(both, "w") as f:
    f.write(open(server.ca).read() + open(sink.ca).read())


def config(send=None, check="manual", **more):
    text = account(server, check=check, **more).replace(server.ca, both)
    return text + f"send = {send or f'smtp://alice@localhost:{sink.submission}'}\n"


def profile(text):
    folder = os.path.join(scratch(), "profile")
    os.makedirs(folder, mode=0o700)
    with open(os.path.join(folder, "config"), "w") as f:
        f.write(text)
    return folder


def eilpost(folder, *arguments, stdin="", program=EILPOST, **environment):
    return subprocess.run([program, "-P", folder, *arguments] if program == EILPOST else [program, *arguments], input=stdin, text=True,
                          capture_output=True, timeout=60, env=dict(os.environ, LC_ALL="C.UTF-8", **environment))


def sent_box():
    c = server.client("Sent", readonly=True)
    n = int(c.search(None, "ALL")[1][0].split()[-1] if c.search(None, "ALL")[1][0] else 0)
    c.logout()
    return n


def sync():
    folder = profile(config())
    out = eilpost(folder, "sync")
    assert out.returncode == 0 and "work: 5 unread of 5" in out.stdout, out
    out = eilpost(folder, "sync", "nobody")
    assert out.returncode == 2 and "nobody" in out.stderr, out
    # wrong password: one sentence, status 1
    out = eilpost(profile(config(password="echo wrong")), "sync")
    assert out.returncode == 1 and "refused the sign-in" in out.stderr, out
    # an account that can't be used is no account that is in sync
    out = eilpost(profile(config() + "[account spare]\nadress = bob@example.org\n"), "sync")
    assert out.returncode == 1 and "work: 5 unread of 5" in out.stdout and "adress" in out.stderr and ":1" in out.stderr, out
    out = eilpost(profile(""), "--check-config")
    assert out.returncode == 1 and "There is no account yet" in out.stderr, out
    # the rows of a site are checked as well
    folder = profile(config())
    with open(os.path.join(folder, "providers"), "w") as f:
        f.write("[works]\ndomains = works.example\nimap = imap.works.example\n")
    out = eilpost(folder, "--check-config")
    assert out.returncode == 0 and "providers: [works]" in out.stderr and "1 account can be used" in out.stdout, out
    # nobody to ask
    out = eilpost(profile(config(password=None)), "sync")
    assert out.returncode == 1 and "password" in out.stderr, out


def surroundings():
    """No locale, no folder for the log, no room for what is said, one account of two."""
    folder, before = profile(config() + config(password="echo wrong").replace("[account work]", "[account other]")), len(sink.kept())
    out = eilpost(folder, "-A", "work", "sync")
    assert out.returncode == 0 and "work" in out.stdout and "other" not in out.stdout + out.stderr, out
    out = subprocess.run([EILPOST, "-P", folder, "-s", "Grüße", "--", "Bjørn <bob@example.com>"], input="hi\n", text=True, capture_output=True, timeout=60,
                         env={**{k: v for k, v in os.environ.items() if k != "LANG"}, "LC_ALL": "C"})
    assert out.returncode == 0, out
    m = email.message_from_bytes(sink.kept()[before][1], policy=email.policy.default)
    assert m["Subject"] == "Grüße" and "Bjørn" in m["To"], m
    with open("/dev/full", "w") as full:
        out = subprocess.run([EILPOST, "-P", folder, "--list-options"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert out.returncode == 1 and "standard output" in out.stderr, out
    state = os.path.join(scratch(), "deep", "state")
    out = subprocess.run([EILPOST, "-F", os.path.join(folder, "config"), "-d", "2", "-A", "work", "sync"], capture_output=True, text=True, timeout=60,
                         env={**os.environ, "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": state, "XDG_DATA_HOME": scratch(), "XDG_RUNTIME_DIR": scratch()})
    assert out.returncode == 0 and os.path.exists(os.path.join(state, "eilpost", "log")), out


def send():
    """Recipients of the header; Bcc gets it and never leaves; Message-ID and Date are added; the copy is in Sent once."""
    folder, before, had = profile(config()), len(sink.kept()), sent_box()
    out = eilpost(folder, "send", "-t", stdin="From: alice@example.org\nTo: bob@example.com, Eve <eve@example.com>\nBcc: carol@example.com\nSubject: Grüße\n\nOne\n.\nTwo\n")
    assert out.returncode == 0, out
    envelope, data = sink.kept()[before]
    assert sorted(envelope["to"]) == ["bob@example.com", "carol@example.com", "eve@example.com"], envelope
    m = email.message_from_bytes(data)
    assert m["Bcc"] is None and m["Message-ID"] and m["Date"], data
    assert b"carol" not in data and b"\r\n.\r\n" in data.replace(b"\r\n..\r\n", b"\r\n.\r\n"), data
    assert len(sink.kept()) == before + 1
    for _ in range(40):
        if sent_box() == had + 1:
            break
        time.sleep(0.25)
    assert sent_box() == had + 1


def sendmail():
    """By that name it takes sendmail's options, and says its numbers."""
    folder, before = profile(config()), len(sink.kept())
    face = os.path.join(scratch(), "sendmail")
    os.symlink(EILPOST, face)
    home = scratch()
    os.makedirs(os.path.join(home, "eilpost"))
    with open(os.path.join(home, "eilpost", "config"), "w") as f:
        f.write(config())
    xdg = dict(XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, XDG_STATE_HOME=home, XDG_RUNTIME_DIR=home)
    out = eilpost(folder, "-oi", "-f", "alice@example.org", "bob@example.com", program=face, stdin="Subject: x\n\nhi\n", **xdg)
    assert out.returncode == 0, out
    assert sink.kept()[before][0]["to"] == ["bob@example.com"]
    out = eilpost(folder, "-oi", "-t", program=face, stdin="To: no address at all\nSubject: x\n\nhi\n", **xdg)
    assert out.returncode == 65 and "recipient" in out.stderr, out
    # letters in one argument, as crontabs and php.ini write them; a From that is folded
    out = eilpost(folder, "-ti", "-FCronDaemon", "-O", "DeliveryMode=b", "-oem", program=face, stdin="From: Alice\n <alice@example.org>\nTo: bob@example.com\n\nhi\n", **xdg)
    assert out.returncode == 0 and sink.kept()[before + 1][0]["to"] == ["bob@example.com"], out
    out = eilpost(folder, "-tZ", program=face, stdin="x", **xdg)
    assert out.returncode == 64, out
    nobody = dict(xdg, XDG_CONFIG_HOME=scratch())
    out = eilpost(folder, "-t", program=face, stdin="To: bob@example.com\n\nhi\n", **nobody)
    assert out.returncode == 78 and "no account" in out.stderr, out
    out = eilpost(folder, "--nonsense", program=face, stdin="x", **xdg)
    assert out.returncode == 64, out
    out = eilpost(folder, "-t", program=face, stdin="", **xdg)
    assert out.returncode == 65, out
    assert len(sink.kept()) == before + 2


def whose_it_is():
    """The account by the whole address: anna@ is not a@, and an identity is its account's."""
    dead = config(send="smtp://alice@localhost:9")
    second = config().replace("[account work]", "[account second]")
    identity = "[identity shop]\naccount = second\naddress = shop@example.org\n"
    folder = profile(dead.replace("address = alice@", "address = ice@") + second + "other-addresses = desk@example.org, *@example.net\n" + identity)
    assert "address = ice@example.org" in open(os.path.join(folder, "config")).read()
    for sender in ("alice@example.org", "Alice <ALICE@example.org>", "Alice\n <alice@example.org>", "shop@example.org", "desk@example.org"):
        before = len(sink.kept())
        out = eilpost(folder, "send", "bob@example.com", stdin=f"From: {sender}\nSubject: x\n\nhi\n")
        assert out.returncode == 0 and len(sink.kept()) == before + 1, (sender, out)
    out = eilpost(folder, "send", "bob@example.com", stdin="From: ice@example.org\nSubject: x\n\nhi\n")
    assert out.returncode == 75 and "outbox of work" in out.stderr, out


def S10_waits():
    """No network: it is in the outbox (75), survives, and leaves once when there is one."""
    before = len(sink.kept())
    folder = profile(config(send="smtp://alice@localhost:9"))
    out = eilpost(folder, "send", "bob@example.com", stdin="Subject: waits\n\nhi\n")
    assert out.returncode == 75 and "waits in the outbox" in out.stderr, out
    assert any(name.endswith(".eml") for _, _, names in os.walk(folder) for name in names)
    with open(os.path.join(folder, "config"), "w") as f:
        f.write(config())
    out = eilpost(folder, "sync")
    assert out.returncode == 0, out
    out = eilpost(folder, "sync")
    assert [m["subject"] for m in (email.message_from_bytes(d) for _, d in sink.kept()[before:])] == ["waits"]


def S11_cannot_send():
    """An account without `send` says so; nothing goes by IMAP."""
    out = eilpost(profile(account(server)), "send", "bob@example.com", stdin="Subject: x\n\nhi\n")
    assert out.returncode == 78 and "send" in out.stderr, out


def S12_no_starttls():
    """A server without STARTTLS gets no secret and no mail."""
    before = len(sink.kept())
    log = os.path.join(scratch(), "log")
    out = eilpost(profile(config(send=f"smtp://alice@localhost:{sink.smtp}")), "-d", "4", "-l", log, "send", "bob@example.com", stdin="Subject: x\n\nhi\n")
    assert out.returncode == 75 and "STARTTLS" in out.stderr, out
    said = [line for line in open(log) if "smtp: >" in line]
    assert len(said) == 1 and "EHLO" in said[0], said
    assert len(sink.kept()) == before


def refused():
    """A recipient that is refused: the server's words, and not sent again."""
    before = len(sink.kept())
    folder = profile(config())
    out = eilpost(folder, "send", "reject@example.com", stdin="Subject: x\n\nhi\n")
    assert out.returncode == 69 and "550" in out.stderr, out
    eilpost(folder, "sync")
    assert len(sink.kept()) == before


def beside_an_open_one():
    """The open one has the store: it does the cycle, and takes the mail into its outbox."""
    before = len(sink.kept())
    r = Reader(config=config(check="startup") + "[general]\nundo-send = 0\n")
    r.wait("Number 5").checked()
    server.deliver(mail("While it is open"))
    out = eilpost(r.profile, "sync")
    assert out.returncode == 0 and "eilpost that is open" in out.stdout, out
    r.wait("While it is open")
    out = eilpost(r.profile, "send", "bob@example.com", stdin="Subject: by the first\n\nhi\n")
    assert out.returncode == 0, out
    end = time.monotonic() + limit(8)
    while len(sink.kept()) == before and time.monotonic() < end:
        r.pump(0.1)
    assert [email.message_from_bytes(d)["subject"] for _, d in sink.kept()[before:]] == ["by the first"]
    r.kill()


if __name__ == "__main__":
    run(sync, surroundings, send, sendmail, whose_it_is, S10_waits, S11_cannot_send, S12_no_starttls, refused, beside_an_open_one)

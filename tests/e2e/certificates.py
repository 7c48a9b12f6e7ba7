#!/usr/bin/env python3
"""certificates.py - a server that nobody vouches for: shown, compared, accepted until a day, refused when its key changes.

SPDX-License-Identifier: GPL-3.0-or-later"""
import datetime, hashlib, os, re, ssl, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, account, mail, profile, run

server = Server(CERT="self")
reader = path = None


def fingerprint():
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.imaps)))).hexdigest()


def logins():
    with open(os.path.join(server.dir, "log", "dovecot.log"), errors="replace") as f:
        return f.read().count("Login: user=<alice>")


def grouped(digits):
    return " ".join(digits[i:i + 4] for i in range(0, len(digits), 4))


def config():
    with open(os.path.join(path, "config")) as f:
        return f.read()


def T9_refused_and_shown():
    """Nothing is sent; the trouble names the key, the pane shows what to compare."""
    global reader, path
    server.deliver(mail("Behind the certificate"))
    path = profile(account(server, ca=False))
    before = logins()
    reader = Reader(profile=path, rows=40, cols=100)
    reader.wait("signed itself", 15).wait("M-k: certificate")
    reader.keys("\x1bk").wait(f"Certificate of localhost, port {server.imaps}").wait("No password was sent.")
    digits = fingerprint()
    reader.wait(grouped(digits)[:39]).wait("The clock of this computer says").wait("Valid from").wait("a accepts this key")
    assert logins() == before, "it signed in"


def T10_one_key_accepts_nothing():
    for typed in ("\r", "12345678\r", "y\r"):
        reader.keys("a").wait("First 8 digits")
        reader.keys(typed).gone("First 8 digits")
    assert "pins" not in config(), config()
    reader.wait("nothing was accepted")


def T9_accepted_until_a_day():
    reader.keys("a").wait("First 8 digits").keys(grouped(fingerprint())[:14] + "\r").wait("For how many days?")
    reader.keys("\x1530\r").wait("is accepted until").wait("You made an exception for that")
    line = re.search(r"^pins = localhost:(\d+) sha256:([0-9a-f]{64}) until (\S+) for (\S+)$", config(), re.M)
    assert line and int(line[1]) == server.imaps and "untrusted" in line[4], config()
    last = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=30)
    assert abs((datetime.date.fromisoformat(line[3]) - last).days) <= 1, line[3]
    reader.keys("q").wait("Behind the certificate", 15)
    reader.quit()


def T9_the_next_start_asks_nothing():
    global reader
    reader = Reader(profile=path, rows=30, cols=100)
    reader.wait("Behind the certificate", 15).checked(15)
    assert "signed itself" not in reader.text, reader.text
    reader.quit()


def T9_another_key_is_refused():
    """The accepted key is another one: as after a change, or with somebody in between."""
    global reader
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "ab" * 32, config())
    with open(os.path.join(path, "config"), "w") as f:
        f.write(text)
    before = logins()
    reader = Reader(profile=path, rows=15, cols=50)
    reader.wait("M-k: certificate", 15)
    reader.keys("\x1bk").wait("another key").wait("accepted key").wait("abab abab abab abab")
    assert logins() == before, "it signed in"


def T9_the_old_one_is_not_taken_back_by_one_key():
    reader.keys("x").wait("First 8 digits").keys("\r")
    assert "abab" in config(), config()
    reader.keys("q").gone("accepted key").quit()


def T9_ended():
    global reader
    text = re.sub(r"sha256:\S+ until \S+", "sha256:" + "ab" * 32 + " until 2020-01-01", config())
    with open(os.path.join(path, "config"), "w") as f:
        f.write(text)
    reader = Reader(profile=path, rows=30, cols=100)
    reader.wait("M-k: certificate", 15)
    reader.keys("\x1bk").wait("You accepted a key for this server; that ended on")
    reader.keys("q").gone("You accepted a key").quit()


if __name__ == "__main__":
    run(T9_refused_and_shown, T10_one_key_accepts_nothing, T9_accepted_until_a_day, T9_the_next_start_asks_nothing, T9_another_key_is_refused,
        T9_the_old_one_is_not_taken_back_by_one_key, T9_ended)

#!/usr/bin/env python3
# passwords.py - passwords asked for in a terminal, kept, replaced, forgotten; a keyring that hangs.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# SEED S4: one refused sign-in, and the person is asked; issue 5 "Secrets".
import os, re, socket, stat, subprocess, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import *
import pexpect

KEY = "open sesame"
NO_BUS = dict(DBUS_SESSION_BUS_ADDRESS="", XDG_RUNTIME_DIR="/nonexistent")
STORE = f"[general]\ntoken-store = file\ntoken-key-command = echo {KEY}\nundo-send = 0\n"


def world():
    server = Server()
    server.deliver(mail("Welcome to the garden"))
    return server


def sign_ins(proxy):
    return len(re.findall(rb"AUTHENTICATE|LOGIN ", proxy.said))


def watched(server, **rest):
    """An account whose sign-ins can be counted."""
    proxy = SlowProxy(server.imap)
    return proxy, account(server, port=proxy.port, scheme="imap+insecure", password=None, ca=False, **rest)


def kept_in_the_sealed_file():
    server = world()
    r = Reader(config=account(server, password=None) + "[general]\ntoken-store = file\n", rows=24, cols=80, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("Shall the password of work be kept").wait("encrypts")
    r.keys("1").wait("Choose a passphrase").keys(KEY + "\r").wait("once more").keys(KEY + "\r").wait("Welcome to the garden")
    r.wait(lambda r: os.path.exists(os.path.join(r.profile, "store", "tokens")))
    assert r.quit()[0] == 0
    tokens = os.path.join(r.profile, "store", "tokens")
    assert stat.S_IMODE(os.stat(tokens).st_mode) == 0o600 and b"secret" not in open(tokens, "rb").read()
    server.deliver(mail("A second letter"))
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait("Passphrase of the stored").keys(KEY + "\r").wait("A second letter")
    assert "Password of" not in r.text
    r.keys(":forget-password\r").wait("stored password of work is forgotten")
    assert r.quit()[0] == 0
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait("Passphrase of the stored").keys(KEY + "\r").wait("Password of alice")
    r.kill()


def not_kept():
    server = world()
    r = Reader(config=account(server, password=None) + STORE, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("Shall the password of work be kept").keys("2").wait("Welcome to the garden")
    assert r.quit()[0] == 0
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("Shall the password of work be kept").keys("3").wait("not asked again")
    assert r.quit()[0] == 0 and "keep-password = no" in open(os.path.join(r.profile, "config")).read().replace("keep-password=no", "keep-password = no")
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("Welcome to the garden").checked()
    assert "Shall the password" not in r.text
    r.kill()


def S4_refused_once_and_replaced():
    """What is kept is refused: one attempt, one question; the new one takes its place."""
    server = world()
    proxy, config = watched(server, extra="keep-password = yes\n")
    r = Reader(config=config + STORE, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("The password of work is kept", 20)
    assert r.quit()[0] == 0 and sign_ins(proxy) == 1
    server.set_password("rotated")
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait("Not accepted. Password of alice", 20)
    r.pump(3)
    assert sign_ins(proxy) == 2
    r.keys("wrong\r").wait(lambda r: sign_ins(proxy) == 3, 20).pump(2)    # the question before reads the same
    r.wait("Not accepted. Password of alice", 20)
    assert sign_ins(proxy) == 3
    r.keys("rotated\r").wait("The password of work is kept", 20)
    assert "Shall the password" not in r.text and r.quit()[0] == 0
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait(lambda r: sign_ins(proxy) == 5, 20).checked(20)
    assert "Password of" not in r.text and sign_ins(proxy) == 5
    assert r.quit()[0] == 0


def a_question_comes_first():
    """The refusal comes while the question about keeping is open: its answer goes to it, and then the password is asked for."""
    server = world()
    r = Reader(config=account(server, password=None) + STORE, **NO_BUS)
    r.wait("Password of alice").keys("wrong\r").wait("be kept", 10).wait("sign-in refused", 30).pump(1)
    assert "Not accepted" not in r.text, r.text
    r.keys("2").wait("Not accepted. Password of alice", 10).keys("secret\r").wait("be kept", 10).keys("2").wait("Welcome to the garden", 20)
    r.kill()


def sending_has_its_own():
    server = world()
    server.set_password("different", "bob")
    mta = Exim(server)
    config = account(server, password=None, send=mta, address="alice@localhost").replace("smtp://alice@", "smtp://bob@")
    assert "smtp://bob@" in config, config
    r = Reader(config=config.replace("[account work]\n", "[account work]\nkeep-password = yes\n") + STORE, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("Welcome to the garden", 20)
    text = "From: alice@localhost\nTo: alice@localhost\nSubject: By the other name\n\nHello\n"
    done = subprocess.Popen([EILPOST, "-P", r.profile, "send", "alice@localhost"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    done.stdin.write(text)
    done.stdin.close()
    r.wait("Password of bob at", 20).keys("secret\r").wait("Not accepted. Password of bob", 30).keys("different\r").wait("By the other name", 40)
    done.wait(60)
    r.keys("j").pump(0.5)
    assert r.quit()[0] == 0
    # both are there at the next start
    r = Reader(profile=r.profile, **NO_BUS)
    r.wait("By the other name", 20)
    done = subprocess.Popen([EILPOST, "-P", r.profile, "send", "alice@localhost"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    done.stdin.write(text.replace("other name", "other name again"))
    done.stdin.close()
    r.wait("other name again", 40)
    assert "Password of" not in r.text
    done.wait(60)
    r.kill()


def keyring_that_hangs():
    """A session bus that takes connections and never answers: the screen is there, and the person is asked."""
    server = world()
    bus = os.path.join(scratch(), "bus")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(bus)
    listener.listen(8)
    begun = time.monotonic()
    r = Reader(config=account(server, password=None), DBUS_SESSION_BUS_ADDRESS=f"unix:path={bus}")
    r.wait("Inbox", 8).wait("Password of alice", 20)
    said = time.monotonic() - begun
    r.keys("secret\r").wait("Welcome to the garden", 20)
    r.keys("q").pump(0.2)
    assert r.quit()[0] == 0
    print(f"# asked after {said:.1f} s")


def removed():
    """Whose files are kept is asked for the password when the account comes again; a passphrase that is declined is asked for anew."""
    server = world()
    config = account(server, password=None)
    asks = "[general]\ntoken-store = file\n"
    r = Reader(config=config + STORE, rows=30, cols=100, **NO_BUS)
    r.wait("Password of alice").keys("secret\r").wait("Shall the password of work be kept").keys("1").wait("Welcome to the garden")
    r.wait(lambda r: os.path.exists(os.path.join(r.profile, "store", "tokens"))).quit()
    with open(os.path.join(r.profile, "config"), "w") as f:
        f.write(config + asks)
    r = Reader(profile=r.profile, rows=30, cols=100, **NO_BUS)
    r.wait("Passphrase of the stored sign-ins").keys("\x1b").wait("Password of alice").keys("\x1b").gone("Password of alice")
    r.keys("\x1b[12~").wait("Settings").keys("\t").keys(":remove-account\r").wait("Remove the account “work”?").wait("which is forgotten in any case")
    tokens = os.path.join(r.profile, "store", "tokens")
    before = open(tokens, "rb").read()
    r.keys("2").wait("Passphrase of the stored sign-ins").keys(KEY + "\r").wait(lambda r: open(tokens, "rb").read() != before).kill()
    assert "account work" not in open(os.path.join(r.profile, "config")).read()
    assert any(name.startswith("work") for name in os.listdir(os.path.join(r.profile, "store"))), os.listdir(os.path.join(r.profile, "store"))
    with open(os.path.join(r.profile, "config"), "w") as f:
        f.write(config + STORE)
    r = Reader(profile=r.profile, rows=30, cols=100, **NO_BUS)
    r.wait("Welcome to the garden").wait("Password of alice").keys("\x1b").kill()


def test_sign_in():
    """It really signs in, for both, and says the result; a password that is kept nowhere is asked for."""
    server = world()
    mta = Exim(server)
    r = Reader(config=account(server, send=mta, address="alice@localhost", check="manual"), **NO_BUS)
    r.wait("Inbox").keys(":test-sign-in\r").wait("work signs in for receiving").wait("and for sending")
    server.set_password("other")
    r.keys("\x1b[12~").wait("Settings").keys("\t").keys("t").wait("does not sign in for receiving", 30).wait("refused the sign-in of alice").keys("q")
    r.kill()
    proxy, config = watched(server, check="manual")
    r = Reader(config=config + STORE, **NO_BUS)
    r.wait("Inbox").keys(":test-sign-in\r").wait("for this test").keys("other\r").wait("work signs in for receiving").wait("no server for sending")
    assert sign_ins(proxy) == 1
    r.kill()


def locked_key():
    """The passphrase of client-key is asked for by all who connect: the test of the sign-in, and verify; without it they say so."""
    server = world()
    key, cert = (os.path.join(scratch(), name) for name in ("key.pem", "cert.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", f"pass:{KEY}", "-days", "2", "-subj", "/CN=alice",
                    "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    r = Reader(config=account(server, check="manual", extra=f"client-certificate = {cert}\nclient-key = {key}\n"), **NO_BUS)
    r.wait("Inbox").keys(":test-sign-in\r").wait("Passphrase of the key").keys(KEY + "\r").wait("work signs in for receiving")
    r.keys(":test-sign-in\r").wait("Passphrase of the key").keys("no\r").wait("That is not the passphrase of the key").keys("q").gone("not the passphrase")
    r.keys("G").wait("Passphrase of the key").keys(KEY + "\r").wait("Welcome to the garden").quit()
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **NO_BUS}
    p = pexpect.spawn(EILPOST, ["-P", r.profile, "verify"], env=environment, timeout=limit(15), encoding="utf-8")
    p.expect("Passphrase of the key")
    p.sendline(KEY)
    p.expect("Store and server agree")
    p.expect(pexpect.EOF)
    said = subprocess.run([EILPOST, "-P", r.profile, "verify"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit(60), env=environment)
    assert said.returncode != 0 and "its passphrase was not given" in said.stderr, said


if __name__ == "__main__":
    run(kept_in_the_sealed_file, not_kept, S4_refused_once_and_replaced, a_question_comes_first, sending_has_its_own, keyring_that_hangs, removed, test_sign_in, locked_key)

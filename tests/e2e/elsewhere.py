#!/usr/bin/env python3
"""elsewhere.py - what a second client does in folders that are not open here.

SPDX-License-Identifier: GPL-3.0-or-later"""
import json, os, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Server, account, mail, profile, run, sync

FOLDERS = ("Archive", "Sent", "Trash")


def server_with_mail(variant):
    server = Server(VARIANT=variant)
    server.deliver(mail("In the inbox"))
    for folder in FOLDERS:
        server.deliver(*[mail(f"{folder} {i}") for i in range(1, 6)], folder=folder)
    return server


def verified(path):
    """Which folders differ."""
    out = subprocess.run([EILPOST, "-P", path, "verify", "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                         env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert out.returncode in (0, 1), (out.stdout, out.stderr)
    return [f["name"] for f in json.loads(out.stdout)["folders"] if not f["agrees"]]


def meddle(server):
    """Counts stay as they were in each: a flag, a keyword, an answer; one goes and another comes."""
    c = server.client("Archive")
    c.store("2", "+FLAGS", "(\\Flagged)")
    c.store("3", "+FLAGS", "(Important)")
    c.select("Sent")
    c.store("4", "+FLAGS", "(\\Answered)")
    c.select("Trash")
    c.store("1", "+FLAGS", "(\\Deleted)")
    c.expunge()
    c.logout()
    server.deliver(mail("Trash 6"), folder="Trash")


def S33_sync_then_verify_agrees(variant=""):
    """`eilpost sync` has what a second client changed in folders whose counts are the same."""
    server = server_with_mail(variant)
    path = profile(account(server, check="manual"))
    assert sync(path)[0] == 0
    assert sync(path)[0] == 0
    assert verified(path) == [], verified(path)
    meddle(server)
    assert set(FOLDERS) <= set(verified(path)), verified(path)
    assert sync(path)[0] == 0
    assert verified(path) == [], verified(path)
    server.stop()


def S33_the_same_as_exchange():
    """No MODSEQ there: each folder's flags are looked at."""
    S33_sync_then_verify_agrees("exchange")


if __name__ == "__main__":
    run(S33_sync_then_verify_agrees, S33_the_same_as_exchange)

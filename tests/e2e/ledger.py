#!/usr/bin/env python3
"""ledger.py - what lies on a POP3 server is shown, and nothing is removed there before the person has seen it and agreed; against Dovecot.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os, poplib, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, mail, run

server = Server()
server.deliver(mail("Alpha"), mail("Beta"), mail("Gamma"))


def on_server():
    pop = poplib.POP3("127.0.0.1", int(server.env["POP3_PORT"]))
    pop.user("alice")
    pop.pass_("secret")
    n = len(pop.list()[1])
    pop.quit()
    return n


def config(keep):
    return (f"[account home]\naddress = alice@example.org\nreceive = pop3s://alice@localhost:{server.env['POP3S_PORT']}\n"
            f"password-command = echo secret\nca-file = {server.ca}\ncheck = manual\nkeep-on-server = {keep}\n")


def keeps_all_by_default():
    r = Reader(config=config("yes"))
    r.wait("manual").keys("G").wait("Gamma").wait("Alpha")
    r.keys("\x1bl").wait("On the POP3 server").wait("3 mails").wait("everything stays on the server").wait("stays")
    r.keys("D").wait("Nothing is due").keys("q").gone("On the POP3 server")
    assert r.quit()[0] == 0
    assert on_server() == 3


def asks_before_the_first_removal():
    r = Reader(config=config("no"))
    r.wait("manual").keys("G").wait("Gamma")
    # nothing jumps at the person: a line says it
    r.wait("3 mails may be removed from the server")
    assert on_server() == 3
    r.keys("\x1bOS").wait("On its way").keys("\x1b[F\r").wait("On the POP3 server").wait("due: 3 mails").wait("due: asks you")
    r.keys("D").wait("Remove 3 mails").wait("other programs").keys("\r").wait("Everything stays on the server for now").wait("due: asks you")
    r.keys("qq").gone("On its way").keys("G").wait("3 mails may be removed from the server")
    assert on_server() == 3
    r.keys("\x1bl").wait("due: asks you").keys("D").wait("Remove 3 mails").keys("2").wait("removed from the server now")
    r.wait(lambda r: "0 mails" in r.text)
    assert on_server() == 0
    r.keys("q").wait("Gamma").wait("Alpha")    # here they stay
    # from now on by itself
    server.deliver(mail("Delta"))
    r.keys("G").wait("Delta").pump(1)
    assert "may be removed" not in r.text
    r.keys("G").pump(1)
    r.wait(lambda r: on_server() == 0)
    assert r.quit()[0] == 0


run(keeps_all_by_default, asks_before_the_first_removal)

#!/usr/bin/env python3
"""reading.py - reading mail as a person does: the demo's mails, by keys, looking at the screen.

SPDX-License-Identifier: GPL-3.0-or-later"""
import glob, os, re, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Reader, Server, limit, mail, run, scratch

server = Server(demo=True)
server.deliver(mail("The oldest of the new", "First line\n\n> quoted once\n> and again\n> and a third time\n> and a fourth\n\nAnswer below.\n" + "\n".join(f"line {i}" for i in range(60)) + "\nthe very end\n"),
               mail("With two files", "--b\nContent-Type: text/plain\n\nSee the files.\n--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=\"../../evil name.csv\"\nContent-Transfer-Encoding: base64\n\nYSxiLGMKMSwyLDMK\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=data.bin\nContent-Transfer-Encoding: base64\n\nAAECAwQFBgcICQ==\n--b--\n", extra="MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
               mail("=?utf-8?Q?Bell_=07_and_=1B]0;title=07?=", "Red \x1b[31mred\x1b[0m \x9b31m and \x07 bell \x0e shift ‮turned\n"),
               mail("The newest", "Hello from the newest.\n"))
reader = Reader(server)


def first_screen():
    reader.wait("The newest").wait("The oldest of the new")
    rows = [reader.row(s) for s in ("The newest", "With two files", "The oldest of the new")]
    assert rows == sorted(rows) and rows[0] > 0, reader.text    # newest first
    reader.wait("work / Inbox").wait("Gärten & Höfe").wait("push")
    assert "The newest" in reader.selected(), reader.selected()


def open_and_close():
    reader.keys("\r").wait("Hello from the newest.")
    reader.keys("q").gone("Hello from the newest.")
    assert "The newest" in reader.selected()
    reader.wait(lambda r: "●" not in r.selected())    # it is read now


def no_control_byte_gets_through():
    before = len(reader.raw)
    reader.keys("j\r").wait("bell")
    reader.wait("turned").wait("[31m")    # shown, without its ESC
    drawn = reader.raw[before:]
    assert b"\x1b[31mred" not in drawn and b"\x1b]0;title" not in drawn, drawn
    for bad in (b"\x07", b"\x0e", "\u202e".encode(), b"\xc2\x9b"):
        assert bad not in drawn, bad
    reader.keys("q").gone("turned")


def attachments():
    folder = scratch()
    reader.keys("j\r").wait("See the files.")
    reader.keys("v").wait("evil name.csv")
    reader.keys("s").wait("Save as")
    reader.keys("\x15" + folder + "/\r").wait("Saved as")
    names = os.listdir(folder)
    assert len(names) == 1 and "/" not in names[0] and not names[0].startswith("."), names
    assert open(os.path.join(folder, names[0]), "rb").read() == b"a,b,c\n1,2,3\n"
    reader.keys("s\x15" + folder + "/\r").wait("Write over it")    # asks before it writes over
    reader.keys("n").wait("Nothing was written")
    with open(os.path.join(folder, names[0]), "w") as f:
        f.write("old")
    reader.keys("s\x15" + folder + "/\r").wait("Write over it").keys("y").wait("Saved as")
    assert open(os.path.join(folder, names[0]), "rb").read() == b"a,b,c\n1,2,3\n"
    reader.keys("S\x15" + folder + "\r").wait("attachments go to")
    reader.wait(lambda r: os.path.exists(os.path.join(folder, "data.bin")))
    assert open(os.path.join(folder, "data.bin"), "rb").read() == bytes(range(10))
    assert len(os.listdir(folder)) == 3    # the first name was taken
    # other panes lie over the list of attachments, and it is there again behind them
    for key, words in (("\x1bOS", "On its way"), ("\x1bOQ", "Send and receive"), ("?", "Help: keys")):
        reader.keys(key).wait(words).keys("q").gone(words).wait("Attachments and parts")
    reader.keys("qq").gone("See the files.")


def attachments_from_the_list():
    """One key: the message is opened, and its attachments are listed when they are known."""
    r = Reader(server, rows=30, cols=100)
    r.wait("The newest").go("With two files").keys("v").wait("Attachments and parts").wait("evil name.csv")
    r.kill()


def two_of_one_name():
    """Neither is here when both are asked for: both are saved. Tab knows ~."""
    parts = "".join(f"--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=image.png\nContent-Transfer-Encoding: base64\n\n{(c * 76 + chr(10)) * 5000}" for c in "AB")
    other = Server()
    other.deliver(mail("Twins", f"--b\nContent-Type: text/plain\n\nSee both.\n{parts}--b--\n", extra="MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"))
    home = scratch()
    os.mkdir(os.path.join(home, "Pictures"))
    r = Reader(other, HOME=home).wait("Twins").checked()
    r.keys("\r").wait("See both.").keys("v").wait("image.png").keys("S").wait("Save all")
    r.keys("\x15~/Pi\t").wait("~/Pictures/").keys("\r")
    saved = lambda: {f: (os.path.getsize(f), open(f, "rb").read(1)) for f in glob.glob(os.path.join(home, "Pictures", "*.png"))}
    r.wait(lambda r: sorted(saved().values()) == [(285000, b"\0"), (285000, b"\4")], 20)
    assert sorted(os.path.basename(f) for f in saved()) == ["image-2.png", "image.png"]
    r.kill()


def scroll_quotes_headers():
    reader.keys("j\r").wait("quoted once")
    reader.keys("T").wait("quoted lines").gone("quoted once")
    reader.keys("T").wait("quoted once")
    reader.keys("h").wait("Message-ID")
    reader.keys("h").gone("Message-ID")
    reader.keys("\x1b[F").wait("the very end")
    reader.keys("\x1b[H").wait("quoted once")
    reader.keys("/line 57\r").wait("line 57")
    reader.keys("q").gone("line 57")


def search_and_limit():
    reader.keys("=").keys("/the newest\r").wait("The newest")
    reader.keys("l").wait("Show only").keys("~s hiking").wait("Hiking in the mountains").gone("With two files")    # as it is typed
    reader.keys("\r").wait("limit: ~s hiking")
    reader.keys("l\x15\r").wait("With two files").gone("limit:")
    reader.keys("l~s (\r").wait("work / Inbox").gone("limit:")    # a mistake changes nothing
    reader.keys("=")


def next_unread():
    reader.keys("=").wait(lambda r: "The newest" in r.selected()).keys("\t").wait(lambda r: "●" in r.selected())
    first = reader.selected()
    reader.keys("\t").wait(lambda r: "●" in r.selected() and r.selected() != first)


def flags_reach_the_server():
    reader.keys("=").wait(lambda r: "The newest" in r.selected())
    reader.keys("F").wait("1 message flagged")
    reader.keys("kN").wait("marked as unread")
    client = server.client("INBOX", readonly=True)
    end = 40
    for i in range(end):
        uid = client.uid("SEARCH", "SUBJECT", '"The newest"')[1][0]
        flags = client.uid("FETCH", uid, "(FLAGS)")[1][0].decode()
        if "\\Flagged" in flags and "\\Seen" not in flags:
            break
        reader.pump(0.1)
        client.noop()
    assert "\\Flagged" in flags and "\\Seen" not in flags, flags
    client.logout()


def folders():
    reader.keys("c").wait("Open folder").keys("höfe\r").wait(lambda r: "Gärten & Höfe" in r.lines[0])
    reader.wait(lambda r: re.search(r"\d+ messages", r.lines[0]))
    reader.keys("y").wait(lambda r: "Höfe" in r.selected()).keys("\x1b[A" * 3).keys("\r")
    reader.wait(lambda r: "Höfe" not in r.lines[0])
    reader.keys("cinbox\r").wait("The newest")


def help_and_unknown_key():
    reader.keys("?").wait("Help: keys in the list of messages").wait("next-unread").keys("q").gone("Help: keys")
    reader.keys("%").wait("has no meaning here")
    reader.keys(":").keys("nonsense-command\r").wait("nonsense-command")
    reader.keys(":hel").wait("Show the keys and commands").keys("\x1b").gone("Show the keys and")


def help_is_read_whole():
    """What a command does stands there whole in the narrowest window, on several rows."""
    reader.resize(400, 50)    # all of it at once: pages could be turned faster than they are drawn
    reader.keys("?").wait("Help: keys")
    reader.wait(lambda r: "in the message, open the next one" in " ".join(" ".join(line[18:] for line in r.lines[1:-1]).split()))
    reader.keys("q").gone("Help: keys").resize(30, 100)


def sizes():
    for rows, cols in ((24, 80), (15, 50), (6, 20), (40, 160), (30, 110)):
        reader.resize(rows, cols)
        reader.keys("\x0c").wait("The newest"[:8])
        assert len(reader.text) > 20, (rows, cols, reader.text)
        reader.keys("\r")
        if rows >= 10:
            reader.wait("Hello")
        reader.pump(0.3)
        reader.keys("q").pump(0.3)


def all_demo_mails_open():
    """Every mail of the demo opens, one after the other, and the reader lives."""
    reader.keys("=\r").wait("Hello from the newest.")
    for i in range(239):
        reader.keys("j").pump(0.01)
    reader.keys("j").wait("This is the last message", 20)
    reader.keys("q").pump(0.2)


def quit():
    status, seconds = reader.quit()
    assert status == 0 and seconds < limit(2), (status, seconds)
    assert b"\x1b[?1049l" in reader.raw    # the alternate screen is left


def offline_again():
    """What was read once is there without any server, at once."""
    server.stop()
    again = Reader(profile=reader.profile, config=None)
    again.wait("The newest", 2)
    again.keys("\r").wait("Hello from the newest.", 2)
    again.keys("q").wait("can't be reached", 5)
    status, seconds = again.quit()
    assert status == 0 and seconds < limit(2), (status, seconds)


run(first_screen, open_and_close, no_control_byte_gets_through, attachments, attachments_from_the_list, two_of_one_name, scroll_quotes_headers, search_and_limit, next_unread, flags_reach_the_server,
    folders, help_and_unknown_key, help_is_read_whole, sizes, all_demo_mails_open, quit, offline_again)

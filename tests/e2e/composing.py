#!/usr/bin/env python3
"""composing.py - writing mails as a person does: fields, text, files, drafts that survive kill -9, $EDITOR, answers; what arrives is looked at.

SPDX-License-Identifier: GPL-3.0-or-later"""
import email, email.policy, glob, os, signal, sqlite3, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import EILPOST, Proxy, Reader, Server, Sink, account, limit, mail, run, scratch

ESC = "\x1b"
server, sink = Server(), Sink()
server.deliver(mail("Plans for the lake", "Shall we go on Friday?\n\n> earlier words\n\nBob\n", extra="Cc: Anna Weber <anna@example.net>\r\n"),
               mail("With a file", "--b\nContent-Type: text/plain\n\nHere it is.\n--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=\"numbers.csv\"\n"
                    "Content-Transfer-Encoding: base64\n\nYSxiLGMKMSwyLDMK\n--b--\n", extra="MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"))
home = scratch()
with open(os.path.join(home, "sig"), "w") as f:
    f.write("Alice Example\nGärten & Höfe\n")
CONFIG = account(server, extra=f"full-name = Alice Example\nsend = smtp+insecure://alice@127.0.0.1:{sink.smtp}\nsent = no copy\n"
                 f"signature-file = {home}/sig\n[identity club]\naddress = alice@club.example\n[general]\nundo-send = 0\n")
reader = None


def begin(profile=None, subject="Plans for the lake", **more):
    """A reader of its own, in a folder of its own."""
    global reader
    if reader:
        reader.kill()
    reader = Reader(config=CONFIG, profile=profile, **{"EDITOR": "", "VISUAL": "", **more})
    reader.wait(subject)
    return reader


def arrived(n):
    end = time.monotonic() + limit(10)
    while len(sink.kept()) < n:
        assert time.monotonic() < end, f"{len(sink.kept())} of {n} mails came\n{reader.text}"
        reader.pump(0.1)
    envelope, raw = sink.kept()[n - 1]
    assert b"\r\n" in raw and b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    return envelope, email.message_from_bytes(raw, policy=email.policy.default)


def content(m):
    return m.get_content().replace("\r\n", "\n")


def paste(text):
    return f"{ESC}[200~{text}{ESC}[201~"


def new_mail(to="bob@example.com", subject="A subject", text="Hello."):
    reader.keys("m").wait("Writing a mail")
    reader.keys(to + "\r").keys("\r").keys(subject + "\r").keys(text)
    return reader.wait(text.splitlines()[-1][:30])


def discard():
    """Out of the composer, whatever it shows."""
    reader.keys("\x03").wait(lambda r: "What becomes of this mail?" in r.text or "Writing" not in r.text)
    if "What becomes" in reader.text:
        reader.keys("2")
    reader.gone("Writing")


def drafts(account="*"):
    """How many the store has: the engine takes one away a little later than the screen."""
    n = 0
    for path in glob.glob(os.path.join(reader.profile, "store", f"{account}.db")):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        n += db.execute("SELECT count(*) FROM outbox WHERE state = 0").fetchone()[0]
        db.close()
    return n


def write_and_send():
    begin()
    reader.keys("m").wait("Alice Example <alice@example.org>").wait("Gärten & Höfe")
    reader.keys("Bob Meyer <bob@example.com>, anna@example.net\r").keys("carl@example.com\t").keys("Grüße vom See 日本\r")
    reader.keys("Lieber Bob,\r\rdas ist ein Absatz.").wait("das ist ein Absatz.").wait("Writing: Grüße vom See")
    reader.keys(ESC).wait("y send").keys("b").keys("secret@example.com").wait("secret@example.com").gone("y send").keys(ESC).wait("y send")
    reader.keys("y").gone("Writing")
    envelope, m = arrived(1)
    assert m["subject"] == "Grüße vom See 日本", m["subject"]
    assert m["to"] == "Bob Meyer <bob@example.com>, anna@example.net" and m["cc"] == "carl@example.com" and m["bcc"] is None, str(m)
    assert "secret@example.com" in str(envelope) and "secret@example.com" not in str(m)
    text = content(m)
    assert "Lieber Bob,\n\ndas ist ein Absatz." in text and "\n-- \nAlice Example\nGärten & Höfe\n" in text, text
    assert m["from"] == "Alice Example <alice@example.org>" and m["message-id"] and m["date"]


def address_error_at_its_field():
    new_mail(to="bob")
    reader.wait("“bob” is not a mail address")
    reader.keys("\x18").pump(0.3)
    assert "Writing" in reader.text and len(sink.kept()) == 1
    reader.wait(lambda r: "bob" in r.selected() and "To" in r.selected())    # the cursor is where the mistake is
    reader.keys("@example.com").keys("\t").gone("is not a mail address")
    discard()


def questions_before_it_leaves():
    reader.keys("m").wait("Writing a mail").keys("bob@example.com\t\t\tI have attached the plan.")
    reader.keys("\x18").wait("The mail has no subject.").keys("1").gone("The mail has no subject.")
    assert "Subject" in reader.selected()
    reader.keys("\x18").wait("The mail has no subject.").keys("2").wait("“attached” stands in the text")
    reader.keys("3").gone("stands in the text").wait("Writing a mail")
    discard()


def reply_with_quote():
    reader.keys("=").wait("With a file").keys("j").wait(lambda r: "Plans for the lake" in r.selected())
    reader.keys("r").wait("Writing: Re: Plans for the lake").wait("Bob Meyer <bob@example.com>").wait("> Shall we go on Friday?").wait(">> earlier words")
    assert "Anna" not in reader.lines[3]
    reader.keys("Yes, gladly.").wait("Yes, gladly.")
    assert reader.row("Yes, gladly.") > reader.row("> Shall we go") and reader.row("Yes, gladly.") < reader.row("Gärten & Höfe")
    reader.keys("\x18").gone("Writing")
    _, m = arrived(2)
    assert m["in-reply-to"] and m["references"] == m["in-reply-to"] and m["subject"] == "Re: Plans for the lake"
    assert "> Shall we go on Friday?" in content(m)


def reply_to_all():
    reader.keys("\x1b").pump(0.1)
    reader.keys("=").keys("j").wait(lambda r: "Plans for the lake" in r.selected())
    reader.keys("g").wait("Writing: Re: Plans").wait("anna@example.net")
    assert "alice@example.org" not in "\n".join(reader.lines[2:5]), reader.text    # oneself is left out
    discard()


def reply_to_no_list():
    reader.keys("L").wait("names no mailing list")
    assert "Writing" not in reader.text
    reader.keys("q").wait(lambda r: "Plans for the lake" in r.selected())


def forward_brings_the_file():
    reader.keys("\x1b").pump(0.1)
    reader.keys("=").wait(lambda r: "With a file" in r.selected())
    reader.keys("f").wait("Writing: Fwd: With a file").wait("numbers.csv")
    reader.keys("bob@example.com").keys("\x18").gone("Writing")
    _, m = arrived(3)
    parts = list(m.iter_attachments())
    assert len(parts) == 1 and parts[0].get_filename() == "numbers.csv", [p.get_filename() for p in parts]
    assert parts[0].get_payload(decode=True) == b"a,b,c\n1,2,3\n"


def forward_whole_and_bounce():
    reader.keys("\x1bf").wait("Writing: Fwd: With a file").wait("message/rfc822", 10)
    reader.keys("bob@example.com").keys("\x18").gone("Writing")
    _, m = arrived(4)
    part = next(m.iter_attachments())
    assert part.get_content_type() == "message/rfc822" and part.get_content()["subject"] == "With a file"
    reader.keys("b").wait("Bounce the message").keys("carl@example.com\r")
    envelope, m = arrived(5)
    assert m["resent-to"] and "carl@example.com" in str(envelope) and m["subject"] == "With a file" and m["from"] == "Bob Meyer <bob@example.com>"


def files_by_the_picker():
    folder = os.path.join(home, "files")
    os.makedirs(os.path.join(folder, "sub"))
    for name, data in (("one.txt", b"1\n"), ("two.bin", bytes(range(256))), (".hidden", b"h"), ("sub/Ümläut.pdf", b"%PDF-1.4\n"), ("bad\x1b[31m\nname.txt", b"x")):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    reader.keys(ESC).pump(0.1)
    new_mail(subject="Files")
    reader.keys(ESC).wait("y send").keys("a").wait("Choose files")
    reader.keys("/").wait("Folder or file:").keys("\x15" + folder + "\r").wait("two.bin").wait("sub/")
    assert ".hidden" not in reader.text
    reader.keys(".").wait(".hidden").keys(".").gone(".hidden")
    reader.keys("tw").wait("only “tw”").gone("one.txt").keys("\x7f\x7f").wait("one.txt")
    reader.keys("sub\r").wait("Ümläut.pdf").keys(" ").wait("1 marked")
    reader.keys("\x7f").wait("two.bin").keys("two").gone("one.txt").keys(" ").wait("2 marked").keys("\r").wait("Attached")
    reader.wait("two.bin").wait("Ümläut.pdf")
    assert b"\x1b[31m\n" not in reader.raw
    reader.keys("a").wait("Choose files").wait("one.txt").keys("one\r").gone("Choose files").wait("one.txt")
    reader.keys("a").wait("Choose files").keys(ESC).gone("Choose files")
    while "one.txt" not in reader.selected():
        reader.keys(ESC + "[B").pump(0.05)
    reader.keys("D").gone("one.txt")    # taken away again
    reader.keys("y").gone("Writing")
    _, m = arrived(6)
    parts = {p.get_filename(): p.get_payload(decode=True) for p in m.iter_attachments()}
    assert parts == {"two.bin": bytes(range(256)), "Ümläut.pdf": b"%PDF-1.4\n"}, parts


def vanished_file():
    path = os.path.join(home, "soon-gone.txt")
    with open(path, "w") as f:
        f.write("x")
    new_mail(subject="Gone")
    reader.keys(ESC).wait("y send").keys("a").wait("Choose files").keys("/\x15" + path + "\r").wait("soon-gone.txt")
    os.unlink(path)
    reader.keys("y").wait("soon-gone.txt").pump(0.3)
    assert "Writing: Gone" in reader.text and len(sink.kept()) == 6, reader.text
    reader.keys("P").wait("The draft is kept")
    reader.keys("R").wait("Writing: Gone").wait("gone")
    discard()


def bad_pastes():
    reader.keys("m").wait("Writing a mail")
    reader.keys(paste("bob@example.com\r\nBcc: evil@example.org\nX-Evil: 1")).pump(0.2)
    reader.keys("\t").wait("is not a mail address").keys("\t")
    assert [n for n, line in enumerate(reader.lines) if "evil" in line] == [2, 3]    # all of it in To, and refused whole
    reader.keys(paste("x" * (10 << 20))).wait("That is too long for this field", 20)
    reader.keys("Short\t").keys(paste("one\r\ntwo\nthree")).wait("three")
    reader.keys("\x1f").gone("three").keys("\x1b_").wait("three")    # one step, there and back
    reader.keys("\x18").pump(0.3)
    assert "Writing: Short" in reader.text and len(sink.kept()) == 6
    discard()


def kept_through_a_kill():
    profile = os.path.join(scratch(), "profile")
    begin(profile)
    new_mail(subject="Survivor", text="Words that must not be lost.")
    reader.keys(" xxxxxx" * 30).wait("kept", 5)    # 200 keys: at once
    reader.keys(" and the end").wait("kept").pump(0.2)
    time.sleep(11)    # ten seconds: by itself
    reader.wait(lambda r: any(b"and the end" in open(p, "rb").read() for p in glob.glob(os.path.join(profile, "store", "*.d", "*.eml"))))
    reader.pump(1)    # the file is there before its row
    os.kill(reader.process.pid, signal.SIGKILL)
    begin(profile)
    reader.keys("R").wait("Writing: Survivor").wait("Words that must not be lost.").wait("and the end").wait("bob@example.com")
    os.kill(reader.process.pid, signal.SIGTERM)    # what was typed since is kept too
    begin(profile)
    reader.keys("R").wait("Writing: Survivor").keys("More, ").wait("More,").pump(0.2)
    os.kill(reader.process.pid, signal.SIGTERM)
    while reader.pump(0.1):
        pass
    begin(profile)
    reader.keys("R").wait("More,").keys("\x18").gone("Writing")
    arrived(7)
    reader.keys("R").wait("There are no drafts")


def several_drafts():
    for n in (1, 2):
        new_mail(subject=f"Draft number {n}")
        reader.keys("\x0f").wait("The draft is kept")
    reader.keys("R").wait("Draft number 1").wait("Draft number 2").keys("\r").wait("Writing: Draft number")
    discard()
    reader.wait(lambda r: drafts() == 1).keys(ESC).pump(0.2)
    reader.keys("R").wait("Writing: Draft number")
    discard()


def script(text):
    path = os.path.join(scratch(), "editor")
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def discarded_while_it_is_kept():
    """The save that is under way brings it into the store, and then it goes."""
    new_mail(subject="Never mind")
    reader.keys("x" * 200 + "\x03" + "d").gone("Writing")
    reader.wait("discarded").wait(lambda r: drafts() == 0)
    reader.pump(0.5)
    assert drafts() == 0
    reader.keys("R").wait("There are no drafts")


def own_editor():
    seen = os.path.join(scratch(), "seen")
    begin(VISUAL=script(f'stat -c %a "$1" > {seen}; cat "$1" >> {seen}; printf "Written elsewhere, ä.\\n" > "$1"\n'), EDITOR="false")
    new_mail(subject="Elsewhere", text="Begun here.")
    reader.keys(ESC).wait("y send").keys("e").wait("Written elsewhere, ä.").gone("Begun here.")
    with open(seen) as f:
        mode, text = f.read().split("\n", 1)
    assert mode == "600" and text.startswith("Begun here."), (mode, text)
    assert not glob.glob(os.path.join(reader.profile, "**", "*.eml"), recursive=True) or all("store" in p for p in glob.glob(os.path.join(reader.profile, "**", "*.eml"), recursive=True))
    reader.keys("e").wait("Written elsewhere").keys("y").gone("Writing")
    assert content(arrived(8)[1]) == "Written elsewhere, ä.\n"


def bad_editors():
    for program, says in ((script('printf "\\377\\376" > "$1"\n'), "is not UTF-8"), (script('echo other > "$1"; exit 3\n'), "ended with an error (3)"),
                          (script('rm "$1"\n'), "can't be read"), ("/nowhere/editor", "ended with an error (127)"),
                          (script('dd if=/dev/zero of="$1" bs=1M count=9 2>/dev/null\n'), "too long"), (script('kill -9 $$\n'), "ended with an error (137)")):
        begin(EDITOR=program)
        new_mail(text="Begun here.")
        reader.keys(ESC).wait("y send").keys("e").wait(says)
        assert "other" not in reader.text
        reader.keys(ESC + "[A").wait("Begun here.")
        if says == "is not UTF-8":    # what the person wrote there is not lost
            assert glob.glob(os.path.join(reader.profile, "eilpost-*.eml")) or glob.glob(os.path.join(reader.profile, "*", "eilpost-*.eml"))
        discard()


def text_keys():
    begin()
    reader.keys("m").wait("Writing a mail").keys("bob@example.com\t\tKeys\t")
    reader.keys("one two three\rsecond line")
    reader.keys("\x01\x0b").gone("second line").keys("\x15").wait("second line")    # C-k, C-u
    reader.keys("\x1b<\x1bd").gone("one two").keys("\x1f").wait("one two three")    # M-<, M-d, undo
    reader.keys("\x1bs").wait("Search in the text").keys("line\r").wait(lambda r: "second line" in r.selected())
    reader.keys("\x1b<\x1b[1;5C\x17").gone("one two three").keys("\x1f").wait("one two three")    # C-Right, C-w
    reader.keys("\x1b>\x1b[A\x1b[A\x07").wait("Help: keys while text is typed").keys("q").gone("Help: keys")
    reader.keys("\x1b<\x1b[A").wait(lambda r: "Subject" in r.selected())    # up from the first row
    reader.keys("\x1b[Z").wait(lambda r: "Cc" in r.selected())
    discard()


def another_sender():
    reader.keys("m").wait("Writing a mail").keys(ESC).wait("y send").keys("F").wait("alice@club.example")
    reader.keys("t").keys("bob@example.com").keys("\x18").wait("no subject").keys("2").gone("Writing")
    envelope, m = arrived(9)
    assert m["from"] == "Alice Example <alice@club.example>" and "alice@club.example" in str(envelope)


def begin_with_bob():
    """An account beside it, without a signature."""
    global reader
    reader.kill()
    second = account(server, user="bob").replace("[account work]", "[account other]").replace("alice@example.org", "bob@example.org")
    reader = Reader(config=CONFIG + second, EDITOR="", VISUAL="")
    reader.wait("Plans for the lake")


def send_as(address):
    while address not in reader.lines[1]:
        before = reader.lines[1]
        reader.keys("F").wait(lambda r: r.lines[1] != before)


def draft_follows_its_sender():
    """One draft, in the outbox of the account that would send it."""
    global reader
    begin_with_bob()
    new_mail(subject="Wanderer")
    reader.keys("\x0f").wait("The draft is kept").keys("R").wait("Writing: Wanderer")
    reader.keys(ESC).wait("y send")
    for address in ("bob@example.org", "alice@club.example", "alice@example.org", "bob@example.org"):
        send_as(address)
        reader.wait("kept")
    profile = reader.profile
    reader.wait(lambda r: (drafts("work"), drafts("other")) == (0, 1))    # "kept" stands there since the first time
    os.kill(reader.process.pid, signal.SIGKILL)
    reader = Reader(profile=profile, EDITOR="", VISUAL="")
    reader.wait("Plans for the lake").keys("R").wait("Writing: Wanderer").wait("bob@example.org")    # more than one would be listed
    discard()
    reader.wait(lambda r: drafts() == 0).keys("R").wait("There are no drafts")
    begin()


def send_later():
    new_mail(subject="Later")
    reader.keys(ESC).wait("y send").keys("Y").wait("Send when").keys("soon\r").wait("is not a time")
    reader.keys("Y").wait("Send when").keys("+2h\r").wait("waits in the outbox until").gone("Writing")
    reader.pump(0.5)
    assert len(sink.kept()) == 9


def command_line():
    path = os.path.join(home, "body.txt")
    with open(path, "w") as f:
        f.write("From a file.\n")
    template = os.path.join(home, "template")
    with open(template, "w") as f:
        f.write("From: forged@example.com\nTo: dora@example.com,\n emil@example.com\nSubject: From a template\nX-Odd: 1\n\nText of the template.\n")
    global reader
    for arguments, wanted in (
            (["mailto:bob@example.com?subject=By%20link&body=Hi%0D%0Athere&attach=/etc/passwd"], ["bob@example.com", "By link", "there"]),
            (["-s", "By option", "-c", "c@example.com", "-b", "b@example.com", "-i", path, "-a", path, "--", "bob@example.com"],
             ["By option", "c@example.com", "b@example.com", "From a file.", "body.txt", "bob@example.com"]),
            (["-H", template], ["dora@example.com, emil@example.com", "From a template", "Text of the template."]),
            (["-a", path, path, "--", "bob@example.com"], ["body.txt", "bob@example.com"])):
        reader.kill()
        reader = Reader(config=CONFIG, arguments=arguments, EDITOR="", VISUAL="")
        reader.wait("Writing")
        for text in wanted:
            reader.wait(text)
        assert "passwd" not in reader.text and "forged" not in reader.text
    reader.kill()
    reader = Reader(config=CONFIG, arguments=["not an address"])
    for _ in range(100):    # it says so and ends
        if not reader.pump(0.1):
            break
    assert "is not a mail address" in reader.text


def without_a_screen():
    before = len(sink.kept())
    done = subprocess.run([EILPOST, "-P", reader.profile, "-s", "By a script", "-b", "secret@example.com", "-a", os.path.join(home, "body.txt"), "--", "bob@example.com"],
                          input="Grüße,\nder Rechner\n".encode(), capture_output=True, timeout=30)
    assert done.returncode == 0, done
    envelope, m = arrived(before + 1)
    assert m["subject"] == "By a script" and m["bcc"] is None and "secret@example.com" in str(envelope)
    assert content(m.get_body()) == "Grüße,\nder Rechner\n" and next(m.iter_attachments()).get_filename() == "body.txt"
    done = subprocess.run([EILPOST, "-P", reader.profile, "nobody"], input=b"x", capture_output=True, timeout=30)
    assert done.returncode == 2 and b"is not a mail address" in done.stderr, done


def beside_another_eilpost():
    global reader
    first, before = begin(), len(sink.kept())
    reader = Reader(profile=first.profile, arguments=["-s", "From the second", "bob@example.com"], EDITOR="", VISUAL="")
    reader.wait("Writing: From the second").keys("Hello.").keys("\x0f").wait("can't be kept")
    reader.keys("\x18").wait("in the outbox of the other eilpost")
    assert arrived(before + 1)[1]["subject"] == "From the second"
    reader.kill()
    reader = first


def every_size():
    """Nothing breaks, and the cursor is where one types."""
    begin()
    new_mail(subject="Sizes", text="Some words.")
    for rows, cols in ((24, 80), (36, 120), (15, 50), (6, 20), (5, 20), (30, 110)):
        reader.resize(rows, cols)
        reader.keys("z").wait(lambda r: "words.z" in r.text.replace("\n ", " ").replace("\n", " ") and "z" in r.selected())
        reader.keys("\x7f").keys(ESC)
        if cols > 20:
            reader.wait("y send")
        reader.pump(0.3)
        reader.keys("a").wait("Choose f").keys(ESC).gone("Choose f")
        reader.keys("\x03")
        if rows >= 7:
            reader.wait(lambda r: "What becomes" in r.text or "1  Keep" in r.text)
        reader.keys(ESC).gone("What becomes").gone("1  Keep").pump(0.2)
        reader.keys("\t").pump(0.1)
    discard()


def to_all_of_many():
    """Nobody is left out, however many they are."""
    many = [f"Person {n} <p{n}@example.com>" for n in range(150)]
    server.deliver(mail("To very many", extra="Cc: " + ",\r\n ".join(many) + "\r\n"))
    begin(subject="To very many")
    n = len(sink.kept())
    reader.go("To very many").keys("g").wait("Writing: Re: To very many").keys("\x18").gone("Writing")
    envelope, _ = arrived(n + 1)
    assert sorted(envelope["to"]) == sorted([f"p{i}@example.com" for i in range(150)] + ["bob@example.com"]), envelope["to"]


def links_come_along():
    """A text that was made of HTML says in the forwarded mail too where its links lead."""
    server.deliver(mail("Linked", "<p>See <a href='https://example.org/deep/page'>this page</a> now.</p>\n", extra="MIME-Version: 1.0\r\nContent-Type: text/html\r\n"))
    begin(subject="Linked")
    n = len(sink.kept())
    reader.go("Linked").keys("f").wait("Writing: Fwd: Linked").wait("this page[1]").keys("carl@example.com\x18").gone("Writing")
    _, m = arrived(n + 1)
    assert "See this page[1] now." in content(m) and "\n[1] https://example.org/deep/page\n" in content(m), content(m)


def what_was_given_is_kept():
    """Nothing was typed, but a file and a subject came from the command line: postponed it is a draft, and given up only after a question."""
    path = os.path.join(home, "given.txt")
    with open(path, "w") as f:
        f.write("1\n")
    for key, then in (("\x0f", "The draft is kept"), ("\x03", "What becomes of this mail?")):
        begin_with("-s", "Given", "-a", path, "--", "ok@example.com").keys(key).wait(then)
    reader.keys("2").gone("Writing")
    begin()
    reader.keys("m").wait("Writing a mail").keys("\x0f").wait("nothing is kept")


def begin_with(*arguments):
    global reader
    reader.kill()
    reader = Reader(config=CONFIG, arguments=arguments, EDITOR="", VISUAL="")
    return reader.wait("Writing: Given").wait("given.txt")


def signature_comes_back():
    """Past a sender that has none."""
    begin_with_bob()
    new_mail()
    reader.wait("Gärten & Höfe").keys(ESC).wait("y send")
    for address, there in (("bob@example.org", False), ("alice@example.org", True)):
        send_as(address)
        reader.wait("Gärten & Höfe") if there else reader.gone("Gärten & Höfe")
    assert reader.text.count("Gärten & Höfe") == 1 and "\n -- \n" in reader.text.replace(" --\n", " -- \n"), reader.text
    discard()


def no_send_line():
    global reader
    reader.kill()
    reader = Reader(config=account(server), EDITOR="", VISUAL="")
    reader.wait("Plans for the lake")
    new_mail()
    reader.keys("\x18").wait("can't send").keys("\x0f").wait("The draft is kept")


def answer_waits_for_the_typist():
    """The original comes while something else is typed: the answer opens when that is left."""
    line = Proxy(server.imaps)
    server.deliver(mail("A slow one", "Slow words.\n"))
    r = Reader(config=CONFIG.replace(f":{server.imaps}", f":{line.port}"), EDITOR="", VISUAL="").wait("A slow one").checked()
    r.go("A slow one")
    line.dead = True
    r.keys("r").wait("fetched first").keys("m").wait("Writing a mail").keys("carl@ex")
    line.dead = False
    r.pump(2)
    r.keys("ample.com").wait("carl@example.com")
    assert "Writing a mail" in r.text, r.text
    r.keys("\x03").wait("What becomes").keys("d").wait("Re: A slow one").wait("> Slow words.")
    r.kill()


def sent_below_another_pane():
    """The choice of files opens while the mail goes into the outbox: both are left, for the mail would be sent a second time."""
    path = os.path.join(home, "large.bin")
    with open(path, "wb") as f:
        f.truncate(12_000_000)
    r = Reader(config=CONFIG.replace("undo-send = 0", "undo-send = 600"), EDITOR="", VISUAL="").wait("Plans for the lake").checked()
    r.keys("m").wait("Writing").keys("bob@example.com\r\rOnce\rWords.").keys(ESC).keys("a").wait("Choose files").keys("/\x15" + path + "\r").wait("large.bin")
    r.process.send("\x18" + ESC + "t")
    r.wait("The mail to bob", 30)
    assert "Writing" not in r.text and "Choose files" not in r.text, r.text
    r.kill()


run(write_and_send, address_error_at_its_field, questions_before_it_leaves, reply_with_quote, reply_to_all, reply_to_no_list, forward_brings_the_file, forward_whole_and_bounce,
    files_by_the_picker, vanished_file, bad_pastes, kept_through_a_kill, several_drafts, discarded_while_it_is_kept, own_editor, bad_editors, text_keys, another_sender, draft_follows_its_sender, send_later,
    command_line, without_a_screen, beside_another_eilpost, every_size, to_all_of_many, links_come_along, what_was_given_is_kept,
    signature_comes_back, no_send_line, answer_waits_for_the_typist, sent_below_another_pane)

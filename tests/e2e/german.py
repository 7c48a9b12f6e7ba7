#!/usr/bin/env python3
"""german.py - in German nothing English is left: screens, questions, refusals, the command line.

SPDX-License-Identifier: GPL-3.0-or-later
The catalogue says what is English: each piece of a msgid that is long enough to be a sentence and has a translation that
reads otherwise must not be seen. LC_ALL is a real de_DE.UTF-8 where localedef can make one, else only LANGUAGE speaks."""
import gettext
from harness import *


def catalogue():
    """What the catalogue beside the built program translates."""
    try:
        with open(os.path.join(BUILD, "locale/de/LC_MESSAGES/eilpost.mo"), "rb") as f:
            return gettext.GNUTranslations(f)._catalog
    except OSError as e:
        print(f"1..0 # SKIP {e}")
        sys.exit(0)


def locale():
    folder = scratch()
    try:
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", os.path.join(folder, "de_DE.UTF-8")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return {"LC_ALL": "de_DE.UTF-8", "LOCPATH": folder, "LANGUAGE": "de"}
    except (OSError, subprocess.CalledProcessError):
        print("# no de_DE.UTF-8 can be made here (package locales): LANGUAGE=de alone")
        return {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}


def english(known):
    """Pieces of two words and more that only English has."""
    german = "\n".join(known.values())
    pieces = set()
    for key in known:
        text = key[0] if isinstance(key, tuple) else key
        if not text or "Project-Id-Version" in text:
            continue
        for piece in re.split(r"%[-+ #0-9.'*]*(?:ll|l|z)?[a-zA-Z%]|\n|\x04", text):
            piece = piece.strip(" .,:;“”()\t")
            if len(piece) >= 9 and " " in piece and piece not in german:
                pieces.add(piece)
    return pieces


known = catalogue()
ENGLISH = english(known)
GERMAN = {**locale(), "ASAN_OPTIONS": "detect_leaks=0"}    # glibc never frees the list that it makes of LOCPATH
server = Server(demo=False)
server.deliver(mail("Erste Nachricht"), mail("Zweite Nachricht", "Guten Morgen.\n"),
               mail("Anhang", "--x\nContent-Type: text/plain\n\nHier ist er.\n--x\nContent-Type: application/octet-stream; name=a.bin\n"
                    "Content-Disposition: attachment; filename=a.bin\n\nabc\n--x--\n", extra="MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"))
reader = None


def pure(text, where):
    for line in text.splitlines():
        for piece in ENGLISH:
            assert piece not in line, f"{where}: “{piece}” in\n{text}"


def see(what, r=None):
    """The screen has this, and nothing English."""
    r = r or reader
    r.wait(what)
    r.pump(0.1)
    pure(r.text, what if isinstance(what, str) else "screen")
    return r


def the_catalogue_speaks():
    assert len(ENGLISH) > 150, len(ENGLISH)
    out = subprocess.run([EILPOST, "--help"], env={**os.environ, **GERMAN}, stdout=subprocess.PIPE, text=True).stdout
    assert "Konto" in out and "Datei" in out.replace("DATEI", "Datei"), out
    pure(out, "--help")
    catalogue = open(os.path.join(SOURCE, "po", "de.po"), encoding="utf-8").read()
    assert not re.search("[Kk]ennw[oö]rt", catalogue), "one word for one thing: Passwort"
    assert "Computer" not in catalogue, "one word for one thing: Rechner"


def not_installed_here():
    """Names of locales that are not installed, as ssh brings them along: letters and language are the person's all the same."""
    help = subprocess.run([EILPOST, "--help"], env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "de"}, capture_output=True, text=True).stdout
    hears = "Aufruf" in help    # newer C libraries may hear LANGUAGE in a locale of a language only
    for names in ({"LC_ALL": "de_ZZ.UTF-8"}, {"LC_ALL": "", "LC_CTYPE": "UTF-8", "LANG": "de_ZZ.UTF-8"}):
        r = Reader(server, LANGUAGE="", ASAN_OPTIONS="detect_leaks=0", **names)
        r.wait("Zweite Nachricht").go("Zweite Nachricht").keys("\r").wait("Guten Morgen.")
        if hears:
            r.wait("Betreff:").keys("?").wait("Hilfe:").wait("Zum nächsten Eintrag").keys("q").gone("Hilfe:")
        assert "│" in r.text, r.text    # not "?" or "|"
        r.leave("Guten Morgen.")
    r = Reader(server, LC_ALL="de_ZZ.ISO-8859-15", LANGUAGE="", ASAN_OPTIONS="detect_leaks=0")    # nothing says that the terminal shows UTF-8
    r.wait("Zweite Nachricht").keys("?").wait("Help:").keys("q").gone("Help:").quit()


def lists_and_texts():
    global reader
    reader = Reader(server, rows=40, cols=150, **GERMAN)
    see("Zweite Nachricht")
    see("ungelesen")
    see("Betreff")
    reader.keys("j\r")
    see("Guten Morgen")
    reader.keys("q")


def help_of_every_place():
    reader.keys("?")
    see("Hilfe")
    for _ in range(5):
        reader.keys(" ").pump(0.2)
        pure(reader.text, "help")
    reader.keys("qj\r")
    reader.keys("?")
    see("Hilfe").keys("qq")
    reader.keys("y?")
    see("Hilfe").keys("q\x1b").pump(0.2)


def on_its_way():
    reader.keys("\x1bOS")
    see("Auf dem Weg")
    see("Keine Mail wartet")
    reader.keys("?").pump(0.2)
    pure(reader.text, "help of the waiting pane")
    reader.keys("q").pump(0.1)
    for key in "erdp":    # each says why it can't, or does it
        reader.keys(key).pump(0.2)
        pure(reader.text, f"{key!r} in the waiting pane")
    reader.keys("pq").pump(0.2)
    reader.keys("u").pump(0.1)
    see("nichts rückgängig").keys("$").pump(0.2)
    pure(reader.text, "send now")


def what_was_done():
    """What stands in the column of states is whole, in the longest words as well."""
    reader.keys("F").wait("gekennzeichnet").keys("u").wait("Rückgängig gemacht")
    reader.keys("U")
    see("Was getan wurde").wait("rückgängig  1 Nachricht")
    reader.keys("q").pump(0.1)


def questions():
    for key in ("/", "l", "c", "5", "\x1b/"):
        reader.keys(key).pump(0.3)
        pure(reader.text, f"the question of {key!r}")
        reader.keys("\x07").pump(0.1)
    reader.keys(":").pump(0.3)
    pure(reader.text, "palette")
    reader.keys("gibtesnicht\r").pump(0.3)
    pure(reader.text, "unknown command")
    for command in ("limit ~", "limit ~q x", "jump x", "jump 99", "change-folder nirgends", "bind", "bind index", "bind index zz help", "search gibtesnicht", "search-next",
                    "redraw", "pause", "pause", "check-mail", "toggle-flag", "toggle-read", "save-part", "toggle-headers", "nonsense x"):
        reader.keys(":").keys(command + "\r").pump(0.1)
        pure(reader.text, command)
    reader.keys("\x07%").pump(0.3)
    pure(reader.text, "unbound key")
    reader.keys("\x07\x1b").pump(0.2)


def attachments():
    reader.keys(":limit\r").pump(0.2)
    reader.keys("\x15\r").pump(0.2)
    reader.keys("=\r").pump(0.4)
    see("Hier ist er").keys("v")
    see("a.bin").keys("js").pump(0.3)
    pure(reader.text, "save")
    reader.keys("\x15/nirgends/da\r").pump(0.4)
    pure(reader.text, "can't save")
    reader.keys("S").pump(0.2)
    pure(reader.text, "save all")
    reader.keys("\x15/nirgends\r").pump(0.3)
    pure(reader.text, "no such folder")
    reader.keys("qq").pump(0.2)
    assert reader.quit()[0] == 0


def writing():
    r = Reader(server, cols=170, rows=40, EDITOR="/bin/false", VISUAL="", **GERMAN)
    see("Zweite Nachricht", r)
    r.keys("R").pump(0.2)
    pure(r.text, "no drafts")
    r.keys("m")
    see("Betreff", r)
    r.keys("falsch\t")
    see("falsch", r).pump(0.2)
    pure(r.text, "bad address")
    r.keys("\x18").pump(0.3)
    pure(r.text, "send refused")
    r.keys("\x15\x0b\x01\x0bbob@example.com\t\t\tIm Anhang ist der Plan.\x18").pump(0.5)
    pure(r.text, "no send line, or no subject")
    r.keys("\x1b").pump(0.2)
    r.keys("\x1b").pump(0.2)
    for keys in ("\x07", "?", "e", "D", "F", "Y", "unsinn\r", "a", " ", ".", "zzz", "\x1b", "\x1b", ":rew\x07", "q"):
        r.keys(keys).pump(0.3)
        pure(r.text, f"writing, after {keys!r}")
        if keys in ("\x07", "?") and "Hilfe" in r.text:
            r.keys("q").pump(0.1)
    see("Entwurf", r)
    r.keys("\x1b").pump(0.2)
    r.keys("\x1bl").pump(0.4)
    pure(r.text, "postponed")
    r.kill()


def refusals():
    for config, says in ((account(server, password="echo falsch"), "alice"), (account(server, ca=False), "kein Passwort"),
                         (account(server, port=1), "localhost"), (account(server, password=None), "Passwort"),
                         (account(server, password="exit 3"), "3")):
        r = Reader(config=config, cols=230, **GERMAN)
        see(says, r)
        r.pump(0.6)
        pure(r.text, config)
        r.kill()
    away = Reader(profile=reader.profile, cols=200, arguments=["--offline", "-R"], **GERMAN)
    see("Zweite Nachricht", away).keys("jjj\r").pump(0.4)
    pure(away.text, "offline")
    away.keys("F").pump(0.4)
    pure(away.text, "read only")
    away.kill()


def command_line():
    folder = scratch()
    path = os.path.join(folder, "config")
    with open(path, "w") as f:
        f.write("[account w]\naddress = nirgends\nreceive = imapx://h\nadress = c\nauth = magic\ncheck = manual, startup\noffline = ewig\n[ui]\nindex-height = 7\n"
                "prefer-html = vielleicht\n[unsinn]\na = b\n[account v]\naddress = a@b.example\nreceive = imap+insecure://h.example\nsend = smtps://a:b@h\nkaputt\n")
    for arguments in (["--check-config"], [], ["--list-commands"], ["--list-options"], ["--nonsense"], ["-A", "x"], ["someone@example.org"]):
        out = subprocess.run([EILPOST, "-F", path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env={**os.environ, **GERMAN})
        pure(out.stdout, " ".join(arguments))
        assert out.stdout, arguments
    out = subprocess.run([EILPOST, "-P", scratch()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **GERMAN})
    pure(out.stdout, "no account")


run(the_catalogue_speaks, not_installed_here, lists_and_texts, help_of_every_place, on_its_way, what_was_done, writing, questions, attachments, refusals, command_line)

#!/usr/bin/env python3
# manual.py - the manual pages say what the program does, and a formatter has nothing to say about them.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# Options of the file, commands, keys and styles are filled in from the program's tables while building, so only the
# command line, the example and the form are left to look at.

import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("abs_top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BUILD = os.environ.get("abs_top_builddir") or os.path.join(SOURCE, "b")
PAGES = ["doc/eilpost.1", "doc/eilpost-config.5"]
ENV = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="C")
count = failed = 0


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def tell(good, what, why=(), skip=None):
    global count, failed
    count += 1
    failed += not good
    print("%s %d - /manual/%s%s" % ("ok" if good else "not ok", count, what, " # SKIP " + skip if skip else ""))
    for line in [] if good else why:
        print("# %s" % line)


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV, text=True,
                          timeout=60, check=False)


def command_line():
    """Every option of --help stands in the page, and nothing else does."""
    shown = run(os.path.join(BUILD, "eilpost"), "--help").stdout
    told = set(re.findall(r"--[a-z][a-z-]*", shown)) | set(re.findall(r"^\s+(-\w),", shown, re.M))
    section = read(SOURCE, "doc/eilpost.1.in").split(".SH OPTIONS\n")[1].split(".SH ")[0]
    tags = "\n".join(re.findall(r"^\.TP\n(.*)$", section, re.M)).replace("\\-", "-")
    written = set(re.findall(r"--[a-z][a-z-]*", tags)) | set(re.findall(r"(?<![\w-])-\w\b", tags))
    tell(len(told) > 5 and told == written, "command-line",
         ["only in --help: %s" % sorted(told - written), "only in eilpost.1: %s" % sorted(written - told)])


def roff(text, macro):
    return re.findall(r"^\.nf\n(.*?)^\.fi$", text, re.M | re.S)[macro].replace("\\-", "-")


def examples():
    """What the configuration page shows as an example is accepted without a word."""
    text = read(SOURCE, "doc/eilpost-config.5.in")
    blocks = [roff(text, i) for i in range(len(re.findall(r"^\.nf$", text, re.M)))]
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "config")
        with open(file, "w", encoding="utf-8") as f:
            f.write("\n".join(blocks))
        answer = run(os.path.join(BUILD, "eilpost"), "-F", file, "--check-config")
    tell(len(blocks) >= 3 and answer.returncode == 0 and ": 1 account can be used" in answer.stdout and answer.stdout.count("\n") == 1, "examples", answer.stdout.splitlines())


def readme():
    """The configuration that README promises to be enough is."""
    block = re.search(r"^    \[account work\]\n(?:    .*\n)+", read(SOURCE, "README"), re.M)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "config")
        with open(file, "w", encoding="utf-8") as f:
            f.write(block.group(0) if block else "")
        answer = run(os.path.join(BUILD, "eilpost"), "-F", file, "--check-config")
    tell(answer.returncode == 0 and ": 1 account can be used" in answer.stdout and answer.stdout.count("\n") == 1, "readme", answer.stdout.splitlines())


def tables():
    """Whatever the program lists has come into the pages."""
    for page, flag, pattern in ((PAGES[0], "--list-commands", r"^([a-z-]+) "), (PAGES[1], "--list-options", r"^\[\w+\] ([a-z-]+) ")):
        names = re.findall(pattern, run(os.path.join(BUILD, "eilpost"), flag).stdout, re.M)
        text = read(BUILD, page)
        missing = [n for n in names if "\n\\fB%s\\fR" % n.replace("-", "\\-") not in text]
        tell(len(names) > 10 and not missing, "tables" + flag, ["missing in %s: %s" % (page, missing)])


def rows():
    """base/extensions.c: (protocol, name, used, text)."""
    table = read(SOURCE, "src/base/extensions.c").split("TABLE[] = {")[1].split("};")[0]
    table = re.sub(r'"\s*\n\s*"', "", table)
    return [("IMAP" if kind == "UNUSED" else kind, name, kind != "UNUSED", text)
            for kind, name, text in re.findall(r'(IMAP|UNUSED|POP3|SMTP)\("([^"]+)", "[^"]+", "([^"]+)"\)', table)]


def sources(*folders):
    for folder in folders:
        for path, _, names in sorted(os.walk(os.path.join(SOURCE, folder))):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".py")):
                    yield os.path.join(path, name), read(path, name)


def extensions():
    """SEED S6: what the code asks for is a row of the table, what the table says is used is asked for and tested, and all is told."""
    asked = {}
    for path, text in sources("proto", "src/sync"):
        protocol = "POP3" if "pop" in os.path.basename(path) or "/pop3/" in path else "SMTP" if "/smtp/" in path else "IMAP"
        for name in re.findall(r'\b(?:[a-z0-9]+_)*can\s*\([^()"]*"([A-Z0-9=+-]+)"\)', text):
            asked.setdefault((protocol, name), os.path.relpath(path, SOURCE))
    told = {(protocol, name): used for protocol, name, used, _ in rows()}
    tell(len(asked) > 30 and all(told.get(k) for k in asked), "S6/all-that-is-asked-for-is-told",
         ["%s is asked for in %s, and no used row of base/extensions.c" % (k, asked[k]) for k in sorted(asked) if not told.get(k)])

    code = "\n".join(text for _, text in sources("proto", "src/sync"))
    # what is no question but the form of an answer is known by what stands in it
    by_answer = {"AUTH-RESP-CODE": "POP3_CODE_AUTH", "RESP-CODES": "POP3_CODE_IN_USE", "ENHANCEDSTATUSCODES": "reply.enhanced"}
    known = {k: '"' + k[1].split("=")[-1 if k[1].startswith("AUTH=") else 0] for k in told}
    unasked = [k for k, used in told.items() if used and k not in asked and known[k] not in code and by_answer.get(k[1], "\0") not in code]
    tell(not unasked, "S6/all-that-is-told-is-used", ["%s %s" % k for k in unasked])

    tests = "\n".join(text for _, text in sources("tests/proto", "tests/sync", "tests/e2e"))
    by_test = {"AUTH-RESP-CODE": "[AUTH]", "ENHANCEDSTATUSCODES": "5.7."}
    untested = [name for (protocol, name), used in told.items() if used and by_test.get(name, "\0") not in tests and
                not re.search(r"(?<![A-Z0-9=-])%s(?![A-Z0-9-])" % re.escape(name.replace("AUTH=", "")), tests, re.I)]
    tell(not untested, "S6/all-that-is-used-is-tested", untested)

    page = read(BUILD, PAGES[0])
    missing = [name for _, name, _, text in rows() if "\n\\fB%s\\fR (" % name.replace("-", "\\-") not in page]
    limits = read(SOURCE, "src/base/extensions.c").split("LIMITS[] = {")[1].split("};")[0].count("LIMIT_IS_")
    tell(not missing and page.split(".SS Limits")[1].split(".SH ")[0].count(".TP") == limits, "S6/in-the-page", missing)


def form():
    groff = shutil.which("groff")
    for page in PAGES:
        text = read(BUILD, page)
        bad = [n for n, line in enumerate(text.split("\n"), 1) if not line.isascii() or re.match(r"@[A-Z]", line)]
        tell(not bad, "form/ascii/" + os.path.basename(page), ["%s:%d" % (page, n) for n in bad])
        if groff:
            said = subprocess.run([groff, "-t", "-man", "-Tutf8", "-ww", "-z", os.path.join(BUILD, page)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV, text=True, timeout=60, check=False)
            tell(said.returncode == 0 and not said.stdout.strip(), "form/groff/" + os.path.basename(page), said.stdout.splitlines()[:20])
        else:
            tell(True, "form/groff/" + os.path.basename(page), skip="no groff here")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    command_line()
    examples()
    readme()
    tables()
    extensions()
    form()
    print("1..%d" % count)
    sys.exit(1 if failed else 0)

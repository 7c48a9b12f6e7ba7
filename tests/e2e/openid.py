#!/usr/bin/env python3
# openid.py - signing in at a real OpenID provider (oidc-provider, from the npm registry), with Dovecot and Exim asking it about tokens.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# SEED S5; issue 5 "What it must show" 2. The tests are those of oauth.py, whose own small provider is strict but knows what eilpost
# does; this one does not. Skipped where node, npm or its registry is missing.
import json, os, sys, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "servers", "openid"))
from harness import *
import browser, oauth


class OpenId(Started):
    """tests/servers/openid with the face of tests/servers/oidc.py."""

    revoked_sentence, revoked_words = "does not accept the stored sign-in any more", "grant"
    browser = os.path.join(SOURCE, "tests/servers/openid/browser.py")

    def __init__(self, directory, ttl=3600, device_ttl=600, codes=True):
        self._down = self._skew = 0
        super().__init__("openid", ACCESS_TTL=str(ttl), DEVICE_TTL=str(device_ttl))
        self.url = self.env["ISSUER"]

    def read(self, run):
        self.env = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)

    def rig(self, what):
        urllib.request.urlopen(f"{self.url}/rig/{what}", timeout=10).read()

    def approve(self, code):
        said = browser.browse(self.url + "/device", code=code, verbose=False)
        assert "success" in said.lower(), said

    def deny(self, code):
        browser.browse(self.url + "/device", code=code, deny=True, verbose=False)

    def visit(self, url):
        return browser.browse(url, fetch=False, verbose=False)

    def revoke(self):
        self.rig("revoke")

    def end_access(self):
        self.rig("end-access")

    down = property(lambda self: self._down, lambda self, on: self.rig(f"down?on={int(on)}"))
    skew = property(lambda self: self._skew, lambda self, s: self.rig(f"skew?s={s}"))

    def log(self):
        return [json.loads(line) for line in open(self.env["LOGFILE"]) if line.endswith("\n")] if os.path.exists(self.env["LOGFILE"]) else []

    @property
    def asked(self):
        return [e["req"] for e in self.log() if "req" in e and e["req"] != "POST /token"] + [f"POST /token {e['grant']}" for e in self.log() if "grant" in e]

    @property
    def problems(self):
        """What a client does wrong; waiting for the person is not."""
        return [e for e in self.log() if e.get("ev") in ("grant.error", "authorization.error", "server_error") and
                e.get("err") not in ("authorization_pending", "slow_down", "access_denied", "invalid_grant")]

    def count(self, what):
        return sum(1 for a in self.asked if a.startswith(what))


if __name__ == "__main__":
    oauth.Provider, oauth.LIFE = OpenId, 60
    run(oauth.device_code_in_the_terminal, oauth.browser_with_pkce, oauth.S5_tokens_that_end, oauth.S5_revoked, oauth.provider_down,
        oauth.wrong_clock)

"""oidc.py - a small OAuth 2.0 and OpenID provider on loopback, in a thread of the test.

SPDX-License-Identifier: GPL-3.0-or-later
Authorization code with PKCE (RFC 7636), device authorization (RFC 8628), refresh with rotation (an old refresh token used
again revokes the whole sign-in), introspection (RFC 7662) for the mail server. It checks what real providers check.

    provider = Provider(ttl=60)     .url .dir (for tests/servers/dovecot/start) .asked (paths, with grant types)
    provider.approve(user_code)     the person at the device page; provider.deny(user_code)
    provider.visit(url)             the person at the browser: the address it is redirected to
    provider.revoke()               all that was given so far; provider.end_access() only the access tokens
    provider.down = True            answers 503; provider.skew = 10800: its clock is so many seconds ahead

As a program: oidc.py DIR prints DIR/env and runs until it is killed; users are approved at once (tests by hand)."""
import base64, hashlib, http.server, json, os, secrets, sys, threading, time, urllib.parse, urllib.request
from email.utils import formatdate

CLIENT = "mailreader"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
MARK = "CANARYtoken"    # in all that is secret, so that a test can look for it


def secret():
    return MARK + secrets.token_urlsafe(24)


class Provider:
    def __init__(self, directory=None, ttl=3600, interval=1, device_ttl=600, codes=True):
        self.ttl, self.interval, self.device_ttl, self.codes = ttl, interval, device_ttl, codes
        self.down, self.skew, self.user, self.auto = False, 0, "alice", False
        self.asked, self.problems = [], []
        self.devices, self.grants, self.access, self.refresh, self.dead = {}, {}, {}, {}, {}
        self.lock = threading.RLock()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def date_time_string(self, timestamp=None):
                return formatdate(time.time() + provider.skew, usegmt=True)

            def log_message(self, *args):
                pass

            def reply(self, status, body, kind="application/json", **headers):
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                provider.handle(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                provider.handle(self, dict(urllib.parse.parse_qsl(body)))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.dir = directory
        if directory:
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, "env"), "w") as f:
                f.write(f"ISSUER={self.url}\nCLIENT_ID={CLIENT}\nRS_CLIENT_ID=mailserver\nRS_CLIENT_SECRET=mailserversecret\n"
                        f"AUTH_ENDPOINT={self.url}/auth\nTOKEN_ENDPOINT={self.url}/token\nDEVICE_ENDPOINT={self.url}/device/auth\n")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- the person ----

    def approve(self, code, user="alice"):
        with self.lock:
            self.devices[code]["user"] = user

    def deny(self, code):
        with self.lock:
            self.devices[code]["user"] = ""

    def visit(self, url):
        """Where the browser ends, without going there."""
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args):
                return None
        try:
            urllib.request.build_opener(Stay).open(url)
        except urllib.error.HTTPError as answer:
            return answer.headers.get("Location")

    def revoke(self):
        with self.lock:
            self.access.clear()
            self.refresh.clear()

    def end_access(self):
        with self.lock:
            self.access.clear()

    def count(self, what):
        with self.lock:
            return sum(1 for a in self.asked if a.startswith(what))

    # ---- the provider ----

    def wrong(self, why):
        self.problems.append(why)
        return 400, {"error": "invalid_request", "error_description": why}

    def give(self, family):
        access, refresh = secret(), secret()
        self.access[access] = (family, time.time() + self.ttl)
        self.refresh[refresh] = family
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": self.ttl, "refresh_token": refresh, "scope": "mail"}

    def handle(self, h, form):
        path, _, query = h.path.partition("?")
        with self.lock:
            self.asked.append(f"{h.command} {path} {form.get('grant_type', '')}".strip())
            if self.down:
                return h.reply(503, "busy", "text/plain")
            if path == "/.well-known/openid-configuration":
                meta = {"issuer": self.url, "authorization_endpoint": self.url + "/auth", "token_endpoint": self.url + "/token",
                        "introspection_endpoint": self.url + "/token/introspection"}
                if self.codes:
                    meta["device_authorization_endpoint"] = self.url + "/device/auth"
                return h.reply(200, meta)
            if path == "/auth":
                return self.authorize(h, dict(urllib.parse.parse_qsl(query)))
            if path == "/device":
                return h.reply(200, "<p>Type your code", "text/html")
            answers = {"/device/auth": self.device, "/token": self.token, "/token/introspection": self.introspect}
            if path not in answers or h.command != "POST":
                return h.reply(404, "nothing here", "text/plain")
            status, body = answers[path](form)
            h.reply(status, body, Cache_Control="no-store")

    def authorize(self, h, q):
        redirect = q.get("redirect_uri", "")
        if q.get("client_id") != CLIENT or not redirect.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:")):
            return h.reply(400, "unknown client or redirect", "text/plain")
        if q.get("response_type") != "code" or q.get("code_challenge_method") != "S256" or len(q.get("code_challenge", "")) != 43 or len(q.get("state", "")) < 20:
            self.problems.append("authorization request: " + repr(q))
        code = secret()
        self.grants[code] = (q.get("code_challenge"), redirect, self.user)
        back = {"code": code, "state": q.get("state", ""), "iss": self.url}
        if self.user == "":
            back = {"error": "access_denied", "state": q.get("state", "")}
        h.reply(302, "", "text/plain", Location=redirect + "?" + urllib.parse.urlencode(back))

    def device(self, form):
        if form.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        alphabet = "BCDFGHJKLMNPQRSTVWXZ"
        user_code = "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(2))
        code = secret()
        self.devices[user_code] = {"code": code, "user": self.user if self.auto else None, "until": time.time() + self.device_ttl, "asked": 0}
        return 200, {"device_code": code, "user_code": user_code, "verification_uri": self.url + "/device", "interval": self.interval,
                     "verification_uri_complete": f"{self.url}/device?user_code={user_code}", "expires_in": self.device_ttl}

    def token(self, form):
        if form.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        grant = form.get("grant_type")
        if grant == "refresh_token":
            return self.refreshed(form.get("refresh_token", ""))
        if grant == "authorization_code":
            challenge, redirect, user = self.grants.pop(form.get("code", ""), (None, None, None))
            made = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
            if challenge is None or made != challenge or redirect != form.get("redirect_uri"):
                return 400, {"error": "invalid_grant", "error_description": "PKCE"}
            return self.give({"user": user})
        if grant == DEVICE:
            d = next((d for d in self.devices.values() if d["code"] == form.get("device_code")), None)
            if d is None:
                return 400, {"error": "invalid_grant"}
            if time.time() > d["until"]:
                return 400, {"error": "expired_token"}
            if time.time() - d["asked"] < self.interval * 0.8:
                return 400, {"error": "slow_down"}
            d["asked"] = time.time()
            if d["user"] is None:
                return 400, {"error": "authorization_pending"}
            if d["user"] == "":
                return 400, {"error": "access_denied"}
            d["code"] = None
            return self.give({"user": d["user"]})
        return 400, {"error": "unsupported_grant_type"}

    def refreshed(self, token):
        family = self.refresh.pop(token, None)
        if family is None:
            if token in self.dead:    # somebody has a copy: all of that sign-in ends (RFC 9700, 4.14.2)
                self.problems.append("an old refresh token was used again")
                self.access = {t: v for t, v in self.access.items() if v[0] is not self.dead[token]}
                self.refresh = {t: f for t, f in self.refresh.items() if f is not self.dead[token]}
            return 400, {"error": "invalid_grant", "error_description": "AADSTS50173: The grant was revoked.\r\nTrace ID: 0"}
        self.dead[token] = family
        return self.give(family)

    def introspect(self, form):
        family, until = self.access.get(form.get("token", ""), (None, 0))
        if family is None or time.time() > until:
            return 200, {"active": False}
        return 200, {"active": True, "sub": family["user"], "username": family["user"], "exp": int(until), "client_id": CLIENT, "scope": "mail"}


if __name__ == "__main__":
    p = Provider(sys.argv[1], ttl=int(os.environ.get("ACCESS_TTL", "3600")))
    p.auto = True
    print(open(os.path.join(sys.argv[1], "env")).read(), end="", flush=True)
    threading.Event().wait()

#!/usr/bin/env python3
"""The person and their web browser for the OpenID provider: opens a URL, follows redirects, fills in every form it meets.

SPDX-License-Identifier: GPL-3.0-or-later

  browser.py URL [LOGIN [PASSWORD]]      authorization URL or verification_uri_complete; ends when the loopback
                                         redirect (or the device success page) has been fetched
  browser.py --no-fetch URL ...          prints the redirect to the program instead of fetching it
  browser.py --deny URL                  presses "Refuse"
  browser.py --code USER_CODE URL ...    types the code on the device page
  browser.py --token DIR [SCOPE]         whole code+PKCE flow without a mail program: prints the token answer (JSON)
Usable as BROWSER= for a program that opens one."""
import base64, hashlib, html.parser, http.cookiejar, json, os, re, secrets, sys, urllib.error, urllib.parse, urllib.request


class Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form":
            self.forms.append((a.get("action"), {}))
        if tag == "input" and self.forms and a.get("name"):
            self.forms[-1][1][a["name"]] = a.get("value") or ""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *a):
        return None


def browse(url, login="alice", password="secret", deny=False, fetch=True, code=None, verbose=True):
    jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https")))
    op = urllib.request.build_opener(NoRedirect, urllib.request.HTTPCookieProcessor(jar))
    home = urllib.parse.urlsplit(url).netloc
    data, tried = None, 0
    for _ in range(25):
        if urllib.parse.urlsplit(url).netloc != home and not fetch:
            return url
        try:
            r = op.open(urllib.request.Request(url, data=data), timeout=20)
        except urllib.error.HTTPError as e:
            r = e
        if verbose:
            print(r.status, "POST" if data else "GET", url[:160], file=sys.stderr)
        if r.status in (301, 302, 303, 307):
            url, data = urllib.parse.urljoin(url, r.headers["Location"]), None
            continue
        body = r.read().decode("utf-8", "replace")
        if urllib.parse.urlsplit(url).netloc != home:
            return body                       # the mail program's own page
        p = Forms()
        p.feed(body)
        if not p.forms or tried > 6:
            return body
        tried += 1
        action, f = p.forms[0]
        if "login" in f:
            if deny:
                action, f = p.forms[1]
            else:
                f.update(login=login, password=password)
        elif "user_code" in f and not f["user_code"]:
            f["user_code"] = code or ""
        elif deny and "confirm" in f:
            f = {"xsrf": f["xsrf"], "user_code": f["user_code"], "abort": "yes"}
        url = urllib.parse.urljoin(url, action or url)
        data = urllib.parse.urlencode(f).encode()
    return "too many steps"


def env(d):
    return {k: v.strip('"') for k, v in (l.rstrip("\n").split("=", 1) for l in open(os.path.join(d, "env")))}


def post(url, **form):
    try:
        r = urllib.request.urlopen(urllib.request.Request(url, data=urllib.parse.urlencode(form).encode()), timeout=20)
    except urllib.error.HTTPError as e:
        r = e
    return r.status, json.loads(r.read() or b"{}")


def token(d, scope=None, login="alice"):
    e = env(d)
    ver = secrets.token_urlsafe(48)
    ch = base64.urlsafe_b64encode(hashlib.sha256(ver.encode()).digest()).decode().rstrip("=")
    redir = "http://127.0.0.1:1/"
    q = dict(client_id=e["CLIENT_ID"], response_type="code", redirect_uri=redir, scope=scope or e["SCOPE"], state="s1",
             code_challenge=ch, code_challenge_method="S256")
    back = browse(e["AUTH_ENDPOINT"] + "?" + urllib.parse.urlencode(q), login, fetch=False, verbose=False)
    got = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    if "code" not in got:
        return 0, {"redirect": back}
    return post(e["TOKEN_ENDPOINT"], grant_type="authorization_code", code=got["code"], redirect_uri=redir,
                code_verifier=ver, client_id=e["CLIENT_ID"])


if __name__ == "__main__":
    a = sys.argv[1:]
    if a and a[0] == "--token":
        st, ans = token(*a[1:])
        print(json.dumps(ans))
        sys.exit(0 if st == 200 else 1)
    kw = {}
    while a and a[0].startswith("--"):
        o = a.pop(0)
        if o == "--deny":
            kw["deny"] = True
        elif o == "--no-fetch":
            kw["fetch"] = False
        elif o == "--code":
            kw["code"] = a.pop(0)
        else:
            sys.exit(__doc__)
    if not a:
        sys.exit(__doc__)
    print(browse(*a[:3], **kw))

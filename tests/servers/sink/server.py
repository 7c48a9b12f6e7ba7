"""server.py - a sink built on aiosmtpd: takes every message and writes it to DIR/sink; STARTTLS, implicit TLS and plain ports.

SPDX-License-Identifier: GPL-3.0-or-later"""
import asyncio, json, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

d, plain, sub, subs = sys.argv[1], *map(int, sys.argv[2:5])
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(os.path.join(d, "tls/server.crt"), os.path.join(d, "tls/server.key"))
n = 0


class Handler:
    async def handle_DATA(self, server, session, env):
        global n
        n += 1
        with open(os.path.join(d, "sink", f"{n}.eml"), "wb") as f:
            f.write(env.original_content or b"")
        path = os.path.join(d, "sink", f"{n}.json")
        with open(path + ".new", "w") as f:
            json.dump({"from": env.mail_from, "to": env.rcpt_tos, "mail_options": env.mail_options, "rcpt_options": env.rcpt_options,
                       "helo": session.host_name, "tls": session.ssl is not None, "user": getattr(session.auth_data, "login", b"").decode(), "smtputf8": env.smtp_utf8}, f)
        os.replace(path + ".new", path)    # whole when it is there: tests look at any time
        return f"250 2.0.0 kept as {n}"

    async def handle_RCPT(self, server, session, env, address, options):
        if address.startswith("reject"):
            return "550 5.1.1 no such mailbox"
        env.rcpt_tos.append(address)
        env.rcpt_options.extend(options)
        return "250 2.1.5 OK"


def auth(server, session, env, mech, data):
    ok = isinstance(data, LoginPassword) and (data.login, data.password) in ((b"alice", b"secret"), (b"bob", b"secret"))
    return AuthResult(success=ok, auth_data=data if ok else None, handled=ok)


async def main():
    loop = asyncio.get_running_loop()
    kw = dict(enable_SMTPUTF8=True, ident="aiosmtpd sink", hostname="localhost", data_size_limit=1000000)
    await loop.create_server(lambda: SMTP(Handler(), **kw), "127.0.0.1", plain)
    await loop.create_server(lambda: SMTP(Handler(), tls_context=ctx, require_starttls=True, auth_required=True, auth_require_tls=True, authenticator=auth, **kw), "127.0.0.1", sub)
    await loop.create_server(lambda: SMTP(Handler(), auth_required=True, auth_require_tls=False, authenticator=auth, **kw), "127.0.0.1", subs, ssl=ctx)
    await asyncio.Event().wait()

asyncio.run(main())

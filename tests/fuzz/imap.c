/* imap.c - libFuzzer's target for proto/imap: a server may say anything.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses the chunk size, the second what the session has asked for. The session must not crash, must end
 * its events, and must not write a secret where it is not allowed to. usage: tests/fuzz/imap [-max_len=65536] CORPUS... */
#include "config.h"
#include "proto/imap/session.h"
#include "proto/imap/utf7.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void
drain(ImapSession *s, bool may_tell)
{
	gsize len;
	const char *out = imap_session_output(s, &len);
	if (!may_tell && len && g_strstr_len(out, (gssize)len, "hunter2"))
		abort();	/* in the clear, before STARTTLS */
	imap_session_output_taken(s, len);
}

static void
pull(ImapSession *s)
{
	for (guint i = 0;; i++) {
		ImapEvent e = imap_session_next(s);
		if (e.kind == IMAP_WANTS_BYTES)
			return;
		if (e.kind == IMAP_EV_RESPONSE && e.response->kind == IMAP_RESP_LIST)
			g_free(imap_utf7_decode(e.response->list.name ? e.response->list.name : ""));
		if (e.kind == IMAP_EV_RESPONSE && e.response->fetch && e.response->fetch->body) {
			g_autofree char *text = imap_body_serialise(e.response->fetch->body);
			imap_body_free(imap_body_deserialise(text));
		}
		if (i > 1000000)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	if (size < 2)
		return 0;
	gsize chunk = data[0] ? data[0] : size;
	bool starttls = data[1] & 1;
	ImapSetup setup = { .security = starttls ? IMAP_SECURITY_STARTTLS : IMAP_SECURITY_TLS, .user = "alice", .secret = "hunter2",
		.host = "h", .port = 1, .client_version = "0" };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 1);
	if (data[1] & 2) {
		ImapCommand *c = imap_command_select("INBOX", false, false);
		imap_command_early(c);
		imap_session_submit(s, c);
	}
	for (gsize at = 2; at < size; at += chunk) {
		imap_session_feed(s, data + at, MIN(chunk, size - at));
		pull(s);
		drain(s, !starttls);
		if (imap_session_signed_in(s) && (data[1] & 4)) {
			imap_session_submit(s, imap_command_uid_fetch("1:*", "(FLAGS)", 0, false));
			imap_session_idle(s);
		}
	}
	imap_session_tick(s, 100000000);
	pull(s);
	return 0;
}

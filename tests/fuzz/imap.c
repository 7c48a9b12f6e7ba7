/* imap.c - libFuzzer's target for proto/imap: a server may say anything.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses the chunk size, the second what the session has asked for (8: all that the
 * extensions know, 16: COMPRESS, 32: literals to send, 64: a deadline now and then, 128: LOGOUT). The session must not crash, must end
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
	imap_session_output_taken(s, len, 0);
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
		if (e.kind == IMAP_EV_START_COMPRESS) {
			g_autoptr(GBytes) rest = imap_session_compress_started(s);
			gsize len;
			const void *bytes = rest ? g_bytes_get_data(rest, &len) : NULL;
			if (bytes)
				imap_session_feed(s, bytes, len);
		}
		if (i > 1000000)
			abort();
	}
}

static void
append(ImapSession *s)
{
	g_autoptr(GBytes) text = g_bytes_new_static("Subject: x\r\n\r\nBody\r\n", 20);
	ImapCommand *c = imap_command_append("Sent");
	imap_command_append_message(c, "\\Seen", 1700000000, text, IMAP_APPEND_PLAIN);
	imap_command_append_message(c, NULL, 0, text, IMAP_APPEND_BINARY);
	imap_session_submit(s, c);
}

static void
ask_all(ImapSession *s)
{
	imap_session_submit(s, imap_command_enable("CONDSTORE QRESYNC UTF8=ACCEPT IMAP4rev2"));
	imap_session_submit(s, imap_command_select_qresync("A&-B", false, 7, 100, NULL));
	imap_session_submit(s, imap_command_simple("NAMESPACE"));
	imap_session_submit(s, imap_command_list("", "*", ~0u));
	imap_session_submit(s, imap_command_status("INBOX", ~0u));
	imap_session_submit(s, imap_command_notify(true, true));
	imap_session_submit(s, imap_command_uid_search_return("UNSEEN", 0, 100));
	imap_session_submit(s, imap_command_uid_fetch("1:*", "(UID FLAGS ENVELOPE BODYSTRUCTURE)", 100, true));
	imap_session_submit(s, imap_command_uid_move("1:3,7", "Tr&APY-"));
	imap_session_submit(s, imap_command_uid_copy("1", "x"));
	imap_session_submit(s, imap_command_uid_expunge("1:3"));
	imap_session_submit(s, imap_command_create("New", "\\Sent"));
	imap_session_submit(s, imap_command_myrights("INBOX"));
	imap_session_submit(s, imap_command_quota_root("INBOX"));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	if (size < 2)
		return 0;
	gsize chunk = data[0] ? data[0] : size;
	bool starttls = data[1] & 1;
	ImapSetup setup = { .security = starttls ? SECURITY_STARTTLS : SECURITY_TLS, .user = "alice", .secret = "hunter2",
		.host = "h", .port = 1, .client_version = "0" };
	g_autoptr(ImapSession) s = imap_session_new(&setup, 1);
	if (data[1] & 2) {
		ImapCommand *c = imap_command_select("INBOX", false, false);
		imap_command_early(c);
		imap_session_submit(s, c);
	}
	bool asked = false;
	for (gsize at = 2; at < size; at += chunk) {
		imap_session_feed(s, data + at, MIN(chunk, size - at));
		pull(s);
		drain(s, !starttls);
		if (imap_session_signed_in(s) && (data[1] & 4)) {
			imap_session_submit(s, imap_command_uid_fetch("1:*", "(FLAGS)", 0, false));
			imap_session_idle(s);
		}
		if (imap_session_signed_in(s) && !asked) {
			asked = true;
			if (data[1] & 8)
				ask_all(s);
			if (data[1] & 16)
				imap_session_submit(s, imap_command_compress());
			if (data[1] & 32)
				append(s);
			if (data[1] & 128)
				imap_session_submit(s, imap_command_simple("LOGOUT"));
			drain(s, !starttls);
		}
		if (data[1] & 64)
			imap_session_tick(s, (gint64)at * 100);
	}
	imap_session_tick(s, 100000000);
	pull(s);
	return 0;
}

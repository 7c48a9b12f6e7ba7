/* session.h - one IMAP connection: tags, states, sign-in, pipelining, IDLE.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Sans-IO: feed bytes, pull events until IMAP_WANTS_BYTES, drain output, tick for deadlines. Failure is sticky and read once.
 * UIDs are the only names outside; sequence numbers die here (the session keeps the seq -> UID table of the selected folder as
 * far as it is known and turns EXPUNGE into UIDs; where it can't, IMAP_EV_RESYNC says so). One thread.
 *
 * The session signs in by itself: greeting -> (STARTTLS if asked) -> sign-in -> ready. Commands may be submitted at any
 * time; they wait for the sign-in. Those marked `early` are written right behind a one-turn sign-in (AUTHENTICATE PLAIN with
 * SASL-IR, LOGIN), so that SELECT costs no round trip of its own; never before TLS is verified. */
#pragma once

#include "base/target.h"
#include "proto/imap/command.h"
#include "proto/imap/parse.h"

typedef struct ImapSession ImapSession;

typedef struct {
	Security security;
	const char *user, *secret;	/* borrowed for the call; kept in wiped memory until signed in */
	bool external;		/* the certificate that TLS has shown signs in; the secret is "" */
	bool oauth2;
	bool allow_preauth;	/* PREAUTH inside TLS is accepted (T3) */
	const char *host; guint16 port;	/* for SASL */
	const char *const *known_capabilities;	/* borrowed: of the last session after sign-in; NULL: unknown */
	const char *const *disabled;	/* borrowed for the call: names that count as not offered ("COMPRESS" also takes "COMPRESS=DEFLATE" away); NULL: none */
	bool no_early;		/* this server lost pipelined commands before */
	const char *client_version;	/* for ID */
	struct Trace *trace;	/* borrowed: lives longer; what is said goes there without secrets and texts; NULL: nowhere */
} ImapSetup;

typedef enum {
	IMAP_WANTS_BYTES,	/* nothing more to tell now */
	IMAP_EV_GREETING,	/* time to first answer is known (X7) */
	IMAP_EV_START_TLS,	/* the pump must start TLS now: all output is drained, the input buffer is empty (checked, T2) */
	IMAP_EV_SIGNING_IN,	/* text: mechanism */
	IMAP_EV_READY,		/* signed in; imap_session_capabilities() is that of after the sign-in (may be unknown still: then the session asks by itself) */
	IMAP_EV_START_COMPRESS,	/* after the OK to COMPRESS: the pump inserts deflate now, gives it what imap_session_compress_started returns, and goes on */
	IMAP_EV_SKIPPED,	/* an untagged response beyond the limits was thrown away: uid (0: unknown) if it was a FETCH, text: its beginning */
	IMAP_EV_RESPONSE,	/* response: untagged data as parsed (LIST, STATUS, FLAGS, EXISTS, VANISHED, FETCH with uid filled in, SEARCH, ESEARCH, OK codes, ENABLED, ID, NAMESPACE); EXPUNGE comes as VANISHED with set */
	IMAP_EV_LITERAL, IMAP_EV_CHUNK, IMAP_EV_LITERAL_END,	/* a large literal of a FETCH, before its FETCH event: size; data, len */
	IMAP_EV_DONE,		/* a command ended: id, response (tagged status with code and text) */
	IMAP_EV_RESYNC,		/* sequence numbers no longer trusted: the folder must be read again (SERVERS fact 4) */
	IMAP_EV_CLOSED,		/* BYE, text is the server's (after LOGOUT too) */
	IMAP_EV_FAILED,		/* sticky; failure, text */
} ImapEventKind;

typedef enum {
	IMAP_FAIL_NONE,
	IMAP_FAIL_PROTOCOL,	/* nonsense, or a limit was passed */
	IMAP_FAIL_NO_STARTTLS,	/* not offered, or refused: nothing secret was sent (T1) */
	IMAP_FAIL_INJECTION,	/* bytes behind the answer to STARTTLS (T2), data before sign-in (T5) */
	IMAP_FAIL_PREAUTH,	/* PREAUTH where it must not be (T3) */
	IMAP_FAIL_AUTH,		/* refused: text is the server's; code in response */
	IMAP_FAIL_AUTH_NO_MECHANISM,	/* none in common (LOGINDISABLED, or oauth2 without XOAUTH2) */
	IMAP_FAIL_UNAVAILABLE,	/* NO [UNAVAILABLE] or BYE at sign-in: not a wrong password, try later */
	IMAP_FAIL_TIMEOUT,
	IMAP_FAIL_BYE,		/* the server ended the session */
} ImapFailure;

typedef struct {
	ImapEventKind kind;
	guint32 id;			/* IMAP_EV_DONE: what imap_session_submit gave; also of the command that a FETCH belongs to is not known */
	const ImapResponse *response;	/* borrowed until the next call, as is all here */
	ImapFailure failure;
	const char *said;	/* IMAP_EV_FAILED, of a refused sign-in: "NO [CODE] text", and behind it what XOAUTH2 said as JSON; else NULL */
	const char *text;
	guint32 uid;			/* IMAP_EV_SKIPPED */
	guint64 size;
	const void *data;
	gsize len;
} ImapEvent;

ImapSession *imap_session_new(const ImapSetup *setup, gint64 now_ms);
void imap_session_free(ImapSession *s);

void imap_session_feed(ImapSession *s, const void *data, gsize len);
ImapEvent imap_session_next(ImapSession *s);
const void *imap_session_output(ImapSession *s, gsize *len);	/* borrowed until the next call */
void imap_session_output_taken(ImapSession *s, gsize n, gint64 now_ms);	/* as long as more is taken than at once, deadlines begin anew */
bool imap_session_output_secret(const ImapSession *s);	/* the waiting output holds sign-in data: not for the log (T15) */
/* After IMAP_EV_START_COMPRESS: bytes fed already that belong to the compressed stream; yours, NULL: none. From here all output is for the deflater. */
GBytes *imap_session_compress_started(ImapSession *s);
void imap_session_tls_started(ImapSession *s);	/* after IMAP_EV_START_TLS: TLS is up and verified; capabilities known before are gone */

/* Deadlines: the earliest moment (CLOCK_BOOTTIME ms) that matters, or -1; tick at or after it (and any time). */
gint64 imap_session_deadline(const ImapSession *s);
void imap_session_tick(ImapSession *s, gint64 now_ms);
void imap_session_probe(ImapSession *s, gint64 now_ms);	/* after a clock jump: NOOP (or DONE) with the short deadline */

/* Takes the command; its id. Commands are written in order, pipelined; ones that name sequence-dependent data are only UID
 * commands, so that nothing needs to wait (RFC 9051, 5.5), but SELECT, and commands with synchronising literals, wait where they must.
 * A running IDLE is ended by DONE in the same write. */
guint32 imap_session_submit(ImapSession *s, ImapCommand *command);
guint imap_session_in_flight(const ImapSession *s);	/* commands submitted and not DONE, IDLE not counted */
/* Enters IDLE when nothing is in flight (no-op without the capability or with no folder selected: then false). Renewed by tick. */
bool imap_session_idle(ImapSession *s);
bool imap_session_is_idle(const ImapSession *s);
void imap_session_logout(ImapSession *s);

bool imap_session_can(const ImapSession *s, const char *capability);	/* upper case: "MOVE", "CONDSTORE"; what IMAP4rev2 implies too */
guint64 imap_session_append_limit(const ImapSession *s);	/* bytes of one message (APPENDLIMIT); 0: none told */
bool imap_session_enabled(const ImapSession *s, const char *what);	/* the server said so: "QRESYNC", "UTF8=ACCEPT" */
bool imap_session_compressed(const ImapSession *s);
/* As can(), of a list kept from another session. */
bool imap_capabilities_have(const char *const *words, const char *capability);
const char *const *imap_session_capabilities(const ImapSession *s);	/* borrowed; NULL: unknown yet */
bool imap_session_asks_capabilities(const ImapSession *s);	/* the answer is on its way: what it can is known for sure behind that */
const char *const *imap_session_offers(const ImapSession *s);	/* what was told so far, before the sign-in too; borrowed; NULL: nothing yet */
bool imap_session_signed_in(const ImapSession *s);
guint32 imap_session_exists(const ImapSession *s);	/* messages in the selected folder as last told */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapSession, imap_session_free)

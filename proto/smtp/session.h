/* session.h - one SMTP submission connection (RFC 5321, 6409, 3207, 4954, 2920, 1870, 3030, 6152, 6531, 3461, 2034).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Sans-IO: feed bytes, pull events until SMTP_WANTS_BYTES, drain output, tick for deadlines. Failure is sticky. One thread.
 * The session signs in by itself: greeting -> EHLO (HELO) -> (STARTTLS, EHLO again) -> AUTH -> READY. Then one mail after the
 * other: MAIL, RCPT ... pipelined; DATA (or BDAT where CHUNKING is offered) rides with them where it may. */
#pragma once

#include "base/target.h"

typedef struct SmtpSession SmtpSession;

typedef struct {
	Security security;
	const char *user, *secret;	/* borrowed for the call; user NULL: no AUTH at all */
	bool external;		/* the certificate that TLS has shown signs in; the secret is "" */
	bool oauth2;
	const char *host; guint16 port;
	const char *helo;	/* our name: an address literal or "localhost"; NULL: "[127.0.0.1]"; never the machine's name (it tells too much) */
	struct Trace *trace;	/* borrowed: lives longer; what is said goes there without secrets and texts; NULL: nowhere */
	const char *const *disabled;	/* keywords, in upper case, that are not believed; borrowed for the call; NULL: none */
	bool no_chunking, no_pipelining;	/* this server is known to have broken ones */
} SmtpSetup;

typedef struct {
	const char *sender;	/* "" is <> */
	const char *const *recipients;	/* NULL-terminated; bare addresses */
	gsize size;		/* of the message */
	bool has_8bit, needs_utf8, dsn;
	const char *envelope_id;	/* for DSN: ENVID; NULL: none */
} SmtpMail;

typedef enum {
	SMTP_WANTS_BYTES,
	SMTP_EV_START_TLS,
	SMTP_EV_SIGNING_IN,	/* text: mechanism */
	SMTP_EV_READY,		/* signed in (or need not): a mail may be submitted */
	SMTP_EV_RECIPIENT,	/* one RCPT was answered: recipient (index), accepted, reply */
	SMTP_EV_WANTS_DATA,	/* call smtp_session_data until the whole message is given */
	SMTP_EV_BEFORE_DOT,	/* everything but the end (the final dot, or BDAT LAST) is written or waits to be: the caller commits DOT_SENT, then calls
				 * smtp_session_finish; until then the end does not leave. With BDAT this comes before the (last) chunk. */
	SMTP_EV_ACCEPTED,	/* the server has the mail: reply ("250 2.0.0 Ok: queued as ..."). Recipients that were refused were told before */
	SMTP_EV_REFUSED,	/* the mail as a whole: reply; permanent or not by its first digit; in_doubt false. The session is usable (RSET is sent by itself) */
	SMTP_EV_CLOSED,
	SMTP_EV_FAILED,		/* sticky; failure, reply or text; in_doubt: the end was released (smtp_session_finish) and no answer came */
} SmtpEventKind;

typedef enum {
	SMTP_FAIL_NONE, SMTP_FAIL_PROTOCOL, SMTP_FAIL_NO_STARTTLS, SMTP_FAIL_INJECTION, SMTP_FAIL_AUTH /* 535 and its like */, SMTP_FAIL_AUTH_NO_MECHANISM,
	SMTP_FAIL_AUTH_REQUIRED,	/* 530, and none was set up */
	SMTP_FAIL_UNAVAILABLE,	/* 421, 454, 4xx greeting: later */
	SMTP_FAIL_REFUSED,	/* 5xx greeting or EHLO and HELO; 538: a sign-in, but not over this connection (RFC 4954, 6) */
	SMTP_FAIL_TIMEOUT,
} SmtpFailure;

/* Refused by us, without a word of the server: what its EHLO said excludes the mail. */
typedef enum { SMTP_FITS, SMTP_TOO_LARGE /* SIZE, RFC 1870 */, SMTP_NOT_ASCII /* an address, without SMTPUTF8 (RFC 6531) */ } SmtpUnfit;

typedef struct {
	guint16 code;		/* 250; 0: none */
	guint16 enhanced[3];	/* 2.1.5; first 0: none */
	const char *text;	/* all lines joined by blanks, without codes; borrowed until the next call */
} SmtpReply;

typedef struct {
	SmtpEventKind kind;
	guint recipient;
	bool accepted, in_doubt;
	SmtpReply reply;
	SmtpFailure failure;
	SmtpUnfit unfit;	/* SMTP_EV_REFUSED */
	const char *said;	/* SMTP_EV_FAILED: the whole reply, "535 5.7.8 text", and behind it what XOAUTH2 said as JSON; NULL: none */
	const char *text;
} SmtpEvent;

SmtpSession *smtp_session_new(const SmtpSetup *setup, gint64 now_ms);
void smtp_session_free(SmtpSession *s);
void smtp_session_feed(SmtpSession *s, const void *data, gsize len);
SmtpEvent smtp_session_next(SmtpSession *s);
const void *smtp_session_output(SmtpSession *s, gsize *len);
void smtp_session_output_taken(SmtpSession *s, gsize n, gint64 now_ms);	/* deadlines begin anew */
bool smtp_session_output_secret(const SmtpSession *s);
void smtp_session_tls_started(SmtpSession *s);
gint64 smtp_session_deadline(const SmtpSession *s);	/* DEADLINE_ rows of base/limits.h; 10 minutes after the final dot (RFC 5321, 4.5.3.2.6) */
void smtp_session_tick(SmtpSession *s, gint64 now_ms);

/* One at a time, after READY or behind the end of the last one (may be submitted before READY: it waits). False: it can't go to this server, *reply_text
 * (static, English, for the log) and failure say why: too large for SIZE, needs SMTPUTF8, an address that can't be written. Known only after EHLO: then it
 * comes as SMTP_EV_REFUSED with a code of 552 or 553, `unfit` and an English text by us. */
bool smtp_session_submit(SmtpSession *s, const SmtpMail *mail);
/* The message, in order, after SMTP_EV_WANTS_DATA: raw lines with CRLF; dots are stuffed here. Returns how many bytes were taken (output is bounded to
 * 256 KiB: drain it and go on). */
gsize smtp_session_data(SmtpSession *s, const void *data, gsize len);
void smtp_session_finish(SmtpSession *s);	/* after SMTP_EV_BEFORE_DOT: let the end go */
void smtp_session_quit(SmtpSession *s);
bool smtp_session_idle(const SmtpSession *s);	/* ready and no mail under way */
bool smtp_session_can(const SmtpSession *s, const char *keyword);	/* "SIZE", "CHUNKING" */
guint64 smtp_session_max_size(const SmtpSession *s);	/* 0: not said */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmtpSession, smtp_session_free)

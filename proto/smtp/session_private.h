/* session_private.h - the state of one SMTP connection; for proto/smtp only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "base/trace.h"
#include "proto/sasl.h"
#include "proto/smtp/session.h"

typedef enum {
	SMTP_PHASE_GREETING, SMTP_PHASE_EHLO, SMTP_PHASE_HELO, SMTP_PHASE_STARTTLS, SMTP_PHASE_TLS, SMTP_PHASE_AUTH, SMTP_PHASE_READY,
	SMTP_PHASE_QUIT, SMTP_PHASE_DEAD,
} SmtpPhase;

/* What an answer on its way is to. */
typedef enum { ASKED_HELLO, ASKED_STARTTLS, ASKED_AUTH, ASKED_MAIL, ASKED_RCPT, ASKED_DATA, ASKED_CHUNK, ASKED_END, ASKED_RSET, ASKED_QUIT } Asked;

typedef enum {
	MAIL_NONE,
	MAIL_WAITS,		/* for the sign-in */
	MAIL_ENVELOPE,		/* MAIL, RCPT (and DATA) are written */
	MAIL_CONTENT,		/* the caller gives the message */
	MAIL_BEFORE_END,	/* the caller commits */
	MAIL_END,		/* the end was released */
} MailStep;

typedef struct {
	MailStep step;
	char *sender, *envelope_id;	/* owned */
	char **recipients;	/* owned */
	guint n_recipients, written, answered, accepted;	/* of RCPT */
	gsize size, given;	/* bytes of the caller's */
	bool has_8bit, needs_utf8, dsn;
	bool chunking;		/* BDAT instead of DATA */
	bool together;		/* the whole message rides with its envelope */
	bool data_asked, hollow;	/* hollow: DATA was accepted although no recipient was: an empty message ends it (RFC 2920, 3.1) */
	bool line_start, was_cr;	/* of what was written */
	Bytes chunk;		/* BDAT: normalised bytes not yet written */
	guint16 code;		/* of the refusal that counts; 0: none yet */
	guint16 enhanced[3];
	char *refusal;		/* owned */
} SmtpCurrent;

struct SmtpSession {
	Security security;
	char *user, *host, *helo;	/* owned */
	guint16 port;
	Secret *secret;		/* owned; gone after the sign-in */
	SaslBy by;		/* what there is to sign in with */
	bool no_chunking, no_pipelining;
	char **disabled;	/* owned; NULL: none */

	SmtpPhase phase;
	bool tls, esmtp;
	GHashTable *keywords;	/* owned: upper-case keyword -> its parameters */
	guint64 max_size;

	Bytes in, out;
	bool out_secret;
	GString *reply;		/* owned: the text so far */
	guint reply_lines;
	guint16 reply_code;
	guint16 enhanced[3];
	GArray *asked;		/* owned, of Asked: answers on their way */
	GQueue events;		/* of SmtpEvent*, owned with its text */

	Sasl *sasl;		/* owned */
	const char *mechanism;	/* static */
	GPtrArray *refused;	/* owned, of static strings */
	bool auth_first;	/* the initial response went with AUTH */

	SmtpCurrent mail;
	Trace *trace;		/* borrowed; NULL: none */
	gint64 now, progress;
	char *last_text, *last_said;	/* owned: what the last event borrowed */
};

/* session.c */
void smtp_fail(SmtpSession *s, SmtpFailure failure, const char *text);
void smtp_event(SmtpSession *s, SmtpEventKind kind, const char *text);
SmtpEvent *smtp_event_reply(SmtpSession *s, SmtpEventKind kind);	/* with the reply that was just read; borrowed: it is queued */
void smtp_ask(SmtpSession *s, Asked asked, const char *format, ...) G_GNUC_PRINTF(3, 4);	/* a line; CRLF is added */
void smtp_ask_auth(SmtpSession *s, const char *command /* "AUTH PLAIN "; "" */, const char *secret);
bool smtp_pipelines(const SmtpSession *s);

/* signin.c */
void smtp_signin_reply(SmtpSession *s, Asked asked);
void smtp_greeting(SmtpSession *s);
void smtp_hello(SmtpSession *s);

/* mail.c */
void smtp_mail_begin(SmtpSession *s);	/* one waits and the session is ready */
void smtp_mail_reply(SmtpSession *s, Asked asked);
void smtp_mail_clear(SmtpSession *s);
bool smtp_content_refused(SmtpSession *s);	/* by a reply that nobody asked for; the session ends then */

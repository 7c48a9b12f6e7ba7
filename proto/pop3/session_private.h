/* session_private.h - the state of one POP3 connection; for proto/pop3 only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "base/trace.h"
#include "proto/pop3/session.h"
#include "proto/sasl.h"

typedef enum {
	POP3_PHASE_GREETING, POP3_PHASE_CAPA, POP3_PHASE_STLS, POP3_PHASE_TLS, POP3_PHASE_AUTH, POP3_PHASE_READY, POP3_PHASE_QUIT, POP3_PHASE_DEAD,
} Pop3Phase;

typedef enum {
	VERB_CAPA, VERB_STLS, VERB_AUTH, VERB_USER, VERB_PASS,	/* the session's own */
	VERB_STAT, VERB_LIST, VERB_UIDL, VERB_TOP, VERB_RETR, VERB_DELE, VERB_RSET, VERB_NOOP, VERB_QUIT,
} Pop3Verb;

typedef struct {
	guint32 id, number, lines;
	Pop3Verb verb;
	guint64 size;		/* bytes of the answer, as far as they are known */
} Pop3Command;

struct Pop3Session {
	Security security;
	char *user, *host;	/* owned */
	guint16 port;
	Secret *secret;		/* owned; gone after the sign-in */
	SaslBy by;		/* what there is to sign in with */
	gsize pipeline_bytes;
	char **disabled;	/* owned; NULL: none */

	Pop3Phase phase;
	bool tls, signed_in;
	GHashTable *capabilities;	/* owned: upper-case name -> arguments; NULL: no CAPA, or not asked yet */
	bool capa_known;	/* what is known is of this phase, or of an earlier session after its sign-in */
	bool capa_remembered;	/* of an earlier session */

	Bytes in, out;
	bool out_secret;
	GQueue waiting;		/* of Pop3Command*, owned: not written */
	GQueue flight;		/* of Pop3Command*, owned: written, not answered */
	guint64 flight_bytes;
	guint32 next_id;

	/* the answer that is being read */
	bool multi;		/* its +OK came, its lines follow */
	bool line_start, was_cr;	/* in the body of RETR and TOP */
	guint8 held;		/* body: a dot at the beginning of a line, and CR behind it, not decided yet: 1 ".", 2 ".\r" */
	guint64 n_lines;

	Sasl *sasl;		/* owned */
	const char *mechanism;	/* static */
	GPtrArray *refused;	/* owned, of static strings */
	bool user_pass;		/* USER and PASS were written */

	GQueue events;		/* of Pop3Event*, owned with text and data */
	char *last_text, *last_said;	/* owned: what the last event borrowed */
	char *status;		/* owned: the last status line, whole */
	gpointer last_data;	/* owned */
	gint64 now, progress;
	Trace *trace;		/* borrowed; NULL: none */
	guint64 bytes_told;	/* of the body that is read */
};

/* session.c */
void pop3_fail(Pop3Session *s, Pop3Failure failure, Pop3Code code, const char *text);
Pop3Event *pop3_event(Pop3Session *s, Pop3EventKind kind, const char *text);
void pop3_write(Pop3Session *s, Pop3Verb verb, const char *command, const char *argument);	/* the session's own commands: "PASS ", and what it is; or "" */
void pop3_write_waiting(Pop3Session *s);

/* signin.c */
void pop3_greeting(Pop3Session *s, bool ok, Pop3Code code, const char *text);
void pop3_signin_reply(Pop3Session *s, Pop3Verb verb, bool ok, Pop3Code code, const char *text);
void pop3_signin_challenge(Pop3Session *s, const char *base64);
void pop3_capa_line(Pop3Session *s, const char *line);
void pop3_capa_done(Pop3Session *s);
void pop3_signin_again(Pop3Session *s);	/* TLS is up */

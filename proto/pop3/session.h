/* session.h - one POP3 connection (RFC 1939, 2449, 2595, 5034, 6856): sign-in, lists, messages in chunks, pipelining.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Sans-IO: feed bytes, pull events until POP3_WANTS_BYTES, drain output, tick for deadlines. Failure is sticky. One thread.
 * The session signs in by itself: greeting -> CAPA -> (STLS if asked, CAPA again) -> USER/PASS or AUTH -> CAPA (if it may
 * differ) -> READY. With known_capabilities the turns that only ask are saved. Commands may be submitted at any time; they wait for READY. */
#pragma once

#include "base/target.h"

typedef struct Pop3Session Pop3Session;

typedef struct {
	Security security;
	const char *user, *secret;	/* borrowed for the call */
	bool external;		/* the certificate that TLS has shown signs in; the secret is "" */
	bool oauth2;
	const char *host; guint16 port;
	const char *const *disabled;	/* capabilities, in upper case, that are not believed; borrowed for the call; NULL: none */
	const char *known_capabilities;	/* what pop3_session_capabilities gave last time (after sign-in); NULL: unknown */
	struct Trace *trace;	/* borrowed: lives longer; what is said goes there without secrets and texts; NULL: nowhere */
	gsize pipeline_bytes;	/* answers that may be under way at once; 0: the default, 1 MiB; bodies are counted by their LIST size */
} Pop3Setup;

typedef enum {
	POP3_WANTS_BYTES,
	POP3_EV_START_TLS,	/* as in imap */
	POP3_EV_SIGNING_IN,	/* text: mechanism */
	POP3_EV_READY,
	POP3_EV_STAT,		/* count, size */
	POP3_EV_LINE,		/* one line of LIST (number, size) or UIDL (number, text: the UIDL); id */
	POP3_EV_CHUNK,		/* RETR, TOP: data, len: unstuffed bytes as they came, CRLF line ends; id, number */
	POP3_EV_DONE,		/* a command ended: id, ok, number, code, text: the server's */
	POP3_EV_CLOSED,		/* after QUIT: ok says whether the deletions are done (+OK) */
	POP3_EV_FAILED,		/* sticky; failure, code, text */
} Pop3EventKind;

typedef enum {
	POP3_FAIL_NONE, POP3_FAIL_PROTOCOL, POP3_FAIL_NO_STARTTLS, POP3_FAIL_INJECTION, POP3_FAIL_AUTH, POP3_FAIL_AUTH_NO_MECHANISM,
	POP3_FAIL_UNAVAILABLE,	/* [SYS/TEMP], or at sign-in [IN-USE], [LOGIN-DELAY]: try later, not a wrong password */
	POP3_FAIL_TIMEOUT,
} Pop3Failure;

typedef enum { POP3_CODE_NONE, POP3_CODE_IN_USE, POP3_CODE_LOGIN_DELAY, POP3_CODE_SYS_TEMP, POP3_CODE_SYS_PERM, POP3_CODE_AUTH, POP3_CODE_UTF8, POP3_CODE_OTHER } Pop3Code;

typedef struct {
	Pop3EventKind kind;
	guint32 id, number;
	guint64 count, size;
	bool ok;
	Pop3Code code;
	Pop3Failure failure;
	const char *text;	/* borrowed until the next call, as is data */
	const char *said;	/* POP3_EV_FAILED, of a refused sign-in: "-ERR [CODE] text", and behind it what XOAUTH2 said as JSON; else NULL */
	const void *data;
	gsize len;
} Pop3Event;

Pop3Session *pop3_session_new(const Pop3Setup *setup, gint64 now_ms);
void pop3_session_free(Pop3Session *s);
void pop3_session_feed(Pop3Session *s, const void *data, gsize len);
Pop3Event pop3_session_next(Pop3Session *s);
const void *pop3_session_output(Pop3Session *s, gsize *len);
void pop3_session_output_taken(Pop3Session *s, gsize n, gint64 now_ms);	/* deadlines begin anew */
bool pop3_session_output_secret(const Pop3Session *s);
void pop3_session_tls_started(Pop3Session *s);
gint64 pop3_session_deadline(const Pop3Session *s);
void pop3_session_tick(Pop3Session *s, gint64 now_ms);

/* Each gives the id of its POP3_EV_DONE. */
guint32 pop3_session_stat(Pop3Session *s);
guint32 pop3_session_list(Pop3Session *s);
guint32 pop3_session_uidl(Pop3Session *s);
guint32 pop3_session_top(Pop3Session *s, guint32 number, guint32 lines);
guint32 pop3_session_retr(Pop3Session *s, guint32 number, guint64 size /* of LIST; 0: unknown */);
guint32 pop3_session_dele(Pop3Session *s, guint32 number);
guint32 pop3_session_rset(Pop3Session *s);
guint32 pop3_session_noop(Pop3Session *s);
void pop3_session_quit(Pop3Session *s);	/* behind all that is submitted */
guint pop3_session_in_flight(const Pop3Session *s);
bool pop3_session_can(const Pop3Session *s, const char *capability);	/* "UIDL", "TOP", "PIPELINING"; without CAPA: "UIDL" and "TOP" may be tried */
bool pop3_session_has_capa(const Pop3Session *s);
/* EXPIRE of CAPA in days, -1: NEVER or not said; LOGIN-DELAY in seconds, 0: none. */
int pop3_session_expire(const Pop3Session *s);
guint pop3_session_login_delay(const Pop3Session *s);
char *pop3_session_capabilities(const Pop3Session *s);	/* yours; NULL: unknown */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pop3Session, pop3_session_free)

/* session_private.h - the state of one connection; for session.c, signin.c and seqmap.c only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "proto/imap/command_private.h"
#include "proto/imap/frame.h"
#include "proto/imap/session.h"
#include "proto/sasl.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "base/trace.h"

typedef enum {
	PHASE_GREETING,		/* nothing may be written */
	PHASE_CAPABILITY,	/* asked before STARTTLS or sign-in */
	PHASE_STARTTLS,		/* command written, nothing else may be */
	PHASE_TLS,		/* the pump does the handshake */
	PHASE_SIGN_IN,
	PHASE_READY,
	PHASE_LOGOUT,
	PHASE_DEAD,
} Phase;

typedef enum { FLIGHT_USER, FLIGHT_CAPABILITY, FLIGHT_STARTTLS, FLIGHT_SIGN_IN, FLIGHT_ID, FLIGHT_IDLE, FLIGHT_NOOP, FLIGHT_LOGOUT } FlightKind;

typedef struct {
	guint32 id;
	FlightKind kind;
	ImapCommand *command;	/* owned; FLIGHT_USER, and LOGIN */
	guint piece;		/* next one to write */
	bool plus;		/* FLIGHT_IDLE: its "+" has come */
} Flight;

struct ImapSession {
	Security security;
	SaslBy by;		/* what there is to sign in with */
	bool allow_preauth, no_early;
	char *user, *host, *version;	/* owned */
	guint16 port;
	Secret *secret;		/* owned; gone after the sign-in */

	Phase phase;
	bool tls;		/* inside verified TLS now */
	bool signed_in, id_wanted;	/* id_wanted: goes with the next command, it is worth no turn of its own */
	ImapFrame *frame;	/* owned */
	Bytes out;
	bool backlog;		/* the line did not take all the last time */
	bool begins;		/* something is owed, and has not left yet */
	bool out_secret;
	char **capabilities;	/* owned; NULL: unknown */
	bool capabilities_final;	/* told after the sign-in */
	char **disabled;	/* owned; never NULL: not believed */
	char **enabled;		/* owned; NULL: nothing */
	bool utf8;		/* names are UTF-8 on this wire */

	GPtrArray *flights;	/* owned, of Flight*, in the order written */
	GQueue waiting;		/* of Flight*, owned: not written yet */
	Flight *literal_wait;	/* borrowed from flights: waits for "+" */
	bool compress_wait;	/* COMPRESS is written: nothing may follow before its answer */
	bool compress_begins;	/* its OK is read: what is fed now is not for the parser */
	bool compressed;
	guint32 next_id;

	Sasl *sasl;		/* owned, while signing in */
	const char *mechanism;	/* static */
	bool mechanism_sent_first;
	GPtrArray *refused;	/* owned, of static strings */
	bool early_written;

	bool selected, selecting;
	bool leaving;		/* SELECT was written over another folder, and the server has not said yet that it closed that */
	bool left_unheard;	/* something was said meanwhile that may have been about either */
	GArray *uids;		/* owned, of guint32: sequence number - 1 -> UID, 0 unknown */

	bool idle;		/* IDLE written, DONE not */
	bool idle_answered;	/* and the server is in it */
	bool idle_refused;	/* it is not asked for again in this session */
	gint64 now, idle_since, progress, phase_since, deadline_override;
	guint64 unasked;	/* bytes since something was asked for (P23) */

	ImapResponse *current;	/* owned: what the last event borrowed */
	GQueue events;		/* of ImapEvent*, owned: to be given out before anything else is read */
	ImapFailure failure;
	char *failure_text, *failure_said;	/* owned */
	Trace *trace;		/* borrowed; NULL: none */
};

/* flight.c */
Flight *session_flight(ImapSession *s, FlightKind kind, ImapCommand *command);	/* with a new id, not written */
void session_write_line(ImapSession *s, Flight *f, const char *text);	/* tag, text, CRLF; the flight is in flight now */
void session_write_waiting(ImapSession *s);
bool session_write_command(ImapSession *s, Flight *f);	/* false: waits for "+" */
void session_send_id(ImapSession *s);
guint session_user_flights(const ImapSession *s);	/* of commands that were submitted */

/* session.c */
void session_event(ImapSession *s, ImapEventKind kind, const char *text);
void session_fail(ImapSession *s, ImapFailure failure, const char *text);

ImapFailure session_early_data(const ImapSession *s);

/* trace.c */
void session_trace_command(const ImapSession *s, const Flight *f);
void session_trace_read(const ImapSession *s, const ImapFramePiece *p);

/* capabilities.c */
void session_set_capabilities(ImapSession *s, char **words);	/* copied */
void session_set_enabled(ImapSession *s, char **words);	/* copied */
bool session_names_wait(const ImapSession *s);	/* an ENABLE is under way that changes how names are written */
void session_names_read(const ImapSession *s, ImapResponse *r);	/* to modified UTF-7 */
char *session_name_written(const ImapSession *s, const char *wire);	/* yours: as an argument */

/* signin.c: greeting, STARTTLS, authentication */
void signin_response(ImapSession *s, ImapResponse *r);	/* everything before PHASE_READY */
void signin_begin(ImapSession *s);

/* seqmap.c */
void seqmap_exists(ImapSession *s, guint32 n);
void seqmap_fetch(ImapSession *s, ImapFetch *f, bool *known);
void seqmap_expunge(ImapSession *s, ImapResponse *r);	/* turns it into VANISHED, or asks for a resync */
void seqmap_vanished(ImapSession *s, const GArray *set);

/* exam_private.h - the state of one examination; for exam.c and talk.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "doctor/exam.h"
#include "net/link.h"
#include "net/tcp.h"
#include "proto/imap/session.h"
#include "proto/pop3/session.h"
#include "proto/smtp/session.h"

struct Exam {
	ExamSetup setup;
	const ServerUrl *url;	/* borrowed */
	gint64 since;		/* microseconds: what is measured now began */
	gint64 line_ms;		/* what the greeting took: a slow line, not a slow sign-in */
	TcpConnect *lookup;	/* owned */
	GPtrArray *probes;	/* owned, of Probe* */
	guint reached, open;	/* addresses that answered; that are tried yet */
	GSource *timer;		/* owned: deadlines */

	Link *link;		/* owned */
	Secret *secret;		/* owned; NULL: no sign-in */
	char *why_not;		/* owned */
	bool opened, greeted, offered, signing, ready, leaving, secret_wrong, unsigned_in, failed, over;
	char *mechanism;	/* owned */

	/* one of them; owned */
	ImapSession *imap;
	Pop3Session *pop3;
	SmtpSession *smtp;
	guint32 select, quota;	/* commands under way; 0: none */
	guint quota_told;
};

/* exam.c */
void exam_step(Exam *x, DoctorOutcome outcome, const char *label, const char *text);	/* takes the time since x->since, and begins anew */
void exam_step_untimed(Exam *x, DoctorOutcome outcome, const char *label, const char *text);
void exam_over(Exam *x);
const char *exam_user(const Exam *x);

/* talk.c: what is said with the server */
void talk_begin(Exam *x);	/* the link is open */
void talk_pump(Exam *x);
void talk_feed(Exam *x, const guint8 *data, gsize len);
const guint8 *talk_output(Exam *x, gsize *len);
void talk_taken(Exam *x, gsize n);
void talk_secured(Exam *x);	/* after STARTTLS */
void talk_tick(Exam *x);
void talk_free(Exam *x);

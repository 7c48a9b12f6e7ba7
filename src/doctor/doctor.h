/* doctor.h - why an account does not connect: step by step, with times, and in the end one sentence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A thread of its own; what it finds are letters. It looks at the server for receiving, then at the one for sending: name,
 * each address, encryption, greeting, what is offered, sign-in, mailbox. Each server gets one sign-in at most, only inside
 * verified TLS, and none with a password that the other server called wrong (SEED S4). No mail is sent, nothing is changed. */
#pragma once

#include "auth/vault.h"
#include "base/chan.h"
#include "conf/accounts.h"

typedef struct Doctor Doctor;

typedef enum {
	DOCTOR_SERVER,		/* text: which one is looked at now */
	DOCTOR_STEP,		/* outcome, label, text, ms */
	DOCTOR_ASK_SECRET,	/* text: for what; doctor_secret answers */
	DOCTOR_VERDICT,		/* outcome, text: the sentence; whom, advice, plea: may be NULL */
	DOCTOR_ENDED,		/* outcome: DOCTOR_OK: all works */
} DoctorNews;
typedef enum { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_FAILED, DOCTOR_SKIPPED } DoctorOutcome;

typedef struct {
	DoctorNews kind;
	guint number;		/* as given to doctor_new */
	DoctorOutcome outcome;
	char *label, *text;	/* owned, as all here; translated, not cleaned */
	gint64 ms;		/* -1: not measured */
	char *whom, *advice;
	char *plea;		/* a mail to the administrator, in German and English */
} DoctorLetter;
void doctor_letter_free(DoctorLetter *l);

typedef struct {
	guint number;		/* comes back in each letter */
	Account *account;	/* a reference is taken */
	Vault *vault;		/* borrowed: lives longer; NULL: none */
	Chan *letters;		/* borrowed, of DoctorLetter*: lives longer */
} DoctorSetup;

Doctor *doctor_new(const DoctorSetup *setup);
void doctor_secret(Doctor *d, const char *secret);	/* NULL or "": declined: it goes as far as one gets without */
void doctor_free(Doctor *d);	/* stops it; no letter comes after; NULL is fine */

const char *doctor_outcome(DoctorOutcome o);	/* translated: "ok", "failed" */
/* "  ok       12 ms  sign-in      PLAIN as alice": a step as one line; yours. */
char *doctor_line(const DoctorLetter *l);

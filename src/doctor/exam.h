/* exam.h - one server under the doctor's eyes; for src/doctor.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/secret.h"
#include "conf/refusals.h"
#include "doctor/doctor.h"

typedef struct Exam Exam;

/* What it found out, when it is over. */
typedef struct { bool well, secret_wrong, unsigned_in /* it was left at the sign-in, for want of a secret */; } ExamEnd;

typedef struct {
	const Account *account;	/* borrowed, as all here, until the end */
	RefusalBy by;
	GMainContext *context;
	void (*tell)(void *user, DoctorLetter *l /* taken */);
	void (*wants_secret)(void *user);	/* answered by exam_secret, now or later */
	void (*ended)(void *user, ExamEnd end);	/* once; exam_free may be called in it */
	void *user;
} ExamSetup;

Exam *exam_new(const ExamSetup *setup);
void exam_secret(Exam *x, const Secret *secret /* copied; NULL: none: no sign-in */, const char *why_not /* a sentence for that; may be NULL */,
	const Secret *key_phrase /* of client-key; copied; NULL: none */);
void exam_free(Exam *x);

DoctorLetter *doctor_letter(DoctorNews kind);
void exam_trouble(Exam *x, const char *sentence, const Refusal *row, const char *said, RefusalWhom whom, const char *advice);

/* question.h - a question in whole sentences with a few answers, at the bottom of the screen over
 * what is there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An answer is chosen by its digit, by one of its letters, or by the arrows and Return. Esc leaves
 * everything as it is. */
#pragma once

#include "ui/over.h"

typedef struct {
	const char *text;	/* translated */
	const char *letters;	/* that choose it too, beside its digit: "yj"; NULL: none */
} QuestionChoice;

enum { QUESTION_CHOICES = 6 };

/* n: the number of the choice, from 0; -1: left. The question is gone already, so that the next may
 * be asked. Not called when the program ends over it. */
typedef void (*QuestionAnswered)(struct App *a, int n, gpointer user);

/* The texts are copied; user is freed with free_user (may be NULL) after the answer, or with the
 * question. */
void question_ask(struct App *a, const char *text, const QuestionChoice *choices, guint n,
	guint selected, QuestionAnswered answered, gpointer user, GDestroyNotify free_user);
bool question_is_open(struct App *a);	/* the keys are its own */
/* Return on the selected answer (the command `open`). False: no question is asked. */
bool question_take(struct App *a);

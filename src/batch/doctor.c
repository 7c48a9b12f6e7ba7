/* doctor.c - why accounts don't connect, on a terminal or into a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/batch_private.h"
#include "base/intl.h"
#include "base/utf8.h"
#include "doctor/doctor.h"

#include <stdio.h>
#include <string.h>

/* Servers' words are among it. */
static void
say(const char *text)
{
	Clean *clean = clean_new(text, -1, CLEAN_TEXT);
	printf("%s\n", clean_peek(clean));
	fflush(stdout);
	clean_free(clean);
}

static void
say_field(const char *name, const char *text)
{
	g_autofree char *line = text ? g_strdup_printf("%s %s", name, text) : NULL;
	if (line)
		say(line);
}

static void
say_verdict(const DoctorLetter *l)
{
	printf("\n");
	say_field(_("What is wrong:"), l->text);
	say_field(_("Whom to ask:"), l->whom);
	say_field(_("What to do:"), l->advice);
	if (l->plea) {
		printf("\n%s\n\n", _("A text for the administrator, in German and English:"));
		say(l->plea);
	}
	printf("\n");
}

static void
answer_secret(Doctor *d, const char *label)
{
	g_autofree char *secret = ask_password(label);
	doctor_secret(d, secret);
	if (secret)
		explicit_bzero(secret, strlen(secret));
}

/* True: that was all of this account. */
static bool
heard(Doctor *d, const DoctorLetter *l, bool *well)
{
	g_autofree char *line = NULL;

	switch (l->kind) {
	case DOCTOR_SERVER:
		say(l->text);
		break;
	case DOCTOR_STEP:
		line = doctor_line(l);
		say(line);
		break;
	case DOCTOR_ASK_SECRET:
		answer_secret(d, l->text);
		break;
	case DOCTOR_VERDICT:
		say_verdict(l);
		break;
	case DOCTOR_ENDED:
		*well = *well && l->outcome == DOCTOR_OK;
		return true;
	}
	return false;
}

static bool
examine(const Batch *h, Account *a)
{
	g_autoptr(Chan) letters = chan_new((GDestroyNotify)doctor_letter_free);
	DoctorSetup setup = { .account = a, .vault = h->vault, .letters = letters };
	Doctor *d = doctor_new(&setup);
	bool done = false, well = true;

	printf("%s\n", a->name);
	while (!done) {
		DoctorLetter *l;
		letters_wait(h, letters, 1000);
		auth_letters_take(h, true);
		while (!done && (l = chan_take(letters))) {
			done = heard(d, l, &well);
			doctor_letter_free(l);
		}
	}
	doctor_free(d);
	if (well)
		printf(_("%s: all is well.\n"), a->name);
	return well;
}

int
batch_doctor(const Batch *h, char **names)
{
	const GPtrArray *accounts = conf_accounts(h->conf);
	bool well = true;

	for (char **n = names; n && *n; n++)
		if (!batch_account(h, *n)) {
			fprintf(stderr, _("There is no account “%s” in %s.\n"), *n, h->places->config);
			return EXIT_USAGE;
		}
	for (guint i = 0; i < accounts->len; i++) {
		Account *a = g_ptr_array_index(accounts, i);
		if (names && names[0] ? g_strv_contains((const char *const *)names, a->name) : !h->account || !strcmp(h->account, a->name))
			well = examine(h, a) && well;
	}
	return well ? EXIT_DONE : EXIT_FAILED;
}

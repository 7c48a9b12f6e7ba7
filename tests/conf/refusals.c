/* refusals.c - tests of conf/refusals: each row is reached by its own examples, and says something to everybody.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/refusals.h"

#include <locale.h>
#include <string.h>

static RefusalBy
spoken_by(const Refusal *r, const char *said)
{
	if (g_ascii_isdigit(*said))
		return SAYS_SMTP;
	if (g_str_has_prefix(said, "-ERR"))
		return SAYS_POP3;
	return g_str_has_prefix(said, "NO ") || g_str_has_prefix(said, "BAD ") || g_str_has_prefix(said, "BYE ") ? SAYS_IMAP : SAYS_OAUTH;
}

/* Issue 5, "What it must show" 6. */
static void
test_examples(void)
{
	gsize n;
	const Refusal *rows = refusals_table(&n);
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_cmpuint(n, >=, 60);
	for (gsize i = 0; i < n; i++) {
		const Refusal *r = &rows[i];
		g_auto(GStrv) examples = g_strsplit(r->example, "\n", -1);
		g_assert_true(g_hash_table_add(ids, (gpointer)r->id));
		for (char **e = examples; *e; e++) {
			RefusalBy by = spoken_by(r, *e);
			const Refusal *found = refusal_find(by, r->with == WITH_TOKEN, *e);
			g_assert_true(r->by & by);
			if (found != r)
				g_error("“%s” is the example of %s, but %s takes it", *e, r->id, found ? found->id : "nobody");
			g_assert_true(refusal_by_id(r->id) == r);
		}
	}
}

static void
test_words(void)
{
	gsize n;
	const Refusal *rows = refusals_table(&n);

	for (gsize i = 0; i < n; i++) {
		const Refusal *r = &rows[i];
		RefusalPlace p = { .user = "alice@example.org", .host = "mail.example.org", .by = SAYS_IMAP, .said = "NO no" };
		g_autofree char *sentence = refusal_sentence(r, &p), *advice = refusal_advice(r, &p), *plea = refusal_plea(r, &p);
		g_test_message("%s: %s", r->id, sentence);
		g_assert_null(strpbrk(sentence, "{}"));
		g_assert_true(g_str_has_suffix(sentence, "."));
		/* whom one asks, or what one does: never nothing */
		g_assert_true(advice || plea);
		g_assert_true((r->plea == NULL) == (plea == NULL));
		g_assert_cmpint(r->whom == WHOM_ADMINISTRATOR, <=, plea != NULL);
		if (plea) {	/* both languages, whatever the locale */
			g_assert_nonnull(strstr(plea, "Guten Tag"));
			g_assert_nonnull(strstr(plea, "Hello"));
			g_assert_nonnull(strstr(plea, "alice@example.org"));
			g_assert_nonnull(strstr(plea, "NO no"));
			g_assert_null(strchr(plea, '{'));
		}
		g_assert_true(*refusal_whom(r->whom));
	}
}

/* S2: the service refused is not a wrong password, nor the other way round. */
static void
test_told_apart(void)
{
	static const struct { RefusalBy by; bool token; const char *said; RefusalCause cause; } rows[] = {
		{ SAYS_IMAP, false, "NO [AUTHENTICATIONFAILED] Authentication failed.", CAUSE_SECRET },
		{ SAYS_IMAP, false, "NO LOGIN failed.", CAUSE_SERVICE_OFF },
		{ SAYS_IMAP, false, "NO Login failed.", CAUSE_SECRET },
		{ SAYS_IMAP, true, "NO AUTHENTICATE failed.", CAUSE_SERVICE_OFF },
		{ SAYS_IMAP, false, "BAD User is authenticated but not connected.", CAUSE_SERVICE_OFF },
		{ SAYS_POP3, false, "-ERR Logon failure: unknown user name or bad password.", CAUSE_SERVICE_OFF },
		{ SAYS_POP3, false, "-ERR [SYS/TEMP] busy", CAUSE_SERVER },
		{ SAYS_IMAP, false, "NO [UNAVAILABLE] Temporary authentication failure.", CAUSE_SERVER },
		{ SAYS_SMTP, false, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [X]", CAUSE_SECRET },
		{ SAYS_SMTP, true, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", CAUSE_SERVICE_OFF },
		{ SAYS_SMTP, false, "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", CAUSE_SECRET },
		{ SAYS_SMTP, false, "535 Incorrect authentication data", CAUSE_SECRET },
		{ SAYS_OAUTH, true, "invalid_grant: AADSTS500341: something else", CAUSE_TOKEN },	/* not AADSTS50034 */
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const Refusal *r = refusal_find(rows[i].by, rows[i].token, rows[i].said);
		g_test_message("%s", rows[i].said);
		g_assert_nonnull(r);
		g_assert_cmpint(r->cause, ==, rows[i].cause);
	}
	g_assert_null(refusal_find(SAYS_IMAP, false, "NO the moon is full"));
	g_assert_null(refusal_find(SAYS_IMAP, false, NULL));
	/* nothing that needs the person is tried again by itself, but the one text that a server says for an outage too */
	gsize n;
	const Refusal *all = refusals_table(&n);
	for (gsize i = 0; i < n; i++)
		g_assert_false(all[i].again && strcmp(all[i].id, "not-connected") && (all[i].cause == CAUSE_SECRET || all[i].cause == CAUSE_SERVICE_OFF || all[i].cause == CAUSE_POLICY));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/refusals/S2/examples", test_examples);
	g_test_add_func("/refusals/S2/words", test_words);
	g_test_add_func("/refusals/S2/told-apart", test_told_apart);
	return g_test_run();
}

/* mailto.c - tests of src/mail/mailto: links of RFC 6068, and what a link must not do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/mailto.h"

static const struct { const char *uri; bool good; const char *to, *cc, *bcc, *subject, *body; } links[] = {
	{ "mailto:chris@example.com", true, "chris@example.com", "", "", "", "" },
	{ "MAILTO:chris@example.com", true, "chris@example.com", "", "", "", "" },
	{ "mailto:a@example.com,b@example.com", true, "a@example.com,b@example.com", "", "", "", "" },
	{ "mailto:?to=a@example.com&cc=b@example.com&bcc=c@example.com", true, "a@example.com", "b@example.com", "c@example.com", "", "" },
	{ "mailto:a@example.com?to=b@example.com", true, "a@example.com, b@example.com", "", "", "", "" },
	{ "mailto:a@example.com?subject=caf%C3%A9&body=one%0D%0Atwo", true, "a@example.com", "", "", "café", "one\ntwo\n" },
	{ "mailto:a@example.com?Subject=a%20+b&BODY=x", true, "a@example.com", "", "", "a +b", "x\n" },
	{ "mailto:%22not%40me%22@example.org", true, "\"not@me\"@example.org", "", "", "", "" },
	{ "mailto:a@example.com?attach=/etc/passwd&attachment=/etc/passwd&from=x@y.z&x-foo=1", true, "a@example.com", "", "", "", "" },
	{ "mailto:a@example.com?subject=x%0D%0ABcc:%20evil@example.org", true, "a@example.com", "", "", "x  Bcc: evil@example.org", "" },
	{ "mailto:a@example.com%0D%0ABcc:evil@example.org", true, "a@example.com  Bcc:evil@example.org", "", "", "", "" },
	{ "mailto:", true, "", "", "", "", "" },
	{ "mailto:a@example.com?subject", true, "a@example.com", "", "", "", "" },
	{ "mailto:a@example.com?&&subject=x#part", true, "a@example.com", "", "", "x", "" },
	{ "mailto:a%00b@example.com", false, NULL, NULL, NULL, NULL, NULL },
	{ "mailto:a%zz@example.com", false, NULL, NULL, NULL, NULL, NULL },
	{ "mailto:a@example.com?subject=%FF", false, NULL, NULL, NULL, NULL, NULL },
	{ "http://example.com", false, NULL, NULL, NULL, NULL, NULL },
};

static void
test_links(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autoptr(Draft) d = draft_new();
		g_autofree char *problem = NULL;
		g_test_message("%s", links[i].uri);
		g_assert_cmpint(mailto_add(d, links[i].uri, &problem), ==, links[i].good);
		g_assert_cmpint(problem == NULL, ==, links[i].good);
		if (!links[i].good)
			continue;
		g_assert_cmpstr(d->fields[DRAFT_TO], ==, links[i].to);
		g_assert_cmpstr(d->fields[DRAFT_CC], ==, links[i].cc);
		g_assert_cmpstr(d->fields[DRAFT_BCC], ==, links[i].bcc);
		g_assert_cmpstr(d->fields[DRAFT_SUBJECT], ==, links[i].subject);
		g_assert_cmpstr(d->fields[DRAFT_FROM], ==, "");
		g_assert_cmpstr(d->body, ==, links[i].body);
		g_assert_cmpuint(d->attachments->len, ==, 0);	/* never by a link */
	}
}

static void
test_in_reply_to(void)
{
	g_autoptr(Draft) d = draft_new();
	g_autofree char *problem = NULL;
	g_assert_true(mailto_add(d, "mailto:a@b.c?in-reply-to=%3C1@b.c%3E", &problem));
	g_assert_cmpstr(d->in_reply_to, ==, "<1@b.c>");
	g_assert_true(mailto_add(d, "mailto:a@b.c?in-reply-to=%3C2@b.c%3E%0D%0ABcc:x", &problem));
	g_assert_cmpstr(d->in_reply_to, ==, "<1@b.c>");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/mailto/links", test_links);
	g_test_add_func("/mail/mailto/in-reply-to", test_in_reply_to);
	return g_test_run();
}

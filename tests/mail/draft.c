/* draft.c - drafts: their written form, their addresses, what is refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/draft.h"
#include "base/limits.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

static Draft *
example(void)
{
	Draft *d = draft_new();
	d->kind = DRAFT_REPLY;
	draft_set(d, DRAFT_FROM, "Alice Example <alice@example.org>");
	draft_set(d, DRAFT_TO, "Bäcker, Jörg <j@example.org>");
	draft_set(d, DRAFT_SUBJECT, "Grüße 🎉");
	g_free(d->body);
	d->body = g_strdup("Zeile 1\n> quoted\n");
	d->in_reply_to = g_strdup("<1@x>");
	d->references = g_strdup("<0@x> <1@x>");
	d->answers = 77;
	d->date = 1790000000;
	d->dsn = true;
	DraftAttachment *a = draft_attach(d);
	a->path = g_strdup("/tmp/\xff.pdf");
	a->name = g_strdup("Über.pdf");
	a = draft_attach(d);
	a->data = g_bytes_new("a\0b", 3);
	a->type = g_strdup("message/rfc822");
	a->is_inline = true;
	return d;
}

static void
test_round_trip(void)
{
	g_autoptr(Draft) d = example();
	g_autoptr(GBytes) data = draft_write(d);
	g_autoptr(Draft) back = draft_read(data);
	g_autoptr(GBytes) again = draft_write(back);

	g_assert_true(g_bytes_equal(data, again));
	g_assert_cmpint(back->kind, ==, DRAFT_REPLY);
	g_assert_cmpstr(back->fields[DRAFT_SUBJECT], ==, "Grüße 🎉");
	g_assert_cmpstr(back->references, ==, "<0@x> <1@x>");
	g_assert_cmpint(back->answers, ==, 77);
	g_assert_true(back->dsn && back->flowed);
	g_assert_cmpuint(back->attachments->len, ==, 2);
	g_assert_cmpstr(g_array_index(back->attachments, DraftAttachment, 0).path, ==, "/tmp/\xff.pdf");
	g_assert_cmpuint(g_bytes_get_size(g_array_index(back->attachments, DraftAttachment, 1).data), ==, 3);
	g_assert_true(g_array_index(back->attachments, DraftAttachment, 1).is_inline);
}

/* Each beginning of it, and each byte wrong: a draft or nothing, never a crash. */
static void
test_damaged(void)
{
	g_autoptr(Draft) d = example();
	g_autoptr(GBytes) data = draft_write(d);
	gsize len;
	const guint8 *bytes = g_bytes_get_data(data, &len);

	for (gsize n = 0; n < len; n++) {
		g_autoptr(GBytes) cut = g_bytes_new(bytes, n);
		g_autofree guint8 *wrong = g_memdup2(bytes, len);
		wrong[n] ^= 0xff;
		g_autoptr(GBytes) flipped = g_bytes_new(wrong, len);
		g_autoptr(Draft) a = draft_read(cut), b = draft_read(flipped);
		(void)a;
		if (b)
			for (int i = 0; i < DRAFT_FIELDS; i++)
				g_assert_null(strpbrk(b->fields[i], "\r\n"));
	}
}

static void
test_one_line(void)
{
	g_autoptr(Draft) d = draft_new();
	draft_set(d, DRAFT_SUBJECT, "a\r\nBcc: x@y\tz\x01\xc2\x85");
	g_assert_cmpstr(d->fields[DRAFT_SUBJECT], ==, "a  Bcc: x@y z");
	g_assert_true(g_utf8_validate(d->fields[DRAFT_SUBJECT], -1, NULL));
}

static const struct { const char *list; const char *entries; } lists[] = {
	{ "", "" },
	{ "a@b", "a@b" },
	{ "a@b, c@d", "a@b|c@d" },
	{ "\"Weber, Anna\" <a@b>, c@d;", "\"Weber, Anna\" <a@b>|c@d" },
	{ "Team: a@b, c@d; e@f", "a@b|c@d|e@f" },
	{ "a@b (one, two), c@d", "a@b (one, two)|c@d" },
	{ "\"a\\\", b\" <a@b>", "\"a\\\", b\" <a@b>" },
	{ ",,a@b,,", "a@b" },
	{ "a@[IPv6:::1], b@c", "a@[IPv6:::1]|b@c" },
	{ "bob@x.org Bcc: eve@y.org, c@d", "bob@x.org Bcc: eve@y.org|c@d" },
};

static void
test_lists(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_auto(GStrv) entries = draft_split_addresses(lists[i].list);
		g_autofree char *joined = g_strjoinv("|", entries);
		g_assert_cmpstr(joined, ==, lists[i].entries);
	}
}

static const struct { const char *entry, *address; } addresses[] = {
	{ "a@b", "a@b" }, { "Anna <anna@example.org>", "anna@example.org" }, { "<a@b>", "a@b" }, { "a@b (Anna)", "a@b" },
	{ "\"a b\"@example.org", "\"a b\"@example.org" }, { "jörg@example.org", "jörg@example.org" }, { "a@müller.example", "a@müller.example" },
	{ "a+b.c@x-y.example", "a+b.c@x-y.example" }, { "a@[127.0.0.1]", "a@[127.0.0.1]" }, { "\"Weber, Anna\" <a@b>", "a@b" },
	{ "", NULL }, { "anna", NULL }, { "@b", NULL }, { "a@", NULL }, { "a b@c", NULL }, { "a@b c", NULL }, { "a@b>", NULL }, { "<a@b", NULL },
	{ "a..b@c", NULL }, { ".a@c", NULL }, { "a@b@c", NULL }, { "a@-b", NULL }, { "<a@b> x", NULL }, { "a@b/c", NULL }, { "a\x01@b", NULL },
	{ "a@[evil>]", NULL }, { "a@b\nRCPT TO:<c@d>", NULL }, { "a@b RCPT TO:<c@d>", NULL }, { "\"x: y\" <a@b>", "a@b" },
};

static void
test_addresses(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *why = NULL;
		g_autofree char *address = draft_address(addresses[i].entry, &why);
		g_test_message("%s", addresses[i].entry);
		g_assert_cmpstr(address, ==, addresses[i].address);
		g_assert_true((why != NULL) == (address == NULL));
	}
}

static void
test_check(void)
{
	g_autoptr(Draft) d = draft_new();
	g_autoptr(GError) err = NULL;

	g_assert_true(draft_is_empty(d));
	g_assert_false(draft_check(d, &err));
	g_assert_true(error_is(err, EIL_ASK_USER));
	g_clear_error(&err);
	draft_set(d, DRAFT_TO, "a@b, nonsense");
	g_assert_false(draft_check(d, &err));
	g_assert_nonnull(strstr(err->message, "nonsense"));
	g_clear_error(&err);
	draft_set(d, DRAFT_TO, "a@b");
	g_assert_true(draft_check(d, &err));
	g_assert_false(draft_is_empty(d));
	g_autofree char *huge = g_strnfill(10 * 1000 * 1000, 'x');
	draft_set(d, DRAFT_SUBJECT, huge);
	g_assert_false(draft_check(d, &err));
	g_clear_error(&err);
	draft_set(d, DRAFT_SUBJECT, "ok");
	g_free(d->fields[DRAFT_CC]);
	d->fields[DRAFT_CC] = g_strdup("c@d\r\nBcc: e@f");	/* past draft_set */
	g_assert_false(draft_check(d, &err));
	g_clear_error(&err);
	draft_set(d, DRAFT_CC, "");
	DraftAttachment *a = draft_attach(d);
	a->path = g_strdup("/nonexistent/holiday.jpg");
	g_assert_false(draft_check(d, &err));
	g_assert_nonnull(strstr(err->message, "/nonexistent/holiday.jpg"));
	g_clear_error(&err);
	draft_detach(d, 0);
	g_assert_true(draft_check(d, &err));
}

static const struct { const char *subject, *body; bool forgot; } promises[] = {
	{ "Hi", "Please find the file attached.\n", true }, { "Hi", "Anbei die Zahlen.\n", true }, { "Anhang fehlt", "", true },
	{ "Hi", "Im ANHANG steht es.", true }, { "Hi", "the detachment marched", false }, { "Hi", "> see the attachment\nok\n", false },
	{ "Hi", "ok\n-- \nattached to nothing\n", false }, { "Hi", "Die Anlagenberatung ruft an.", false }, { "Hi", "siehe Anlage", true },
	{ "Hi", "voir pièce jointe", true }, { "Hi", "", false },
};

static void
test_forgot(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(promises); i++) {
		g_autoptr(Draft) d = draft_new();
		draft_set(d, DRAFT_SUBJECT, promises[i].subject);
		g_free(d->body);
		d->body = g_strdup(promises[i].body);
		g_autofree char *word = draft_forgot_attachment(d);
		g_test_message("%s", promises[i].body);
		g_assert_true((word != NULL) == promises[i].forgot);
	}
	g_autoptr(Draft) forward = draft_new();
	forward->kind = DRAFT_FORWARD;
	g_free(forward->body);
	forward->body = g_strdup("Look.\n\n---------- Weitergeleitete Nachricht ----------\nSubject: x\n\nThe file is attached.\n");
	g_assert_null(draft_forgot_attachment(forward));
	memcpy(forward->body, "Anbei", 5);
	g_autofree char *own = draft_forgot_attachment(forward);
	g_assert_cmpstr(own, ==, "anbei");
	g_autoptr(Draft) d = example();
	g_free(d->body);
	d->body = g_strdup("attached");
	g_assert_null(draft_forgot_attachment(d));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/draft/round-trip", test_round_trip);
	g_test_add_func("/draft/damaged", test_damaged);
	g_test_add_func("/draft/P16/one-line", test_one_line);
	g_test_add_func("/draft/lists", test_lists);
	g_test_add_func("/draft/addresses", test_addresses);
	g_test_add_func("/draft/P16/check", test_check);
	g_test_add_func("/draft/forgot-attachment", test_forgot);
	return g_test_run();
}

/* summaries.c - tests of summaries: header fields and traits, through the real worker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/limits.h"
#include "render/compose.h"

#include <locale.h>
#include <string.h>

typedef struct {
	const char *name, *raw;
	const char *subject, *from_name, *from_address, *to, *id, *references;
	gint64 sent, received;
	guint32 traits;
} Case;

#define MIXED(type, parts) "From: a@b\r\nContent-Type: " type "; boundary=x\r\n\r\n" parts "--x--\r\n"
#define PART(head, body) "--x\r\n" head "\r\n\r\n" body "\r\n"

static const Case cases[] = {
	{ "plain", "Received: from x by y; Mon, 2 Mar 2026 10:00:05 +0100\r\nReceived: from z; Sun, 1 Mar 2026 10:00:05 +0100\r\n"
		"From: Anna <anna@example.org>\r\nTo: Bob <bob@example.org>, c@d\r\nSubject: hi\r\n there\r\n"
		"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <1@x> (old)\r\nReferences: <a@b>\r\n <c@d>\r\n\r\nbody",
		"hi there", "Anna", "anna@example.org", "Bob <bob@example.org>, c@d", "<1@x>", "<a@b> <c@d>", 1772442000, 1772442005, 0 },
	{ "encoded", "From: =?utf-8?q?J=C3=BCrgen?= <j@x>\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\n =?utf-8?B?w7xiZXI=?=\n\n",
		"Gr\xc3\xbc\xc3\x9f" "e\xc3\xbc" "ber", "J\xc3\xbcrgen", "j@x", NULL, NULL, NULL, 0, 0, 0 },
	{ "controls", "From: =?utf-8?q?a=0A=1Bb?= <j@x>\r\nSubject: =?utf-8?q?x=0D=0ABcc:_evil?=\r\n\r\n",
		"x  Bcc: evil", "a  b", "j@x", NULL, NULL, NULL, 0, 0, 0 },
	{ "doubled", "Subject: one\r\nSubject: two\r\nFrom: a@b\r\nFrom: c@d\r\n\r\n",
		"one", NULL, "a@b", NULL, NULL, NULL, 0, 0, 0 },
	{ "empty", "", NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0 },
	{ "no header", "\r\nSubject: in the body\r\n", NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0 },
	{ "wrong date", "From: a@b\r\nDate: yesterday\r\n\r\n", NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 0 },
	{ "html", "From: a@b\r\nContent-Type: text/html\r\n\r\n<p>x", NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 2 },
	{ "alternative", MIXED("multipart/alternative", PART("Content-Type: text/plain", "x") PART("Content-Type: text/html", "x")),
		NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 0 },
	{ "attachment", MIXED("multipart/mixed", PART("Content-Type: text/plain", "x")
		PART("Content-Type: application/pdf; name=a.pdf", "x")), NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 1 },
	{ "signed", MIXED("multipart/signed", PART("Content-Type: text/plain", "x") PART("Content-Type: application/pgp-signature", "x")),
		NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 16 },
	{ "encrypted", MIXED("multipart/encrypted", PART("Content-Type: application/pgp-encrypted", "x")
		PART("Content-Type: application/octet-stream", "x")), NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 8 },
	{ "calendar", MIXED("multipart/mixed", PART("Content-Type: text/calendar", "x")),
		NULL, NULL, "a@b", NULL, NULL, NULL, 0, 0, 4 },
};

static void
check(const Case *c, const Summary *s)
{
	g_test_message("%s", c->name);
	g_assert_cmpstr(s->subject, ==, c->subject);
	g_assert_cmpstr(s->from_name, ==, c->from_name);
	g_assert_cmpstr(s->from_address, ==, c->from_address);
	g_assert_cmpstr(s->to, ==, c->to);
	g_assert_cmpstr(s->message_id, ==, c->id);
	g_assert_cmpstr(s->references, ==, c->references);
	g_assert_cmpint(s->sent, ==, c->sent);
	g_assert_cmpint(s->received, ==, c->received);
	g_assert_cmpuint(s->traits, ==, c->traits);
}

static void
test_table(void)
{
	Render *r = render_new(1);
	enum { N = G_N_ELEMENTS(cases) };
	GBytes *raw[N];
	Summary out[N];

	for (gsize i = 0; i < N; i++)
		raw[i] = g_bytes_new_static(cases[i].raw, strlen(cases[i].raw));
	render_summaries(r, raw, N, out);
	for (gsize i = 0; i < N; i++) {
		check(&cases[i], &out[i]);
		summary_clear(&out[i]);
		g_bytes_unref(raw[i]);
	}
	render_free(r);
}

/* More than one request, and each row at its place. */
static void
test_many(void)
{
	enum { N = 1000 };
	Render *r = render_new(1);
	g_autofree GBytes **raw = g_new(GBytes *, N);
	g_autofree Summary *out = g_new(Summary, N);

	for (guint i = 0; i < N; i++) {
		char *text = g_strdup_printf("From: a%u@b\r\nSubject: number %u\r\n\r\n", i, i);
		raw[i] = g_bytes_new_take(text, strlen(text));
	}
	render_summaries(r, raw, N, out);
	for (guint i = 0; i < N; i++) {
		g_autofree char *wanted = g_strdup_printf("number %u", i);
		g_assert_cmpstr(out[i].subject, ==, wanted);
		summary_clear(&out[i]);
		g_bytes_unref(raw[i]);
	}
	render_free(r);
}

/* Without a worker rows are empty and nothing fails. */
static void
test_no_worker(void)
{
	g_autofree char *before = g_strdup(g_getenv("EILPOST_RENDER"));
	g_setenv("EILPOST_RENDER", "/nonexistent/eilpost-render", TRUE);
	Render *r = render_new(0);
	g_autoptr(GBytes) raw = g_bytes_new_static("Subject: x\r\n\r\n", 14);
	GBytes *list[] = { raw, raw };
	Summary out[2];

	render_summaries(r, list, 2, out);
	for (int i = 0; i < 2; i++) {
		g_assert_null(out[i].subject);
		summary_clear(&out[i]);
	}
	render_free(r);
	if (before)
		g_setenv("EILPOST_RENDER", before, TRUE);
}

/* A header of a megabyte in many fields, and an address list without end: bounded, and the neighbours are there. */
static void
test_hostile(void)
{
	Render *r = render_new(1);
	g_autoptr(GString) to = g_string_new("To: ");
	g_autoptr(GString) fields = g_string_new(NULL);

	while (to->len < 900000)
		g_string_append(to, "a@b,");
	g_string_append(to, "\r\nSubject: here\r\n\r\n");
	while (fields->len < 3000000)
		g_string_append(fields, "Subject: =?utf-8?q?=C3=BC?= =?utf-8?q?=C3=BC?=\r\n");
	g_autoptr(GBytes) one = g_bytes_new(to->str, to->len), two = g_bytes_new(fields->str, fields->len);
	g_autoptr(GBytes) three = g_bytes_new_static("Subject: x\r\n\r\n", 14);
	GBytes *list[] = { one, two, three };
	Summary out[3];
	render_summaries(r, list, 3, out);
	g_assert_cmpstr(out[0].subject, ==, "here");
	g_assert_cmpuint(strlen(out[0].to), <, (gsize)LIMIT_ADDRESSES * 6);
	g_assert_cmpstr(out[1].subject, ==, "\xc3\xbc\xc3\xbc");
	g_assert_cmpstr(out[2].subject, ==, "x");
	for (int i = 0; i < 3; i++)
		summary_clear(&out[i]);
	render_free(r);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/render/summaries/table", test_table);
	g_test_add_func("/render/summaries/many", test_many);
	g_test_add_func("/render/summaries/no-worker", test_no_worker);
	g_test_add_func("/render/summaries/hostile/M2", test_hostile);
	return g_test_run();
}

/* outbox.c - the states of a mail on its way, and what a crash leaves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "store/outbox.h"

#include <string.h>

static Draft *
example(void)
{
	Draft *d = draft_new();
	draft_set(d, DRAFT_TO, "Bob <bob@example.org>, c@d");
	draft_set(d, DRAFT_SUBJECT, "Hallo");
	return d;
}

static gint64
save(Db *db, gint64 id, const Draft *d)
{
	g_autoptr(GError) err = NULL;
	must_begin(db);
	gint64 row = outbox_save_draft(db, id, d, &err);
	g_assert_no_error(err);
	must_commit(db);
	return row;
}

static gint64
queue(Db *db, gint64 id, const Draft *d, const char *text, gint64 not_before)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GBytes) message = g_bytes_new(text, strlen(text));
	OutMail m = { .sender = "alice@example.org", .recipients = (const char *const[]){ "bob@example.org", "c@d", NULL }, .message = message,
		.message_id = "<1@x>", .subject = "Hallo", .to = "Bob" };
	must_begin(db);
	gint64 row = outbox_queue(db, id, d, &m, not_before, false, &err);
	g_assert_no_error(err);
	must_commit(db);
	return row;
}

static void
state(Db *db, gint64 id, OutState s, const char *error)
{
	g_autoptr(GError) err = NULL;
	must_begin(db);
	g_assert_true(outbox_set_state(db, id, s, 0, error, &err));
	g_assert_no_error(err);
	must_commit(db);
}

static OutState
state_of(Db *db, gint64 id)
{
	g_autoptr(OutRow) r = outbox_get(db, id, NULL);
	g_assert_nonnull(r);
	return r->state;
}

static void
test_draft(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	g_autoptr(Draft) d = example();
	gint64 id = save(db, 0, d);
	draft_set(d, DRAFT_SUBJECT, "Zweite Fassung");
	g_assert_cmpint(save(db, id, d), ==, id);
	g_autoptr(Draft) back = outbox_draft(db, id, NULL);
	g_assert_cmpstr(back->fields[DRAFT_SUBJECT], ==, "Zweite Fassung");
	g_autoptr(GPtrArray) drafts = outbox_list(db, true, NULL), rest = outbox_list(db, false, NULL);
	g_assert_cmpuint(drafts->len, ==, 1);
	g_assert_cmpuint(rest->len, ==, 0);
	g_assert_cmpint(outbox_next_time(db), ==, -1);
	/* saved after it left: a new draft, nothing typed is lost and nothing sent is changed */
	g_assert_cmpint(queue(db, id, d, "x", 5), ==, id);
	gint64 other = save(db, id, d);
	g_assert_cmpint(other, !=, id);
	g_assert_cmpint(state_of(db, id), ==, OUT_QUEUED);
	must_begin(db);
	g_assert_true(outbox_remove(db, other, NULL));
	must_commit(db);
	g_assert_cmpuint(outbox_count(db, true), ==, 0);
}

static void
test_queue(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	g_autoptr(Draft) d = example();
	gint64 a = queue(db, 0, d, "Subject: a\r\n\r\n", 100), b = queue(db, 0, NULL, "Subject: b\r\n\r\n", 50);
	g_autoptr(OutRow) none = outbox_next(db, 49, NULL), first = outbox_next(db, 1000, NULL);
	g_assert_null(none);
	g_assert_cmpint(first->id, ==, b);
	g_assert_cmpuint(first->n_recipients, ==, 2);
	g_assert_cmpint(outbox_next_time(db), ==, 50);
	g_autoptr(GBytes) message = outbox_message(db, a, NULL);
	g_assert_cmpuint(g_bytes_get_size(message), ==, 14);

	must_begin(db);
	g_assert_true(outbox_set_recipient(db, a, "c@d", false, 550, "no such user", NULL));
	g_assert_true(outbox_set_recipient(db, a, "bob@example.org", true, 250, "ok", NULL));
	must_commit(db);
	g_autoptr(GPtrArray) left = NULL;
	g_autofree char *sender = NULL;
	bool has_8bit, needs_utf8, dsn;
	g_assert_true(outbox_mail(db, a, &left, &sender, &has_8bit, &needs_utf8, &dsn, NULL));
	g_assert_cmpuint(left->len, ==, 1);
	g_assert_cmpstr(left->pdata[0], ==, "c@d");
	g_autoptr(GArray) all = outbox_recipients(db, a, NULL);
	g_assert_cmpstr(g_array_index(all, OutRecipient, 1).reply, ==, "no such user");
	g_autoptr(OutRow) row = outbox_get(db, a, NULL);
	g_assert_cmpuint(row->n_refused, ==, 1);
	/* filed, but not taken by all: the person hears of it until the row is removed; the other is done */
	state(db, a, OUT_FILED, NULL);
	state(db, b, OUT_FILED, NULL);
	must_begin(db);
	g_assert_true(outbox_recover(db, g_get_real_time() / G_USEC_PER_SEC + OUTBOX_KEEP_S + 10, NULL));
	must_commit(db);
	g_autoptr(GPtrArray) reports = outbox_list(db, false, NULL);
	g_assert_cmpuint(reports->len, ==, 1);
	g_assert_cmpint(((OutRow *)reports->pdata[0])->id, ==, a);
	g_assert_cmpuint(outbox_count(db, false), ==, 0);
}

/* What a crash leaves in each state (ARCHITECTURE section 6). */
static void
test_recover(void)
{
	static const struct { OutState before, after; } rows[] = {
		{ OUT_QUEUED, OUT_QUEUED }, { OUT_SENDING, OUT_QUEUED }, { OUT_DOT_SENT, OUT_UNKNOWN }, { OUT_SENT, OUT_SENT },
		{ OUT_FILED, OUT_FILED }, { OUT_UNKNOWN, OUT_UNKNOWN }, { OUT_FAILED, OUT_FAILED },
	};
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 ids[G_N_ELEMENTS(rows)];
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		ids[i] = queue(db, 0, NULL, "x", 0);
		state(db, ids[i], rows[i].before, "why");
	}
	must_begin(db);
	g_assert_true(outbox_recover(db, g_get_real_time() / G_USEC_PER_SEC, NULL));
	must_commit(db);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(state_of(db, ids[i]), ==, rows[i].after);
	must_begin(db);
	g_assert_true(outbox_recover(db, g_get_real_time() / G_USEC_PER_SEC + OUTBOX_KEEP_S + 10, NULL));
	must_commit(db);
	g_autoptr(OutRow) old = outbox_get(db, ids[4], NULL);
	g_assert_null(old);
}

/* A copy that could not be filed waits, unless the clock was set back since. */
static void
test_clock_set_back(void)
{
	enum { AHEAD = 3 * 86400 };
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 id = queue(db, 0, NULL, "x", 0), now = g_get_real_time() / G_USEC_PER_SEC;

	must_begin(db);
	g_assert_true(outbox_set_state(db, id, OUT_SENT, now + 300, "no room", NULL));
	must_commit(db);
	g_autoptr(OutRow) early = outbox_next_to_file(db, now, NULL), due = outbox_next_to_file(db, now - AHEAD, NULL);
	g_assert_null(early);
	g_assert_nonnull(due);
}

static void
test_files(void)
{
	TEMP_FOLDER folder = g_dir_make_tmp("outbox-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "a.db", NULL);
	g_autoptr(Db) db = must_open(path, DB_WRITER);
	g_autoptr(Draft) d = example();
	gint64 id = save(db, 0, d);
	g_autofree char *file = g_strdup_printf("%s.d/%d.eml", path, (int)id), *text = NULL;
	GStatBuf st;
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_nonnull(strstr(text, "Subject: Hallo\n"));
	g_assert_cmpint(g_stat(file, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	queue(db, id, d, "Subject: final\r\n\r\n", 0);
	g_free(g_steal_pointer(&text));
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "Subject: final\r\n\r\n");
	state(db, id, OUT_FILED, NULL);
	g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/outbox/S9/draft", test_draft);
	g_test_add_func("/outbox/queue", test_queue);
	g_test_add_func("/outbox/S1/recover", test_recover);
	g_test_add_func("/outbox/clock-set-back", test_clock_set_back);
	g_test_add_func("/outbox/S7/files", test_files);
	return g_test_run();
}

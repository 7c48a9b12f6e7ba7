/* pop.c - tests of receiving by POP3: each mail once, whatever breaks, and the server is emptied only as agreed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The stories that kill the program start this program once more, as a child with an engine of its own. */
#include "config.h"
#include "store/bodies.h"
#include "store/folders.h"
#include "store/local.h"
#include "store/pop.h"
#include "room.h"
#include "world.h"

#include <stdlib.h>

/* ---- what is here ---- */

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The subjects of the inbox, joined; "" if there is none. */
static char *
inbox(World *w)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_role(db, ROLE_INBOX, NULL);
	g_autoptr(GArray) rows = f ? messages_page(db, f->id, NULL, NULL, false, true, 2000, 0, NULL, NULL, NULL) : NULL;
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; rows && i < rows->len; i++) {
		MessageRow *r = &g_array_index(rows, MessageRow, i);
		g_ptr_array_add(all, g_strdup(r->subject ? r->subject : "-"));
		message_row_clear(r);
	}
	g_ptr_array_sort(all, by_text);
	g_ptr_array_add(all, NULL);
	return g_strjoinv(" ", (char **)all->pdata);
}

#define ASSERT_INBOX(w, wanted) do { \
	g_autofree char *here_ = inbox(w); \
	g_assert_cmpstr(here_, ==, wanted); \
} while (0)

static guint
n_ledger(World *w, PopState state)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return pop_count(db, state);
}

static void
deliver(const char *uidl, const char *subject)
{
	g_autofree char *data = g_strdup_printf("From: Bob <bob@example.com>\r\nTo: alice@example.org\r\nSubject: %s\r\n"
		"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <%s@example.com>\r\n\r\nThe text of %s.\r\n.a dot\r\n..\r\n", subject, subject, subject);
	server_deliver(pop, uidl, data);
}

/* a, b, c ... with UIDLs of their own. */
static void
deliver_some(char from, char to)
{
	for (char c = from; c <= to; c++) {
		g_autofree char *uidl = g_strdup_printf("u%c", c), *subject = g_strdup_printf("%c", c);
		deliver(uidl, subject);
	}
}

static World *
pop_world(KeepKind keep, int days)
{
	World *w = world_new(CHECK_MANUAL, "at once", 0);
	w->account->keep = keep;
	w->account->keep_days = days;
	return w;
}

static void
check_mail(World *w)
{
	guint before = w->checked;
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, w->checked > before);
}

/* As if the person had seen the dry run and said yes. */
static void
agree(World *w)
{
	world_close(w);
	g_autoptr(Db) db = db_open(w->store, DB_WRITER, NULL);
	g_assert_true(db_begin(db, NULL));
	g_assert_true(db_set_fact(db, "pop-removal", "yes", NULL));
	g_assert_true(db_commit(db, NULL));
	g_clear_pointer(&db, db_close);
	world_open(w, 0);
}

/* ---- stories ---- */

/* S6: a commit that fails takes back what the session believes to be here: nothing of it is removed on the server. It fails
 * behind the last message of a batch, or while the next one, a large one, comes. */
static void
test_store_fails(void)
{
	enum { N = 30, LARGE = 3 };
	g_autofree char *large = g_strnfill(200000, 'x');
	guint failures = 0;

	for (gint at = 1, whole = 0; whole < 3; at += at < 12 ? 1 : 7) {	/* the later ones are of a DELE each */
		World *w = pop_world(KEEP_NO, 0);
		gint left = at;
		g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
		for (int i = 0; i < N; i++) {
			g_ptr_array_add(all, g_strdup_printf("m%03d", i));
			g_autofree char *whole_mail = g_strdup_printf("From: bob@example.com\r\nSubject: m%03d\r\n\r\n%s\r\n", i, i == LARGE ? large : "");
			server_deliver(pop, all->pdata[i], whole_mail);
		}
		pop->rest_ms = 150;
		g_ptr_array_add(all, NULL);
		agree(w);
		db_set_plug(w->engine->db, fail_one_commit, &left);
		ask(w, REQ_CHECK, 0, false);
		WAIT_FOR(w, w->checked || w->trouble);
		failures += w->trouble != NULL;
		whole = w->trouble ? 0 : whole + 1;
		g_test_message("commit %d: %s; %u left there", at, w->trouble ? w->trouble : "-", server_n_mails(pop));
		if (w->trouble) {
			ask(w, REQ_RESUME, 0, false);	/* the loop turns for something else */
			wait_ms(w, 600);	/* a session that went on would remove them now */
		}
		for (int i = 0; i < 8 && server_n_mails(pop) > 0; i++) {
			later(w, 400);	/* the back-off */
			check_mail(w);
		}
		g_autofree char *wanted = g_strjoinv(" ", (char **)all->pdata);
		ASSERT_INBOX(w, wanted);
		g_assert_cmpuint(server_n_mails(pop), ==, 0);
		world_free(w);
	}
	g_assert_cmpuint(failures, >=, 4);
}

/* S2: on a disk that is nearly full nothing is fetched, and nothing is removed for it; each check says so. */
static void
test_no_room(void)
{
	World *w = pop_world(KEEP_NO, 0);

	deliver_some('a', 'c');
	agree(w);
	g_atomic_int_set(&no_room, true);
	for (int i = 0; i < 2; i++) {
		g_clear_pointer(&w->trouble, g_free);
		check_mail(w);
		g_assert_true(w->check_failed);
		g_assert_cmpstr(w->trouble, ==, db_no_room());
	}
	ASSERT_INBOX(w, "");
	g_assert_cmpuint(server_n_mails(pop), ==, 3);
	g_atomic_int_set(&no_room, false);
	later(w, 6);
	WAIT_FOR(w, !w->trouble);
	check_mail(w);
	g_assert_false(w->check_failed);
	ASSERT_INBOX(w, "a b c");
	g_assert_cmpuint(server_n_mails(pop), ==, 0);
	world_free(w);
}

/* What is too large stays there, and the others come; it is told once, not at each check. */
static void
test_too_big(void)
{
	World *w = pop_world(KEEP_NO, 0);

	deliver_some('a', 'c');
	pop->huge = "Subject: b\r\n";
	agree(w);
	for (int i = 0; i < 3; i++) {
		check_mail(w);
		ASSERT_INBOX(w, "a c");
	}
	g_assert_cmpuint(w->troubles, ==, 1);
	g_assert_nonnull(strstr(w->trouble, "1.0\xc2\xa0GB stays on"));
	g_assert_cmpuint(server_n_mails(pop), ==, 1);
	world_free(w);
}

/* S15: copies stay, and nothing is fetched twice, also not by the next start. The newest comes first. */
static void
test_keep(void)
{
	enum { N = 500 };
	World *w = pop_world(KEEP_YES, 0);
	for (int i = 0; i < N; i++) {
		g_autofree char *name = g_strdup_printf("m%03d", i);
		deliver(name, name);
	}
	check_mail(w);
	g_assert_cmpuint(server_n_said(pop, "RETR"), ==, N);
	const char *first = strstr(pop->log->str, "RETR ");
	g_assert_true(g_str_has_prefix(first, "RETR 500\n"));
	g_autofree char *here = inbox(w);
	g_assert_true(g_str_has_prefix(here, "m000 m001 "));
	g_assert_true(g_str_has_suffix(here, " m499"));
	g_assert_cmpuint(strlen(here), ==, N * 5 - 1);
	world_close(w);
	g_string_truncate(pop->log, 0);
	world_open(w, 0);
	check_mail(w);
	g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 0);
	g_assert_cmpuint(server_n_said(pop, "TOP"), ==, 0);
	g_assert_cmpuint(server_n_said(pop, "DELE"), ==, 0);
	deliver("new", "new");
	check_mail(w);
	g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 1);
	g_assert_cmpuint(server_n_mails(pop), ==, N + 1);
	g_assert_cmpuint(n_ledger(w, POP_HERE), ==, N + 1);
	world_free(w);
}

/* Mails of one second lie in the order in which they came to the server, though the newest is fetched first. */
static void
test_order(void)
{
	World *w = pop_world(KEEP_YES, 0);
	g_autoptr(GString) order = g_string_new(NULL);

	deliver_some('a', 'c');
	check_mail(w);
	deliver_some('d', 'f');
	check_mail(w);
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_role(db, ROLE_INBOX, NULL);
	g_autoptr(GArray) rows = messages_page(db, f->id, NULL, NULL, false, true, 10, 0, NULL, NULL, NULL);
	for (guint i = 0; i < rows->len; i++) {
		g_string_append(order, g_array_index(rows, MessageRow, i).subject);
		message_row_clear(&g_array_index(rows, MessageRow, i));
	}
	g_assert_cmpstr(order->str, ==, "fedcba");
	world_free(w);
}

static void
test_bytes(void)
{
	World *w = pop_world(KEEP_YES, 0);
	deliver_some('a', 'a');
	const Mail *sent = pop->mails->pdata[0];
	check_mail(w);
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) f = folders_role(db, ROLE_INBOX, NULL);
	g_assert_true(folder_is_local(f));	/* S16 */
	g_autoptr(GArray) keys = messages_keys(db, f->id, NULL, NULL, false, true, 10, 0, NULL, NULL, NULL);
	g_assert_cmpuint(keys->len, ==, 1);
	g_autoptr(GBytes) raw = bodies_get(db, g_array_index(keys, MessageKey, 0).id, "", NULL);
	g_assert_nonnull(raw);
	g_assert_cmpmem(g_bytes_get_data(raw, NULL), g_bytes_get_size(raw), sent->data, strlen(sent->data));
	g_clear_pointer(&db, db_close);
	world_free(w);
}

/* S14: first it is shown what would go; then RETR, commit, DELE, QUIT. */
static void
test_remove(void)
{
	World *w = pop_world(KEEP_NO, 0);
	deliver_some('a', 'c');
	check_mail(w);
	ASSERT_INBOX(w, "a b c");
	g_assert_cmpuint(w->removals, ==, 3);
	g_assert_cmpuint(server_n_said(pop, "DELE"), ==, 0);
	g_assert_cmpuint(server_n_mails(pop), ==, 3);
	guint before = w->checked;
	ask(w, REQ_POP_REMOVE, 0, true);
	WAIT_FOR(w, w->checked > before || server_n_mails(pop) == 0);
	WAIT_FOR(w, n_ledger(w, POP_DELETED) == 3);
	g_assert_cmpuint(server_n_mails(pop), ==, 0);
	g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 3);
	const char *last_retr = g_strrstr(pop->log->str, "RETR"), *first_dele = strstr(pop->log->str, "DELE"), *last_dele = g_strrstr(pop->log->str, "DELE");
	g_assert_true(last_retr < first_dele);
	g_assert_nonnull(strstr(last_dele, "QUIT"));
	ASSERT_INBOX(w, "a b c");
	/* from now on it goes by itself */
	WAIT_FOR(w, !pop_up(w->engine));
	deliver_some('d', 'd');
	check_mail(w);
	WAIT_FOR(w, server_n_mails(pop) == 0);
	ASSERT_INBOX(w, "a b c d");
	world_free(w);
}

static void
test_days(void)
{
	World *w = pop_world(KEEP_DAYS, 2);
	agree(w);
	deliver_some('a', 'c');
	check_mail(w);
	later(w, 86400);
	deliver_some('d', 'e');
	check_mail(w);
	g_assert_cmpuint(server_n_mails(pop), ==, 5);
	later(w, 86400 + 10);
	check_mail(w);
	g_assert_cmpuint(server_n_mails(pop), ==, 2);
	g_assert_cmpuint(server_n_said(pop, "DELE"), ==, 3);
	ASSERT_INBOX(w, "a b c d e");
	world_free(w);
}

static void
test_until_deleted(void)
{
	World *w = pop_world(KEEP_UNTIL_DELETED, 0);
	agree(w);
	deliver_some('a', 'c');
	check_mail(w);
	g_assert_cmpuint(server_n_mails(pop), ==, 3);
	world_close(w);
	{
		g_autoptr(Db) db = db_open(w->store, DB_WRITER, NULL);
		g_autoptr(Folder) f = folders_role(db, ROLE_INBOX, NULL);
		g_autoptr(GArray) rows = messages_page(db, f->id, NULL, NULL, false, true, 10, 0, NULL, NULL, NULL);
		g_assert_true(db_begin(db, NULL));
		for (guint i = 0; i < rows->len; i++) {
			MessageRow *r = &g_array_index(rows, MessageRow, i);
			if (!strcmp(r->subject, "b"))
				g_assert_true(local_remove(db, r->key.id, NULL));
			message_row_clear(r);
		}
		g_assert_true(db_commit(db, NULL));
	}
	world_open(w, 0);
	check_mail(w);
	g_assert_cmpuint(server_n_mails(pop), ==, 2);
	g_assert_cmpuint(server_n_said(pop, "DELE 2"), ==, 1);
	ASSERT_INBOX(w, "a c");
	check_mail(w);	/* and it does not come back */
	ASSERT_INBOX(w, "a c");
	world_free(w);
}

/* ---- P13: names that are none ---- */

static void
test_same_uidl(void)
{
	World *w = pop_world(KEEP_YES, 0);
	deliver("same", "aa");
	deliver("same", "bbb");	/* another size */
	deliver("same", "cc");	/* the size of the first */
	deliver("", "dddd");
	deliver_some('e', 'e');
	for (int i = 0; i < 3; i++) {
		check_mail(w);
		ASSERT_INBOX(w, "aa bbb cc dddd e");
	}
	world_free(w);
}

static void
test_no_uidl(void)
{
	for (int no_top = 0; no_top < 2; no_top++) {
		World *w = pop_world(KEEP_YES, 0);
		pop->no_uidl = true;
		pop->no_top = no_top;
		pop->no_capa = no_top;
		deliver_some('a', 'c');
		check_mail(w);
		ASSERT_INBOX(w, "a b c");
		g_assert_nonnull(w->trouble);
		deliver_some('d', 'd');
		check_mail(w);
		ASSERT_INBOX(w, "a b c d");
		if (!no_top)
			g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 4);
		g_assert_cmpuint(server_n_said(pop, "DELE"), ==, 0);
		world_free(w);
	}
}

static void
rename_all(void)
{
	g_mutex_lock(&pop->lock);
	for (guint i = 0; i < pop->mails->len; i++) {
		Mail *m = pop->mails->pdata[i];
		g_free(m->uidl);
		m->uidl = g_strdup_printf("other-%u", i);
	}
	g_mutex_unlock(&pop->lock);
}

/* The server gives all of them other names: compared by their headers, nothing is here twice; of many, nothing is removed
 * in that session. */
static void
test_renamed(void)
{
	static const struct { char last; const char *all; bool many; } cases[] = {
		{ 'h', "a b c d e f g h", false }, { 'z', "a b c d e f g h i j k l m n o p q r s t u v w x y z", true },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		World *w = pop_world(KEEP_DAYS, 1);
		guint n = (guint)(cases[i].last - 'a' + 1);
		g_autofree char *all = g_strdup_printf("%s zz", cases[i].all);
		agree(w);
		deliver_some('a', cases[i].last);
		check_mail(w);
		rename_all();
		deliver("new", "zz");
		later(w, 90000);
		check_mail(w);
		ASSERT_INBOX(w, all);
		g_assert_cmpuint(server_n_said(pop, "RETR"), ==, n + 1);
		g_assert_cmpuint(server_n_mails(pop), ==, cases[i].many ? n + 1 : 1);
		g_assert_cmpint(w->trouble != NULL, ==, cases[i].many);
		check_mail(w);
		ASSERT_INBOX(w, all);
		g_assert_cmpuint(server_n_said(pop, "RETR"), ==, n + 1);
		g_assert_cmpuint(server_n_mails(pop), ==, 1);
		world_free(w);
	}
}

/* The same mail delivered twice, with a name each, is two mails. */
static void
test_twice(void)
{
	World *w = pop_world(KEEP_YES, 0);
	deliver("one", "a");
	check_mail(w);
	deliver("two", "a");
	check_mail(w);
	ASSERT_INBOX(w, "a a");
	check_mail(w);
	ASSERT_INBOX(w, "a a");
	g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 2);
	world_free(w);
}

/* A number is no name: after something was removed by another program the rest has other numbers. */
static void
test_numbers_move(void)
{
	World *w = pop_world(KEEP_YES, 0);
	deliver_some('a', 'c');
	check_mail(w);
	((Mail *)pop->mails->pdata[0])->gone = true;
	deliver_some('d', 'd');
	check_mail(w);
	ASSERT_INBOX(w, "a b c d");
	g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 4);
	g_assert_cmpuint(n_ledger(w, POP_GONE), ==, 1);
	world_free(w);
}

/* The name of one that was removed is another mail's, of the same size: it is fetched. One that was not removed after all is not. */
static void
test_name_given_anew(void)
{
	World *w = pop_world(KEEP_NO, 0);
	agree(w);
	deliver("1", "a");
	check_mail(w);
	g_assert_cmpuint(server_n_mails(pop), ==, 0);
	deliver("1", "b");
	check_mail(w);
	ASSERT_INBOX(w, "a b");
	g_assert_cmpuint(server_n_mails(pop), ==, 0);
	deliver("1", "b");
	check_mail(w);
	ASSERT_INBOX(w, "a b");
	g_assert_cmpuint(server_n_mails(pop), ==, 1);
	world_free(w);
}

/* ---- P14: QUIT ---- */

static void
test_quit_lost(void)
{
	for (int done = 0; done < 2; done++) {	/* the server did it, or did not; its answer is lost */
		World *w = pop_world(KEEP_NO, 0);
		agree(w);
		deliver_some('a', 'c');
		pop->cut_quit = 1;
		pop->cut_quit_done = done;
		ask(w, REQ_CHECK, 0, false);
		WAIT_FOR(w, server_n_said(pop, "QUIT") == 1 && w->trouble);
		g_assert_cmpuint(server_n_mails(pop), ==, done ? 0 : 3);
		g_assert_cmpuint(n_ledger(w, POP_DELETED), ==, 0);
		later(w, 3600);
		check_mail(w);
		WAIT_FOR(w, n_ledger(w, POP_DELETED) == 3);
		g_assert_cmpuint(server_n_mails(pop), ==, 0);
		g_assert_cmpuint(server_n_said(pop, "RETR"), ==, 3);
		ASSERT_INBOX(w, "a b c");
		world_free(w);
	}
}

/* One that never answers QUIT is not asked again and again for it. */
static void
test_quit_never(void)
{
	World *w = pop_world(KEEP_YES, 0);
	deliver_some('a', 'b');
	pop->cut_quit = -1;
	check_mail(w);
	g_assert_false(w->check_failed);
	g_assert_null(w->trouble);
	for (int i = 0; i < 3; i++) {
		later(w, 600);
		wait_ms(w, 200);
	}
	g_assert_cmpuint(server_n_connections(pop), ==, 1);
	ASSERT_INBOX(w, "a b");
	agree(w);
	w->account->keep = KEEP_NO;
	world_close(w);
	world_open(w, 0);
	check_mail(w);
	g_assert_true(w->check_failed);
	g_assert_nonnull(strstr(w->trouble, "did not say"));
	for (int i = 0; i < 3; i++) {
		later(w, 600);
		wait_ms(w, 200);
	}
	g_assert_cmpuint(server_n_connections(pop), ==, 2);
	pop->cut_quit = 0;
	check_mail(w);
	g_assert_false(w->check_failed);
	g_assert_cmpuint(server_n_mails(pop), ==, 0);
	world_free(w);
}

static void
test_quit_refused(void)
{
	World *w = pop_world(KEEP_NO, 0);
	agree(w);
	deliver_some('a', 'b');
	pop->refuse_quit = 1;
	check_mail(w);
	g_assert_nonnull(strstr(w->trouble, "not removed"));
	g_assert_cmpuint(n_ledger(w, POP_DELETED), ==, 0);
	check_mail(w);
	g_assert_cmpuint(n_ledger(w, POP_DELETED), ==, 2);
	g_assert_cmpuint(server_n_mails(pop), ==, 0);
	ASSERT_INBOX(w, "a b");
	world_free(w);
}

/* ---- broken ---- */

/* P23: who floods while the password is looked for fills nothing. */
static void
test_early(void)
{
	static const guint8 flood[65000];
	g_autoptr(GByteArray) early = g_byte_array_new();

	early_append(early, (const guint8 *)"+OK\r\n", 5);
	for (int i = 0; i < 100; i++)
		early_append(early, flood, sizeof flood);
	g_assert_cmpuint(early->len, ==, 65536);
	g_assert_cmpmem(early->data, 5, "+OK\r\n", 5);
}

static void
test_cut_retr(void)
{
	World *w = pop_world(KEEP_NO, 0);
	agree(w);
	deliver_some('a', 'f');
	pop->cut_retr = 3;
	ask(w, REQ_CHECK, 0, false);
	for (guint i = 1; i <= 3; i++) {
		WAIT_FOR(w, server_n_connections(pop) == i && !pop_up(w->engine));
		later(w, 3600);
	}
	WAIT_FOR(w, server_n_mails(pop) == 0);
	WAIT_FOR(w, n_ledger(w, POP_DELETED) == 6);
	ASSERT_INBOX(w, "a b c d e f");
	world_free(w);
}

static void
test_sign_in(void)
{
	World *w = pop_world(KEEP_YES, 0);
	deliver_some('a', 'a');
	pop->in_use = 1;	/* no wrong password: tried again by itself */
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, w->trouble && strstr(w->trouble, "in use"));
	g_assert_false(w->asked);
	later(w, 3600);
	WAIT_FOR(w, w->checked == 1);
	ASSERT_INBOX(w, "a");
	pop->log_out = 1;	/* nobody asked for that */
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, w->trouble && strstr(w->trouble, "ended the session"));
	later(w, 3600);
	WAIT_FOR(w, w->checked == 2);
	pop->refuse_auth = -1;	/* S4 */
	ask(w, REQ_CHECK, 0, false);
	WAIT_FOR(w, pop->refused == 1);
	for (int i = 0; i < 10; i++) {
		later(w, 3600);
		wait_ms(w, 20);
	}
	g_assert_cmpuint(pop->refused, ==, 1);
	world_free(w);
}

/* ---- killed ---- */

/* Whatever happened, the next cycle brings all to its end: each mail here once. */
static void
check_after_crash(World *w, KeepKind keep, const char *when)
{
	guint on_server = server_n_mails(pop);
	pop->victim = 0;
	pop->kill_line = 0;
	g_test_message("%s: %u on the server", when, on_server);
	if (on_server < 4)	/* what has left there is here, before anything else is done */
		ASSERT_INBOX(w, "a b c d");
	w->account->keep = keep;
	world_open(w, 0);
	check_mail(w);
	ASSERT_INBOX(w, "a b c d");
	g_assert_cmpuint(server_n_mails(pop), ==, keep == KEEP_NO ? 0 : 4);
	world_close(w);
}

static void
stopped(KeepKind keep, bool at_lines)
{
	guint n = 1;
	for (bool whole = false; !whole; n++) {
		World *w = pop_world(keep, 0);
		g_autofree char *when = g_strdup_printf("%s %u", at_lines ? "line" : "commit", n);
		agree(w);
		world_close(w);
		deliver_some('a', 'd');
		if (at_lines)
			pop->kill_line = n;
		whole = run_child(w, pop, keep == KEEP_NO ? "remove" : "keep", at_lines ? 0 : n);
		check_after_crash(w, keep, when);
		world_free(w);
	}
	g_assert_cmpuint(n, >, keep == KEEP_NO ? 4 : 2);
}

static void
test_stopped(void)
{
	for (int at_lines = 0; at_lines < 2; at_lines++) {
		stopped(KEEP_YES, at_lines);
		stopped(KEEP_NO, at_lines);
	}
}

static int
child(char **argv)
{
	guint plug = (guint)atoi(argv[6]);
	World w = world_of_child(argv, account_for((guint16)atoi(argv[4]), (guint16)atoi(argv[5]), CHECK_MANUAL, "at once"));

	w.account->keep = strcmp(argv[2], "remove") == 0 ? KEEP_NO : KEEP_YES;
	world_open(&w, 0);
	wait_ms(&w, 100);	/* what the start commits is over */
	db_set_plug(w.engine->db, pull, &plug);
	check_mail(&w);
	world_close(&w);
	_exit(0);
}

int
main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "child") == 0)
		return child(argv);
	world_begin(&argc, &argv, NULL);
	g_test_add_func("/sync/pop/store-fails/S6", test_store_fails);
	g_test_add_func("/sync/pop/no-room/S2", test_no_room);
	g_test_add_func("/sync/pop/too-big", test_too_big);
	g_test_add_func("/sync/pop/keep/S15", test_keep);
	g_test_add_func("/sync/pop/order", test_order);
	g_test_add_func("/sync/pop/bytes/S16", test_bytes);
	g_test_add_func("/sync/pop/remove/S14", test_remove);
	g_test_add_func("/sync/pop/days/S15", test_days);
	g_test_add_func("/sync/pop/until-deleted/S15", test_until_deleted);
	g_test_add_func("/sync/pop/same-uidl/P13", test_same_uidl);
	g_test_add_func("/sync/pop/no-uidl/P13", test_no_uidl);
	g_test_add_func("/sync/pop/renamed/P13", test_renamed);
	g_test_add_func("/sync/pop/twice", test_twice);
	g_test_add_func("/sync/pop/numbers-move/P13", test_numbers_move);
	g_test_add_func("/sync/pop/quit-lost/P14", test_quit_lost);
	g_test_add_func("/sync/pop/quit-refused/P14", test_quit_refused);
	g_test_add_func("/sync/pop/quit-never/P14", test_quit_never);
	g_test_add_func("/sync/pop/name-given-anew/P13", test_name_given_anew);
	g_test_add_func("/sync/pop/early/P23", test_early);
	g_test_add_func("/sync/pop/cut-retr", test_cut_retr);
	g_test_add_func("/sync/pop/sign-in/S4", test_sign_in);
	g_test_add_func("/sync/pop/stopped/P14", test_stopped);
	return g_test_run();
}

/* pop.c - the ledger of a POP3 account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "store/local.h"
#include "store/pop.h"

static gint64
put(Db *db, const char *uidl, guint64 size, gint64 message, PopState state)
{
	g_autoptr(GError) err = NULL;
	PopRow r = { .uidl = (char *)uidl, .size = size, .message = message, .first_seen = 100, .changed = 100, .state = state, .hash = (char *)"h" };
	must_begin(db);
	gint64 id = pop_put(db, &r, &err);
	g_assert_no_error(err);
	must_commit(db);
	return id;
}

static PopState
state_of(Db *db, const char *uidl, guint64 size)
{
	g_autoptr(PopRow) r = pop_find(db, uidl, size, NULL);
	g_assert_nonnull(r);
	return r->state;
}

/* The same UIDL with another size is another message. */
static void
test_key(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 a = put(db, "u", 10, 0, POP_SEEN), b = put(db, "u", 20, 0, POP_HERE);
	g_assert_cmpint(a, !=, b);
	g_assert_cmpint(put(db, "u", 10, 0, POP_HERE), ==, a);
	g_assert_cmpuint(pop_count(db, POP_HERE), ==, 2);
	g_assert_cmpuint(pop_bytes(db, POP_HERE), ==, 30);
	g_assert_null(pop_find(db, "x", 10, NULL));
}

/* Only what was DELEd in this session is deleted by its QUIT. */
static void
test_deleted(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	gint64 a = put(db, "a", 1, 0, POP_DELETING);
	put(db, "b", 1, 0, POP_DELETING);
	must_begin(db);
	g_assert_true(pop_deled(db, a, NULL));
	g_assert_true(pop_deleted(db, 5, NULL));
	must_commit(db);
	g_assert_cmpint(state_of(db, "a", 1), ==, POP_DELETED);
	g_assert_cmpint(state_of(db, "b", 1), ==, POP_DELETING);
	/* a new session knows nothing of the DELEs of the one that broke */
	must_begin(db);
	g_assert_true(pop_set_state(db, a, POP_DELETING, 6, NULL) && pop_deled(db, a, NULL) && pop_session(db, NULL) && pop_deleted(db, 7, NULL));
	must_commit(db);
	g_assert_cmpint(state_of(db, "a", 1), ==, POP_DELETING);
}

static void
test_message_gone(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	must_begin(db);
	gint64 inbox = local_folder(db, ROLE_INBOX, NULL, NULL);
	Message m = { .received = 1, .subject = (char *)"x" };
	gint64 message = local_add(db, inbox, &m, NULL, NULL);
	must_commit(db);
	put(db, "a", 1, message, POP_HERE);
	must_begin(db);
	g_assert_true(local_remove(db, message, NULL));
	must_commit(db);
	g_autoptr(PopRow) r = pop_find(db, "a", 1, NULL);
	g_assert_cmpint(r->message, ==, 0);
	g_assert_cmpint(r->state, ==, POP_HERE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pop/P13/key", test_key);
	g_test_add_func("/pop/P14/deleted", test_deleted);
	g_test_add_func("/pop/message-gone", test_message_gone);
	return g_test_run();
}

/* local.c - folders that are only on this computer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "store/local.h"

static gint64
add(Db *db, gint64 folder, const char *subject, const char *raw)
{
	g_autoptr(GError) err = NULL;
	Message m = { .received = 1700000000, .sent = 1700000000, .size = 10, .subject = (char *)subject };
	g_autoptr(GBytes) data = raw ? g_bytes_new_static(raw, strlen(raw)) : NULL;
	gint64 id = local_add(db, folder, &m, data, &err);
	g_assert_no_error(err);
	g_assert_cmpint(id, >, 0);
	return id;
}

static void
test_folders(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	must_begin(db);
	gint64 inbox = local_folder(db, ROLE_INBOX, NULL, NULL), sent = local_folder(db, ROLE_SENT, NULL, NULL);
	g_assert_cmpint(inbox, >, 0);
	g_assert_cmpint(local_folder(db, ROLE_INBOX, NULL, NULL), ==, inbox);
	g_assert_cmpint(sent, !=, inbox);
	gint64 own = local_folder(db, ROLE_NONE, "Rechnungen", NULL);
	must_commit(db);
	g_autoptr(Folder) f = folders_get(db, own, NULL);
	g_assert_true(folder_is_local(f));
	g_assert_cmpstr(f->name, ==, "Rechnungen");
	/* a server's folder of the same name is another one */
	must_begin(db);
	gint64 theirs = put_folder(db, "local:Sent", ROLE_NONE);
	must_commit(db);
	g_autoptr(Folder) t = folders_get(db, theirs, NULL);
	g_assert_false(folder_is_local(t));
}

static void
test_messages(void)
{
	g_autoptr(Db) db = must_open(":memory:", DB_WRITER);
	must_begin(db);
	gint64 inbox = local_folder(db, ROLE_INBOX, NULL, NULL), trash = local_folder(db, ROLE_TRASH, NULL, NULL);
	gint64 a = add(db, inbox, "a", "Subject: a\r\n\r\nhello\r\n"), b = add(db, inbox, "b", NULL);
	must_commit(db);
	g_autoptr(Folder) f = folders_get(db, inbox, NULL);
	g_assert_cmpuint(f->total, ==, 2);
	g_assert_cmpuint(f->unseen, ==, 2);
	g_autoptr(Message) ma = messages_get(db, a, NULL), mb = messages_get(db, b, NULL);
	g_assert_cmpuint(ma->uid, !=, mb->uid);
	g_assert_true(ma->body_here);
	g_assert_false(mb->body_here);

	must_begin(db);
	g_assert_true(local_move(db, a, trash, NULL));
	must_commit(db);
	g_autoptr(Folder) after = folders_get(db, inbox, NULL), bin = folders_get(db, trash, NULL);
	g_assert_cmpuint(after->total, ==, 1);
	g_assert_cmpuint(bin->total, ==, 1);
	g_autoptr(GArray) uids = messages_uids(db, trash, 1, G_MAXUINT32, NULL);
	g_autoptr(Message) moved = messages_find_uid(db, trash, g_array_index(uids, MessageUid, 0).uid, NULL);
	g_autoptr(GBytes) body = bodies_get(db, moved->id, "", NULL);
	g_assert_nonnull(body);
	g_assert_true(moved->body_here);

	must_begin(db);
	g_assert_true(local_remove(db, b, NULL));
	gint64 c = add(db, inbox, "c", NULL);
	must_commit(db);
	g_autoptr(Message) mc = messages_get(db, c, NULL);
	g_assert_cmpuint(mc->uid, >, mb->uid);	/* never given twice */
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/local/folders", test_folders);
	g_test_add_func("/local/messages", test_messages);
	return g_test_run();
}

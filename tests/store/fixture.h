/* fixture.h - a store with a folder and messages, for the tests of this room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/bodies.h"
#include "store/folders.h"
#include "store/journal.h"
#include "store/messages.h"
#include "tests/tree.h"

#include <glib/gstdio.h>

/* db_open etc. that must work */
static inline Db *
must_open(const char *path, DbMode mode)
{
	g_autoptr(GError) err = NULL;
	Db *db = db_open(path, mode, &err);
	g_assert_no_error(err);
	g_assert_nonnull(db);
	return db;
}

static inline void
must_begin(Db *db)
{
	g_autoptr(GError) err = NULL;
	db_begin(db, &err);
	g_assert_no_error(err);
}

static inline void
must_commit(Db *db)
{
	g_autoptr(GError) err = NULL;
	db_commit(db, &err);
	g_assert_no_error(err);
}

static inline gint64
put_folder(Db *db, const char *name, FolderRole role)
{
	g_autoptr(GError) err = NULL;
	Folder f = { .name = (char *)name, .wire = (char *)name, .delimiter = '/', .role = role, .selectable = true, .subscribed = true };
	gint64 id = folders_put(db, &f, &err);
	g_assert_no_error(err);
	g_assert_cmpint(id, >, 0);
	return id;
}

static inline gint64
put_message(Db *db, gint64 folder, guint32 uid, gint64 received, guint32 flags, const char *subject)
{
	g_autoptr(GError) err = NULL;
	Message m = {
		.folder = folder, .uidvalidity = 7, .uid = uid, .received = received, .sent = received - 60, .size = 1000 + uid,
		.flags = flags, .server_flags = flags, .subject = (char *)subject, .from_name = (char *)"Anna Weber",
		.from_address = (char *)"anna@example.org", .to = (char *)"Post <post@example.net>",
		.cc = (char *)"Iva <iva@example.com>", .message_id = (char *)"<1@example.org>",
	};
	gint64 id = messages_put(db, &m, &err);
	g_assert_no_error(err);
	g_assert_cmpint(id, >, 0);
	return id;
}

/* a private folder of the test; removed with what SQLite leaves in it */
static inline char *
temp_store(char **folder)
{
	*folder = g_dir_make_tmp("eilpost-store-XXXXXX", NULL);
	g_assert_nonnull(*folder);
	return g_build_filename(*folder, "account", "store.db", NULL);
}


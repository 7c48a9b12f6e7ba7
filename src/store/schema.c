/* schema.c - the tables, as numbered steps from an empty file to today.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A step that was ever released is never changed; a new one is added behind it. Each runs in
 * one transaction together with its number (user_version), so that a file is always of exactly
 * one version. Counts are kept by triggers; the one other place is messages_many.c, for blocks of new rows. */
#include "config.h"
#include "store/db_private.h"

static const char step_1[] =
	"CREATE TABLE fact (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE folder ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" wire TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL,"
	" delimiter INTEGER NOT NULL DEFAULT 0,"
	" attrs INTEGER NOT NULL DEFAULT 0,"
	" role INTEGER NOT NULL DEFAULT 0,"
	" selectable INTEGER NOT NULL DEFAULT 1,"
	" subscribed INTEGER NOT NULL DEFAULT 0,"
	" gone INTEGER NOT NULL DEFAULT 0,"
	" uidvalidity INTEGER NOT NULL DEFAULT 0,"
	" uidnext INTEGER NOT NULL DEFAULT 0,"
	" modseq INTEGER NOT NULL DEFAULT 0,"
	" server_total INTEGER NOT NULL DEFAULT 0,"
	" server_unseen INTEGER NOT NULL DEFAULT 0,"
	" total INTEGER NOT NULL DEFAULT 0,"
	" unseen INTEGER NOT NULL DEFAULT 0,"
	" recent INTEGER NOT NULL DEFAULT 0,"
	" backfill INTEGER NOT NULL DEFAULT 0,"
	" checked INTEGER NOT NULL DEFAULT 0,"
	" empty_since INTEGER NOT NULL DEFAULT 0);"

	/* What the list shows. Identity: RELIABILITY P9, P10, P12. The UID stands before the
	 * UIDVALIDITY in the key because a folder holds one UIDVALIDITY at a time and is asked
	 * for by UID. */
	"CREATE TABLE message ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,"
	" uid INTEGER NOT NULL CHECK (uid > 0),"
	" uidvalidity INTEGER NOT NULL,"
	" received INTEGER NOT NULL,"
	" sent INTEGER NOT NULL,"
	" flags INTEGER NOT NULL,"
	" server_flags INTEGER NOT NULL,"
	" traits INTEGER NOT NULL,"
	" size INTEGER NOT NULL,"
	" modseq INTEGER NOT NULL,"
	" body_here INTEGER NOT NULL,"
	" subject TEXT, from_name TEXT, from_address TEXT, to_list TEXT, keywords TEXT,"
	" UNIQUE (folder, uid, uidvalidity));"
	"CREATE INDEX message_order ON message (folder, received, uid);"
	"CREATE INDEX message_unseen ON message (folder, received, uid) WHERE (flags & 1) = 0;"
	"CREATE INDEX message_flagged ON message (folder, received, uid) WHERE (flags & 4) <> 0;"

	/* What only an open message needs: the list and the limits then read half as many pages. */
	"CREATE TABLE detail ("
	" message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,"
	" cc TEXT, reply_to TEXT, message_id TEXT, in_reply_to TEXT, refs TEXT, structure TEXT);"

	/* Messages by day of arrival: the position of a row is a sum over days and a count
	 * inside one day. */
	"CREATE TABLE day ("
	" folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,"
	" day INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY (folder, day)) WITHOUT ROWID;"

	"CREATE TRIGGER message_validity BEFORE INSERT ON message"
	" WHEN (SELECT uidvalidity FROM folder WHERE id = new.folder) NOT IN (0, new.uidvalidity)"
	" BEGIN SELECT RAISE (ABORT, 'another UIDVALIDITY'); END;"
	"CREATE TRIGGER message_in AFTER INSERT ON message BEGIN"
	" UPDATE folder SET total = total + 1, unseen = unseen + ((new.flags & 1) = 0),"
	"  recent = recent + ((new.flags & 32) <> 0) WHERE id = new.folder;"
	" INSERT INTO day (folder, day, n) VALUES (new.folder, new.received >> 16, 1)"
	"  ON CONFLICT (folder, day) DO UPDATE SET n = n + 1;"
	" END;"
	"CREATE TRIGGER message_out AFTER DELETE ON message BEGIN"
	" UPDATE folder SET total = total - 1, unseen = unseen - ((old.flags & 1) = 0),"
	"  recent = recent - ((old.flags & 32) <> 0) WHERE id = old.folder;"
	" UPDATE day SET n = n - 1 WHERE folder = old.folder AND day = old.received >> 16;"
	" DELETE FROM day WHERE folder = old.folder AND day = old.received >> 16 AND n = 0;"
	/* A flag of a message that is gone can't be set. State 3 was "set aside", until step 6. */
	" DELETE FROM wish WHERE message = old.id AND kind = 0 AND state <> 3;"
	" UPDATE wish SET message = 0 WHERE message = old.id;"
	" END;"
	"CREATE TRIGGER message_flags AFTER UPDATE OF flags ON message"
	" WHEN (old.flags & 33) <> (new.flags & 33) BEGIN"
	" UPDATE folder SET unseen = unseen + ((new.flags & 1) = 0) - ((old.flags & 1) = 0),"
	"  recent = recent + ((new.flags & 32) <> 0) - ((old.flags & 32) <> 0) "
	"  WHERE id = new.folder;"
	" END;"
	"CREATE TRIGGER message_day AFTER UPDATE OF received ON message"
	" WHEN old.received >> 16 <> new.received >> 16 BEGIN"
	" UPDATE day SET n = n - 1 WHERE folder = old.folder AND day = old.received >> 16;"
	" DELETE FROM day WHERE folder = old.folder AND day = old.received >> 16 AND n = 0;"
	" INSERT INTO day (folder, day, n) VALUES (new.folder, new.received >> 16, 1)"
	"  ON CONFLICT (folder, day) DO UPDATE SET n = n + 1;"
	" END;"

	/* Bodies. A piece's number is body << 16 | n: together on the disk, and no index of
	 * their own. */
	"CREATE TABLE body ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,"
	" section TEXT NOT NULL, size INTEGER NOT NULL, sha256 BLOB, done INTEGER NOT NULL);"
	"CREATE INDEX body_message ON body (message);"
	"CREATE UNIQUE INDEX body_section ON body (message, section) WHERE done = 1;"
	"CREATE INDEX body_unfinished ON body (id) WHERE done = 0;"
	"CREATE TABLE piece (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TRIGGER body_out AFTER DELETE ON body BEGIN"
	" DELETE FROM piece WHERE id >= old.id << 16 AND id < (old.id + 1) << 16;"
	" END;"

	/* The journal. message: 0 for none, not a foreign key: a wish may outlive its message. */
	"CREATE TABLE wish ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" kind INTEGER NOT NULL, folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,"
	" message INTEGER NOT NULL DEFAULT 0, uidvalidity INTEGER NOT NULL DEFAULT 0,"
	" uid INTEGER NOT NULL DEFAULT 0,"
	" flag INTEGER NOT NULL DEFAULT 0, \"on\" INTEGER NOT NULL DEFAULT 0, argument TEXT,"
	" state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,"
	" not_before INTEGER NOT NULL DEFAULT 0,"
	" last_error TEXT);"
	"CREATE INDEX wish_message ON wish (message, flag);"
	"CREATE INDEX wish_state ON wish (state, id);"
	"CREATE INDEX wish_folder ON wish (folder);"
	/* at most one wish waits on a flag of a message, and at most one is under way */
	"CREATE UNIQUE INDEX wish_waiting ON wish (message, flag) WHERE kind = 0 AND state = 0;"
	"CREATE UNIQUE INDEX wish_sent ON wish (message, flag) WHERE kind = 0 AND state = 1;";

/* The mails of the person on their way, and the ledger of a POP3 account. */
static const char step_2[] =
	"CREATE TABLE outbox ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" state INTEGER NOT NULL DEFAULT 0,"
	" message_id TEXT, sender TEXT, to_list TEXT, subject TEXT,"
	" not_before INTEGER NOT NULL DEFAULT 0, later INTEGER NOT NULL DEFAULT 0,"
	" created INTEGER NOT NULL, changed INTEGER NOT NULL,"
	" tries INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0,"
	" has_8bit INTEGER NOT NULL DEFAULT 0, needs_utf8 INTEGER NOT NULL DEFAULT 0,"
	" dsn INTEGER NOT NULL DEFAULT 0, filed_by_server INTEGER NOT NULL DEFAULT 0,"
	" last_error TEXT, draft BLOB, message BLOB, sha256 BLOB);"
	"CREATE INDEX outbox_state ON outbox (state, not_before);"
	"CREATE TABLE recipient ("
	" outbox INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,"
	" n INTEGER NOT NULL, address TEXT NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0, code INTEGER NOT NULL DEFAULT 0, reply TEXT,"
	" PRIMARY KEY (outbox, n)) WITHOUT ROWID;"

	/* A UIDL is not unique on every server (P13): the size belongs to the key. */
	"CREATE TABLE pop ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" uidl TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT,"
	" message INTEGER NOT NULL DEFAULT 0,"
	" first_seen INTEGER NOT NULL, changed INTEGER NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0, deled INTEGER NOT NULL DEFAULT 0,"
	" subject TEXT, sender TEXT,"
	" UNIQUE (uidl, size));"
	"CREATE INDEX pop_state ON pop (state, first_seen);"
	"CREATE INDEX pop_message ON pop (message) WHERE message <> 0;"
	"CREATE TRIGGER pop_message_out AFTER DELETE ON message BEGIN"
	" UPDATE pop SET message = 0 WHERE message = old.id;"
	" END;";

/* What servers say of folders beyond their names, and the name of a message that moves with it. */
static const char step_3[] =
	"ALTER TABLE folder ADD COLUMN namespace INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE folder ADD COLUMN rights TEXT;"
	"ALTER TABLE folder ADD COLUMN mailbox_id TEXT;"
	"ALTER TABLE folder ADD COLUMN server_size INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE detail ADD COLUMN email_id TEXT;"
	/* Threads (threads.c): the names that were seen, as hashes, and threads that became one. A table of
	 * its own, because a row of detail is large and would be written twice. */
	"CREATE TABLE thread ("
	" message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, thread INTEGER NOT NULL);"
	"CREATE INDEX thread_messages ON thread (thread);"
	"CREATE TABLE name (hash INTEGER PRIMARY KEY, thread INTEGER NOT NULL);"
	"CREATE TABLE joined (thread INTEGER PRIMARY KEY, target INTEGER NOT NULL);"
	"CREATE INDEX joined_target ON joined (target);"

	/* Moves, copies, deletions. A message that is moved stands in its new folder at once, under a
	 * provisional UID above all real ones until the server's own is known (journal_move.c). */
	"ALTER TABLE wish ADD COLUMN target INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE wish ADD COLUMN source INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE wish ADD COLUMN step INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE wish ADD COLUMN act INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX wish_place ON wish (folder, uid);"
	"CREATE INDEX wish_target ON wish (target) WHERE target <> 0;"
	"CREATE INDEX wish_source ON wish (source) WHERE source <> 0;"
	"CREATE INDEX message_provisional ON message (folder) WHERE uid > 4294967295;"
	"CREATE INDEX wish_act ON wish (act) WHERE act <> 0;"
	"CREATE TRIGGER message_moved AFTER UPDATE OF folder ON message WHEN old.folder <> new.folder BEGIN"
	" UPDATE folder SET total = total - 1, unseen = unseen - ((old.flags & 1) = 0),"
	"  recent = recent - ((old.flags & 32) <> 0) WHERE id = old.folder;"
	" UPDATE folder SET total = total + 1, unseen = unseen + ((new.flags & 1) = 0),"
	"  recent = recent + ((new.flags & 32) <> 0) WHERE id = new.folder;"
	" UPDATE day SET n = n - 1 WHERE folder = old.folder AND day = old.received >> 16;"
	" DELETE FROM day WHERE folder = old.folder AND day = old.received >> 16 AND n = 0;"
	" INSERT INTO day (folder, day, n) VALUES (new.folder, new.received >> 16, 1)"
	"  ON CONFLICT (folder, day) DO UPDATE SET n = n + 1;"
	" END;"

	/* What the person did, to be taken back (acts.c). */
	"CREATE TABLE act ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" at INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" folder INTEGER NOT NULL DEFAULT 0, target INTEGER NOT NULL DEFAULT 0,"
	" n INTEGER NOT NULL DEFAULT 0, flag INTEGER NOT NULL DEFAULT 0, \"on\" INTEGER NOT NULL DEFAULT 0,"
	" text TEXT, undone INTEGER NOT NULL DEFAULT 0, error TEXT);"
	"CREATE TABLE act_item ("
	" act INTEGER NOT NULL REFERENCES act ON DELETE CASCADE,"
	" message INTEGER NOT NULL, folder INTEGER NOT NULL,"
	" PRIMARY KEY (act, message)) WITHOUT ROWID;";

/* What is kept here without the network (keep.c), and bodies that come in several sittings: done 2. */
static const char step_4[] =
	"ALTER TABLE folder ADD COLUMN keep INTEGER NOT NULL DEFAULT -2;"
	"CREATE UNIQUE INDEX body_partial ON body (message, section) WHERE done = 2;"
	"CREATE TABLE wanted ("
	" message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,"
	" section TEXT NOT NULL,"
	" PRIMARY KEY (message, section)) WITHOUT ROWID;";

/* How a text begins, as the server tells it with the headers. */
static const char step_5[] =
	"ALTER TABLE detail ADD COLUMN preview TEXT;";

/* What UIDVALIDITY took away was set aside once; now it waits until its message is recognised. What still lies so needs the person. */
static const char step_6[] =
	"UPDATE wish SET state = 2 WHERE state = 3;";

/* How the bytes of a body came about (BodyForm). */
static const char step_7[] =
	"ALTER TABLE body ADD COLUMN form INTEGER NOT NULL DEFAULT 0;";

static const char *const steps[SCHEMA_VERSION] = { step_1, step_2, step_3, step_4, step_5, step_6, step_7 };

bool
schema_migrate(Db *db, int from, int to, GError **err)
{
	for (int v = from; v < to; v++) {
		g_autofree char *stamp = g_strdup_printf("PRAGMA user_version = %d;", v + 1);
		if (!db_exec(db, "BEGIN IMMEDIATE", err))
			return false;
		if (!db_exec(db, steps[v], err) || !db_exec(db, stamp, err) ||
		    !db_exec(db, "COMMIT", err)) {
			db_rollback(db);
			return false;
		}
	}
	return true;
}

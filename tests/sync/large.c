/* large.c - tests of parts that come in pieces: stopped, cut off, gone on with, saved; and of what was asked for without a connection.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "parts.h"
#include "room.h"

static bool
speed_is_kept(const World *w)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autofree char *speed = db_fact(db, "speed");
	return speed && g_ascii_strtoll(speed, NULL, 10) > 0;
}

static void
ask_folder(World *w, gint64 folder)
{
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = folder;
	engine_post(w->engine, r);
}

static guint
n_idles(gint64 *since_text)
{
	g_mutex_lock(&pop->lock);
	guint n = textd.idles;
	*since_text = textd.idle_at - textd.text_at;
	g_mutex_unlock(&pop->lock);
	return n;
}

/* A text that is not here costs one turn: IDLE ends in the same write, and begins again when the line has been quiet for a
 * moment, not on top of the answer, where the next text ahead would end it at once. */
static void
test_turns_open(void)
{
	World *w = world_closed();
	gint64 since = 0;

	w->account->check |= CHECK_PUSH;
	textd.text_ms = 150;
	world_open(w, 0);
	UNTIL(w, id_of(w, "INBOX", 3) && n_idles(&since) == 1);
	pop->turns = 0;
	open_text(w, id_of(w, "INBOX", 2));
	UNTIL(w, told("") && n_idles(&since) == 2);
	g_test_message("%u turns, IDLE after %" G_GINT64_FORMAT " us", pop->turns, since);
	g_assert_cmpuint(pop->turns, ==, 1);
	g_assert_cmpint(since, >=, 50 * 1000);
	world_free(w);
}

/* ---- the whole way ---- */

static void
test_pieces(void)
{
	World *w = world_ready();
	guint64 whole;

	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	whole = asked_from(0);
	g_assert_cmpuint(whole, ==, FILE_BYTES);
	for (guint i = 0; i < textd.pieces->len; i++)
		g_assert_cmpuint(g_array_index(textd.pieces, Piece, i).length, <, LIMIT_IMAP_INLINE);
	g_assert_cmpuint(heard.progress, >, 0);
	g_assert_cmpuint(pop->connections, ==, 1);	/* unless the account says otherwise */
	forget();
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);	/* it is here */
	UNTIL(w, told("2"));
	g_assert_cmpuint(asked_from(0), ==, whole);
	UNTIL(w, speed_is_kept(w));	/* it may be kept after the file is told */
	world_free(w);
}

/* The whole message, as an answer in full or a copy elsewhere needs it. */
static void
test_whole_message(void)
{
	World *w = world_ready();
	g_autoptr(GString) head = doc_section(&(Doc){ 1, 1, 0 }, "");

	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "", NULL);
	UNTIL(w, told(""));
	g_assert_true(file_is_right(w, "", head->len));
	world_free(w);
}

/* Some of the file is here. */
static World *
world_half_way(void)
{
	World *w = world_ready();

	textd.piece_ms = 15;
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, heard.done > 500000);
	return w;
}

/* Told at once, kept, and only the rest is asked for. */
static void
test_stop(void)
{
	World *w = world_half_way();
	gint64 m = id_of(w, "INBOX", 1), begun = g_get_monotonic_time();

	post_part(w, REQ_CANCEL, m, "2", NULL);
	UNTIL(w, told_failed("2"));
	g_assert_cmpint(g_get_monotonic_time() - begun, <, promised_us(100));
	UNTIL(w, partial(w) > 500000);
	wait_ms(w, 500);	/* what was on its way comes */
	guint before = n_pieces();
	guint64 here = partial(w);
	wait_ms(w, 200);
	g_assert_cmpuint(n_pieces(), ==, before);
	g_assert_cmpuint(partial(w), ==, here);
	g_assert_cmpuint(here, <, FILE_BYTES);
	forget();
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	g_assert_cmpuint(asked_from(before), ==, FILE_BYTES - here);
	world_free(w);
}

/* Stopped, and wanted again before the line is quiet. */
static void
test_stop_and_go_on(void)
{
	World *w = world_ready();
	gint64 m = id_of(w, "INBOX", 1);

	textd.piece_ms = 15;
	for (guint i = 0; i < 5; i++) {
		post_part(w, REQ_FETCH_PART, m, "2", NULL);
		wait_ms(w, 40);
		post_part(w, REQ_CANCEL, i % 2 ? m : 0, NULL, NULL);
	}
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	g_assert_cmpuint(asked_from(0), <=, FILE_BYTES + MIB);
	world_free(w);
}

/* S2: the disk is nearly full while parts come. All that is waited for is told so, the connection stays, what came is kept, and
 * all goes on by itself when there is room: in the same session, or in a later one. */
static void
test_no_room(gconstpointer user)
{
	World *w = world_half_way();
	gint64 m = id_of(w, "INBOX", 1);

	post_part(w, REQ_FETCH_PART, m, "", NULL);	/* the whole message goes first now, and 2 waits */
	g_atomic_int_set(&no_room, true);
	UNTIL(w, told_failed("2") && told_failed(""));
	g_assert_cmpstr(w->trouble, ==, db_no_room());
	g_assert_cmpuint(heard.done, ==, heard.total);	/* no progress is left on the screen */
	wait_ms(w, 500);	/* what was on its way comes */
	guint before = n_pieces();
	guint64 here = partial(w);
	g_assert_cmpuint(here, >, 0);
	g_assert_cmpuint(here, <, FILE_BYTES);
	forget();
	open_text(w, id_of(w, "INBOX", 2));
	g_autofree char *file = g_build_filename(w->dir, "file", NULL);
	post_part(w, REQ_SAVE_PART, m, "2", file);
	UNTIL(w, told_failed("") && heard.save_failed);
	g_assert_cmpstr(heard.why, ==, db_no_room());
	g_assert_cmpuint(n_pieces(), ==, before);
	g_assert_cmpuint(pop->connections, ==, 1);
	if (user) {
		g_clear_pointer(&w->trouble, g_free);
		world_close(w);
		world_open(w, 0);
		UNTIL(w, w->trouble && !strcmp(w->trouble, db_no_room()));
		wait_ms(w, 200);
		g_assert_nonnull(w->trouble);	/* also when it is connected */
	}
	forget();
	g_atomic_int_set(&no_room, false);
	later(w, 6);
	UNTIL(w, told("2") && heard.bodies->len >= 3);
	g_assert_null(w->trouble);
	g_assert_true(file_is_right(w, "2", 0));
	g_autoptr(Message) second = messages_get(world_reader(w), id_of(w, "INBOX", 2), NULL);
	g_assert_true(second->body_here);
	g_assert_cmpuint(pop->connections, ==, user ? 2 : 1);
	world_free(w);
}

/* What broke, and is asked for again before the line is quiet, can be stopped in that moment too. */
static void
test_broken_stop(void)
{
	World *w = world_half_way();
	gint64 m = id_of(w, "INBOX", 1);

	textd.piece_ms = 300;
	wait_ms(w, 100);	/* pieces are on their way, slowly */
	g_atomic_int_set(&no_room, true);
	UNTIL(w, told_failed("2"));
	g_atomic_int_set(&no_room, false);
	forget();
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	post_part(w, REQ_CANCEL, m, "2", NULL);
	UNTIL(w, told_failed("2"));
	textd.piece_ms = 0;
	wait_ms(w, 1000);	/* what was on its way comes; time enough for all of it */
	g_assert_false(told("2"));
	forget();
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	world_free(w);
}

/* The line is cut after so many pieces, again and again; or the program ends there. */
static void
test_cut(gconstpointer user)
{
	World *w = world_ready();
	gint64 m = id_of(w, "INBOX", 1);

	for (int i = 1; i < 6; i++) {
		g_mutex_lock(&pop->lock);
		textd.cut_after = i;
		g_mutex_unlock(&pop->lock);
		if (i == 1 || user)
			post_part(w, REQ_FETCH_PART, m, "2", NULL);
		UNTIL(w, textd.cut_after == 0 || told("2"));
		wait_ms(w, 60);
		if (user) {
			world_close(w);
			world_open(w, 0);
		} else {
			later(w, 400);	/* the back-off */
		}
	}
	if (user)
		post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	g_assert_cmpuint(asked_from(0), <, FILE_BYTES + 6 * 2 * MIB);
	world_free(w);
}

/* ---- servers that are not like that ---- */

static void
fetch_from(World *w)
{
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	world_free(w);
}

static void
test_lying_sizes(gconstpointer user)
{
	World *w = world_closed();

	textd.lie = GPOINTER_TO_INT(user);
	world_open(w, 0);
	UNTIL(w, id_of(w, "INBOX", 3));
	open_text(w, id_of(w, "INBOX", 1));
	UNTIL(w, told(""));
	fetch_from(w);
}

static void
test_no_pieces(void)
{
	World *w = world_ready();
	textd.no_pieces = true;
	fetch_from(w);
}

static void
test_bad_pieces(void)
{
	World *w = world_ready();
	textd.bad_pieces = true;
	fetch_from(w);
}

static void
test_beyond(gconstpointer user)
{
	World *w = world_ready();
	textd.no_beyond = user != NULL;
	textd.nil_beyond = user == NULL;
	fetch_from(w);
}

static void
test_gone(void)
{
	World *w = world_ready();
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "7;evil", NULL);
	UNTIL(w, told_failed("7;evil"));
	g_assert_cmpuint(n_pieces(), ==, 0);
	world_free(w);
}

/* ---- a store that fails ---- */

/* How many texts are here: what is marked so is. */
static guint
n_honest(World *w)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	guint n = 0;

	for (guint uid = 1; uid <= 3; uid++) {
		g_autoptr(Message) m = messages_get(db, id_of(w, "INBOX", uid), NULL);
		g_autoptr(GBytes) text = bodies_get(db, m->id, uid == 1 ? "1" : "", NULL);	/* a small one comes as it is */
		g_assert_true(text || !m->body_here);
		n += m->body_here;
	}
	return n;
}

/* The cursor is near all of them. */
static void
come_near(World *w)
{
	Request *r = request_new(REQ_NEAR);

	r->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint uid = 1; uid <= 3; uid++) {
		gint64 m = id_of(w, "INBOX", uid);
		g_array_append_val(r->ids, m);
	}
	engine_post(w->engine, r);
}

/* S6: a text whose commit failed is not told, nor marked as here: it comes with the next connection. Whether it was asked for
 * alone, or came ahead. */
static void
test_commit_fails(gconstpointer user)
{
	guint failures = 0;

	for (gint at = 1, whole = 0; whole < 2; at++) {
		World *w = world_closed();
		gint left = at;
		w->account->ahead_mib = user ? 10 : 0;
		world_open(w, 0);
		UNTIL(w, id_of(w, "INBOX", 3) && w->checked);
		db_set_plug(w->engine->db, fail_one_commit, &left);
		textd.text_ms = 20;
		if (user) {
			come_near(w);
			UNTIL(w, times_said("UID FETCH") > 0);
		}
		for (guint uid = 1; uid <= 3; uid++)
			open_text(w, id_of(w, "INBOX", uid));
		UNTIL(w, heard.bodies->len >= 3 || w->trouble);
		bool failed = w->trouble != NULL;
		g_test_message("commit %d: %s", at, failed ? w->trouble : "-");
		failures += failed;
		whole = failed ? 0 : whole + 1;
		for (guint i = 0; i < 8 && n_honest(w) < 3; i++) {
			later(w, 400);	/* the back-off */
			wait_ms(w, 50);
		}
		UNTIL(w, n_honest(w) == 3);
		world_free(w);
	}
	g_assert_cmpuint(failures, >, 0);
}

/* The same of a part, or of the whole message. */
static void
test_commit_fails_of_part(gconstpointer user)
{
	const char *section = user;
	g_autoptr(GString) head = doc_section(&(Doc){ 1, 1, 0 }, "");
	guint failures = 0;

	for (gint at = 1, whole = 0; whole < 2; at++) {
		World *w = world_ready();
		gint left = at;
		gsize before = *section ? 0 : head->len;
		db_set_plug(w->engine->db, fail_one_commit, &left);
		post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), section, NULL);
		UNTIL(w, heard.bodies->len > 0 || w->trouble);
		bool failed = w->trouble != NULL;
		g_test_message("commit %d: %s", at, failed ? w->trouble : "-");
		failures += failed;
		whole = failed ? 0 : whole + 1;
		g_assert_false(told(section) && !file_is_right(w, section, before));
		for (guint i = 0; i < 8 && !file_is_right(w, section, before); i++) {
			later(w, 400);	/* the back-off */
			wait_ms(w, 200);
		}
		UNTIL(w, file_is_right(w, section, before));
		world_free(w);
	}
	g_assert_cmpuint(failures, >, 0);
}

/* What the server tells while a page is on its way opens a transaction; what the person does then is written down all the same. */
static void
test_between(void)
{
	World *w = world_closed();
	Request *r = request_new(REQ_REMEMBER);
	g_autofree char *fact = NULL;

	textd.page_waits = true;
	world_open(w, 0);
	UNTIL(w, textd.page_waiting);
	wait_ms(w, 50);	/* the flags are here */
	r->text = g_strdup("folded");
	r->text2 = g_strdup("yes");
	engine_post(w->engine, r);
	UNTIL(w, w->trouble || (g_free(fact), fact = db_fact(world_reader(w), "ui.folded")));
	g_assert_cmpstr(w->trouble, ==, NULL);
	textd.page_waits = false;
	UNTIL(w, id_of(w, "INBOX", 3));
	g_assert_cmpuint(pop->connections, ==, 1);
	world_free(w);
}

/* ---- never before what the person asks for ---- */

static void
test_text_between(void)
{
	World *w = world_ready();

	textd.piece_ms = 20;
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, heard.done > 300000);
	gint64 begun = g_get_monotonic_time();
	open_text(w, id_of(w, "INBOX", 2));
	UNTIL(w, told(""));
	g_test_message("a text behind a large part took %d ms", (int)((g_get_monotonic_time() - begun) / 1000));
	g_assert_false(told("2"));
	g_assert_cmpint(g_get_monotonic_time() - begun, <, promised_us(700));
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	world_free(w);
}

/* Another folder is opened meanwhile: it is looked at first, then the part goes on. */
static void
test_folder_between(void)
{
	World *w = world_ready();
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);

	doc_put("Archive", 1, 3, 0);
	doc_put("Archive", 2, 2, 0);
	textd.piece_ms = 20;
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, heard.done > 300000);
	g_autoptr(Folder) f = folders_find(db, "Archive", NULL);
	Request *r = request_new(REQ_OPEN_FOLDER);
	r->folder = f->id;
	engine_post(w->engine, r);
	UNTIL(w, id_of(w, "Archive", 2));
	g_assert_false(told("2"));
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	world_free(w);
}

/* ---- saving ---- */

static void
test_save(void)
{
	World *w = world_ready();
	g_autofree char *path = g_build_filename(w->dir, "f.bin", NULL), *nowhere = g_build_filename(w->dir, "no", "such", "folder", NULL), *data = NULL;
	gint64 m = id_of(w, "INBOX", 1);
	gsize len;

	post_part(w, REQ_SAVE_PART, m, "2", path);	/* not here: fetched first */
	UNTIL(w, heard.saved == 1);
	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	g_assert_cmpuint(len, ==, FILE_BYTES);
	for (gsize i = 0; i < len; i++)
		g_assert_true(data[i] == file_byte(i));
	guint before = n_pieces();
	post_part(w, REQ_SAVE_PART, m, "2", nowhere);	/* here */
	UNTIL(w, heard.save_failed == 1);
	g_assert_nonnull(heard.why);
	g_assert_cmpuint(n_pieces(), ==, before);
	world_free(w);
}

/* A stopped one leaves no file, and no half of one. */
static void
test_save_stopped(void)
{
	World *w = world_ready();
	g_autofree char *path = g_build_filename(w->dir, "f.bin", NULL);
	gint64 m = id_of(w, "INBOX", 1);

	textd.piece_ms = 15;
	post_part(w, REQ_SAVE_PART, m, "2", path);
	UNTIL(w, heard.done > 300000);
	post_part(w, REQ_CANCEL, 0, NULL, NULL);
	UNTIL(w, told_failed("2"));
	wait_ms(w, 300);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	textd.piece_ms = 0;
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, told("2"));
	wait_ms(w, 100);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));	/* the saving was stopped too */
	world_free(w);
}

/* ---- without a connection ---- */

/* What was asked for is told not to be here, kept in mind over the end of the program, and comes with the next connection. */
static void
test_wanted(void)
{
	World *w = world_ready();

	reopen(w, true);
	open_text(w, id_of(w, "INBOX", 2));
	UNTIL(w, told_failed(""));
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	wait_ms(w, 100);
	forget();
	reopen(w, false);
	UNTIL(w, told("") && told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	world_close(w);
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Message) m = messages_get(db, id_of(w, "INBOX", 2), NULL);
	g_autoptr(GArray) left = wanted_list(db, NULL);
	g_assert_true(m->body_here);
	g_assert_cmpuint(left->len, ==, 0);
	g_clear_pointer(&db, db_close);
	world_free(w);
}

/* ---- a second connection ---- */

static World *
world_of_two(void)
{
	World *w = world_closed();
	w->account->connections = 2;
	world_open(w, 0);
	UNTIL(w, id_of(w, "INBOX", 3));
	open_text(w, id_of(w, "INBOX", 1));
	UNTIL(w, told(""));
	forget();
	return w;
}

/* Texts are opened over the first while the file comes over the second. */
static void
test_second(void)
{
	World *w = world_of_two();

	g_assert_cmpuint(pop->connections, ==, 1);	/* none before it is needed */
	textd.piece_ms = 20;
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, heard.done > 500000);
	for (guint uid = 2; uid <= 3; uid++) {
		g_ptr_array_set_size(heard.bodies, 0);
		open_text(w, id_of(w, "INBOX", uid));
		UNTIL(w, told(""));
		g_assert_false(told("2"));
	}
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	g_assert_cmpuint(asked_from(0), ==, FILE_BYTES);
	g_assert_cmpuint(pop->connections, ==, 2);
	g_assert_cmpuint(times_said("imap 2: EXAMINE INBOX"), ==, 1);
	g_assert_cmpuint(times_said("imap 2: SELECT"), ==, 0);
	for (const char *p = pop->log->str; (p = strstr(p, "BODY.PEEK[2]<")); p++) {
		const char *line = g_strrstr_len(pop->log->str, p - pop->log->str, "imap ");
		g_assert_true(g_str_has_prefix(line, "imap 2: "));
	}
	g_assert_null(w->trouble);
	world_free(w);
}

/* The first stays in the folder that is on the screen. */
static void
test_second_elsewhere(void)
{
	World *w = world_closed();

	doc_put("Archive", 1, 1, FILE_BYTES);
	w->account->connections = 2;
	world_open(w, 0);
	UNTIL(w, id_of(w, "INBOX", 3));
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(Folder) inbox = folders_find(db, "INBOX", NULL), archive = NULL;
	UNTIL(w, (archive = folders_find(db, "Archive", NULL)));
	ask_folder(w, archive->id);
	UNTIL(w, id_of(w, "Archive", 1));
	open_text(w, id_of(w, "Archive", 1));
	UNTIL(w, told(""));
	ask_folder(w, inbox->id);
	UNTIL(w, times_said("imap 1: SELECT INBOX") == 2);
	post_part(w, REQ_FETCH_PART, id_of(w, "Archive", 1), "2", NULL);
	UNTIL(w, told("2"));
	g_assert_cmpuint(times_said("imap 2: EXAMINE Archive"), ==, 1);
	g_assert_cmpuint(times_said("imap 1: SELECT Archive"), ==, 1);
	g_clear_pointer(&db, db_close);
	world_free(w);
}

/* The server lets one in: the first does it all, nothing is told, and the second is not tried again. */
static void
test_second_refused(void)
{
	World *w = world_of_two();

	textd.only_one = true;
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	forget();
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "", NULL);
	UNTIL(w, told(""));
	g_assert_cmpuint(pop->connections, ==, 2);
	g_assert_cmpuint(times_said("imap 2: "), ==, 1);
	g_assert_null(w->trouble);
	world_free(w);
}

/* Cut off in the middle of a piece: the first goes on where it was. */
static void
test_second_cut(void)
{
	World *w = world_of_two();

	textd.cut_after = 6;
	textd.piece_ms = 5;
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	g_assert_cmpuint(asked_from(0), >, FILE_BYTES);
	g_assert_cmpuint(asked_from(0), <, FILE_BYTES + 3 * MIB);
	g_assert_cmpuint(times_said("imap 1: UID FETCH 1 (UID BODY.PEEK[2]<"), >, 0);
	g_assert_null(w->trouble);
	world_free(w);
}

/* Stopped and gone on with, and the server that knows no pieces is asked by the first. */
static void
test_second_stop(void)
{
	World *w = world_of_two();
	gint64 m = id_of(w, "INBOX", 1);

	textd.piece_ms = 15;
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, heard.done > 500000);
	post_part(w, REQ_CANCEL, m, "2", NULL);
	UNTIL(w, told_failed("2"));
	forget();
	post_part(w, REQ_FETCH_PART, m, "2", NULL);
	UNTIL(w, told("2"));
	g_assert_true(file_is_right(w, "2", 0));
	g_assert_cmpuint(asked_from(0), <, FILE_BYTES + 2 * MIB);
	world_free(w);
}

static void
test_second_without_pieces(void)
{
	World *w = world_of_two();
	textd.no_pieces = true;
	fetch_from(w);
}

int
main(int argc, char **argv)
{
	world_begin(&argc, &argv, texts_start);
	heard.bodies = g_ptr_array_new_with_free_func(g_free);
	g_test_add_func("/sync/large/round-trips/open", test_turns_open);
	g_test_add_func("/sync/large/pieces", test_pieces);
	g_test_add_func("/sync/large/whole-message", test_whole_message);
	g_test_add_func("/sync/large/stop", test_stop);
	g_test_add_func("/sync/large/stop-and-go-on", test_stop_and_go_on);
	g_test_add_data_func("/sync/large/no-room/S2", NULL, test_no_room);
	g_test_add_data_func("/sync/large/no-room/next-start", &textd, test_no_room);
	g_test_add_func("/sync/large/broken-stop", test_broken_stop);
	g_test_add_data_func("/sync/large/cut/connection", NULL, test_cut);
	g_test_add_data_func("/sync/large/cut/program", &textd, test_cut);
	g_test_add_data_func("/sync/large/lying-size/small", GINT_TO_POINTER(-1000000), test_lying_sizes);
	g_test_add_data_func("/sync/large/lying-size/large", GINT_TO_POINTER(1000000), test_lying_sizes);
	g_test_add_data_func("/sync/large/lying-size/one-less", GINT_TO_POINTER(-1), test_lying_sizes);
	g_test_add_func("/sync/large/second/reading-goes-on", test_second);
	g_test_add_func("/sync/large/second/of-another-folder", test_second_elsewhere);
	g_test_add_func("/sync/large/second/refused", test_second_refused);
	g_test_add_func("/sync/large/second/cut", test_second_cut);
	g_test_add_func("/sync/large/second/stop", test_second_stop);
	g_test_add_func("/sync/large/second/no-pieces", test_second_without_pieces);
	g_test_add_func("/sync/large/no-pieces", test_no_pieces);
	g_test_add_func("/sync/large/bad-pieces", test_bad_pieces);
	g_test_add_data_func("/sync/large/beyond/no", &textd, test_beyond);
	g_test_add_data_func("/sync/large/beyond/nil", NULL, test_beyond);
	g_test_add_func("/sync/large/no-such-part", test_gone);
	g_test_add_data_func("/sync/large/commit-fails/asked-for", NULL, test_commit_fails);
	g_test_add_data_func("/sync/large/commit-fails/ahead", &textd, test_commit_fails);
	g_test_add_data_func("/sync/large/commit-fails/part", "2", test_commit_fails_of_part);
	g_test_add_data_func("/sync/large/commit-fails/whole", "", test_commit_fails_of_part);
	g_test_add_func("/sync/large/between", test_between);
	g_test_add_func("/sync/large/text-between", test_text_between);
	g_test_add_func("/sync/large/folder-between", test_folder_between);
	g_test_add_func("/sync/large/save", test_save);
	g_test_add_func("/sync/large/save-stopped", test_save_stopped);
	g_test_add_func("/sync/large/wanted", test_wanted);
	return g_test_run();
}

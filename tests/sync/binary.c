/* binary.c - tests of parts that the server decodes (BINARY): fetched, refused, stopped and gone on with; the file is the same, always.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "parts.h"


#define FILE_MAIL ((gsize)1500 * 1000 + 11)	/* more than a piece of the store */
#define FILE_LONG ((gsize)5 * MIB + 5)	/* more than is asked for at once */

/* The n-th has a file of so many bytes; the last has none. */
static World *
world_of(const gsize *sizes, guint n)
{
	World *w = world_closed();

	textd.packed = textd.binary = true;
	g_array_set_size(shelf("INBOX")->docs, 0);
	for (guint i = 0; i < n; i++)
		doc_put("INBOX", i + 1, 1, sizes[i]);
	doc_put("INBOX", n + 1, 1, 0);
	return w;
}

static void
begin(World *w)
{
	guint n = shelf("INBOX")->docs->len;

	world_open(w, 0);
	UNTIL(w, id_of(w, "INBOX", n));
	for (guint uid = 1; uid < n; uid++) {
		open_text(w, id_of(w, "INBOX", uid));
		UNTIL(w, told(""));
		forget();
	}
}

static World *
world_of_one(void)
{
	return world_of((const gsize[]){ FILE_MAIL }, 1);
}

static void
want(World *w, guint uid)
{
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", uid), "2", NULL);
}

static const Doc *
doc(guint uid)
{
	return &g_array_index(shelf("INBOX")->docs, Doc, uid - 1);
}

/* What the store has is the file, in lines of 76 or as it was sent; and so is what is saved of it. */
static void
file_is(World *w, guint uid, bool as_sent)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autoptr(GBytes) data = bodies_get(db, id_of(w, "INBOX", uid), "2", NULL);
	g_autoptr(GString) sent = g_string_new(NULL), file = g_string_new(NULL);
	g_autofree char *path = g_build_filename(w->dir, "f.bin", NULL), *saved = NULL;
	guint line = textd.line;
	gsize len;

	textd.line = as_sent ? line : 76;
	file_pack(sent, doc(uid)->file);
	textd.line = line;
	file_put(file, doc(uid)->file);
	g_assert_nonnull(data);
	g_assert_cmpmem(g_bytes_get_data(data, NULL), g_bytes_get_size(data), sent->str, sent->len);
	post_part(w, REQ_SAVE_PART, id_of(w, "INBOX", uid), "2", path);
	UNTIL(w, heard.saved == 1);
	g_assert_true(g_file_get_contents(path, &saved, &len, NULL));
	g_assert_cmpmem(saved, len, file->str, file->len);
	forget();
}

static void
comes(World *w, guint uid, bool as_sent)
{
	want(w, uid);
	UNTIL(w, told("2"));
	file_is(w, uid, as_sent);
}

typedef struct { guint n[2]; guint64 bytes[2]; guint64 first[2]; } Asked;	/* by BODY, by BINARY; first: the offset of the first piece */

/* From this piece on, and over this connection and later ones. */
static Asked
asked_over(guint connection, guint from)
{
	Asked a = { 0 };

	g_mutex_lock(&pop->lock);
	for (guint i = from; i < textd.pieces->len; i++) {
		const Piece *p = &g_array_index(textd.pieces, Piece, i);
		gsize size = p->binary ? doc(p->uid)->file : file_sent(doc(p->uid)->file);
		if (p->connection < connection)
			continue;
		if (a.n[p->binary]++ == 0)
			a.first[p->binary] = p->offset;
		a.bytes[p->binary] += p->offset < size ? MIN(p->length, size - p->offset) : 0;
	}
	g_mutex_unlock(&pop->lock);
	return a;
}

static Asked
asked(guint from)
{
	return asked_over(0, from);
}

static guint64
partial_of(World *w, guint uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return bodies_partial(db, id_of(w, "INBOX", uid), "2");
}

static BodyForm
form_of(World *w, guint uid)
{
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	return bodies_partial_form(db, id_of(w, "INBOX", uid), "2");
}

/* ---- lines ---- */

/* In pieces of whole lines they are what they are at once; and from whatever is here of them the rest can be made. */
static void
test_lines(void)
{
	guint8 file[200];

	for (guint i = 0; i < sizeof file; i++)
		file[i] = (guint8)(i * 7);
	for (gsize size = 0; size <= sizeof file; size++) {
		g_autoptr(GByteArray) all = binary_lines(file, size), pieces = g_byte_array_new();
		g_assert_cmpuint(binary_sent_size(size), ==, all->len);
		g_autofree guchar *back = NULL;
		gsize n = 0;
		g_byte_array_append(all, (const guint8 *)"", 1);
		back = g_base64_decode((const char *)all->data, &n);
		g_byte_array_set_size(all, all->len - 1);
		g_assert_cmpmem(back, n, file, size);
		for (gsize at = 0; at < size; at += BINARY_LINE) {
			g_autoptr(GByteArray) piece = binary_lines(file + at, MIN(BINARY_LINE, size - at));
			g_byte_array_append(pieces, piece->data, piece->len);
		}
		g_assert_cmpmem(all->data, all->len, pieces->data, pieces->len);
		for (guint here = 0; here <= all->len; here++) {
			guint skip;
			guint64 offset = binary_go_on(here, &skip);
			g_assert_true(offset < size || size == 0);	/* never behind the end, to which some say NO */
			g_autoptr(GByteArray) rest = binary_lines(file + offset, size - offset);
			g_assert_cmpmem(rest->data + skip, rest->len - skip, all->data + here, all->len - here);
		}
	}
}

static void
test_sizes(void)
{
	for (guint line = 32; line < 1000; line += 4)
		for (guint64 file = 200000; file < 200100; file++) {
			guint64 letters = (file + 2) / 3 * 4, sent = letters + (letters + line - 1) / line * 2;
			g_assert_true(binary_size_fits(file, sent) && binary_size_fits(file, sent - 2));
		}
	g_assert_false(binary_size_fits(300, 200));
	g_assert_false(binary_size_fits(200000, 400000));
	g_assert_false(binary_size_fits(0, 400000));
}

/* ---- the whole way ---- */

static void
test_with(void)
{
	World *w = world_of_one();

	begin(w);
	want(w, 1);
	UNTIL(w, told("2"));
	Asked a = asked(0);
	g_assert_cmpuint(a.n[0], ==, 0);
	g_assert_cmpuint(a.bytes[1], ==, FILE_MAIL);	/* each once */
	g_assert_cmpuint(times_said("BINARY.SIZE[2]"), ==, 1);
	for (guint i = 0; i < textd.pieces->len; i++)
		g_assert_cmpuint(g_array_index(textd.pieces, Piece, i).length, <, LIMIT_IMAP_INLINE);
	/* the person is told of the same bytes whatever the way */
	g_assert_cmpuint(heard.total, ==, file_sent(FILE_MAIL));
	g_assert_cmpuint(heard.done, ==, file_sent(FILE_MAIL));
	file_is(w, 1, false);
	world_free(w);
}

static void
test_progress(void)
{
	World *w = world_of_one();

	textd.piece_ms = 60;
	begin(w);
	want(w, 1);
	UNTIL(w, heard.done > 0 && heard.speed > 0);
	g_assert_cmpuint(heard.total, ==, file_sent(FILE_MAIL));
	g_assert_cmpuint(heard.done, <, heard.total);
	g_assert_cmpuint(heard.speed, >, 0);
	UNTIL(w, told("2"));
	UNTIL(w, heard.done == heard.total);
	/* what is kept are bytes on the line: 57 of them are told as 78 */
	g_autoptr(Db) db = db_open(w->store, DB_READER, NULL);
	g_autofree char *speed = NULL;
	UNTIL(w, (speed = db_fact(db, "speed")));
	g_assert_cmpuint(heard.speed, ==, binary_sent_size(g_ascii_strtoull(speed, NULL, 10)));
	g_clear_pointer(&db, db_close);
	world_free(w);
}

/* Ends on the borders of lines, of pieces, and beside them. */
static void
test_ends(void)
{
	gsize sizes[8];
	for (guint i = 0; i < 5; i++)
		sizes[i] = 4000 * BINARY_LINE + (const gsize[]){ 0, 1, 2, 55, 56 }[i];
	sizes[5] = 64 * KIB / BINARY_LINE * BINARY_LINE * 4;
	sizes[6] = sizes[5] + 1;
	sizes[7] = sizes[5] - 1;
	World *w = world_of(sizes, 8);

	begin(w);
	for (guint uid = 1; uid <= 8; uid++)
		comes(w, uid, false);
	g_assert_cmpuint(asked(0).n[0], ==, 0);
	world_free(w);
}

static void
test_line(gconstpointer user)
{
	World *w = world_of_one();

	textd.line = GPOINTER_TO_UINT(user);
	begin(w);
	comes(w, 1, false);
	g_assert_cmpuint(asked(0).n[0], ==, 0);
	world_free(w);
}

/* ---- where it must not be used ---- */

static void
all_as_sent(World *w)
{
	begin(w);
	comes(w, 1, true);
	Asked a = asked(0);
	g_assert_cmpuint(a.n[1], ==, 0);
	g_assert_cmpuint(a.bytes[0], ==, file_sent(FILE_MAIL));
	g_assert_cmpuint(times_said("BINARY"), ==, 0);
	world_free(w);
}

static void
test_without(void)
{
	World *w = world_of_one();
	textd.binary = false;
	all_as_sent(w);
}

static void
test_switched_off(void)
{
	World *w = world_of_one();
	g_strfreev(w->account->disable);
	w->account->disable = g_strsplit("BINARY", " ", -1);
	all_as_sent(w);
}

static void
test_sealed(gconstpointer user)
{
	World *w = world_of_one();
	textd.outer = user;
	all_as_sent(w);
}

static void
test_kind(gconstpointer user)
{
	World *w = world_of_one();
	textd.kind = user;
	all_as_sent(w);
}

static void
test_whole_message(void)
{
	World *w = world_of_one();

	begin(w);
	post_part(w, REQ_FETCH_PART, id_of(w, "INBOX", 1), "", NULL);
	UNTIL(w, told(""));
	g_assert_cmpuint(asked(0).n[1], ==, 0);
	world_free(w);
}

/* ---- servers that can't, or say what is not true ---- */

static const gsize two[] = { FILE_MAIL, FILE_MAIL - 100 };

/* It is fetched as it was sent, from the beginning. NO is about that part, BAD about all. */
static void
test_refused(gconstpointer user)
{
	for (int from = 0; from < 4; from += 3) {
		World *w = world_of(two, 2);
		bool all = g_str_has_prefix(user, "BAD");

		textd.refusal = user;
		textd.refused_from = from;
		begin(w);
		comes(w, 1, true);
		Asked a = asked(0);
		g_assert_cmpuint(a.n[1], >=, MAX(from, 1));
		g_assert_cmpuint(a.n[1], <, 20);
		g_assert_cmpuint(a.first[0], ==, 0);
		g_assert_cmpuint(a.bytes[0], ==, file_sent(FILE_MAIL));
		g_assert_null(w->trouble);
		guint before = n_pieces();
		textd.refusal = NULL;
		comes(w, 2, all);
		a = asked(before);
		g_assert_cmpuint(a.n[all ? 1 : 0], ==, 0);
		world_free(w);
	}
}

/* It is kept in mind for the session: stopped before anything came, it is not asked for in vain again. */
static void
test_refused_and_stopped(void)
{
	World *w = world_of_one();
	gint64 m;

	textd.refusal = "NO [UNKNOWN-CTE] can't";
	textd.piece_ms = 100;
	begin(w);
	m = id_of(w, "INBOX", 1);
	want(w, 1);
	UNTIL(w, asked(0).n[0] > 0);
	post_part(w, REQ_CANCEL, m, "2", NULL);
	UNTIL(w, told_failed("2"));
	wait_ms(w, 600);	/* what was on its way comes */
	textd.piece_ms = 0;
	textd.refusal = NULL;
	forget();
	guint before = n_pieces();
	comes(w, 1, true);
	g_assert_cmpuint(asked(before).n[1], ==, 0);
	world_free(w);
}

static void
fetched_as_sent(World *w)
{
	begin(w);
	comes(w, 1, true);
	Asked a = asked(0);
	g_assert_cmpuint(a.n[1], >, 0);
	g_assert_cmpuint(a.first[0], ==, 0);
	g_assert_cmpuint(a.bytes[0], ==, file_sent(FILE_MAIL));
	world_free(w);
}

/* A decoder that ended in the midst of the text, whatever it says of it. */
static void
test_ends_early(gconstpointer user)
{
	World *w = world_of_one();
	textd.ends = GPOINTER_TO_SIZE(user) ? GPOINTER_TO_SIZE(user) : FILE_MAIL - 1000;
	textd.size_lie = user ? 0 : 1000;
	fetched_as_sent(w);
}

static void
test_ends_early_in_silence(void)
{
	World *w = world_of_one();
	textd.no_size = true;
	textd.ends = FILE_MAIL / 2;
	fetched_as_sent(w);
}

static void
test_lying_size(gconstpointer user)
{
	World *w = world_of_one();
	textd.size_lie = GPOINTER_TO_INT(user);
	fetched_as_sent(w);
}

static void
test_empty(void)
{
	World *w = world_of_one();
	textd.empty = true;
	fetched_as_sent(w);
}

static void
test_no_size(void)
{
	World *w = world_of_one();
	textd.no_size = true;
	begin(w);
	comes(w, 1, false);
	g_assert_cmpuint(asked(0).n[0], ==, 0);
	world_free(w);
}

/* It gives all of it whatever was asked for: then it does so as it was sent, too. */
static void
test_no_pieces(void)
{
	World *w = world_of_one();
	textd.no_pieces = true;
	begin(w);
	comes(w, 1, true);
	world_free(w);
}

static void
again(World *w, gconstpointer how)
{
	if (how) {
		wait_ms(w, 60);
		world_close(w);
		world_open(w, 0);
		return;
	}
	UNTIL(w, w->trouble);
	g_clear_pointer(&w->trouble, g_free);
	later(w, 400);	/* the back-off */
}

/* The line ends before anything of it came, again and again: it may be the decoding that takes the server so long. */
static void
test_cut_at_once(void)
{
	World *w = world_of_one();

	begin(w);
	textd.cut_after = textd.cuts = 1;
	want(w, 1);
	again(w, NULL);
	again(w, NULL);
	UNTIL(w, told("2"));
	file_is(w, 1, true);
	g_assert_cmpuint(asked(0).first[0], ==, 0);
	g_assert_cmpuint(partial_of(w, 1), ==, 0);
	world_free(w);
}

/* ---- stopped, cut, gone on with ---- */

/* At each piece: the n-th file is cut off in its n-th piece; the line is, or the program ends there. */
static void
test_cut(gconstpointer how)
{
	gsize sizes[7];
	for (guint i = 0; i < 7; i++)
		sizes[i] = FILE_MAIL - i;
	World *w = world_of(sizes, 7);

	begin(w);
	for (guint uid = 1; uid <= 7; uid += how ? 1 : 2) {	/* the back-off takes its time */
		guint before = n_pieces();
		g_mutex_lock(&pop->lock);
		textd.cut_after = (int)uid;
		g_mutex_unlock(&pop->lock);
		want(w, uid);
		UNTIL(w, textd.cut_after == 0 || told("2"));
		textd.cut_after = 0;
		if (!told("2")) {
			again(w, how);
			if (how)
				want(w, uid);
		}
		UNTIL(w, told("2"));
		file_is(w, uid, false);
		Asked a = asked(before);
		g_assert_cmpuint(a.n[0], ==, 0);
		g_assert_cmpuint(a.bytes[1], <, sizes[uid - 1] + 2 * MIB + 200);
	}
	world_free(w);
}

/* The person stops it, and goes on. */
static void
test_stop(void)
{
	World *w = world_of_one();
	gint64 m;

	textd.piece_ms = 40;
	begin(w);
	m = id_of(w, "INBOX", 1);
	for (guint n = 1; n < 8; n++) {
		guint before = n_pieces();
		want(w, 1);
		UNTIL(w, n_pieces() > before + n % 2 || told("2"));
		post_part(w, REQ_CANCEL, m, "2", NULL);
		UNTIL(w, told_failed("2") || told("2"));
		if (n % 3 == 0)
			wait_ms(w, 300);	/* the line is quiet, or is not */
		if (told("2"))
			break;
		forget();
	}
	textd.piece_ms = 0;
	want(w, 1);
	UNTIL(w, told("2"));
	file_is(w, 1, false);
	g_assert_cmpuint(asked(0).n[0], ==, 0);
	world_free(w);
}

static void
stop_in_the_midst(World *w)
{
	textd.piece_ms = 60;
	want(w, 1);
	UNTIL(w, partial_of(w, 1) > 0 || heard.done > 200000);
	post_part(w, REQ_CANCEL, id_of(w, "INBOX", 1), "2", NULL);
	UNTIL(w, told_failed("2"));
	wait_ms(w, 500);
	textd.piece_ms = 0;
	forget();
	g_assert_cmpuint(partial_of(w, 1), >, 0);
	g_assert_cmpuint(partial_of(w, 1), <, file_sent(FILE_LONG));
}

/* As if so much of it had come when the program was killed. */
static void
put_partial(World *w, guint uid, gsize here)
{
	g_autoptr(GString) sent = g_string_new(NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(Db) db = db_open(w->store, DB_WRITER, &err);

	g_assert_no_error(err);
	file_pack(sent, doc(uid)->file);
	BodyWriter *writer = bodies_write_on(db, id_of(w, "INBOX", uid), "2", BODY_RECODED, &err);
	g_assert_no_error(err);
	g_assert_true(bodies_write_piece(writer, sent->str, MIN(here, sent->len), NULL));
	bodies_write_pause(writer);
}

/* Killed: whatever of the last line is on the disk, the file is the same. */
static void
test_torn(void)
{
	static const gsize here[] = { 1, 77, 78, 79, 78 * 2000 - 1, 78 * 2000, 78 * 2000 + 1, 78 * 2000 + 76, MIB, 78 * 13443, 78 * 13444, MIB + 1 };
	gsize sizes[G_N_ELEMENTS(here)];
	for (guint i = 0; i < G_N_ELEMENTS(here); i++)
		sizes[i] = FILE_MAIL;
	World *w = world_of(sizes, G_N_ELEMENTS(here));

	begin(w);
	world_close(w);
	for (guint i = 0; i < G_N_ELEMENTS(here); i++)
		put_partial(w, i + 1, here[i]);
	world_open(w, 0);
	for (guint i = 0; i < G_N_ELEMENTS(here); i++) {
		guint before = n_pieces();
		comes(w, i + 1, false);
		Asked a = asked(before);
		g_assert_cmpuint(a.n[0], ==, 0);
		g_assert_cmpuint(a.first[1], ==, (here[i] - 1) / 78 * 57);
		g_assert_cmpuint(a.bytes[1], ==, FILE_MAIL - a.first[1]);
	}
	world_free(w);
}

/* All came, and the program ended before it was known to be all. */
static void
test_torn_at_the_end(void)
{
	static const gsize rest[] = { 0, 1, 3, 54, 55, 56 };
	gsize sizes[G_N_ELEMENTS(rest)];
	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		sizes[i] = FILE_MAIL / 57 * 57 + rest[i];
	World *w = world_of(sizes, G_N_ELEMENTS(rest));

	begin(w);
	world_close(w);
	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		put_partial(w, i + 1, G_MAXSIZE);
	world_open(w, 0);
	for (guint i = 0; i < G_N_ELEMENTS(rest); i++) {
		guint before = n_pieces();
		comes(w, i + 1, false);
		g_assert_cmpuint(asked(before).n[0], ==, 0);
		g_assert_cmpuint(asked(before).bytes[1], <=, 57);
	}
	world_free(w);
}

/* Begun by BINARY, and the server offers it no more: it begins anew. Begun without: it goes on so. */
static void
test_another_server(gconstpointer user)
{
	World *w = world_of((const gsize[]){ FILE_LONG }, 1);

	textd.binary = user != NULL;
	begin(w);
	stop_in_the_midst(w);
	g_assert_cmpint(form_of(w, 1), ==, user ? BODY_RECODED : BODY_AS_SENT);
	world_close(w);
	guint64 here = partial_of(w, 1);
	guint next = pop->connections + 1;
	textd.binary = !textd.binary;
	world_open(w, 0);
	want(w, 1);
	UNTIL(w, told("2"));
	file_is(w, 1, true);
	Asked a = asked_over(next, 0);
	g_assert_cmpuint(a.n[1], ==, 0);
	g_assert_cmpuint(a.first[0], ==, user ? 0 : here);
	world_free(w);
}

/* It is offered, and refused when the rest is asked for. */
static void
test_refused_later(void)
{
	World *w = world_of((const gsize[]){ FILE_LONG }, 1);

	begin(w);
	stop_in_the_midst(w);
	guint before = n_pieces();
	textd.refusal = "NO [UNAVAILABLE] not now";
	want(w, 1);
	UNTIL(w, told("2"));
	file_is(w, 1, true);
	g_assert_cmpuint(asked(before).first[0], ==, 0);
	world_free(w);
}

/* ---- a second connection ---- */

static World *
world_of_two(void)
{
	World *w = world_of_one();
	w->account->connections = 2;
	begin(w);
	return w;
}

static void
test_second(void)
{
	World *w = world_of_two();

	comes(w, 1, false);
	g_assert_cmpuint(times_said("imap 2: UID FETCH 1 (UID BINARY.SIZE[2] BINARY.PEEK[2]<0."), ==, 1);
	g_assert_cmpuint(times_said("imap 1: UID FETCH 1 (UID BINARY"), ==, 0);
	g_assert_cmpuint(asked(0).n[0], ==, 0);
	world_free(w);
}

static void
test_second_cut(void)
{
	World *w = world_of_two();

	textd.cut_after = 4;
	comes(w, 1, false);
	g_assert_cmpuint(times_said("imap 1: UID FETCH 1 (UID BINARY.SIZE[2] BINARY.PEEK[2]<"), ==, 1);
	g_assert_cmpuint(asked(0).n[0], ==, 0);
	world_free(w);
}

static void
test_second_refused(void)
{
	World *w = world_of_two();

	textd.refusal = "BAD what?";
	comes(w, 1, true);
	g_assert_cmpuint(asked(0).first[0], ==, 0);
	g_assert_cmpuint(asked(0).bytes[0], ==, file_sent(FILE_MAIL));
	g_assert_null(w->trouble);
	world_free(w);
}

int
main(int argc, char **argv)
{
	static const char *const sealed[] = { "SIGNED", "ENCRYPTED" };
	static const char *const kinds[] = { "\"APPLICATION\" \"PKCS7-MIME\"", "\"application\" \"x-pkcs7-mime\"", "\"APPLICATION\" \"PGP-ENCRYPTED\"",
		"\"MESSAGE\" \"PARTIAL\"" };
	static const char *const refusals[] = { "NO [UNKNOWN-CTE] can't", "NO no", "BAD what?", "OK of what?" };
	static const guint lines[] = { 32, 60, 64, 72, 75, 998, 100000000 };

	world_begin(&argc, &argv, texts_start);
	heard.bodies = g_ptr_array_new_with_free_func(g_free);
	g_test_add_func("/sync/binary/lines", test_lines);
	g_test_add_func("/sync/binary/sizes", test_sizes);
	g_test_add_func("/sync/binary/with", test_with);
	g_test_add_func("/sync/binary/progress", test_progress);
	g_test_add_func("/sync/binary/ends", test_ends);
	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *path = g_strdup_printf("/sync/binary/lines-of/%u", lines[i]);
		g_test_add_data_func(path, GUINT_TO_POINTER(lines[i]), test_line);
	}
	g_test_add_func("/sync/binary/without", test_without);
	g_test_add_func("/sync/binary/switched-off", test_switched_off);
	for (guint i = 0; i < G_N_ELEMENTS(sealed); i++) {
		g_autofree char *path = g_strconcat("/sync/binary/sealed/", sealed[i], NULL);
		g_test_add_data_func(path, sealed[i], test_sealed);
	}
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *path = g_strdup_printf("/sync/binary/kind/%u", i);
		g_test_add_data_func(path, kinds[i], test_kind);
	}
	g_test_add_func("/sync/binary/whole-message", test_whole_message);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strdup_printf("/sync/binary/refused/%u", i);
		g_test_add_data_func(path, refusals[i], test_refused);
	}
	g_test_add_func("/sync/binary/refused-and-stopped", test_refused_and_stopped);
	g_test_add_data_func("/sync/binary/ends-early/said", GSIZE_TO_POINTER(FILE_MAIL / 2), test_ends_early);
	g_test_add_data_func("/sync/binary/ends-early/denied", NULL, test_ends_early);
	g_test_add_func("/sync/binary/ends-early/in-silence", test_ends_early_in_silence);
	g_test_add_data_func("/sync/binary/lying-size/less", GINT_TO_POINTER(-1), test_lying_size);
	g_test_add_data_func("/sync/binary/lying-size/more", GINT_TO_POINTER(1), test_lying_size);
	g_test_add_func("/sync/binary/empty", test_empty);
	g_test_add_func("/sync/binary/no-size", test_no_size);
	g_test_add_func("/sync/binary/no-pieces", test_no_pieces);
	g_test_add_func("/sync/binary/cut-at-once", test_cut_at_once);
	g_test_add_data_func("/sync/binary/cut/connection", NULL, test_cut);
	g_test_add_data_func("/sync/binary/cut/program", &textd, test_cut);
	g_test_add_func("/sync/binary/stop", test_stop);
	g_test_add_func("/sync/binary/torn", test_torn);
	g_test_add_func("/sync/binary/torn-at-the-end", test_torn_at_the_end);
	g_test_add_data_func("/sync/binary/another-server/with-then-without", &textd, test_another_server);
	g_test_add_data_func("/sync/binary/another-server/without-then-with", NULL, test_another_server);
	g_test_add_func("/sync/binary/refused-later", test_refused_later);
	g_test_add_func("/sync/binary/second", test_second);
	g_test_add_func("/sync/binary/second/cut", test_second_cut);
	g_test_add_func("/sync/binary/second/refused", test_second_refused);
	return g_test_run();
}

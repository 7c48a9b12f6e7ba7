/* keep.c - tests of the texts that are kept here, which nobody asked for: many with one command, and none is lost by the others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "textd.h"
#include "world.h"
#include "base/limits.h"


#define N_TEXTS 40

static GArray *came;	/* of gint64: told as LETTER_BODY */
static guint n_failed;

static void
hear_texts(World *w)
{
	struct pollfd p = { chan_fd(w->letters), POLLIN, 0 };
	Letter *l;

	poll(&p, 1, 20);
	while ((l = chan_take(w->letters))) {
		hear(w, l);
		if (l->kind == LETTER_BODY && l->failed)
			n_failed++;
		else if (l->kind == LETTER_BODY)
			g_array_append_val(came, l->message);
		letter_free(l);
	}
}

#define UNTIL(w, what) WAIT_UNTIL(w, hear_texts, what)

static World *
world_of(guint n, guint connections)
{
	World *w = world_imap("keep", CHECK_STARTUP);

	server_reset(smtp);
	texts_reset(pop);
	g_array_set_size(came, 0);
	n_failed = 0;
	for (guint uid = 1; uid <= n; uid++)
		doc_put("INBOX", uid, 1, 0);
	w->account->offline_days = KEEP_TEXTS_ALL;
	w->account->connections = connections;
	return w;
}

static gint64
id_of(World *w, const char *wire, guint32 uid)
{
	Db *db = world_reader(w);
	g_autoptr(Folder) f = db ? folders_find(db, wire, NULL) : NULL;

	return f ? messages_id_of_uid(db, f->id, uid) : 0;
}

static bool
is_here(World *w, const char *wire, guint32 uid)
{
	gint64 id = id_of(w, wire, uid);
	g_autoptr(Message) m = id ? messages_get(world_reader(w), id, NULL) : NULL;

	return m && m->body_here;
}

static guint
n_here(World *w, const char *wire, guint n)
{
	guint here = 0;

	for (guint uid = 1; uid <= n; uid++)
		here += is_here(w, wire, uid);
	return here;
}

static bool
text_is_right(World *w, const char *wire, guint32 uid)
{
	g_autofree char *text = g_strdup_printf("Subject: number %u\r\nFrom: bob@example.org\r\n\r\ntext of %u\r\n", uid, uid);
	g_autoptr(GBytes) data = bodies_get(world_reader(w), id_of(w, wire, uid), "", NULL);

	return data && g_bytes_get_size(data) == strlen(text) && !memcmp(g_bytes_get_data(data, NULL), text, strlen(text));
}

/* So often was a text given. */
static guint
n_given(const char *what)
{
	guint n = 0;

	g_mutex_lock(&pop->lock);
	for (guint i = 0; i < textd.texts->len; i++)
		n += !what || !strcmp(g_ptr_array_index(textd.texts, i), what);
	g_mutex_unlock(&pop->lock);
	return n;
}

static guint
times_said(const char *words)
{
	guint n = 0;

	g_mutex_lock(&pop->lock);
	for (const char *p = pop->log->str; (p = strstr(p, words)); p++)
		n++;
	g_mutex_unlock(&pop->lock);
	return n;
}

static bool
was_told(gint64 message)
{
	for (guint i = 0; i < came->len; i++)
		if (g_array_index(came, gint64, i) == message)
			return true;
	return false;
}

static bool
waits(void)
{
	g_mutex_lock(&pop->lock);
	bool yes = textd.waits && textd.waiting == textd.waits;
	g_mutex_unlock(&pop->lock);
	return yes;
}

static void
set_waits(guint connection)
{
	g_mutex_lock(&pop->lock);
	textd.waits = connection;
	textd.waiting = 0;
	g_mutex_unlock(&pop->lock);
}

/* ---- over one connection ---- */

static void
test_many(void)
{
	World *w = world_of(N_TEXTS, 1);

	world_open(w, 0);
	UNTIL(w, n_here(w, "INBOX", N_TEXTS) == N_TEXTS);
	for (guint uid = 1; uid <= N_TEXTS; uid++)
		g_assert_true(text_is_right(w, "INBOX", uid));
	UNTIL(w, came->len == N_TEXTS);
	g_assert_cmpuint(n_given(NULL), ==, N_TEXTS);
	g_assert_cmpuint(times_said("BODY.PEEK[]"), <=, 3);	/* one for each would be as many as there are texts */
	g_assert_cmpuint(n_failed, ==, 0);
	g_assert_null(w->trouble);
	world_free(w);
}

/* The others come singly, and it is asked for once more. */
static void
test_unreadable(void)
{
	World *w = world_of(N_TEXTS, 1);

	textd.unreadable = 7;
	world_open(w, 0);
	UNTIL(w, n_here(w, "INBOX", N_TEXTS) == N_TEXTS);
	g_assert_cmpuint(n_given(NULL), ==, N_TEXTS);
	g_assert_cmpuint(times_said("UID FETCH 7 (UID BODY.PEEK[])"), ==, 1);
	g_assert_cmpuint(n_failed, ==, 0);
	g_assert_null(w->trouble);
	world_free(w);
}

/* What is on its way is not asked for again, and told as soon as it is here. */
static void
test_opened_meanwhile(void)
{
	World *w = world_of(N_TEXTS, 1);

	set_waits(1);
	world_open(w, 0);
	UNTIL(w, waits());
	gint64 m = id_of(w, "INBOX", 5);
	ask(w, REQ_OPEN_MESSAGE, m, false);
	wait_ms(w, 50);
	set_waits(0);
	UNTIL(w, was_told(m));
	g_assert_true(text_is_right(w, "INBOX", 5));
	UNTIL(w, n_here(w, "INBOX", N_TEXTS) == N_TEXTS);
	g_assert_cmpuint(n_given("INBOX/5"), ==, 1);
	g_assert_cmpuint(n_failed, ==, 0);
	world_free(w);
}

#define N_MANY 250

/* How fast three texts come says nothing of how many the line bears at once: the next folder's first piece is none of all. */
static void
test_rest_tells_nothing(void)
{
	World *w = world_of(3, 1);

	for (guint uid = 1; uid <= N_MANY; uid++)
		doc_put("Archive", uid, 1, 0);
	world_open(w, 0);
	UNTIL(w, n_here(w, "Archive", N_MANY) == N_MANY);
	g_mutex_lock(&pop->lock);
	const char *end = strstr(pop->log->str, ":250 (UID BODY.PEEK[])"), *from = end;
	while (from && g_ascii_isdigit(from[-1]))
		from--;
	guint first = from ? (guint)strtoul(from, NULL, 10) : 0;
	g_mutex_unlock(&pop->lock);
	g_assert_cmpuint(first, >=, 151);
	world_free(w);
}

/* ---- with a second one ---- */

static guint
texts_asked_over(guint connection)
{
	g_autofree char *fetch = g_strdup_printf("imap %u: UID FETCH", connection);
	guint n = 0;

	g_mutex_lock(&pop->lock);
	g_auto(GStrv) lines = g_strsplit(pop->log->str, "\n", -1);
	g_mutex_unlock(&pop->lock);
	for (guint i = 0; lines[i]; i++)
		n += g_str_has_prefix(lines[i], fetch) && strstr(lines[i], "BODY.PEEK[]");
	return n;
}

/* The highest UID of what it was asked for: the server gives it last. */
static guint32
last_on_its_way(guint connection)
{
	g_autofree char *fetch = g_strdup_printf("imap %u: UID FETCH ", connection);
	guint32 uid = 0;

	g_mutex_lock(&pop->lock);
	const char *at = strstr(pop->log->str, fetch);
	g_assert_nonnull(at);
	for (at += strlen(fetch); *at && *at != ' '; at++)
		uid = g_ascii_isdigit(*at) ? uid * 10 + (guint32)(*at - '0') : 0;
	g_mutex_unlock(&pop->lock);
	return uid;
}

static void
all_came(World *w, const char *wire, guint n)
{
	UNTIL(w, n_here(w, wire, n) == n);
	for (guint uid = 1; uid <= n; uid++)
		g_assert_true(text_is_right(w, wire, uid));
	g_assert_cmpuint(n_failed, ==, 0);
	g_assert_null(w->trouble);
}

static void
test_second(void)
{
	World *w = world_of(N_MANY, 2);

	world_open(w, 0);
	all_came(w, "INBOX", N_MANY);
	g_assert_cmpuint(n_given(NULL), ==, N_MANY);
	g_assert_cmpuint(texts_asked_over(1), ==, 0);
	g_assert_cmpuint(times_said("imap 2: EXAMINE INBOX"), ==, 1);
	g_assert_cmpuint(times_said("imap 2: SELECT"), ==, 0);
	world_free(w);
}

/* It is made for many, and only if the account says so. */
static void
test_second_not_needed(void)
{
	World *w = world_of(N_TEXTS, 2);
	world_open(w, 0);
	all_came(w, "INBOX", N_TEXTS);
	g_assert_cmpuint(pop->connections, ==, 1);
	world_free(w);

	w = world_of(N_MANY, 1);
	world_open(w, 0);
	all_came(w, "INBOX", N_MANY);
	g_assert_cmpuint(pop->connections, ==, 1);
	world_free(w);
}

/* Nothing of the person's is behind them: neither a text, nor a flag. */
static void
test_second_person(void)
{
	World *w = world_of(N_MANY, 2);

	set_waits(2);
	world_open(w, 0);
	UNTIL(w, waits());
	gint64 m = id_of(w, "INBOX", 1);	/* the newest come first */
	ask(w, REQ_OPEN_MESSAGE, m, false);
	UNTIL(w, was_told(m));
	g_assert_true(waits());
	Request *r = request_new(REQ_FLAG);
	r->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_array_append_val(r->ids, m);
	r->flag = FLAG_FLAGGED;
	r->on = true;
	engine_post(w->engine, r);
	UNTIL(w, times_said("imap 1: UID STORE 1 "));
	g_assert_true(waits());
	g_assert_cmpuint(n_here(w, "INBOX", N_MANY), ==, 1);
	set_waits(0);
	all_came(w, "INBOX", N_MANY);
	g_assert_cmpuint(n_given(NULL), ==, N_MANY);
	world_free(w);
}

/* The first is back in the folder on the screen while the texts of another come. */
static void
test_second_elsewhere(void)
{
	World *w = world_of(3, 2);

	for (guint uid = 1; uid <= N_MANY; uid++)
		doc_put("Archive", uid, 1, 0);
	set_waits(2);
	world_open(w, 0);
	UNTIL(w, waits());
	UNTIL(w, times_said("imap 1: SELECT INBOX") == 2);
	g_assert_true(waits());
	g_assert_cmpuint(n_here(w, "Archive", N_MANY), ==, 0);
	set_waits(0);
	all_came(w, "Archive", N_MANY);
	g_assert_cmpuint(times_said("imap 1: SELECT Archive"), ==, 1);
	g_assert_cmpuint(times_said("imap 2: EXAMINE Archive"), ==, 1);
	world_free(w);
}

/* The first does it all, nothing is told, and a second one is not tried again. */
static void
test_second_refused(void)
{
	World *w = world_of(N_MANY, 2);

	textd.only_one = true;
	world_open(w, 0);
	all_came(w, "INBOX", N_MANY);
	g_assert_cmpuint(n_given(NULL), ==, N_MANY);
	g_assert_cmpuint(pop->connections, ==, 2);
	g_assert_cmpuint(times_said("imap 2: "), ==, 1);
	world_free(w);
}

/* Cut off between the texts: what came is kept, and what somebody waits for comes over the first. */
static void
test_second_cut(void)
{
	World *w = world_of(N_MANY, 2);

	textd.cut_texts = 2;
	set_waits(2);
	world_open(w, 0);
	UNTIL(w, waits());
	gint64 m = id_of(w, "INBOX", last_on_its_way(2));	/* it is beyond the cut */
	ask(w, REQ_OPEN_MESSAGE, m, false);
	gint64 begun = g_get_monotonic_time();	/* it is known by then that somebody waits for it */
	UNTIL(w, g_get_monotonic_time() > begun + 50000);
	set_waits(0);
	UNTIL(w, was_told(m));
	all_came(w, "INBOX", N_MANY);
	g_assert_cmpuint(texts_asked_over(1), >, 0);
	g_assert_cmpuint(pop->connections, ==, 2);
	world_free(w);
}

/* Both must mean the same folder: else nothing is fetched over it. */
static void
test_second_other_validity(void)
{
	World *w = world_of(N_MANY, 2);

	textd.other_validity = 8;
	world_open(w, 0);
	all_came(w, "INBOX", N_MANY);
	g_assert_cmpuint(texts_asked_over(2), ==, 0);
	g_assert_cmpuint(texts_asked_over(1), >, 0);
	world_free(w);
}

int
main(int argc, char **argv)
{
	world_begin(&argc, &argv, texts_start);
	came = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_test_add_func("/sync/keep/many-with-one-command", test_many);
	g_test_add_func("/sync/keep/one-is-unreadable", test_unreadable);
	g_test_add_func("/sync/keep/opened-meanwhile", test_opened_meanwhile);
	g_test_add_func("/sync/keep/rest-tells-nothing", test_rest_tells_nothing);
	g_test_add_func("/sync/keep/second/many", test_second);
	g_test_add_func("/sync/keep/second/not-needed", test_second_not_needed);
	g_test_add_func("/sync/keep/second/person-goes-first", test_second_person);
	g_test_add_func("/sync/keep/second/of-another-folder", test_second_elsewhere);
	g_test_add_func("/sync/keep/second/refused", test_second_refused);
	g_test_add_func("/sync/keep/second/cut", test_second_cut);
	g_test_add_func("/sync/keep/second/another-uidvalidity", test_second_other_validity);
	return g_test_run();
}

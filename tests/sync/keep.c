/* keep.c - tests of the texts that are kept here, which nobody asked for: many with one command, and none is lost by the others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "textd.h"
#include "world.h"
#include "base/limits.h"

#include <locale.h>

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

#define UNTIL(w, what) do { \
	gint64 until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC; \
	while (!(what)) { \
		hear_texts(w); \
		if (g_get_monotonic_time() > until) \
			g_error("%d: waited in vain for %s; trouble: %s; wire:\n%s", __LINE__, #what, (w)->trouble ? (w)->trouble : "-", pop->log->str); \
	} \
} while (0)

static World *
world_of(guint n, guint connections)
{
	World *w = g_new0(World, 1);

	server_reset(smtp);
	texts_reset(pop);
	g_array_set_size(came, 0);
	n_failed = 0;
	for (guint uid = 1; uid <= n; uid++)
		doc_put("INBOX", uid, 1, 0);
	w->dir = world_dir("keep");
	w->store = g_build_filename(w->dir, "test.db", NULL);
	w->account = account_for(smtp->port, pop->port, CHECK_STARTUP, "at once");
	w->account->receive.scheme = SCHEME_IMAP_INSECURE;
	w->account->offline_days = KEEP_TEXTS_ALL;
	w->account->connections = connections;
	w->letters = chan_new((GDestroyNotify)letter_free);
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

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	smtp = server_start(false, NULL);
	pop = texts_start();
	came = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_test_add_func("/sync/keep/many-with-one-command", test_many);
	g_test_add_func("/sync/keep/one-is-unreadable", test_unreadable);
	g_test_add_func("/sync/keep/opened-meanwhile", test_opened_meanwhile);
	return g_test_run();
}

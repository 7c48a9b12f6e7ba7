/* notice.c - new mail as a notice: whose, when, how many together, in which words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/notice.h"
#include "base/intl.h"

#include <string.h>

enum { NAMED = 3, WORDS_MAX = 120 };

News *
news_new(void)
{
	return g_new0(News, 1);
}

void
news_free(News *n)
{
	if (!n)
		return;
	g_free(n->account_name);
	g_free(n->folder_name);
	g_free(n->from);
	g_free(n->subject);
	g_free(n->key);
	g_free(n);
}

static void
news_free_void(gpointer n)
{
	news_free(n);
}

/* ---- which folders ---- */

static bool
fits(const char *pattern, FolderRole role, const char *name)
{
	g_autofree char *folded = utf8_fold(name, -1), *wanted = utf8_fold(pattern, -1);

	if (role == ROLE_INBOX && !strcmp(wanted, "inbox"))
		return true;
	return g_pattern_match_simple(wanted, folded);
}

bool
notice_wanted(const char *patterns, FolderRole role, const char *name)
{
	if (!patterns)
		return role == ROLE_NONE || role == ROLE_INBOX || role == ROLE_FLAGGED ||
			role == ROLE_IMPORTANT;
	g_auto(GStrv) all = g_strsplit(patterns, ",", 0);
	bool first = true, wanted = false;

	for (char **p = all; *p; p++) {
		char *pattern = g_strstrip(*p);
		bool not = *pattern == '!';
		pattern = g_strstrip(pattern + not);
		if (!*pattern || (!not && !g_ascii_strcasecmp(pattern, "none")))
			continue;
		/* only exclusions: from all others */
		if (first && not)
			wanted = true;
		first = false;
		if (fits(pattern, role, name))
			wanted = !not;
	}
	return wanted;
}

/* ---- words ---- */

/* Foreign text on one line, not too long, nothing in it that acts. */
static Clean *
foreign(const char *text, const char *otherwise)
{
	g_autoptr(Clean) c = clean_new(text ? text : "", -1, CLEAN_LINE);
	g_autofree char *stripped = g_strstrip(g_strdup(clean_peek(c)));
	gsize n = utf8_cut(stripped, -1, WORDS_MAX, NULL);

	if (!*stripped)
		return clean_new(otherwise, -1, CLEAN_LINE);
	if (!stripped[n])
		return clean_new(stripped, -1, CLEAN_LINE);
	g_autofree char *cut = g_strndup(stripped, n);
	return clean_printf("%s…", cut);
}

static bool
one_folder(const GPtrArray *news, guint more)
{
	const News *first = g_ptr_array_index(news, 0);
	if (more)
		return false;
	for (guint i = 1; i < news->len; i++) {
		const News *n = g_ptr_array_index(news, i);
		if (n->account != first->account || n->folder != first->folder)
			return false;
	}
	return true;
}

static Clean *
list_of(const GPtrArray *news, guint count)
{
	g_autoptr(GString) s = g_string_new(NULL);

	for (guint i = 0; i < news->len && i < NAMED; i++) {
		const News *n = g_ptr_array_index(news, i);
		g_autoptr(Clean) from = foreign(n->from, _("unknown sender"));
		g_autoptr(Clean) subject = foreign(n->subject, _("no subject"));
		g_string_append_printf(s, "%s%s: %s", i ? " · " : "", clean_peek(from), clean_peek(subject));
	}
	if (count > MIN(news->len, NAMED))
		g_string_append(s, " …");
	return clean_new(s->str, -1, CLEAN_LINE);
}

Notice
notice_make(const GPtrArray *news, guint more)
{
	const News *first = g_ptr_array_index(news, 0);
	Notice n = {
		.from = foreign(first->from, _("unknown sender")),
		.subject = foreign(first->subject, _("no subject")),
		.folder = foreign(first->folder_name, "?"), .account = foreign(first->account_name, "?"),
		.count = news->len + more,
	};
	const char *count_format = ngettext("%u new message", "%u new messages", n.count);

	if (n.count == 1) {
		n.title = clean_printf(_("New mail from %s"), clean_peek(n.from));
		n.body = clean_dup(n.subject);
		return n;
	}
	g_autofree char *count = g_strdup_printf(count_format, n.count);
	n.title = one_folder(news, more) ?
		clean_printf(_("%s in %s / %s"), count, clean_peek(n.account), clean_peek(n.folder)) :
		clean_printf("%s", count);
	n.body = list_of(news, n.count);
	return n;
}

void
notice_clear(Notice *n)
{
	Clean *all[] = { n->title, n->body, n->from, n->subject, n->folder, n->account };
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		clean_free(all[i]);
	*n = (Notice){ 0 };
}

char *
notice_line(const Notice *n)
{
	return g_strdup_printf("%s: %s", clean_peek(n->title), clean_peek(n->body));
}

/* A program might take it for one of its options. */
static char *
no_option(const Clean *c)
{
	return g_strconcat(*clean_peek(c) == '-' ? " " : "", clean_peek(c), NULL);
}

char **
notice_environment(const Notice *n, char **environment)
{
	/* notification servers take markup, with links and pictures in it */
	g_autofree char *count = g_strdup_printf("%u", n->count), *body = no_option(n->body),
		*markup = g_markup_escape_text(body, -1);
	const struct { const char *name, *value; } all[] = {
		{ "EILPOST_TITLE", clean_peek(n->title) }, { "EILPOST_TEXT", body },
		{ "EILPOST_MARKUP", markup }, { "EILPOST_COUNT", count },
		{ "EILPOST_FROM", clean_peek(n->from) }, { "EILPOST_SUBJECT", clean_peek(n->subject) },
		{ "EILPOST_FOLDER", clean_peek(n->folder) }, { "EILPOST_ACCOUNT", clean_peek(n->account) },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		environment = g_environ_setenv(environment, all[i].name, all[i].value, TRUE);
	return environment;
}

/* ---- gathering ---- */

struct Gather {
	GPtrArray *waiting;	/* owned, of News* */
	guint more;		/* wait too, of which nothing is known */
	gint64 since;		/* ms: of the first that waits */
	GHashTable *known;	/* owned: set of keys */
	GQueue order;		/* of the same keys, borrowed: the oldest is forgotten first */
	GArray *told;		/* owned, of gint64: ms of the last notices */
};

Gather *
gather_new(void)
{
	Gather *g = g_new0(Gather, 1);
	g->waiting = g_ptr_array_new_with_free_func(news_free_void);
	g->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g->told = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_queue_init(&g->order);
	return g;
}

void
gather_free(Gather *g)
{
	if (!g)
		return;
	g_ptr_array_unref(g->waiting);
	g_queue_clear(&g->order);
	g_hash_table_unref(g->known);
	g_array_unref(g->told);
	g_free(g);
}

static bool
is_known(Gather *g, const char *key)
{
	if (!key)
		return false;
	if (g_hash_table_contains(g->known, key))
		return true;
	char *own = g_strdup(key);
	g_hash_table_add(g->known, own);
	g_queue_push_tail(&g->order, own);
	if (g_queue_get_length(&g->order) > GATHER_KNOWN)
		g_hash_table_remove(g->known, g_queue_pop_head(&g->order));
	return false;
}

bool
gather_add(Gather *g, News *n, gint64 now_ms)
{
	if (is_known(g, n->key)) {
		news_free(n);
		return false;
	}
	if (!g->waiting->len)
		g->since = now_ms;
	g_ptr_array_add(g->waiting, n);
	return true;
}

bool
gather_full(const Gather *g)
{
	return g->waiting->len >= GATHER_MAX;
}

void
gather_more(Gather *g, guint n)
{
	g->more += n;
}

gint64
gather_due(const Gather *g, guint per_minute)
{
	if (!g->waiting->len)
		return -1;
	gint64 due = g->since + GATHER_MS;
	per_minute = MAX(per_minute, 1);
	if (g->told->len >= per_minute)
		due = MAX(due, g_array_index(g->told, gint64, g->told->len - per_minute) + 60000);
	return due;
}

GPtrArray *
gather_take(Gather *g, gint64 now_ms, guint *more)
{
	GPtrArray *all = g->waiting;
	g->waiting = g_ptr_array_new_with_free_func(news_free_void);
	g->since = now_ms;
	*more = g->more;
	g->more = 0;
	return all;
}

void
gather_told(Gather *g, gint64 now_ms)
{
	enum { REMEMBERED = 60 };
	g_array_append_val(g->told, now_ms);
	if (g->told->len > REMEMBERED)
		g_array_remove_index(g->told, 0);
}

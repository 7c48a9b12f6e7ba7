/* verify.c - the folders of an account, one after the other, store beside server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An eilpost that is open may write meanwhile: a folder that differs while the store moved is looked at again. */
#include "config.h"
#include "sync/verify_private.h"
#include "sync/engine_private.h"
#include "proto/imap/utf7.h"
#include "store/outbox.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

#define TRIES 3
#define WINDOW 50000	/* UIDs at once: what a server tells without an end in between is limited */
#define WINDOWS_MOST 64
#define FLAGS_COMPARED (FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DELETED | FLAG_DRAFT | FLAG_FORWARDED)

/* ---- plain values ---- */

static void
item_free(gpointer p)
{
	VerifyItem *i = p;
	g_free(i->subject);
	g_free(i->here);
	g_free(i->there);
	g_free(i);
}

static void
wish_entry_free(gpointer p)
{
	VerifyWish *w = p;
	wish_free(w->wish);
	g_free(w->subject);
	g_free(w->target);
	g_free(w);
}

static void
folder_entry_free(gpointer p)
{
	VerifyFolder *f = p;
	g_free(f->name);
	g_free(f->words);
	g_ptr_array_unref(f->items);
	g_ptr_array_unref(f->waits);
	g_free(f);
}

VerifyFolder *
verify_folder_new(const char *name, VerifyLook look)
{
	VerifyFolder *f = g_new0(VerifyFolder, 1);

	f->name = g_strdup(name);
	f->look = look;
	f->items = g_ptr_array_new_with_free_func(item_free);
	f->waits = g_ptr_array_new_with_free_func(wish_entry_free);
	return f;
}

void
verify_report_free(VerifyReport *r)
{
	if (!r)
		return;
	g_ptr_array_unref(r->folders);
	g_ptr_array_unref(r->waits);
	g_free(r);
}

bool
verify_folder_agrees(const VerifyFolder *f)
{
	for (guint i = 0; i < N_DIFFERS; i++)
		if (f->n[i])
			return false;
	return f->look == FOLDER_LOOKED || f->look == FOLDER_LOCAL;
}

bool
verify_agrees(const VerifyReport *r)
{
	for (guint i = 0; i < r->folders->len; i++)
		if (!verify_folder_agrees(g_ptr_array_index(r->folders, i)))
			return false;
	return true;
}

void
verify_differs(VerifyFolder *f, Differs what, Why why, guint32 uid, const char *subject, const char *here, const char *there)
{
	f->n[what]++;
	if (f->items->len >= VERIFY_NAMED)
		return;
	VerifyItem *i = g_new0(VerifyItem, 1);
	*i = (VerifyItem){ what, why, uid, g_strdup(subject), g_strdup(here), g_strdup(there) };
	g_ptr_array_add(f->items, i);
}

/* ---- the server's side of a folder ---- */

typedef struct { guint32 uid, flags; guint64 modseq, size; char *keywords; } Told;
typedef struct { GArray *rows /* of Told */, *vanished /* of ImapRange */; } Server;

static void
told_clear(gpointer p)
{
	g_free(((Told *)p)->keywords);
}

static void
server_told(void *user, const ImapResponse *r)
{
	Server *s = user;

	if (r->kind == IMAP_RESP_VANISHED && !r->earlier)
		for (guint i = 0; r->set && i < r->set->len; i++)
			imap_set_add(s->vanished, g_array_index(r->set, ImapRange, i).lo, g_array_index(r->set, ImapRange, i).hi);
	if (r->kind != IMAP_RESP_FETCH || !r->fetch->uid || !(r->fetch->has & IMAP_HAS_FLAGS))
		return;
	const ImapFetch *f = r->fetch;
	GString *words = extend_words(f);
	Told t = { .uid = f->uid, .flags = f->flags.bits, .modseq = f->modseq, .size = f->size, .keywords = g_string_free(words, words->len == 0) };
	g_array_append_val(s->rows, t);
}

static gint
by_uid(gconstpointer a, gconstpointer b)
{
	guint32 one = ((const Told *)a)->uid, two = ((const Told *)b)->uid;
	return one < two ? -1 : one > two;
}

/* One row a message: what was told last is true. */
static void
tidy(Server *s)
{
	g_array_sort(s->rows, by_uid);	/* stable */
	for (guint i = s->rows->len; i-- > 0;) {
		guint32 uid = g_array_index(s->rows, Told, i).uid;
		bool again = i + 1 < s->rows->len && g_array_index(s->rows, Told, i + 1).uid == uid;
		if (again || imap_set_has(s->vanished, uid))
			g_array_remove_index(s->rows, i);
	}
}

static void
server_clear(Server *s)
{
	if (s->rows)
		g_array_unref(s->rows);
	if (s->vanished)
		g_array_unref(s->vanished);
	*s = (Server){ 0 };
}

static bool
fetch_server(Look *l, const LookFolder *lf, Server *s, GError **err)
{
	g_autofree char *items = g_strdup_printf("(UID FLAGS RFC822.SIZE%s%s)", lf->modseq ? " MODSEQ" : "",
		look_can(l, "X-GM-EXT-1") ? " X-GM-LABELS" : "");
	guint32 last = lf->uidnext ? lf->uidnext - 1 : G_MAXUINT32, width = MAX(WINDOW, last / WINDOWS_MOST);

	s->rows = g_array_new(FALSE, FALSE, sizeof(Told));
	g_array_set_clear_func(s->rows, told_clear);
	s->vanished = imap_set_new();
	if (lf->exists == 0)
		return true;
	if (!lf->uidnext)
		width = G_MAXUINT32;
	for (guint64 lo = 1; lo <= last; lo += width) {
		guint64 hi = MIN(lo + width - 1, last);
		g_autofree char *set = hi == G_MAXUINT32 ? g_strdup("1:*") : g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, lo, hi);
		if (!look_ask(l, imap_command_uid_fetch(set, items, 0, false), server_told, s, err))
			return false;
	}
	tidy(s);
	return true;
}

/* ---- what waits ---- */

static bool
is_live(const Wish *w)
{
	return w->state == WISH_WAITING || w->state == WISH_SENT || w->state == WISH_DOUBT;
}

static char *
subject_of(Db *db, gint64 message)
{
	g_autoptr(Message) m = message ? messages_get(db, message, NULL) : NULL;
	return m ? g_strdup(m->subject ? m->subject : "") : NULL;
}

void
verify_wait(GPtrArray *waits, Db *db, Wish *wish)
{
	VerifyWish *w = g_new0(VerifyWish, 1);
	g_autoptr(Folder) target = folders_get(db, wish->kind == WISH_FOLDER ? wish->folder : wish->target, NULL);

	w->wish = wish;
	w->subject = subject_of(db, wish->message ? wish->message : wish->source);
	w->target = target ? g_strdup(target->name) : NULL;
	g_ptr_array_add(waits, w);
}

/* The server's names of messages that are here already out of this folder, and rows whose keywords are the person's now. */
typedef struct { GHashTable *leaving, *worded; } Waits;

static bool
read_waits(Db *db, const Folder *f, VerifyFolder *v, Waits *w, GError **err)
{
	g_autoptr(GPtrArray) all = journal_list(db, err);

	if (!all)
		return false;
	w->leaving = g_hash_table_new(NULL, NULL);
	w->worded = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	g_ptr_array_set_free_func(all, NULL);
	for (guint i = 0; i < all->len; i++) {
		Wish *wish = g_ptr_array_index(all, i);
		bool moves = wish->kind == WISH_MOVE || wish->kind == WISH_DELETE;
		if (wish->kind == WISH_FOLDER || wish->folder != f->id) {
			wish_free(wish);
			continue;
		}
		if (moves && wish->uid)	/* also one that failed: where it lies here is out of sight */
			g_hash_table_add(w->leaving, GUINT_TO_POINTER(wish->uid));
		if (wish->kind == WISH_KEYWORD && is_live(wish))
			g_hash_table_add(w->worded, g_memdup2(&wish->message, sizeof wish->message));
		verify_wait(v->waits, db, wish);
	}
	return true;
}

static void
waits_clear(Waits *w)
{
	g_clear_pointer(&w->leaving, g_hash_table_unref);
	g_clear_pointer(&w->worded, g_hash_table_unref);
}

/* ---- one beside the other ---- */

static char *
flag_words(guint32 flags)
{
	static const struct { guint32 flag; const char *name; } names[] = {
		{ FLAG_SEEN, "\\Seen" }, { FLAG_ANSWERED, "\\Answered" }, { FLAG_FLAGGED, "\\Flagged" }, { FLAG_DELETED, "\\Deleted" },
		{ FLAG_DRAFT, "\\Draft" }, { FLAG_FORWARDED, "$Forwarded" },
	};
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (flags & names[i].flag)
			g_string_append_printf(out, "%s%s", out->len ? " " : "", names[i].name);
	return g_string_free(out, FALSE);
}

static gint
by_word(gconstpointer a, gconstpointer b)
{
	return g_ascii_strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static char *
sorted(const char *keywords)
{
	g_auto(GStrv) words = g_strsplit(keywords ? keywords : "", " ", -1);

	qsort(words, g_strv_length(words), sizeof *words, by_word);
	return g_strjoinv(" ", words);
}

static bool
same_words(const char *a, const char *b)
{
	if (!g_strcmp0(a ? a : "", b ? b : ""))
		return true;
	g_autofree char *one = sorted(a), *two = sorted(b);
	return !g_ascii_strcasecmp(one, two);
}

typedef struct {
	const Folder *f;
	const LookFolder *lf;
	VerifyFolder *v;
	const Waits *waits;
} Pair;

/* When did it change? The server counts changes where it has CONDSTORE. */
static Why
why_of(const Pair *p, guint64 modseq)
{
	if (!modseq || !p->f->highestmodseq)
		return WHY_UNKNOWN;
	return modseq > p->f->highestmodseq ? WHY_BEHIND : WHY_STORE;
}

static void
only_there(const Pair *p, const Told *t)
{
	if (g_hash_table_contains(p->waits->leaving, GUINT_TO_POINTER(t->uid)))
		p->v->leaving++;
	else if (p->f->backfill_below == 0 || (t->uid < p->f->backfill_below && t->uid < p->f->uidnext))
		p->v->unfetched++;
	else if (t->uid >= p->f->uidnext)
		verify_differs(p->v, DIFFERS_NEW, WHY_BEHIND, t->uid, NULL, NULL, NULL);
	else
		verify_differs(p->v, DIFFERS_LACKS, WHY_STORE, t->uid, NULL, NULL, NULL);
}

static void
only_here(const Pair *p, const CheckRow *r)
{
	if (r->uid == 0)
		p->v->coming++;
	else
		verify_differs(p->v, DIFFERS_GONE, why_of(p, p->lf->modseq), r->uid, r->subject ? r->subject : "", NULL, NULL);
}

static void
both(const Pair *p, const CheckRow *r, const Told *t)
{
	const char *subject = r->subject ? r->subject : "";

	p->v->sizes += t->size && r->size != t->size;
	if ((r->server_flags ^ t->flags) & FLAGS_COMPARED) {
		g_autofree char *here = flag_words(r->server_flags), *there = flag_words(t->flags);
		verify_differs(p->v, DIFFERS_FLAGS, why_of(p, t->modseq), r->uid, subject, here, there);
	}
	if (!g_hash_table_contains(p->waits->worded, &r->id) && !same_words(r->keywords, t->keywords))
		verify_differs(p->v, DIFFERS_KEYWORDS, why_of(p, t->modseq), r->uid, subject, r->keywords, t->keywords);
}

static void
compare(const Pair *p, const GArray *here, const GArray *there)
{
	guint i = 0, j = 0;

	while (i < here->len || j < there->len) {
		const CheckRow *r = i < here->len ? &g_array_index(here, CheckRow, i) : NULL;
		const Told *t = j < there->len ? &g_array_index(there, Told, j) : NULL;
		guint64 one = r ? (r->uid ? r->uid : G_MAXUINT64 - 1) : G_MAXUINT64, two = t ? t->uid : G_MAXUINT64;
		if (one == two)
			both(p, r, t);
		else if (one < two)
			only_here(p, r);
		else
			only_there(p, t);
		i += one <= two;
		j += two <= one;
	}
	p->v->there = there->len;
	p->v->here = here->len - p->v->coming;
}

bool
verify_texts(Db *db, gint64 folder, VerifyFolder *v, GError **err)
{
	g_autoptr(GArray) broken = NULL;
	CheckTexts texts;

	if (!check_texts(db, folder, &texts, &broken, err))
		return false;
	v->texts = texts.messages;
	v->text_bytes = texts.bytes;
	for (guint i = 0; i < broken->len; i++) {
		g_autoptr(Message) m = messages_get(db, g_array_index(broken, gint64, i), NULL);
		if (m)
			verify_differs(v, DIFFERS_TEXT, WHY_STORE, m->uid, m->subject ? m->subject : "", NULL, NULL);
	}
	return true;
}

/* ---- a folder ---- */

typedef struct {
	Look *look;
	Db *db;
	VerifyReport *report;
	GHashTable *listed;	/* set of char*: wire names that the server lists and lets open */
	GHashTable *known;	/* set of char*: of them those that are here */
	VerifyTold told;
	void *user;
} Verify;

static VerifyFolder *
closed_folder(Verify *vf, const Folder *f, const char *wire, char *words /* taken */)
{
	bool listed = g_hash_table_contains(vf->listed, wire);
	VerifyFolder *v = verify_folder_new(f->name, listed ? FOLDER_CLOSED : FOLDER_NOT_THERE);

	/* what the person wishes for is no difference */
	if (!listed && journal_folder_waits(vf->db, f->id, FOLDER_CREATE))
		v->look = FOLDER_LOOKED;
	v->words = words;
	v->here = f->total;
	return v;
}

static VerifyFolder *
look_once(Verify *vf, gint64 id, GError **err)
{
	g_autoptr(Folder) f = folders_get(vf->db, id, err);
	g_autofree char *wire = f ? journal_wire(vf->db, id) : NULL;
	Server server = { 0 };
	Waits waits = { 0 };
	char *words = NULL;
	LookFolder lf;

	if (!wire || !look_examine(vf->look, wire, &lf, &words, err))
		return NULL;
	if (!lf.here)
		return closed_folder(vf, f, wire, words);
	VerifyFolder *v = verify_folder_new(f->name, FOLDER_LOOKED);
	v->checked = f->checked_at;
	bool ok = fetch_server(vf->look, &lf, &server, err);
	/* the store is read after the server: an eilpost that is open is then rather ahead of what was told than behind it */
	g_autoptr(Folder) now = ok ? folders_get(vf->db, id, err) : NULL;
	g_autoptr(GArray) here = now ? check_rows(vf->db, id, err) : NULL;
	ok = here && read_waits(vf->db, now, v, &waits, err);
	if (ok && now->uidvalidity && now->uidvalidity != lf.uidvalidity) {
		v->look = FOLDER_RENEWED;
		v->here = here->len;
		v->there = lf.exists;
	} else if (ok) {
		compare(&(Pair){ now, &lf, v, &waits }, here, server.rows);
		ok = verify_texts(vf->db, id, v, err);
	}
	waits_clear(&waits);
	server_clear(&server);
	if (ok)
		return v;
	folder_entry_free(v);
	return NULL;
}

static VerifyFolder *
look_at(Verify *vf, gint64 id, GError **err)
{
	for (guint n = 1;; n++) {
		gint64 version = check_version(vf->db);
		VerifyFolder *v = look_once(vf, id, err);
		if (!v || n == TRIES || verify_folder_agrees(v) || check_version(vf->db) == version)
			return v;
		folder_entry_free(v);
	}
}

/* ---- the account ---- */

static void
list_told(void *user, const ImapResponse *r)
{
	Verify *vf = user;
	bool closed = r->kind != IMAP_RESP_LIST || (r->list.attrs & (IMAP_ATTR_NOSELECT | IMAP_ATTR_NONEXISTENT));

	if (!closed && r->list.name && *r->list.name && g_hash_table_size(vf->listed) < LIMIT_MAILBOXES)
		g_hash_table_add(vf->listed, g_strdup(g_ascii_strcasecmp(r->list.name, "INBOX") ? r->list.name : "INBOX"));
}

static bool
each_folder(Verify *vf, GError **err)
{
	g_autoptr(GPtrArray) folders = folders_list(vf->db, err);

	for (guint i = 0; folders && i < folders->len; i++) {
		const Folder *f = g_ptr_array_index(folders, i);
		g_autofree char *wire = journal_wire(vf->db, f->id);
		if (folder_is_local(f) || !wire)
			continue;
		g_hash_table_add(vf->known, g_strdup(wire));
		if (!f->selectable)
			continue;
		if (vf->told)
			vf->told(vf->user, f->name);
		VerifyFolder *v = look_at(vf, f->id, err);
		if (!v)
			return false;
		g_ptr_array_add(vf->report->folders, v);
	}
	return folders != NULL;
}

static void
unknown_folders(Verify *vf)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(vf->listed), (GCompareFunc)strcmp);

	for (GList *n = names; n; n = n->next) {
		if (g_hash_table_contains(vf->known, n->data) || journal_folder_hides(vf->db, n->data))
			continue;
		g_autofree char *name = imap_utf7_decode(n->data);
		g_ptr_array_add(vf->report->folders, verify_folder_new(name, FOLDER_NOT_HERE));
	}
}

static bool
folder_wishes(Verify *vf, GError **err)
{
	g_autoptr(GPtrArray) all = journal_list(vf->db, err);

	if (!all)
		return false;
	g_ptr_array_set_free_func(all, NULL);
	for (guint i = 0; i < all->len; i++) {
		Wish *w = g_ptr_array_index(all, i);
		if (w->kind == WISH_FOLDER)
			verify_wait(vf->report->waits, vf->db, w);
		else
			wish_free(w);
	}
	return true;
}

static bool
imap_account(Verify *vf, GError **err)
{
	vf->listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vf->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bool ok = look_ask(vf->look, imap_command_list("", "*", 0), list_told, vf, err) && each_folder(vf, err) && folder_wishes(vf, err);
	if (ok)
		unknown_folders(vf);
	g_hash_table_unref(vf->listed);
	g_hash_table_unref(vf->known);
	return ok;
}

VerifyReport *
verify_account(const LookSetup *setup, Db *db, VerifyTold told, GError **err)
{
	g_autoptr(Look) look = look_open(setup, err);

	if (!look)
		return NULL;
	g_autoptr(VerifyReport) report = g_new0(VerifyReport, 1);
	report->folders = g_ptr_array_new_with_free_func(folder_entry_free);
	report->waits = g_ptr_array_new_with_free_func(wish_entry_free);
	report->outbox = outbox_count(db, false);
	report->drafts = outbox_count(db, true);
	report->is_pop = account_is_pop(setup->account);
	Verify vf = { .look = look, .db = db, .report = report, .told = told, .user = setup->user };
	bool ok = report->is_pop ? verify_pop(look, db, report, err) : imap_account(&vf, err);
	return ok ? g_steal_pointer(&report) : NULL;
}

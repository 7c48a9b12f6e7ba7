/* keep.c - the texts that are kept here, so that mail is read without the network: of the folder that is open, and of the others
 * on a tour through them; and the budget of what is fetched before anybody asks for it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Where there is a second connection (bulk.c), much of one folder comes over that; the first goes on with what else there is.
 * The tour also looks into folders that another client changed, so that their flags here are the server's.
 * Nobody waits for any of this: it begins when the person has been still for a moment, comes in pieces of less than half a
 * second, and the folder on the screen is looked at again every few seconds of a tour. Attachments are never part of it. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/limits.h"
#include "base/log.h"

#define CALM_MS 1500		/* the person is still */
#define TOUR_MS 8000		/* away from the folder on the screen */
#define STAY_MS 2000		/* and back in it */
#define LOOK_ROWS 500		/* of one step along the list */
#define TURN_S (15 * 60)	/* between two looks at flags of which the server does not tell */
#define LEAST_AT_ONCE 100	/* messages of the first piece */
#define MOST_AT_ONCE 500
#define MUCH 50			/* messages: worth the second connection */
#define PIECE_MS 300
#define PIECE_LEAST (64 * KIB)
#define PIECE_MOST (4 * MIB)	/* a long and broad line is not filled by less */
#define SPENT_SAVE (1 * MIB)
#define DAY_S 86400

static const MessageKey NEWEST = { G_MAXINT64, G_MAXINT64, 0 };

struct Keep {
	gint64 folder;		/* whose list is walked along; 0: none */
	MessageKey at;		/* behind this */
	bool ended, done;	/* nothing more to be found in it; and all of that is here */
	GArray *ids;		/* owned, of gint64: not asked for yet */
	bool bulk;		/* over the second connection: the folder need not be the selected one */
	guint32 next;		/* bulk: the UID that was next when it began; of what came later nothing is known */
	GHashTable *barred;	/* owned, of int64: folders that can't be opened over it */
	guint64 room;		/* bytes of the next piece, adapted; 0: not known yet */
	guint most;		/* its messages, likewise */
	bool by_bytes, by_count;	/* what bounded the last piece: the one may grow, or the other */
	gint64 asked_at;	/* ms: the last piece */
	guint asked;		/* its messages */
	GArray *tour;		/* owned, of gint64: folders that want something */
	GHashTable *looked;	/* owned: of int64, a folder that was visited -> of int64, when: Unix seconds */
	gint64 visiting;	/* 0: none */
	gint64 left_at, next_at;	/* ms: when the folder on the screen was left; not before */
	char *network;		/* owned; NULL: not known yet */
	gint64 day;
	guint64 spent, saved;	/* bytes of this day in this network; of them in the store */
};

Keep *
keep_new(void)
{
	Keep *k = g_new0(Keep, 1);
	k->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	k->tour = g_array_new(FALSE, FALSE, sizeof(gint64));
	k->looked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	k->barred = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	k->at = NEWEST;
	return k;
}

void
keep_free(Keep *k)
{
	if (!k)
		return;
	g_array_unref(k->ids);
	g_array_unref(k->tour);
	g_hash_table_unref(k->looked);
	g_hash_table_unref(k->barred);
	g_free(k->network);
	g_free(k);
}

static bool
calm(const Engine *e)
{
	return e->headless || e->now - e->person_at >= CALM_MS;
}

/* ---- the budget ---- */

static char *
budget_key(const Keep *k)
{
	return g_strconcat("ahead.", k->network, NULL);
}

static void
budget_load(Engine *e)
{
	Keep *k = e->keep;
	gint64 today = clock_s() / DAY_S;

	if (k->network && k->day == today)
		return;
	if (!k->network)
		k->network = net_change_network();
	g_autofree char *key = budget_key(k), *text = db_fact(e->db, key);
	char *bytes = NULL;
	k->day = today;
	k->spent = k->saved = text && g_ascii_strtoll(text, &bytes, 10) == today && bytes ? g_ascii_strtoull(bytes, NULL, 10) : 0;
}

static bool
budget_write(Engine *e)
{
	Keep *k = e->keep;
	g_autofree char *key = budget_key(k);
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT, k->day, k->spent);

	if (!db_set_fact(e->db, key, text, NULL))
		return false;
	k->saved = k->spent;
	return true;
}

static void
budget_save(Engine *e)
{
	headers_flush(e);
	if (!store_begin(e, NULL) || !budget_write(e) || !db_commit(e->db, NULL))
		db_rollback(e->db);
}

bool
ahead_may(Engine *e)
{
	budget_load(e);
	return e->keep->spent < (guint64)e->account->ahead_mib * MIB;
}

void
ahead_spend(Engine *e, guint64 bytes)
{
	budget_load(e);
	e->keep->spent += bytes;
}

/* With the texts that came for it, in their transaction. */
void
ahead_save(Engine *e)
{
	if (e->keep->spent - e->keep->saved >= SPENT_SAVE || !ahead_may(e))
		budget_write(e);
}

void
keep_network_changed(Engine *e)
{
	if (e->keep->network && e->keep->spent != e->keep->saved)
		budget_save(e);
	g_clear_pointer(&e->keep->network, g_free);
}

/* ---- what is wanted of a folder ---- */

/* What nobody reads offline, or what lies in another folder too, only if the person said so. */
static int
policy_of(const Engine *e, const Folder *f)
{
	if (f->keep != KEEP_TEXTS_AS_ACCOUNT)
		return f->keep;
	if (f->space != SPACE_PERSONAL || f->role == ROLE_JUNK || f->role == ROLE_TRASH || f->role == ROLE_ALL || f->role == ROLE_FLAGGED ||
	    f->role == ROLE_IMPORTANT)
		return KEEP_TEXTS_NONE;
	return e->account->offline_days;
}

static gint64
since_of(int policy)
{
	return policy == KEEP_TEXTS_ALL ? G_MININT64 : clock_s() - (gint64)policy * DAY_S;
}

/* "30 4711": so far back, up to this UID, everything is here. */
static char *
mark_of(int policy, guint32 next)
{
	return g_strdup_printf("%d %" G_GUINT32_FORMAT, policy, next);
}

static char *
mark_key(gint64 folder)
{
	return g_strdup_printf("kept.%" G_GINT64_FORMAT, folder);
}

static bool
is_done(Engine *e, const Folder *f, int policy)
{
	g_autofree char *key = mark_key(f->id), *mark = db_fact(e->db, key), *want = mark_of(policy, f->uidnext);
	return !g_strcmp0(mark, want);
}

static void
mark_done(Engine *e, const Folder *f, int policy)
{
	g_autofree char *key = mark_key(f->id), *mark = mark_of(policy, e->keep->bulk ? e->keep->next : f->uidnext);

	headers_flush(e);
	if (e->drop)	/* perhaps what was held is not in the store */
		return;
	if (store_begin(e, NULL) && (!db_set_fact(e->db, key, mark, NULL) || !db_commit(e->db, NULL)))
		db_rollback(e->db);
}

void
keep_again(Engine *e)
{
	if (!e->keep->bulk)	/* else when that is through */
		e->keep->folder = 0;
}

static void
begin_walk(Engine *e)
{
	Keep *k = e->keep;
	g_autoptr(Folder) f = folders_get(e->db, e->sel.id, NULL);
	int policy = f ? policy_of(e, f) : KEEP_TEXTS_NONE;

	g_array_set_size(k->ids, 0);
	k->folder = e->sel.id;
	k->at = NEWEST;
	k->ended = false;
	k->done = policy == KEEP_TEXTS_NONE || is_done(e, f, policy);
}

/* In the selected folder, now or as soon as its headers are here. */
bool
keep_wanted(Engine *e)
{
	const Selected *s = &e->sel;
	Keep *k = e->keep;

	if (k->bulk || !s->id || s->held || s->selecting || s->below == 0 || !calm(e) || !ahead_may(e))
		return false;
	if (k->folder != s->id)
		begin_walk(e);
	return !k->done && engine_has_room(e);
}

/* The next piece is asked for while the last half of the one before is still on its way; without a screen, where nobody's wish
 * is behind them, while all of it is. */
static bool
line_is_full(const Engine *e, guint on_their_way)
{
	return on_their_way > (e->headless ? e->keep->asked : e->keep->asked / 2);
}

bool
keep_goes_on(Engine *e)
{
	const Keep *k = e->keep;
	guint n_jobs, n = texts_on_their_way(e, &n_jobs);

	if (e->jobs->len > n_jobs || line_is_full(e, n) || (n > 0 && k->ended && k->ids->len == 0))
		return false;
	return keep_wanted(e);
}

/* ---- over the second connection ---- */

gint64
keep_bulk_folder(const Engine *e)
{
	return e->keep->bulk ? e->keep->folder : 0;
}

/* Its connection is there, or can be had without asking anybody. */
static bool
hand_over(Engine *e, const Folder *f)
{
	Keep *k = e->keep;

	if (k->bulk || k->ids->len < MUCH || !bulk_usable(e) || g_hash_table_contains(k->barred, &f->id) || !secret_ready(e, RECEIVING))
		return false;
	k->bulk = true;
	k->next = f->uidnext;
	return true;
}

static void
end_bulk(Engine *e)
{
	e->keep->bulk = false;
	e->keep->folder = 0;
	g_array_set_size(e->keep->ids, 0);
}

void
keep_bulk_lost(Engine *e)
{
	gint64 folder = keep_bulk_folder(e);

	if (!folder)
		return;
	end_bulk(e);
	if (folder != e->sel.id)
		keep_look(e, folder);
}

void
keep_bulk_barred(Engine *e, gint64 folder)
{
	g_hash_table_add(e->keep->barred, g_memdup2(&folder, sizeof folder));
}

bool
keep_bulk_goes_on(Engine *e)
{
	const Keep *k = e->keep;
	guint n_jobs, n = texts_on_their_way(e, &n_jobs);

	if (!k->bulk)
		return false;
	if (!ahead_may(e) || !engine_has_room(e)) {
		end_bulk(e);
		return false;
	}
	return calm(e) && !e->paused && !large_active(e, false) && !line_is_full(e, n) && (n == 0 || !k->ended || k->ids->len > 0);
}

/* ---- asking ---- */

/* Pieces of PIECE_MS: whoever opens a message waits no longer for what is under way. */
static guint64
room_of_piece(Engine *e)
{
	Keep *k = e->keep;
	gint64 took = e->now - k->asked_at - e->rtt_ms;

	if (k->room == 0) {
		k->room = e->speed * PIECE_MS / 1000;
		k->most = LEAST_AT_ONCE;
	} else if (took < PIECE_MS / 3) {	/* a rest, or nothing, says nothing of the line */
		k->room *= k->by_bytes ? 2 : 1;
		k->most *= k->by_count ? 2 : 1;
	} else if (took > PIECE_MS) {
		k->room /= 2;
		k->most /= 2;
	}
	k->most = CLAMP(k->most, LEAST_AT_ONCE, MOST_AT_ONCE);
	return k->room = CLAMP(k->room, PIECE_LEAST, PIECE_MOST);
}

static void
look_further(Engine *e, const Folder *f, int policy)
{
	Keep *k = e->keep;
	g_autoptr(GError) err = NULL;
	bool end = false;

	headers_flush(e);
	g_autoptr(GArray) more = keep_missing(e->db, f->id, since_of(policy), LOOK_ROWS, &k->at, &end, &err);

	k->ended = end || !more;
	if (more)
		g_array_append_vals(k->ids, more->data, more->len);
	else
		log_line(LOG_WARN, "store", "what is not here of folder %" G_GINT64_FORMAT ": %s", f->id, err->message);
}

void
keep_submit(Engine *e)
{
	Keep *k = e->keep;
	g_autoptr(Folder) f = folders_get(e->db, k->folder, NULL);
	guint64 room = room_of_piece(e), spent = k->spent;
	guint n = 0, at = 0, n_jobs;

	if (!f) {
		k->done = true;
		end_bulk(e);
		return;
	}
	int policy = policy_of(e, f);
	if (k->ids->len < k->most && !k->ended)
		look_further(e, f, policy);
	if (k->ids->len == 0 && !k->ended)	/* the list is a long one: on with it in the next turn */
		e->quiet_until = MAX(e->quiet_until, e->now + 1);
	if (hand_over(e, f))
		return;
	while (at < k->ids->len && n < k->most && k->spent - spent < room && ahead_may(e))
		n += fetch_submit(e, g_array_index(k->ids, gint64, at++), k->folder);
	texts_submit(e, k->bulk);
	k->by_bytes = k->spent - spent >= room;
	k->by_count = n >= k->most;
	k->asked_at = e->now;	/* also of nothing: it grows and shrinks no piece */
	if (n > 0)
		k->asked = n;
	g_array_remove_range(k->ids, 0, at);
	if (k->ended && k->ids->len == 0 && n == 0 && texts_on_their_way(e, &n_jobs) == 0) {	/* the last piece is here too */
		log_line(LOG_INFO, "sync", "the texts of %s are here", f->wire);
		k->done = true;
		mark_done(e, f, policy);
		if (k->bulk) {	/* other folders may have their turn */
			end_bulk(e);
			keep_look_round(e);
		}
	}
}

/* ---- the tour ---- */

/* What another client did in a folder that was read before. Where the server does not tell of flags, each has its turn;
 * eilpost sync looks once. */
static bool
wants_look(Engine *e, const Folder *f)
{
	const gint64 *at = g_hash_table_lookup(e->keep->looked, &f->id);

	if (f->backfill_below == 0)
		return false;
	if (folder_behind(e->db, f))
		return true;
	if (imap_session_can(e->session, "CONDSTORE") && !folder_hides_flags(e->db, f))
		return false;
	gint64 since = clock_s() - MAX(f->checked_at, at ? *at : 0);
	return e->headless ? !at : since >= TURN_S || since < 0;	/* the clock was set back: nobody knows when it was */
}

static bool
wants_visit(Engine *e, const Folder *f)
{
	int policy = policy_of(e, f);

	if (!f->selectable || f->gone || folder_is_local(f) || f->id == e->shown)
		return false;
	if (f->total == 0 && f->server_total == 0)
		return false;
	if (wants_look(e, f))
		return true;
	if (policy == KEEP_TEXTS_NONE || !ahead_may(e))
		return false;
	if (f->backfill_below == 1 && f->total == f->server_total && e->keep->bulk)	/* its texts: behind those that just come */
		return false;
	return f->backfill_below != 1 || f->total != f->server_total || !is_done(e, f, policy);
}

/* Its counts came. */
void
keep_look(Engine *e, gint64 folder)
{
	GArray *tour = e->keep->tour;
	g_autoptr(Folder) f = folders_get(e->db, folder, NULL);

	for (guint i = 0; i < tour->len; i++)
		if (g_array_index(tour, gint64, i) == folder)
			return;
	if (f && f->id != e->keep->visiting && wants_visit(e, f))
		g_array_append_val(tour, folder);
}

/* All are listed. */
void
keep_look_round(Engine *e)
{
	g_autoptr(GPtrArray) all = folders_list(e->db, NULL);

	g_array_set_size(e->keep->tour, 0);
	for (guint i = 0; all && i < all->len; i++)
		keep_look(e, ((const Folder *)g_ptr_array_index(all, i))->id);
}

static bool
busy_here(Engine *e)
{
	const Selected *s = &e->sel;
	return s->selecting || s->page_wanted || s->new_wanted || s->changes_wanted || s->scans || scan_range_wanted(e) || e->jobs->len > 0 ||
		(s->id && s->fill_at > 1 && engine_has_room(e)) || keep_wanted(e);
}

static void
end_visit(Engine *e, bool unfinished)
{
	Keep *k = e->keep;

	if (unfinished && k->visiting) {
		g_array_append_val(k->tour, k->visiting);
	} else if (k->visiting) {
		gint64 now = clock_s();
		g_hash_table_replace(k->looked, g_memdup2(&k->visiting, sizeof now), g_memdup2(&now, sizeof now));
	}
	k->visiting = 0;
}

/* The next one that still wants it; 0: none. */
static gint64
next_of_tour(Engine *e)
{
	GArray *tour = e->keep->tour;

	while (tour->len > 0) {
		g_autoptr(Folder) f = folders_get(e->db, g_array_index(tour, gint64, 0), NULL);
		g_array_remove_index(tour, 0);
		if (f && wants_visit(e, f))
			return f->id;
	}
	return 0;
}

/* The folder of the tour that is to be selected now; 0: none. */
gint64
keep_visit(Engine *e)
{
	Keep *k = e->keep;

	if (!e->ready || !e->listed || e->paused || !calm(e)) {
		end_visit(e, true);
		return 0;
	}
	if (k->visiting) {
		bool late = !e->headless && e->now - k->left_at >= TOUR_MS, busy = e->sel.id != k->visiting || busy_here(e);
		if (busy && !late)
			return k->visiting;
		end_visit(e, busy);
		k->next_at = late ? e->now + STAY_MS : k->next_at;
	}
	if (k->tour->len == 0 || e->now < k->next_at || busy_here(e))
		return 0;
	if (e->sel.id == e->shown)
		k->left_at = e->now;
	return k->visiting = next_of_tour(e);
}

bool
keep_refused(Engine *e, gint64 folder)
{
	if (e->keep->visiting != folder)
		return false;
	end_visit(e, false);
	return true;
}

gint64
keep_deadline(Engine *e)
{
	const Keep *k = e->keep;

	if (!e->ready || e->paused || (k->done && k->folder == e->sel.id && k->tour->len == 0 && !k->visiting))
		return -1;
	return !calm(e) ? e->person_at + CALM_MS : k->visiting ? k->left_at + TOUR_MS : k->next_at > e->now ? k->next_at : -1;
}

void
keep_clear(Engine *e)
{
	Keep *k = e->keep;

	k->folder = k->visiting = k->next_at = 0;
	k->bulk = false;
	k->room = k->asked = 0;
	k->by_bytes = k->by_count = false;
	g_array_set_size(k->ids, 0);
	g_array_set_size(k->tour, 0);
}

/* REQ_FOLDER_KEEP */
void
keep_policy(Engine *e, gint64 folder, int policy)
{
	GError *err = NULL;

	headers_flush(e);
	if (!store_begin(e, &err) || !keep_set_policy(e->db, folder, policy, &err) || !db_commit(e->db, &err)) {
		db_rollback(e->db);
		engine_store_failed(e, err);
		return;
	}
	if (keep_bulk_folder(e) == folder)
		end_bulk(e);
	keep_again(e);
	keep_look(e, folder);
	engine_changed(e, 0, CHANGE_FOLDERS);
}

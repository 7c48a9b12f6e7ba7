/* pop_work.c - what is new on a POP3 server comes here, what the policy says goes there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Order (P14): RETR -> body and ledger row in one commit -> the policy decides -> DELETING committed -> DELE -> +OK to
 * QUIT -> DELETED. Identity (P13): UIDL and size; where a UIDL is missing, twice there, or has another size than it had,
 * the header's hash decides, and nothing of that is removed by itself. */
#include "config.h"
#include "sync/pop_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { AHEAD = 128, BATCH = 100, FLUSH_MS = 200 };
#define IN_MEMORY (4 * MIB)	/* a larger message waits in an unnamed file until it is whole */
#define BATCH_BYTES (8 * MIB)
#define SUMMARY_BYTES (1 * MIB)

static void
entry_clear(PopEntry *en)
{
	g_free(en->uidl);
	g_free(en->hash);
}

void
pop_body_free(PopBody *b)
{
	if (!b)
		return;
	g_byte_array_unref(b->bytes);
	g_clear_pointer(&b->whole, g_bytes_unref);
	if (b->fd >= 0)
		close(b->fd);
	g_free(b->hash);
	g_free(b);
}

void
pop_clear(Pop *p)
{
	for (guint i = 0; i < p->entries->len; i++)
		entry_clear(&g_array_index(p->entries, PopEntry, i));
	g_array_set_size(p->entries, 0);
	g_clear_pointer(&p->by_key, g_hash_table_unref);
	g_clear_pointer(&p->uidls, g_hash_table_unref);
	g_clear_pointer(&p->missing, g_hash_table_unref);
	g_clear_pointer(&p->missing_sizes, g_hash_table_unref);
	g_clear_pointer(&p->ledger, g_ptr_array_unref);
	g_queue_clear(&p->queue);
	g_hash_table_remove_all(p->ids);
	g_clear_pointer(&p->body, pop_body_free);
	g_ptr_array_set_size(p->done, 0);
	p->phase = POP_OFF;
	p->stat_id = p->list_id = p->uidl_id = 0;
	p->lists_done = p->in_flight = p->n_wanted = p->n_fetched = p->deles = 0;
	p->bytes_wanted = p->bytes_fetched = p->count = 0;
	p->done_bytes = 0;
	p->no_uidl = p->suspicious = p->removes = false;
}

static PopEntry *
entry_of_number(Pop *p, guint32 number)
{
	if (number == 0 || number > LIMIT_POP3_MESSAGES)
		return NULL;
	if (number > p->entries->len)
		g_array_set_size(p->entries, number);
	pop_entry(p, number - 1)->number = number;
	return pop_entry(p, number - 1);
}

static bool
commit(Engine *e, bool ok, GError **err /* taken; as for push_commit */)
{
	if (ok && db_commit(e->db, err))
		return true;
	db_rollback(e->db);
	engine_store_failed(e, g_steal_pointer(err));
	return false;
}

/* ---- lists ---- */

void
pop_begin(Engine *e)
{
	Pop *p = e->pop;
	GError *err = NULL;

	e->check_wanted = p->short_of_room = false;
	p->phase = POP_LISTING;
	p->stat_id = pop3_session_stat(p->session);
	p->list_id = pop3_session_list(p->session);
	p->uidl_id = pop3_session_can(p->session, "UIDL") ? pop3_session_uidl(p->session) : 0;
	p->no_uidl = !p->uidl_id;
	bool ok = store_begin(e, &err) && pop_session(e->db, &err) && (p->inbox = local_folder(e->db, ROLE_INBOX, NULL, &err)) != 0;
	commit(e, ok, &err);
}

/* ---- what to do ---- */

static void fetch_next(Engine *e);

/* It stays on the server, and the others come. Told once. */
static void
too_big(Engine *e, const PopEntry *en)
{
	GHashTable *told = e->pop->too_big;

	if (g_hash_table_size(told) >= LIMIT_POP3_MESSAGES)
		g_hash_table_remove_all(told);
	if (!g_hash_table_add(told, g_strdup_printf("%s\n%" G_GUINT64_FORMAT, en->uidl ? en->uidl : "", en->size)))
		return;
	g_autofree char *size = g_format_size(en->size), *limit = g_format_size(LIMIT_MESSAGE_STORED);
	engine_trouble(e, EIL_REFUSED, g_strdup_printf(_("A message of %s stays on %s: more than %s is not downloaded."), size, e->account->receive.host, limit));
}

/* Those of one second are shown as they arrived, though the newest comes first. */
static bool
take_uids(Engine *e)
{
	Pop *p = e->pop;
	GError *err = NULL;
	guint32 first = 0;

	if (p->n_wanted == 0)
		return true;
	bool ok = store_begin(e, &err) && (first = local_reserve(e->db, p->inbox, p->n_wanted, &err));
	p->uid_above = first + p->n_wanted;
	return commit(e, ok, &err);
}

static void
start_fetching(Engine *e)
{
	Pop *p = e->pop;

	p->phase = POP_FETCHING;
	g_queue_clear(&p->queue);
	/* the newest first: it has the highest number */
	for (guint i = p->entries->len; i > 0; i--) {
		PopEntry *en = pop_entry(p, i - 1);
		if (!en->number || (en->row && en->row->state != POP_SEEN && en->row->state != POP_GONE))
			continue;
		if (en->row && en->row->state == POP_GONE && en->row->message)	/* it came back: it is here */
			continue;
		if (en->size > LIMIT_MESSAGE_STORED) {
			too_big(e, en);
			continue;
		}
		en->wanted = true;
		en->newer = p->n_wanted++;
		p->bytes_wanted += en->size;
		g_queue_push_tail(&p->queue, GUINT_TO_POINTER(i - 1));
	}
	p->fetch_since = e->now;
	if (take_uids(e))
		fetch_next(e);
}

static void
hash_next(Engine *e)
{
	Pop *p = e->pop;
	GError *err = NULL;
	while (!g_queue_is_empty(&p->queue) && p->in_flight < AHEAD) {
		guint i = GPOINTER_TO_UINT(g_queue_pop_head(&p->queue));
		guint32 id = pop3_session_top(p->session, pop_entry(p, i)->number, 0);
		g_hash_table_insert(p->ids, GUINT_TO_POINTER(id), GUINT_TO_POINTER(i + 1));
		p->in_flight++;
	}
	if (p->in_flight > 0)
		return;
	/* those that were found again under another name are not gone */
	if (!p->no_uidl && !p->suspicious && g_hash_table_size(p->missing))
		commit(e, store_begin(e, &err) && pop_mark_gone(e, &err), &err);
	start_fetching(e);
}

static void
lists_done(Engine *e)
{
	Pop *p = e->pop;

	pop_names_match(e);
	g_autofree char *looked = db_fact(e->db, "pop-looked");
	p->looked = looked != NULL;
	if (p->suspicious)
		engine_trouble(e, EIL_ASK_USER, g_strdup_printf(_("%s gave most messages other names (UIDL). They are compared by their headers; nothing is removed there this time."),
			e->account->receive.host));
	if (p->no_uidl)
		engine_trouble(e, EIL_REFUSED, g_strdup_printf(_("%s does not name its messages (no UIDL). They are told apart by their headers; nothing that was fetched earlier is removed there."),
			e->account->receive.host));
	p->phase = POP_HASHING;
	if (pop3_session_can(p->session, "TOP"))
		for (guint i = p->entries->len; i > 0; i--)
			if (pop_needs_hash(p, pop_entry(p, i - 1)))
				g_queue_push_tail(&p->queue, GUINT_TO_POINTER(i - 1));
	hash_next(e);
}

/* ---- downloading ---- */

static void
tell_progress(Engine *e, bool end)
{
	Pop *p = e->pop;
	if (p->n_wanted == 0 || (!end && e->now - p->told < 200))
		return;
	p->told = e->now;
	gint64 ms = MAX(e->now - p->fetch_since, 1);
	g_autofree char *speed = g_format_size(p->bytes_fetched * 1000 / (guint64)ms), *got = g_format_size(p->bytes_fetched);
	Letter *l = letter_new(LETTER_PROGRESS);
	l->folder = p->inbox;
	l->text = g_strdup_printf(_("downloading (%s, %s/s)"), got, speed);
	l->done = end ? p->n_wanted : p->n_fetched;
	l->total = p->n_wanted;
	engine_tell(e, l);
}

static bool allowed_to_remove(Engine *e);
static void start_removing(Engine *e);

static void
fetch_next(Engine *e)
{
	Pop *p = e->pop;

	while (!g_queue_is_empty(&p->queue) && p->in_flight < AHEAD && !e->paused && engine_has_room(e)) {
		guint i = GPOINTER_TO_UINT(g_queue_pop_head(&p->queue));
		guint32 id = pop3_session_retr(p->session, pop_entry(p, i)->number, pop_entry(p, i)->size);
		g_hash_table_insert(p->ids, GUINT_TO_POINTER(id), GUINT_TO_POINTER(i + 1));
		p->in_flight++;
	}
	if (p->in_flight > 0)
		return;
	p->short_of_room = !g_queue_is_empty(&p->queue) && !e->paused;
	pop_flush(e, true);
	tell_progress(e, true);
	if (!e->drop)
		start_removing(e);
}

static PopBody *
body_new(guint i)
{
	PopBody *b = g_new0(PopBody, 1);
	b->entry = i;
	b->bytes = g_byte_array_new();
	b->fd = -1;
	return b;
}

/* False: it could not be kept. */
static bool
body_append(Engine *e, PopBody *b, const void *data, gsize len)
{
	const guint8 *at = data;

	b->size += len;
	if (b->fd < 0 && b->size > IN_MEMORY) {
		b->fd = db_scratch(e->db);
		if (b->fd < 0)
			return false;
		g_byte_array_append(b->bytes, data, (guint)len);
		at = b->bytes->data;
		len = b->bytes->len;
	}
	if (b->fd < 0) {
		g_byte_array_append(b->bytes, data, (guint)len);
		return true;
	}
	if (!write_whole(b->fd, at, len))
		return false;
	g_byte_array_set_size(b->bytes, 0);
	return true;
}

static bool
body_finish(PopBody *b)
{
	if (b->fd < 0) {
		b->whole = g_byte_array_free_to_bytes(b->bytes);
		b->bytes = g_byte_array_new();
	} else {
		g_autoptr(GMappedFile) map = g_mapped_file_new_from_fd(b->fd, FALSE, NULL);
		b->whole = map ? g_mapped_file_get_bytes(map) : NULL;
	}
	if (!b->whole)
		return false;
	gsize len;
	const guint8 *data = g_bytes_get_data(b->whole, &len);
	b->hash = pop_header_hash(data, MIN(len, LIMIT_HEADER_BLOCK));
	return true;
}

static void
chunk(Engine *e, const Pop3Event *ev)
{
	Pop *p = e->pop;
	guint i = GPOINTER_TO_UINT(g_hash_table_lookup(p->ids, GUINT_TO_POINTER(ev->id)));

	if (!i)
		return;
	if (!p->body)
		p->body = body_new(i - 1);
	if (p->phase == POP_HASHING && p->body->size > LIMIT_HEADER_BLOCK)
		return;
	if (p->body->size + ev->len > LIMIT_MESSAGE_STORED) {	/* LIST said less: the rest goes by */
		p->body->size = LIMIT_MESSAGE_STORED + 1;
		return;
	}
	if (!body_append(e, p->body, ev->data, ev->len)) {
		log_line(LOG_WARN, "pop3", "message %u can't be kept: %s", ev->number, g_strerror(errno));
		engine_store_failed(e, g_error_new(EIL_ERROR, EIL_LATER, _("A message could not be written to the disk: %s"), g_strerror(errno)));
	}
	if (p->phase == POP_FETCHING) {
		p->bytes_fetched += ev->len;
		tell_progress(e, false);
	}
}

static void
hash_came(Engine *e, PopEntry *en, bool ok)
{
	Pop *p = e->pop;
	if (!ok || !p->body || p->body->fd >= 0)
		return;
	en->hash = pop_header_hash(p->body->bytes->data, p->body->bytes->len);
	if (en->row && !strcmp(en->row->hash, en->hash))	/* its removal was none */
		return;
	en->row = NULL;
	PopRow *same = pop_row_of_hash(p, en->hash);
	/* one that is listed under its own name is another mail with the same header */
	if (same && en->uidl && !p->suspicious && !g_hash_table_contains(p->missing, same))
		return;
	en->row = same;
	if (same)
		g_hash_table_remove(p->missing, same);
	if (!same || !en->uidl)
		return;
	/* the same message under another name: its row takes the new one */
	GError *err = NULL;
	commit(e, store_begin(e, &err) && pop_rename(e->db, en->row->id, en->uidl, en->size, &err), &err);
}

static void
body_came(Engine *e, PopEntry *en, bool ok, const char *words)
{
	Pop *p = e->pop;
	PopBody *b = g_steal_pointer(&p->body);

	p->n_fetched++;
	if (!ok)
		log_line(LOG_INFO, "pop3", "message %u: %s", en->number, words ? words : "");
	if (b && b->size > LIMIT_MESSAGE_STORED) {
		en->size = b->size;
		too_big(e, en);
		ok = false;
	}
	if (ok && !b)
		b = body_new((guint)(en - &g_array_index(p->entries, PopEntry, 0)));	/* an empty one */
	if (!ok || !body_finish(b)) {
		pop_body_free(b);
		return;
	}
	p->done_bytes += g_bytes_get_size(b->whole);
	g_ptr_array_add(p->done, b);
	pop_flush(e, false);
}

/* ---- into the store ---- */

static gint64
put_message(Engine *e, PopBody *b, const Summary *s, GError **err)
{
	g_autoptr(Message) m = message_new();
	m->flags = FLAG_RECENT;
	m->uid = e->pop->uid_above - 1 - pop_entry(e->pop, b->entry)->newer;
	message_take_summary(m, s);
	m->received = s->received ? s->received : s->sent ? s->sent : clock_s();
	m->size = g_bytes_get_size(b->whole);
	return local_add(e->db, e->pop->inbox, m, b->whole, err);
}

/* Body, row and ledger entry: together. */
static bool
put_one(Engine *e, PopBody *b, const Summary *s, GError **err)
{
	Pop *p = e->pop;
	PopEntry *en = pop_entry(p, b->entry);
	PopRow *same = !en->uidl || p->suspicious ? pop_row_of_hash(p, b->hash) : NULL;

	en->fresh = true;
	if (same && same->message)	/* without a name it had to be fetched to be known: it is here */
		return true;
	gint64 message = put_message(e, b, s, err);
	if (!message)
		return false;
	news_add(e, p->looked && !p->no_uidl ? message : 0);
	/* one without a name of its own gets one that no server gives */
	g_autofree char *name = en->uidl ? g_strdup(en->uidl) : g_strconcat("#", b->hash, NULL);
	PopRow row = { .uidl = name, .size = en->size, .hash = b->hash, .message = message, .first_seen = clock_s(), .changed = clock_s(),
		.state = POP_HERE, .subject = s->subject, .from = s->from_name && *s->from_name ? s->from_name : s->from_address };
	gint64 id = pop_put(e->db, &row, err);
	if (!id)
		return false;
	PopRow *known = en->row;
	if (!known) {
		known = g_new0(PopRow, 1);
		known->uidl = g_strdup(name);
		known->size = en->size;
		known->hash = g_strdup(b->hash);
		g_ptr_array_add(p->ledger, known);
		en->row = known;
	}
	known->id = id;
	known->state = POP_HERE;
	known->message = message;
	known->first_seen = row.first_seen;
	return true;
}

void
pop_flush(Engine *e, bool all)
{
	Pop *p = e->pop;
	GError *err = NULL;
	guint n = p->done->len;

	if (n == 0 || (!all && n < BATCH && p->done_bytes < BATCH_BYTES && e->now - p->flushed_at < FLUSH_MS))
		return;
	g_autofree Summary *s = g_new0(Summary, n);
	g_autofree GBytes **parts = g_new0(GBytes *, n);
	for (guint i = 0; i < n; i++) {
		GBytes *whole = ((PopBody *)g_ptr_array_index(p->done, i))->whole;
		parts[i] = g_bytes_new_from_bytes(whole, 0, MIN(g_bytes_get_size(whole), SUMMARY_BYTES));
	}
	render_summaries(e->render, parts, n, s);
	bool ok = store_begin(e, &err);
	for (guint i = 0; ok && i < n; i++)
		ok = put_one(e, g_ptr_array_index(p->done, i), &s[i], &err);
	commit(e, ok, &err);
	for (guint i = 0; i < n; i++) {
		summary_clear(&s[i]);
		g_bytes_unref(parts[i]);
	}
	g_ptr_array_set_size(p->done, 0);
	p->done_bytes = 0;
	p->flushed_at = e->now = clock_ms();
	engine_changed(e, p->inbox, CHANGE_ADDED | CHANGE_COUNTS);
	if (!ok)
		g_array_set_size(e->news, 0);
	news_tell(e, p->inbox);
}

/* ---- removing ---- */

static bool
due(const Engine *e, const PopEntry *en)
{
	const Account *a = e->account;
	const PopRow *r = en->row;

	if (!r || (r->state != POP_HERE && r->state != POP_DELETING))
		return false;
	/* without a name of the server's, only what this very session fetched is surely the same */
	if ((!en->uidl || e->pop->suspicious) && !(a->keep == KEEP_NO && en->fresh))
		return false;
	if (r->state == POP_DELETING)
		return true;
	switch (a->keep) {
	case KEEP_YES:	return false;
	case KEEP_NO:	return true;
	case KEEP_DAYS:	return r->first_seen + (gint64)a->keep_days * 86400 <= clock_s();
	case KEEP_UNTIL_DELETED: return r->message == 0;
	}
	return false;
}

/* The first time the person sees what would go, and says yes. */
static bool
allowed_to_remove(Engine *e)
{
	g_autofree char *fact = db_fact(e->db, "pop-removal");
	return fact && !strcmp(fact, "yes");
}

static void
ask_removal(Engine *e, guint n, guint64 bytes)
{
	Letter *l = letter_new(LETTER_POP_REMOVAL);
	l->total = n;
	l->done = bytes;
	engine_tell(e, l);
}

static void
quit(Engine *e)
{
	e->pop->phase = POP_QUITTING;
	pop3_session_quit(e->pop->session);
}

/* Its first session is through: what comes from now on is news. */
static void
looked_once(Engine *e)
{
	GError *err = NULL;
	bool ok = store_begin(e, &err) && db_set_fact(e->db, "pop-looked", "1", &err);
	commit(e, ok, &err);
}

static void
start_removing(Engine *e)
{
	Pop *p = e->pop;
	GError *err = NULL;
	guint n = 0;
	guint64 bytes = 0;
	bool pending = false;

	p->phase = POP_REMOVING;
	if (!p->looked && !e->paused && g_queue_is_empty(&p->queue))
		looked_once(e);
	if (e->drop)
		return;
	for (guint i = 0; !e->read_only && i < p->entries->len; i++)
		if (pop_entry(p, i)->number && due(e, pop_entry(p, i))) {
			n++;
			bytes += pop_entry(p, i)->size;
			pending |= pop_entry(p, i)->row->state == POP_DELETING;
		}
	if (n == 0 || (!allowed_to_remove(e) && !pending)) {
		if (!allowed_to_remove(e) && (n || !e->headless))	/* 0 too: what was told before is over */
			ask_removal(e, n, bytes);
		quit(e);
		return;
	}
	bool ok = store_begin(e, &err);
	for (guint i = 0; ok && i < p->entries->len; i++)
		if (pop_entry(p, i)->number && due(e, pop_entry(p, i)))
			ok = pop_set_state(e->db, pop_entry(p, i)->row->id, POP_DELETING, clock_s(), &err);
	if (!commit(e, ok, &err))
		return;
	for (guint i = 0; i < p->entries->len; i++) {
		PopEntry *en = pop_entry(p, i);
		if (!en->number || !due(e, en))
			continue;
		guint32 id = pop3_session_dele(p->session, en->number);
		g_hash_table_insert(p->ids, GUINT_TO_POINTER(id), GUINT_TO_POINTER(i + 1));
		p->deles++;
		p->removes = true;
	}
	quit(e);	/* behind the DELEs; what is deleted counts with its answer */
}

static void
dele_answered(Engine *e, PopEntry *en, bool ok)
{
	GError *err = NULL;
	e->pop->deles--;
	if (ok)
		commit(e, store_begin(e, &err) && pop_deled(e->db, en->row->id, &err), &err);
}

/* ---- events ---- */

static void
command_done(Engine *e, const Pop3Event *ev)
{
	Pop *p = e->pop;

	if (ev->id == p->stat_id || ev->id == p->list_id || ev->id == p->uidl_id) {
		if (ev->id == p->uidl_id && !ev->ok)
			p->no_uidl = true;
		if (++p->lists_done == (p->uidl_id ? 3u : 2u))
			lists_done(e);
		return;
	}
	guint i = GPOINTER_TO_UINT(g_hash_table_lookup(p->ids, GUINT_TO_POINTER(ev->id)));
	if (!i)
		return;
	g_hash_table_remove(p->ids, GUINT_TO_POINTER(ev->id));
	PopEntry *en = pop_entry(p, i - 1);
	if (p->phase == POP_HASHING) {
		p->in_flight--;
		hash_came(e, en, ev->ok);
		g_clear_pointer(&p->body, pop_body_free);
		hash_next(e);
	} else if (p->phase == POP_FETCHING) {
		p->in_flight--;
		body_came(e, en, ev->ok, ev->text);
		if (!e->drop)
			fetch_next(e);
	} else {
		dele_answered(e, en, ev->ok);
	}
}

void
pop_event(Engine *e, const Pop3Event *ev)
{
	Pop *p = e->pop;
	PopEntry *en;

	switch (ev->kind) {
	case POP3_EV_STAT:
		p->count = ev->count;
		break;
	case POP3_EV_LINE:
		en = entry_of_number(p, ev->number);
		if (en && ev->id == p->list_id) {
			en->size = ev->size;
		} else if (en && ev->id == p->uidl_id) {
			g_free(en->uidl);
			en->uidl = g_strdup(ev->text);
		}
		break;
	case POP3_EV_CHUNK:
		chunk(e, ev);
		break;
	case POP3_EV_DONE:
		command_done(e, ev);
		break;
	default:
		break;
	}
}

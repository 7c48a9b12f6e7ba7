/* headers.c - FETCHed envelopes become rows of the store, in batches.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One short transaction for at most STORE_BATCH_ROWS rows while the person acts, so that a wish is never far behind; else
 * for STORE_BULK_ROWS, and those of a backfill go to filler.c. Encoded words are foreign bytes: the worker decodes those of a
 * whole batch in one go. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

#define ACTING_MS 500	/* a person at work */
#define HOLD_MS 50	/* that headers wait for more of them, so that many share one commit */

/* ---- dates ---- */

static int
month_of(const char *name)
{
	static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" };
	for (int i = 0; i < 12; i++)
		if (!g_ascii_strncasecmp(name, months[i], 3))
			return i + 1;
	return 0;
}

static int
zone_minutes(const char *zone)
{
	static const struct { const char *name; int hours; } names[] = {
		{ "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
	};
	if ((zone[0] == '+' || zone[0] == '-') && strspn(zone + 1, "0123456789") >= 4) {
		int n = (zone[1] - '0') * 600 + (zone[2] - '0') * 60 + (zone[3] - '0') * 10 + (zone[4] - '0');
		return zone[0] == '-' ? -n : n;
	}
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (!g_ascii_strncasecmp(zone, names[i].name, 3))
			return names[i].hours * 60;
	return 0;	/* GMT, UT, Z, and what nobody knows */
}

static int
digits(const char **at, int least, int most)
{
	int n = 0, value = 0;

	for (; n < most && g_ascii_isdigit((*at)[n]); n++)
		value = value * 10 + (*at)[n] - '0';
	*at += n;
	return n >= least ? value : -1;
}

static bool
skip(const char **at, const char *what)
{
	gsize len = strlen(what);

	if (strncmp(*at, what, len))
		return false;
	*at += len;
	return true;
}

/* "Mon, 2 Jan 2006 15:04:05 -0700", as nearly all write it; false: whoever knows the other ways may look. */
static bool
date_plain(const char *at, gint64 *when)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

	if (g_ascii_isalpha(at[0]) && at[1] && at[2] && at[3] == ',' && at[4] == ' ')
		at += 5;
	int day = digits(&at, 1, 2), month = skip(&at, " ") ? month_of(at) : 0;
	if (!month)
		return false;
	at += 3;
	int year = skip(&at, " ") ? digits(&at, 4, 4) : -1, hour = skip(&at, " ") ? digits(&at, 2, 2) : -1;
	int minute = skip(&at, ":") ? digits(&at, 2, 2) : -1, second = skip(&at, ":") ? digits(&at, 2, 2) : -1;
	if (!skip(&at, " ") || (*at != '+' && *at != '-') || strspn(at + 1, "0123456789") != 4)
		return false;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	int length = month > 0 ? before[month] - before[month - 1] + (month == 2 && leap) : 0;
	if (year < 1970 || year > 9998 || day < 1 || day > length || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return false;
	int y = year - 1, leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
	gint64 days = (gint64)(year - 1970) * 365 + leaps + before[month - 1] + (month > 2 && leap) + day - 1;
	*when = ((days * 24 + hour) * 60 + minute - zone_minutes(at)) * 60 + second;
	return true;
}

bool
date_parse(const char *text, gint64 *when)
{
	if (date_plain(text, when))
		return true;
	int day, year, hour, minute, second = 0, used = 0;
	char month[4], zone[8] = "";

	while (g_ascii_isspace(*text))
		text++;
	if (g_ascii_isalpha(*text)) {	/* the weekday, with or without its comma */
		text += strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
		text += strspn(text, "., \t");
	}
	if (sscanf(text, "%2d%*[ -]%3[A-Za-z]%*[a-z. -]%4d %2d:%2d%n", &day, month, &year, &hour, &minute, &used) < 5 &&
		sscanf(text, "%2d%*[ -]%3[A-Za-z]%*[ -]%4d %2d:%2d%n", &day, month, &year, &hour, &minute, &used) < 5)
		return false;
	text += used;
	if (*text == ':' && sscanf(text, ":%2d%n", &second, &used) == 1)
		text += used;
	sscanf(text, " %7[A-Za-z0-9+-]", zone);
	if (year < 50)
		year += 2000;
	else if (year < 1000)
		year += 1900;
	if (!month_of(month) || year < 1970 || year > 9998 || day < 1 || hour < 0 || minute < 0)
		return false;
	g_autoptr(GDateTime) t = g_date_time_new_utc(year, month_of(month), day, hour, minute, MIN(second, 59));
	if (!t)
		return false;
	*when = g_date_time_to_unix(t) - (gint64)zone_minutes(zone) * 60;
	return true;
}

/* ---- envelope -> Message, still undecoded ---- */

static char *
addr_spec(const ImapAddress *a)
{
	if (!a->mailbox)
		return NULL;
	/* a NIL host starts a group (RFC 9051, 7.5.2) */
	return a->host ? g_strconcat(a->mailbox, "@", a->host, NULL) : g_strdup(a->mailbox);
}

static char *
address_list(const GPtrArray *list)
{
	if (!list || list->len == 0)
		return NULL;
	GString *out = g_string_sized_new(64);
	for (guint i = 0; i < list->len && i < LIMIT_ADDRESSES; i++) {
		const ImapAddress *a = g_ptr_array_index(list, i);
		g_autofree char *spec = addr_spec(a);
		if (!spec || !a->host)
			continue;
		if (out->len)
			g_string_append(out, ", ");
		bool named = a->name && *a->name;
		if (named) {
			g_string_append(out, a->name);
			g_string_append(out, " <");
		}
		g_string_append(out, spec);
		if (named)
			g_string_append_c(out, '>');
	}
	return g_string_free(out, FALSE);
}

static char *
utf8_or_null(const char *text)
{
	return text ? g_utf8_make_valid(text, -1) : NULL;
}

/* Servers put From there when the message has no Reply-To (RFC 9051, 7.5.2); proto/imap/fetch.c reads it once then. */
static bool
is_from_again(const ImapEnvelope *env)
{
	return env->reply_to && env->reply_to == env->from && env->from->len == 1;
}

static void
from_envelope(Message *m, const ImapEnvelope *env)
{
	const GPtrArray *from = env->from && env->from->len ? env->from : env->sender;

	m->subject = g_strdup(env->subject);
	if (from && from->len) {
		const ImapAddress *a = g_ptr_array_index(from, 0);
		g_autofree char *spec = addr_spec(a);
		m->from_name = g_strdup(a->name);
		m->from_address = utf8_or_null(spec);
	}
	m->to = address_list(env->to);
	m->cc = address_list(env->cc);
	if (!is_from_again(env))
		m->reply_to = address_list(env->reply_to);
	m->message_id = utf8_or_null(env->message_id);
	m->in_reply_to = utf8_or_null(env->in_reply_to);
	if (env->date)
		date_parse(env->date, &m->sent);
}

static guint32
traits_of(const ImapBody *b, guint depth)
{
	guint32 traits = 0;

	if (!b || depth > LIMIT_MIME_DEPTH)
		return 0;
	if (!g_strcmp0(b->type, "multipart")) {
		bool plain = false, html = false;
		for (guint i = 0; b->children && i < b->children->len; i++) {
			const ImapBody *child = g_ptr_array_index(b->children, i);
			traits |= traits_of(child, depth + 1);
			plain |= !g_strcmp0(child->subtype, "plain");
			html |= !g_strcmp0(child->subtype, "html");
		}
		if (!g_strcmp0(b->subtype, "encrypted"))
			traits = TRAIT_ENCRYPTED;
		if (!g_strcmp0(b->subtype, "signed"))
			traits |= TRAIT_SIGNED;
		if (!g_strcmp0(b->subtype, "alternative") && (plain || !html))
			traits &= ~(guint32)TRAIT_HTML_ONLY;
		return traits;
	}
	if (!g_strcmp0(b->subtype, "pkcs7-mime") || !g_strcmp0(b->subtype, "x-pkcs7-mime"))
		return TRAIT_ENCRYPTED;
	if (!g_strcmp0(b->subtype, "pgp-signature") || !g_strcmp0(b->subtype, "pkcs7-signature"))
		return 0;
	if (!g_strcmp0(b->subtype, "calendar"))
		traits |= TRAIT_CALENDAR;
	bool named = imap_body_disposition_param(b, "filename") || imap_body_param(b, "name");
	bool text = !g_strcmp0(b->type, "text");
	if (!g_strcmp0(b->disposition, "attachment") || (!text && (named || !b->id)))
		return traits | TRAIT_ATTACHMENT;
	if (text && !g_strcmp0(b->subtype, "html"))
		traits |= TRAIT_HTML_ONLY;
	return traits;
}

static void
references(Message *m, const ImapFetch *f)
{
	for (guint i = 0; i < f->parts->len; i++) {
		const ImapFetchPart *p = g_ptr_array_index(f->parts, i);
		if (!p->data || g_ascii_strncasecmp(p->section, "HEADER.FIELDS", 13))
			continue;
		gsize len;
		const char *data = g_bytes_get_data(p->data, &len);
		const char *colon = memchr(data, ':', MIN(len, 64 * KIB));
		if (!colon)
			return;
		g_autofree char *value = g_strndup(colon + 1, MIN(len, 64 * KIB) - (gsize)(colon + 1 - data));
		for (char *c = value; *c; c++)
			if (*c == '\r' || *c == '\n' || *c == '\t')
				*c = ' ';
		m->references = utf8_or_null(g_strstrip(value));
	}
}

/* What a server tells is at most LIMIT_PREVIEW characters, if it keeps to the RFC. */
static char *
preview_of(const ImapFetch *f)
{
	g_autofree char *text = f->preview ? g_utf8_make_valid(f->preview, -1) : NULL;

	if (!text || !*g_strstrip(text))
		return NULL;
	return g_utf8_strlen(text, -1) > LIMIT_PREVIEW ? g_utf8_substring(text, 0, LIMIT_PREVIEW) : g_steal_pointer(&text);
}

/* Somebody does something with this account just now, and waits for what is behind a batch. */
bool
person_acts(const Engine *e)
{
	return !e->headless && e->now - e->person_at < ACTING_MS;
}

void
headers_add(Engine *e, const ImapFetch *f)
{
	Message *m = message_new();
	m->folder = e->sel.id;
	m->uidvalidity = e->sel.uidvalidity;
	m->uid = f->uid;
	m->flags = m->server_flags = f->flags.bits & ~(guint32)IMAP_FLAG_ANY;
	m->keywords = extend_keywords(e, f);
	m->email_id = g_strdup(f->email_id);
	m->preview = preview_of(f);
	*(m->preview ? &e->sel.previews : &e->sel.without) += 1;
	m->received = f->internal_date;
	m->size = f->size;
	m->modseq = f->modseq;
	if (f->envelope)
		from_envelope(m, f->envelope);
	if (!m->received)
		m->received = m->sent;
	if (f->body) {
		m->traits = traits_of(f->body, 0);
		m->structure = imap_body_serialise(f->body);
	}
	references(m, f);
	if (e->batch->len == 0)
		e->batch_since = e->now;
	g_ptr_array_add(e->batch, m);
	if (e->batch->len >= (person_acts(e) ? STORE_BATCH_ROWS : STORE_BULK_ROWS) && !filler_give(e, NULL))
		headers_flush(e);
}

/* ---- the batch ---- */

void
headers_decode(Engine *e)
{
	g_autoptr(GPtrArray) slots = g_ptr_array_new(), texts = g_ptr_array_new();	/* of char**, of char*: borrowed */

	for (guint i = e->decoded; i < e->batch->len; i++) {
		Message *m = g_ptr_array_index(e->batch, i);
		char **fields[] = { &m->subject, &m->from_name, &m->to, &m->cc, &m->reply_to };
		for (guint k = 0; k < G_N_ELEMENTS(fields); k++) {
			if (!*fields[k] || render_header_is_itself(*fields[k]))
				continue;
			g_ptr_array_add(slots, fields[k]);
			g_ptr_array_add(texts, *fields[k]);
		}
	}
	g_autofree char **decoded = render_decode_headers(e->render, (const char *const *)texts->pdata, texts->len);
	for (guint i = 0; i < slots->len; i++) {
		char **slot = slots->pdata[i];
		g_free(*slot);
		*slot = decoded[i];
	}
	e->decoded = e->batch->len;
}

bool
batch_begin(Engine *e)
{
	g_autoptr(GError) err = NULL;
	filler_wait(e);
	if (!e->in_batch && !db_begin_lazy(e->db, &err)) {
		engine_store_failed(e, g_steal_pointer(&err));
		return false;
	}
	e->in_batch = true;
	return true;
}

static void
batch_commit(Engine *e)
{
	g_autoptr(GError) err = NULL;
	if (!e->in_batch)
		return;
	e->in_batch = false;
	if (!db_commit(e->db, &err)) {
		db_rollback(e->db);
		g_array_set_size(e->came, 0);
		engine_store_failed(e, g_steal_pointer(&err));
	}
	fetch_tell_came(e);
	e->batch_rows = 0;
	if (e->batch_change)
		engine_changed(e, e->sel.id, e->batch_change);
	e->batch_change = 0;
}

bool
store_begin(Engine *e, GError **err)
{
	batch_commit(e);
	return db_begin(e->db, err);
}

void
batch_row(Engine *e, guint change)
{
	e->batch_change |= change;
	if (++e->batch_rows >= (person_acts(e) ? STORE_BATCH_ROWS : STORE_BULK_ROWS))
		batch_commit(e);
}

/* Those that are no news, all at once; else one by one, because the second of two rows of one UID is none. */
static bool
put_batch(Engine *e, GError **err)
{
	Message *const *all = (Message *const *)e->batch->pdata;
	guint n = e->batch->len;
	bool bulk = e->sel.below != 0;

	for (guint i = 0; i < n && bulk; i++)
		bulk = all[i]->uid < e->sel.next;
	if (bulk) {
		g_autofree gint64 *ids = g_new(gint64, n);
		return messages_put_many(e->db, all, n, ids, err);
	}
	for (guint i = 0; i < n; i++) {
		bool news = news_is(e, all[i]);
		gint64 id = messages_put(e->db, all[i], err);
		if (!id)
			return false;
		news_add(e, news ? id : 0);
	}
	return true;
}

bool
headers_put(Engine *e)
{
	g_autoptr(GError) err = NULL;

	if (e->batch->len == 0)
		return true;
	headers_decode(e);
	bool well = batch_begin(e);
	if (well) {
		e->batch_change |= CHANGE_ADDED | CHANGE_COUNTS;
		well = put_batch(e, &err);
		e->threadless += e->batch->len;
	}
	g_ptr_array_set_size(e->batch, 0);
	e->decoded = 0;
	if (err) {
		e->in_batch = false;
		db_rollback(e->db);
		g_array_set_size(e->came, 0);
		engine_store_failed(e, g_steal_pointer(&err));
	}
	return well;
}

void
headers_flush(Engine *e)
{
	filler_wait(e);
	headers_put(e);
	texts_put(e);
	batch_commit(e);
	news_tell(e, e->sel.id);
}

/* A backfill nobody waits for: its rows are put by the hundred, and with the mark behind them. And texts (texts.c). */
static bool
may_hold(const Engine *e)
{
	gint64 texts = texts_deadline(e);

	if ((e->batch->len == 0 && texts < 0) || e->in_batch || person_acts(e) || (texts >= 0 && e->now >= texts))
		return false;
	if (e->batch->len == 0)
		return true;
	if (e->now - e->batch_since >= HOLD_MS)
		return false;
	for (guint i = 0; i < e->jobs->len; i++)
		if (((const Job *)g_ptr_array_index(e->jobs, i))->kind == JOB_BACKFILL)
			return true;
	return false;
}

void
headers_pause(Engine *e)
{
	if (!may_hold(e))
		headers_flush(e);
}

gint64
headers_deadline(const Engine *e)
{
	gint64 texts = texts_deadline(e), at = e->batch->len > 0 ? e->batch_since + HOLD_MS : texts;

	return texts >= 0 ? MIN(at, texts) : at;
}

/* act_large.c - attachments that take their time: what they cost before they are fetched, how far they are, stop and go on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/rows.h"
#include "base/intl.h"

#include <string.h>

/* Bytes a second, as measured last; 0: not known. */
static guint64
speed(const AppAccount *acc)
{
	g_autofree char *text = db_fact(acc->db, "speed");
	return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

/* A part as it travels. */
typedef struct { guint64 size; bool packed, unpacked /* base64, which the server undoes */; } Travel;

/* As it said in the last session, without what is switched off. */
static bool
server_unpacks(const AppAccount *acc)
{
	g_autofree char *known = db_fact(acc->db, "capabilities");
	g_auto(GStrv) words = g_strsplit(known ? known : "", " ", -1);

	return g_strv_contains((const char *const *)words, "BINARY");
}

static Travel
travel_of(const AppAccount *acc, gint64 message, const char *section)
{
	g_autoptr(GBytes) list = bodies_get(acc->db, message, PARTS_SECTION, NULL);
	g_autoptr(GArray) parts = list ? parts_read(list) : parts_new();

	for (guint i = 0; i < parts->len; i++) {
		const PartInfo *p = &g_array_index(parts, PartInfo, i);
		g_autofree char *mime = strcmp(p->section, section) ? NULL : g_ascii_strdown(p->mime, -1);
		if (mime)
			return (Travel){ p->size, strstr(mime, "content-transfer-encoding: base64") != NULL,
				server_unpacks(acc) && parts_may_unpack(parts, section) };
	}
	return (Travel){ 0, false, false };
}

/* 57 bytes of a file are a line of 78 on the way. */
static guint64
unpacked(guint64 bytes)
{
	return bytes / 78 * 57;
}

/* What people know is the size of the file. */
static Clean *
file_size(const Travel *t, guint64 bytes)
{
	return rows_size(t->packed ? unpacked(bytes) : bytes);
}

/* Yours. */
static char *
time_text(guint64 seconds)
{
	if (seconds < 1)
		return g_strdup(_("less than 1 s"));
	if (seconds < 100)
		return g_strdup_printf(_("about %u s"), (guint)seconds);
	if (seconds < 5400)
		return g_strdup_printf(_("about %u min"), (guint)((seconds + 30) / 60));
	return g_strdup_printf(_("about %u h"), (guint)((MIN(seconds, (guint64)36000000) + 1800) / 3600));
}

/* ", about 8 s"; "" where no speed is known. Yours. */
static char *
time_behind(const Travel *t, guint64 bytes, guint64 per_second)
{
	if (!per_second)
		return g_strdup("");
	g_autofree char *time = time_text((t->unpacked ? unpacked(bytes) : bytes) / per_second);
	return g_strdup_printf(", %s", time);
}

static bool
is_online(const AppAccount *acc)
{
	return acc->engine && acc->state != ENGINE_OFFLINE && acc->state != ENGINE_WAITING && acc->state != ENGINE_BLOCKED;
}

static bool
is_fetched(const AppAccount *acc, gint64 message, const char *section)
{
	return acc->progress && acc->progress_message == message && !g_strcmp0(acc->progress_section, section);
}

/* ---- before it is fetched ---- */

bool
large_is_here(App *a, const DocPart *part)
{
	const AppAccount *acc = app_account_of(a, a->open.account);
	return part->here || bodies_has(acc->db, a->open.message, part->section) || bodies_has(acc->db, a->open.message, "");
}

/* "50M, about 8 s"; NULL: it is here. Yours. */
char *
large_price(App *a, const DocPart *part)
{
	const AppAccount *acc = app_account_of(a, a->open.account);

	if (large_is_here(a, part))
		return NULL;
	Travel t = travel_of(acc, a->open.message, part->section);
	guint64 have = bodies_partial(acc->db, a->open.message, part->section), left = t.size > have ? t.size - have : 0;
	t.unpacked &= !have || bodies_partial_form(acc->db, a->open.message, part->section) == BODY_RECODED;	/* it goes on as it began */
	g_autofree char *time = time_behind(&t, left, speed(acc));
	Clean *size = file_size(&t, left);
	char *text = g_strdup_printf("%s%s", clean_peek(size), time);
	clean_free(size);
	return text;
}

/* What is said of a part in the list of attachments; NULL: nothing. Yours. */
static Clean *
part_note(App *a, const DocPart *part)
{
	const AppAccount *acc = app_account_of(a, a->open.account);
	guint64 have;
	Travel t;

	if (part->here || !part->attachment)
		return NULL;
	if (large_is_here(a, part))
		return clean_new(_("· is here"), -1, CLEAN_LINE);
	if (is_fetched(acc, a->open.message, part->section)) {
		Clean *text = large_progress(acc), *note = clean_printf("· %s", clean_peek(text));
		clean_free(text);
		return note;
	}
	t = travel_of(acc, a->open.message, part->section);
	if ((have = bodies_partial(acc->db, a->open.message, part->section)) > 0) {
		Clean *size = file_size(&t, have), *note = clean_printf(_("· %s of it are here; f goes on"), clean_peek(size));
		clean_free(size);
		return note;
	}
	if (wanted_has(acc->db, a->open.message, part->section))
		return clean_new(_("· will be fetched when there is a connection"), -1, CLEAN_LINE);
	g_autofree char *time = time_behind(&t, t.size, speed(acc));
	return clean_printf(_("· on the server%s"), time);
}

GPtrArray *
large_notes(App *a, const Document *d)
{
	GPtrArray *notes = g_ptr_array_new_with_free_func((GDestroyNotify)clean_free);
	for (guint i = 0; i < d->parts->len; i++)
		g_ptr_array_add(notes, part_note(a, &g_array_index(d->parts, DocPart, i)));
	return notes;
}

/* ---- while it comes ---- */

Clean *
large_progress(const AppAccount *acc)
{
	Travel t = travel_of(acc, acc->progress_message, acc->progress_section ? acc->progress_section : "");
	Clean *done = file_size(&t, acc->done), *total = file_size(&t, acc->total), *text;

	if (acc->total <= acc->done) {
		text = clean_printf(_("%s are here"), clean_peek(done));
	} else {
		g_autofree char *left = acc->progress_speed ? time_text((acc->total - acc->done) / acc->progress_speed) : NULL;
		text = left ? clean_printf(_("%s of %s, %s left · C-g stops"), clean_peek(done), clean_peek(total), left) :
			clean_printf(_("%s of %s · C-g stops"), clean_peek(done), clean_peek(total));
	}
	clean_free(done);
	clean_free(total);
	return text;
}

void
large_fetch_said(App *a, guint account, const char *name)
{
	const AppAccount *acc = app_account_of(a, account);

	if (is_online(acc))
		app_say(a, STYLE_PROGRESS, _("Fetching %s …"), name);
	else
		app_say(a, STYLE_STATUS, _("%s is not on this computer; it will be fetched when there is a connection."), name);
}

void
large_saved(App *a, const Letter *l)
{
	if (l->failed)
		app_say(a, STYLE_ERROR, _("%s was not saved: %s"), l->text, l->text2 ? l->text2 : "");
	else
		app_say(a, STYLE_STATUS, _("Saved as %s."), l->text);
}

/* ---- commands ---- */

static const DocPart *
selected(App *a)
{
	return a->open.view ? parts_current(&a->parts, readview_document(a->open.view)) : NULL;
}

void
cmd_fetch_part(App *a, const char *arg)
{
	const DocPart *part = selected(a);

	if (!part)
		return;
	if (large_is_here(a, part)) {
		app_say(a, STYLE_STATUS, "%s", _("It is here already."));
		return;
	}
	Request *r = request_new(REQ_FETCH_PART);
	r->message = a->open.message;
	r->text = g_strdup(part->section);
	app_post(a, a->open.account, r);
	large_fetch_said(a, a->open.account, part->file_name);
}

static void
post_stop(App *a, guint account, gint64 message, const char *section)
{
	Request *r = request_new(REQ_CANCEL);
	r->message = message;
	r->text = g_strdup(section);
	app_post(a, account, r);
}

void
cmd_stop_part(App *a, const char *arg)
{
	const DocPart *part = selected(a);
	if (part)
		post_stop(a, a->open.account, a->open.message, part->section);
}

bool
large_give_up(App *a, guint account)
{
	const AppAccount *acc = app_account_of(a, account);
	if (!acc || !acc->progress || !acc->progress_message)
		return false;
	post_stop(a, account, acc->progress_message, acc->progress_section);
	return true;
}

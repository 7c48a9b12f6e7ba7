/* app_open.c - opening a message: from the store if it is there, else as soon as it comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The bytes go to the worker, never through a parser of this process; what comes back is a Document. */
#include "config.h"
#include "ui/app_private.h"
#include "base/intl.h"
#include "base/limits.h"
#include "sync/stored.h"

#include <string.h>

#define RAW_SHOWN (256 * 1024)
#define AHEAD 3
#define PREVIEW_US (G_USEC_PER_SEC)	/* a text that comes within it is not announced by its beginning */

void
open_close(App *a)
{
	OpenMessage *o = &a->open;
	if (o->job)
		render_cancel(a->render, o->job);
	readview_free(o->view);
	clean_free(o->waiting);
	clean_free(o->preview);
	*o = (OpenMessage){ 0 };
	a->in_parts = false;
	if (a->focus == PANE_PAGER)
		a->focus = PANE_INDEX;
}

static void
wait_text(App *a, const char *text)
{
	clean_free(a->open.waiting);
	a->open.waiting = clean_new(text, -1, CLEAN_LINE);
}

/* ---- what the worker could not do is shown as it is ---- */

static Document *
raw_document(const char *why, GBytes *raw)
{
	Document *d = document_new();
	Block *note = g_new0(Block, 1), *body = g_new0(Block, 1);
	gsize len = 0;
	const char *data = raw ? g_bytes_get_data(raw, &len) : "";

	note->kind = BLOCK_TEXT;
	note->text = clean_new(why, -1, CLEAN_LINE);
	g_ptr_array_add(d->blocks, note);
	body->kind = BLOCK_PRE;
	body->text = clean_new(data, (gssize)MIN(len, RAW_SHOWN), CLEAN_TEXT);
	g_ptr_array_add(d->blocks, body);
	return d;
}

static GBytes *
raw_bytes(App *a)
{
	AppAccount *acc = app_account_of(a, a->open.account);
	GBytes *raw = bodies_get(acc->db, a->open.message, "", NULL);
	return raw ? raw : bodies_get(acc->db, a->open.message, "HEADER", NULL);
}

static void
mark_read(App *a)
{
	if (!a->open.unread || a->setup->read_only || !conf_bool(a->setup->conf, "ui", "mark-read"))
		return;
	Request *r = request_new(REQ_FLAG);
	r->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_array_append_val(r->ids, a->open.message);
	r->flag = FLAG_SEEN;
	r->on = r->by_itself = true;
	app_post(a, a->open.account, r);
	a->open.unread = false;
}

static void
show(App *a, Document *d)
{
	readview_free(a->open.view);
	a->open.view = readview_new(d);
	a->parts = (PartsPane){ 0 };
	mark_read(a);
	open_ahead(a);
	answering_ready(a);
	if (a->open.parts_wanted && !a->prompt && a->overs->len == 0) {
		g_clear_pointer(&a->message, clean_free);
		cmd_view_attachments(a, NULL);
	}
	a->open.parts_wanted = false;
}

static void
rendered(void *user, Document *document, const GError *err)
{
	App *a = user;
	a->open.job = 0;
	if (!render_sealed(a->render) && !a->sandbox_said) {
		a->sandbox_said = true;
		app_say(a, STYLE_WARN, "%s", _("This system has no sandbox (seccomp) for reading messages; they are read in a process with limits only."));
	}
	if (document) {
		if (a->open.header_cut)
			document_add_note(document, NOTE_CUT_HEADERS);
		show(a, document);
		return;
	}
	g_autoptr(GBytes) raw = raw_bytes(a);
	g_autofree char *why = g_strdup_printf(_("This message can't be shown safely (%s). Its bytes:"), err ? err->message : "?");
	show(a, raw_document(why, raw));
}

/* ---- from the store to the worker ---- */

static void
render_open(App *a)
{
	AppAccount *acc = app_account_of(a, a->open.account);
	int wrap = (int)conf_int(a->setup->conf, "ui", "wrap"), columns = a->layout.pager.w > 10 ? a->layout.pager.w - 2 : canvas_cols(a->canvas) - 2;
	RenderMessage m = {
		.columns = (guint16)CLAMP(wrap > 0 ? MIN(wrap, columns) : columns, 20, 500),
		.prefer_html = conf_bool(a->setup->conf, "ui", "prefer-html"),
	};

	a->open.job = stored_render(a->render, acc->db, a->open.message, &m, &a->open.header_cut, rendered, a, NULL);
	if (a->open.job) {
		wait_text(a, "");
		g_clear_pointer(&a->open.preview, clean_free);
		return;
	}
	wait_text(a, _("The text of this message was lost on the disk. It is fetched again."));
	Request *r = request_new(REQ_OPEN_MESSAGE);
	r->message = a->open.message;
	app_post(a, a->open.account, r);
}

/* ---- until it is here ---- */

/* The engine may reach its server, now or soon. */
static bool
may_come(const AppAccount *acc)
{
	return acc && (acc->state == ENGINE_ONLINE || acc->state == ENGINE_CONNECTING || acc->state == ENGINE_SIGNING_IN);
}

const Clean *
open_preview(App *a)
{
	const OpenMessage *o = &a->open;
	bool due = !may_come(app_account_of(a, o->account)) || g_get_monotonic_time() - o->since >= PREVIEW_US;
	return o->preview && !o->view && due ? o->preview : NULL;
}

/* The server's word of how the text begins; cut where it may not say more, so that nobody takes it for the whole. */
static Clean *
preview_text(const Message *m)
{
	if (!m || !m->preview)
		return NULL;
	return clean_printf(_("Preview: %s%s"), m->preview, g_utf8_strlen(m->preview, -1) >= LIMIT_PREVIEW ? "…" : "");
}

void
open_message(App *a, const MessageRow *row)
{
	gint64 id = row->key.id;
	bool unread = !(row->flags & FLAG_SEEN);
	bool anew = a->open.message == 0;
	AppAccount *acc = app_account(a);
	g_autoptr(Message) m = !row->body_here && acc && acc->db ? messages_get(acc->db, id, NULL) : NULL;
	bool here = row->body_here || (m && m->body_here);	/* it came since the row was read */

	open_close(a);
	a->open.message = id;
	a->open.account = a->account;
	a->open.unread = unread;
	a->focus = PANE_PAGER;
	if (anew) {	/* the pane's width is needed for tables */
		int rows = canvas_rows(a->canvas), cols = canvas_cols(a->canvas);
		a->layout = layout_make(rows, cols, (LayoutWant){ .focus = PANE_PAGER, .folders = a->folders_shown, .pager = true,
			.folders_width = (int)conf_int(a->setup->conf, "ui", "folders-width"), .index_percent = (int)conf_int(a->setup->conf, "ui", "index-height") });
	}
	if (here) {
		render_open(a);
		return;
	}
	a->open.preview = preview_text(m);
	a->open.since = g_get_monotonic_time();
	wait_text(a, may_come(acc) ? _("Fetching the message …") : _("The text of this message is not on this computer; it is fetched as soon as there is a connection."));
	Request *r = request_new(REQ_OPEN_MESSAGE);
	r->folder = a->folder;
	r->message = id;
	app_post(a, a->account, r);
}

void
open_body_came(App *a, const Letter *l)
{
	if (l->message != a->open.message || l->account != a->open.account || a->open.view || a->open.job || (l->text && *l->text))
		return;
	if (l->failed)
		wait_text(a, l->text2);
	else
		render_open(a);
}

/* While this one is read, the next ones come. */
void
open_ahead(App *a)
{
	if (!a->list)
		return;
	Request *r = request_new(REQ_NEAR);
	r->ids = listview_near(a->list, AHEAD);
	app_post(a, a->account, r);
}

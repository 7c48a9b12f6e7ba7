/* act_compose.c - commands that begin a mail: a new one, an answer, a forward, a bounce, a draft.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An answer needs the text of the message it answers, a forward its files too. What is not here
 * yet is fetched first; the person may go on reading meanwhile, and the composer opens when all
 * has come. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/identity.h"
#include "ui/panes/compose.h"
#include "ui/panes/files.h"
#include "ui/panes/waiting.h"
#include "mail/mailto.h"
#include "mail/reply.h"
#include "store/outbox.h"
#include "base/intl.h"

#include <string.h>

/* An answer whose original is on its way. */
struct Answering {
	DraftKind kind;
	guint account;
	gint64 message;
	bool asked_whole;	/* the whole message is on its way */
	GPtrArray *asked;	/* owned: sections of files that are on their way */
	char *bounce_to;	/* owned */
	bool recalls;		/* it lies among the drafts: what is written takes its place */
	bool held;		/* all has come, but something else has the keys */
};

void
answering_free(Answering *w)
{
	if (!w)
		return;
	g_ptr_array_unref(w->asked);
	g_free(w->bounce_to);
	g_free(w);
}

static void
forget(App *a)
{
	g_clear_pointer(&a->answering, answering_free);
}

static bool
needs_whole(DraftKind kind)
{
	return kind == DRAFT_FORWARD_ATTACHED || kind == DRAFT_BOUNCE;
}

static bool
brings_files(DraftKind kind)
{
	return kind == DRAFT_FORWARD || kind == DRAFT_EDIT;
}

/* ---- new mails and drafts ---- */

static ReplyStyle
style_of(App *a, const Identity *id, const char *const *own)
{
	const char *attribution = conf_text(a->setup->conf, "compose", "attribution");
	return (ReplyStyle){
		.address = id->address,
		.full_name = id->full_name,
		.own = own,
		.signature = id->signature,
		.signature_above = conf_bool(a->setup->conf, "compose", "signature-above"),
		.attribution = attribution && *attribution ? attribution : NULL,
		.zone = a->zone,
		.wrap = (guint)conf_int(a->setup->conf, "compose", "quote-wrap"),
	};
}

static void
sign(Draft *d, const Identity *id)
{
	if (!id->signature)
		return;
	g_autofree char *body =
		g_strdup_printf("%s\n-- \n%s\n", *d->body ? d->body : "\n", id->signature);
	g_free(d->body);
	d->body = g_steal_pointer(&body);
}

/* A mail that the command line or a link began. */
void
compose_begin(App *a, Draft *d /* taken */)
{
	g_autoptr(GPtrArray) identities = app_identities(a);
	const Identity *id =
		g_ptr_array_index(identities, identities_named(identities, a->account, NULL));
	sign(d, id);
	d->flowed = conf_bool(a->setup->conf, "compose", "flowed");
	compose_open(a, a->account, d, 0);
}

void
cmd_compose(App *a, const char *arg)
{
	Draft *d = draft_new();
	g_autofree char *problem = NULL;

	if (arg && !g_ascii_strncasecmp(arg, "mailto:", 7)) {
		if (!mailto_add(d, arg, &problem)) {
			app_say(a, STYLE_WARN, "%s", problem);
			draft_free(d);
			return;
		}
	} else if (arg) {
		mailto_add_address(d, DRAFT_TO, arg);
	}
	compose_begin(a, d);
}

void
compose_open_row(App *a, guint account, gint64 row)
{
	compose_continue(a, account, row);
}

/* ---- the original ---- */

static const char *
field(const Document *d, const char *name)
{
	for (guint i = 0; d && i < d->fields->len; i++) {
		const HeaderField *f = &g_array_index(d->fields, HeaderField, i);
		if (!g_ascii_strcasecmp(clean_peek(f->name), name))
			return clean_peek(f->value);
	}
	return NULL;
}

/* "<https://...>, <mailto:list@example.org?subject=...>": the address. Yours; NULL: none
 * ("NO": nobody may post). */
static char *
list_post(const Document *d)
{
	const char *value = field(d, "List-Post"), *at = value ? strcasestr(value, "<mailto:") : NULL;
	if (!at)
		return NULL;
	g_autofree char *raw = g_strndup(at + 8, strcspn(at + 8, ">?"));
	char *plain = g_uri_unescape_string(raw, NULL);
	if (plain && !g_utf8_validate(plain, -1, NULL))
		g_clear_pointer(&plain, g_free);
	return plain;
}

static const char *
delivered_to(const Document *d)
{
	static const char *const names[] = { "Delivered-To", "X-Original-To", "Envelope-To" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (field(d, names[i]))
			return field(d, names[i]);
	return NULL;
}

static const Document *
open_text(const App *a)
{
	return a->open.view ? readview_document(a->open.view) : NULL;
}

/* Decoded bytes of a file of the message; NULL: not here yet, or *problem. */
static GBytes *
file_bytes(App *a, const Answering *w, GBytes *raw, const char *section, char **problem)
{
	g_autoptr(GError) err = NULL;
	AppAccount *acc = app_account_of(a, w->account);
	GBytes *data = NULL;

	if (raw) {
		data = render_decode_part(a->render, raw, section, NULL, &err);
	} else {
		g_autoptr(GBytes) body = bodies_get(acc->db, w->message, section, NULL);
		g_autofree char *mime = parts_mime(a, section);
		data = body ? render_decode_part(a->render, body, section, mime, &err) : NULL;
	}
	if (err)
		*problem = g_strdup_printf(_("An attachment of the message could not be read: %s"), err->message);
	return data;
}

/* Of a message that comes along whole. */
static bool
comes_inside(const Document *doc, guint n)
{
	const DocPart *p = &g_array_index(doc->parts, DocPart, n);

	for (guint i = 0; i < n; i++) {
		const DocPart *whole = &g_array_index(doc->parts, DocPart, i);
		g_autofree char *below = g_strconcat(whole->section, ".", NULL);
		if (whole->attachment && !g_ascii_strcasecmp(clean_peek(whole->type), "message/rfc822") && g_str_has_prefix(p->section, below))
			return true;
	}
	return false;
}

/* The files of the original as attachments of the draft. False: some are not here (asked for),
 * or *problem. */
static bool
take_files(App *a, Answering *w, GBytes *raw, Draft *d, char **problem)
{
	const Document *doc = open_text(a);
	bool all = true;

	for (guint i = 0; i < doc->parts->len && !*problem; i++) {
		const DocPart *p = &g_array_index(doc->parts, DocPart, i);
		if (!p->attachment || comes_inside(doc, i))
			continue;
		GBytes *data = file_bytes(a, w, raw, p->section, problem);
		if (data) {
			DraftAttachment *at = draft_attach(d);
			at->data = data;
			at->name = g_strdup(p->file_name);
			at->type = g_strdup(clean_peek(p->type));
			continue;
		}
		all = false;
		if (*problem ||
			g_ptr_array_find_with_equal_func(w->asked, p->section, g_str_equal, NULL))
			continue;
		g_ptr_array_add(w->asked, g_strdup(p->section));
		Request *r = request_new(REQ_FETCH_PART);
		r->message = w->message;
		r->text = g_strdup(p->section);
		app_post(a, w->account, r);
	}
	return all && !*problem;
}

/* ---- the answer ---- */

static void
bounce(App *a, guint account, Draft *d /* taken */, const char *to)
{
	g_autoptr(GError) err = NULL;
	const AppAccount *acc = app_account_of(a, account);

	draft_set(d, DRAFT_TO, to);
	if (!draft_check(d, &err)) {
		app_say(a, STYLE_ERROR, "%s", err->message);
	} else if (acc->account->send.scheme == SCHEME_NONE) {
		app_say(a, STYLE_ERROR,
			_("The account “%s” can't send: it has no “send” line in the configuration."),
			acc->account->name);
	} else {
		Request *r = request_new(REQ_SEND);
		r->data = draft_write(d);
		app_post(a, account, r);
	}
	draft_free(d);
}

static void
finish(App *a, Draft *d /* taken */, const Message *m)
{
	Answering *w = a->answering;

	d->answers = w->kind == DRAFT_EDIT ? 0 : w->message;
	g_free(d->answers_id);
	d->answers_id = w->kind == DRAFT_EDIT ? NULL : g_strdup(m->message_id);
	d->flowed = conf_bool(a->setup->conf, "compose", "flowed");
	guint account = w->account;
	gint64 recalled = w->recalls ? w->message : 0;
	g_autofree char *to = g_steal_pointer(&w->bounce_to);
	forget(a);
	g_clear_pointer(&a->message, clean_free);
	if (to)
		bounce(a, account, d, to);
	else
		compose_open(a, account, d, 0);
	if (recalled)
		compose_goes_on_with(a, account, recalled);
}

static Draft *
make(App *a, const Answering *w, const Message *m, GBytes *raw)
{
	const Document *doc = open_text(a);
	g_autoptr(GPtrArray) identities = app_identities(a);
	/* the alias comes before the mailbox that it ended in */
	const char *lists[] = { field(doc, "X-Original-To"), field(doc, "Envelope-To"), field(doc, "Delivered-To"), m->to, m->cc,
		w->kind == DRAFT_EDIT ? m->from_address : NULL };
	enum { ENVELOPES = 3 };
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		identities_meet(identities, w->account, lists[i]);
	const Identity *id = g_ptr_array_index(
		identities, identities_find(identities, w->account, lists, G_N_ELEMENTS(lists), ENVELOPES));
	g_auto(GStrv) own = identities_addresses(identities);
	g_autofree char *from = reply_mailbox(m->from_name, m->from_address),
			*post = list_post(doc);
	ReplyStyle style = style_of(a, id, (const char *const *)own);
	ReplySource source = {
		.from = from,
		/* IMAP says From there if it is not set, and the store has none where it is From */
		.reply_to = !field(doc, "Reply-To") ? NULL : m->reply_to ? m->reply_to : from,
		.to = m->to,
		.cc = m->cc,
		.bcc = field(doc, "Bcc"),
		.subject = m->subject,
		.message_id = m->message_id,
		.references = m->references,
		.in_reply_to = m->in_reply_to,
		.list_post = post,
		.mail_followup_to = field(doc, "Mail-Followup-To"),
		.delivered_to = delivered_to(doc),
		.sent = m->sent ? m->sent : m->received,
		.document = doc,
		.raw = raw,
	};
	Draft *d = reply_make(w->kind, &source, &style);
	g_free(d->identity);
	d->identity = g_strdup(id->name);
	draft_set(d, DRAFT_FROM, id->from);
	if (id->reply_to && !*d->fields[DRAFT_REPLY_TO])
		draft_set(d, DRAFT_REPLY_TO, id->reply_to);
	return d;
}

static void
fail(App *a, const char *why)
{
	app_say(a, STYLE_ERROR, "%s", why);
	forget(a);
}

/* Who types somewhere else by now must not type on into the answer: it waits until that is left. */
static bool
is_elsewhere(const App *a)
{
	return a->prompt || a->overs->len || a->helping;
}

/* All that is needed is here: the composer opens; else it is asked for, once. */
static void
go_on(App *a)
{
	Answering *w = a->answering;
	AppAccount *acc = app_account_of(a, w->account);
	g_autoptr(GError) err = NULL;
	g_autofree char *problem = NULL;

	if (!a->open.view || a->open.message != w->message || a->open.account != w->account)
		return;
	g_autoptr(GBytes) raw = bodies_get(acc->db, w->message, "", NULL);
	if (needs_whole(w->kind) && !raw) {
		if (!w->asked_whole) {
			Request *r = request_new(REQ_FETCH_PART);
			r->message = w->message;
			r->text = g_strdup("");
			app_post(a, w->account, r);
		}
		w->asked_whole = true;
		app_say(a, STYLE_PROGRESS, "%s", _("Fetching the whole message …"));
		return;
	}
	g_autoptr(Message) m = messages_get(acc->db, w->message, &err);
	if (!m) {
		fail(a, err ? err->message : _("The message is not there any more."));
		return;
	}
	g_autoptr(Draft) d = make(a, w, m, raw);
	if (w->kind == DRAFT_REPLY_LIST && !*d->fields[DRAFT_TO]) {
		fail(a, _("This message names no mailing list to which one could write."));
		return;
	}
	if (brings_files(w->kind) && !take_files(a, w, raw, d, &problem)) {
		if (problem)
			fail(a, problem);
		else
			app_say(a, STYLE_PROGRESS, "%s",
				_("Fetching the attachments of the message …"));
		return;
	}
	w->held = !w->bounce_to && is_elsewhere(a);
	if (!w->held)
		finish(a, g_steal_pointer(&d), m);
}

/* The message in the pager can be read now. */
void
answering_ready(App *a)
{
	if (!a->answering)
		return;
	if (a->open.message == a->answering->message && a->open.account == a->answering->account)
		go_on(a);
	else
		forget(a);	/* the person reads something else by now */
}

void
answering_tick(App *a)
{
	if (a->answering && a->answering->held && !is_elsewhere(a))
		answering_ready(a);
}

void
answering_body_came(App *a, const Letter *l)
{
	Answering *w = a->answering;
	if (!w || l->message != w->message || l->account != w->account)
		return;
	bool ours = w->asked_whole ||
		g_ptr_array_find_with_equal_func(
			w->asked, l->text ? l->text : "", g_str_equal, NULL);
	if (ours && l->failed)
		fail(a, l->text2 ? l->text2 : _("The message could not be fetched."));
	else if (ours)
		go_on(a);
}

static void
answer_as(App *a, DraftKind kind, const char *bounce_to, bool recalls)
{
	const MessageRow *row = a->list ? listview_current(a->list) : NULL;

	forget(a);
	if (a->focus != PANE_PAGER && row &&
		(a->open.message != row->key.id || a->open.account != a->account))
		open_message(a, row);
	if (!a->open.message)
		return;
	a->answering = g_new0(Answering, 1);
	*a->answering = (Answering){
		.kind = kind,
		.account = a->open.account,
		.message = a->open.message,
		.bounce_to = g_strdup(bounce_to),
		.recalls = recalls,
		.asked = g_ptr_array_new_with_free_func(g_free),
	};
	if (a->open.view)
		go_on(a);
	else
		app_say(a, STYLE_PROGRESS, "%s",
			_("The message is fetched first; the answer opens then."));
}

static void
answer(App *a, DraftKind kind, const char *bounce_to)
{
	answer_as(a, kind, bounce_to, false);
}

void cmd_reply(App *a, const char *arg) { answer(a, DRAFT_REPLY, NULL); }
void cmd_reply_all(App *a, const char *arg) { answer(a, DRAFT_REPLY_ALL, NULL); }
void cmd_reply_list(App *a, const char *arg) { answer(a, DRAFT_REPLY_LIST, NULL); }
void cmd_forward(App *a, const char *arg) { answer(a, DRAFT_FORWARD, NULL); }
void cmd_forward_attached(App *a, const char *arg) { answer(a, DRAFT_FORWARD_ATTACHED, NULL); }
void cmd_edit_as_new(App *a, const char *arg) { answer(a, DRAFT_EDIT, NULL); }

/* ---- drafts: those of the outbox, and what other programs put into the folder for them ---- */

static bool
is_for_drafts(const App *a, guint account, const Folder *f)
{
	const AppAccount *acc = app_account_of((App *)a, account);
	const char *name = acc ? acc->account->drafts : NULL;
	return f && (f->role == ROLE_DRAFTS || (name && !strcmp(f->name, name)));
}

bool
compose_recall_selected(App *a)
{
	const MessageRow *row = a->list ? listview_current(a->list) : NULL;
	AppAccount *acc = app_account_of(a, a->account);

	if (!row || !acc || !acc->db || a->setup->read_only || !is_for_drafts(a, a->account, a->folder_row))
		return false;
	gint64 draft = outbox_of_copy(acc->db, row->key.id);
	if (draft)
		return compose_continue(a, a->account, draft);
	answer_as(a, DRAFT_EDIT, NULL, true);
	return true;
}

/* Nothing is in the outbox: the folder may have some. */
static void
open_drafts(App *a)
{
	AppAccount *acc = app_account_of(a, a->account);

	for (guint i = 0; acc && acc->folders && i < acc->folders->len; i++) {
		const Folder *f = g_ptr_array_index(acc->folders, i);
		if (!is_for_drafts(a, a->account, f) || !folder_total(f))
			continue;
		app_open_folder(a, a->account, f->id);
		app_say(a, STYLE_STATUS, "%s", _("Return goes on with the selected draft."));
		return;
	}
	app_say(a, STYLE_STATUS, "%s", _("There are no drafts; m begins a mail."));
}

void
cmd_recall(App *a, const char *arg)
{
	guint n = 0, account = 0;
	gint64 row = 0;

	if (a->focus != PANE_FOLDERS && compose_recall_selected(a))
		return;
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		GPtrArray *rows = acc->db ? outbox_list(acc->db, true, NULL) : NULL;
		for (guint k = 0; rows && k < rows->len; k++, n++) {
			account = i;
			row = ((OutRow *)g_ptr_array_index(rows, k))->id;
		}
		if (rows)
			g_ptr_array_unref(rows);
	}
	if (n == 0)
		open_drafts(a);
	else if (n == 1)
		compose_continue(a, account, row);
	else
		waiting_open(a, WAIT_DRAFTS);
}

static void
bounce_to(App *a, const char *to)
{
	if (to && *to)
		answer(a, DRAFT_BOUNCE, to);
}

void
cmd_bounce(App *a, const char *arg)
{
	if (arg)
		bounce_to(a, arg);
	else
		app_ask_line(a, PROMPT_ADDRESS, _("Bounce the message, as it is, to: "), NULL,
			bounce_to);
}

/* ---- files ---- */

void
cmd_take_file(App *a, const char *arg)
{
	FilesPane *f = over_self(a, &files_face);
	if (f)
		files_take(f);
}

void
cmd_mark_file(App *a, const char *arg)
{
	FilesPane *f = over_self(a, &files_face);
	if (f)
		files_mark(f);
}

void
cmd_parent_folder(App *a, const char *arg)
{
	FilesPane *f = over_self(a, &files_face);
	if (f)
		files_up(f);
}

void
cmd_hidden_files(App *a, const char *arg)
{
	FilesPane *f = over_self(a, &files_face);
	if (f)
		files_toggle_hidden(f);
}

static void
path_typed(App *a, const char *path)
{
	FilesPane *f = over_self(a, &files_face);
	if (f && path && *path)
		files_go(f, path);
}

void
cmd_type_path(App *a, const char *arg)
{
	const char *begin = a->last_key == '~' ? "~/" : "/";
	if (arg)
		path_typed(a, arg);
	else
		app_ask_line(a, PROMPT_FILE, _("Folder or file: "), begin, path_typed);
}

/* compose_send.c - a mail that is written goes into the outbox: kept as a draft, sent, postponed,
 * given up.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One request at a time: a second save without the row of the first would make a second draft. */
#include "config.h"
#include "ui/panes/compose_private.h"
#include "ui/panes/files.h"
#include "ui/panes/question.h"
#include "base/intl.h"
#include "render/compose.h"
#include "sync/door.h"

#include <string.h>

static gint64
seconds(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

static bool
nothing_typed(const Compose *c)
{
	return compose_version(c) == c->begun;
}

/* A new mail as it was begun, with at most a signature: no recipient, subject or file came from the command line or a link. */
static bool
is_untouched(const Compose *c)
{
	static const DraftField given[] = { DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_SUBJECT };

	for (gsize i = 0; i < G_N_ELEMENTS(given); i++)
		if (*c->draft->fields[given[i]])
			return false;
	return nothing_typed(c) && c->draft->kind == DRAFT_NEW && c->draft->attachments->len == 0;
}

/* ---- keeping ---- */

static bool
post(Compose *c, RequestKind kind)
{
	AppAccount *acc = app_account_of(c->app, c->account);
	if (!acc || !acc->engine)
		return false;
	Request *r = request_new(kind);
	compose_gather(c);
	r->message = c->row;
	r->data = draft_write(c->draft);
	if (c->goes_on_with && c->origin == c->account) {
		r->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
		g_array_append_val(r->ids, c->goes_on_with);
	}
	c->number++;
	if (kind == REQ_SEND) {
		r->when = c->send_at;
		r->flag = (guint32)c->number;
	} else {
		r->when = c->number;
	}
	c->saved = compose_version(c);
	c->keys = 0;
	c->tried_at = seconds();
	app_post(c->app, c->account, r);
	return true;
}

static void
no_store(Compose *c)
{
	if (!c->trouble_said)
		app_say(c->app, STYLE_ERROR, "%s",
			_("This mail can't be kept on this disk: the account's store is not open here."));
	c->trouble_said = true;
}

void
compose_save(Compose *c)
{
	if (c->saving || c->sending || c->saved == compose_version(c) ||
		(nothing_typed(c) && !c->close_then))
		return;
	c->saving = post(c, REQ_DRAFT_SAVE);
	if (!c->saving)
		no_store(c);
}

void
compose_keep(Compose *c)
{
	compose_save(c);
}

void
compose_tick(App *a, void *self)
{
	Compose *c = self;
	if (seconds() - c->tried_at >= SAVE_S)
		compose_save(c);
}

/* ---- copies in other outboxes ---- */

static void
remove_row(Compose *c, guint account, gint64 row)
{
	Request *r = request_new(REQ_DRAFT_REMOVE);
	r->message = row;
	app_post(c->app, account, r);
}

void
compose_change_account(Compose *c, guint account)
{
	ComposeLeft here = { c->account, c->row, c->saving ? c->number : 0 };

	if (here.row || here.number)
		g_array_append_val(c->left, here);
	c->account = account;
	c->row = 0;
	c->saving = false;
	c->number++;
	for (guint i = 0; i < c->left->len && !c->row; i++) {	/* it was there before */
		const ComposeLeft *l = &g_array_index(c->left, ComposeLeft, i);
		if (l->account != account || !l->row)
			continue;
		c->row = l->row;
		g_array_remove_index(c->left, i);
	}
	compose_save(c);
}

static void
remove_left(Compose *c)
{
	for (guint i = c->left->len; i-- > 0;) {
		const ComposeLeft *l = &g_array_index(c->left, ComposeLeft, i);
		if (!l->row)
			continue;
		remove_row(c, l->account, l->row);
		g_array_remove_index(c->left, i);
	}
}

/* The answer to a save from before the sender was changed. */
static void
left_answered(Compose *c, const Letter *l)
{
	for (guint i = 0; i < c->left->len; i++) {
		ComposeLeft *left = &g_array_index(c->left, ComposeLeft, i);
		if (left->account != l->account || left->number != l->when)
			continue;
		left->number = 0;
		if (!l->failed)
			left->row = l->message;
		if (!left->row)
			g_array_remove_index(c->left, i);
		if (c->row && !c->saving)
			remove_left(c);
		return;
	}
}

/* ---- leaving ---- */

static void
leave(Compose *c)
{
	c->finished = true;
	over_leave(c->app, c);	/* the choice of files may lie on it by now */
}

static void
remove_draft(Compose *c)
{
	if (c->row)
		remove_row(c, c->account, c->row);
	remove_left(c);
	c->row = 0;
}

void
compose_goes_on_with(App *a, guint account, gint64 message)
{
	Compose *c = over_self(a, &compose_face);

	if (!c)
		return;
	c->goes_on_with = message;
	c->origin = account;
}

/* It is kept, and nothing more is to be done with it for now. */
static void
put_aside(Compose *c)
{
	Request *r = request_new(REQ_DRAFT_POSTPONED);

	r->message = c->row;
	app_post(c->app, c->account, r);
	app_say(c->app, STYLE_STATUS, "%s", _("The draft is kept; R goes on with it."));
	leave(c);
}

void
compose_postpone(Compose *c)
{
	App *a = c->app;

	if (c->sending)
		return;
	compose_gather(c);
	if (c->row == 0 && !c->saving && (draft_is_empty(c->draft) || is_untouched(c))) {
		app_say(a, STYLE_STATUS, "%s", _("Nothing was written, so nothing is kept."));
		leave(c);
		return;
	}
	if (c->row && !c->saving && c->saved == compose_version(c)) {
		put_aside(c);
		return;
	}
	c->close_then = true;
	c->trouble_said = false;
	compose_save(c);
	c->close_then = c->saving;
}

static void
discard(Compose *c)
{
	c->discard_then = c->saving;	/* its row is not known yet */
	if (c->discard_then)
		return;
	remove_draft(c);
	app_say(c->app, STYLE_STATUS, "%s", _("The mail was discarded."));
	leave(c);
}

static void
discarded(App *a, int n, gpointer user)
{
	Compose *c = over_self(a, &compose_face);
	if (!c || n < 0 || n > 1)
		return;
	if (n == 0)
		compose_postpone(c);
	else
		discard(c);
}

void
compose_abort(Compose *c)
{
	if (c->sending)
		return;
	if (nothing_typed(c) && !c->saving && !c->row && (c->draft->kind != DRAFT_NEW || is_untouched(c))) {
		app_say(c->app, STYLE_STATUS, "%s",
			c->draft->kind == DRAFT_NEW ?
				_("Nothing was written, so nothing is kept.") :
				_("The mail was discarded."));
		leave(c);
		return;
	}
	const QuestionChoice choices[] = { { _("Keep it as a draft"), "py" },
		{ _("Discard it"), "dn" }, { _("Go on writing"), "q" } };
	question_ask(c->app, _("What becomes of this mail?"), choices, G_N_ELEMENTS(choices), 0,
		discarded, NULL, NULL);
}

bool
compose_close(App *a, void *self)
{
	compose_abort(self);
	return false;	/* it leaves by itself, when that was answered */
}

/* ---- sending ---- */

/* Another eilpost has the account's store, maybe in another window: it sends. */
static void
give_to_first(Compose *c)
{
	App *a = c->app;
	const AppAccount *acc = app_account_of(a, c->account);
	g_autoptr(GError) err = NULL;

	if (c->send_at) {
		app_say(a, STYLE_ERROR, "%s",
			_("Another eilpost has this account; only there a mail can wait for a time."));
		return;
	}
	g_autofree char *socket = places_socket(a->setup->places, acc->account);
	g_autoptr(Composed) mail = compose_message(c->draft, compose_identity(c)->from, &err);
	if (mail && door_queue(socket, mail->message, (const char *const *)mail->recipients,
			    mail->sender, &err)) {
		app_say(a, STYLE_STATUS, "%s",
			_("The mail is in the outbox of the other eilpost, which has this account."));
		leave(c);
		return;
	}
	app_say(a, STYLE_ERROR, "%s", err ? err->message : _("The mail could not be put into the outbox; it is kept here."));
}

static void
send_now(Compose *c)
{
	if (c->saving) {	/* its row is not known yet */
		c->send_then = true;
		return;
	}
	c->sending = post(c, REQ_SEND);
	if (!c->sending)
		give_to_first(c);
	else
		app_say(c->app, STYLE_PROGRESS, "%s", _("The mail goes into the outbox …"));
}

static void
subject_answered(App *a, int n, gpointer user)
{
	Compose *c = over_self(a, &compose_face);
	if (!c)
		return;
	c->no_subject_agreed = n == 1;
	if (c->no_subject_agreed)
		compose_send(c);
	else
		compose_type_into(c, DRAFT_SUBJECT);
}

static void
attachment_answered(App *a, int n, gpointer user)
{
	Compose *c = over_self(a, &compose_face);
	if (!c)
		return;
	c->no_attachment_agreed = n == 1;
	if (n == 1)
		compose_send(c);
	else if (n == 0)
		cmd_attach_file(a, NULL);
}

/* Back where the mistake is. */
static void
show_problem(Compose *c, const char *sentence)
{
	static const int lists[] = { DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_REPLY_TO };
	int wrong = -1;

	for (gsize i = 0; i < G_N_ELEMENTS(lists) && wrong < 0; i++) {
		compose_check_field(c, lists[i]);
		if (c->problems[lists[i]])
			wrong = lists[i];
	}
	if (wrong < 0 && !editor_length(c->fields[DRAFT_TO]) &&
		!editor_length(c->fields[DRAFT_CC]) && !editor_length(c->fields[DRAFT_BCC]))
		wrong = DRAFT_TO;
	if (wrong >= 0)
		compose_go(c, (ComposeLine){ LINE_FIELD, wrong }, true);
	app_say(c->app, STYLE_ERROR, "%s", sentence);
	compose_save(c);
}

void
compose_send(Compose *c)
{
	g_autoptr(GError) err = NULL;
	const AppAccount *acc = app_account_of(c->app, c->account);

	if (c->sending)
		return;
	compose_gather(c);
	if (!draft_check(c->draft, &err)) {
		show_problem(c, err->message);
		return;
	}
	if (acc && acc->account->send.scheme == SCHEME_NONE) {
		g_autofree char *why = g_strdup_printf(
			_("The account “%s” can't send: it has no “send” line in the configuration. The draft is kept."),
			acc->account->name);
		show_problem(c, why);
		return;
	}
	if (!*c->draft->fields[DRAFT_SUBJECT] && !c->no_subject_agreed) {
		const QuestionChoice choices[] = { { _("Write a subject"), "sn" },
			{ _("Send it without"), "yj" } };
		question_ask(c->app, _("The mail has no subject."), choices, G_N_ELEMENTS(choices),
			0, subject_answered, NULL, NULL);
		return;
	}
	g_autofree char *word = c->no_attachment_agreed ? NULL : draft_forgot_attachment(c->draft);
	if (word) {
		const QuestionChoice choices[] = { { _("Attach a file"), "a" },
			{ _("Send it as it is"), "yj" }, { _("Go on writing"), "n" } };
		g_autofree char *text = g_strdup_printf(
			_("“%s” stands in the text, but nothing is attached."), word);
		question_ask(c->app, text, choices, G_N_ELEMENTS(choices), 0, attachment_answered,
			NULL, NULL);
		return;
	}
	send_now(c);
}

void
compose_send_at(Compose *c, gint64 when)
{
	c->send_at = when;
	compose_send(c);
}

/* ---- answers ---- */

static void
sent(Compose *c, const Letter *l)
{
	App *a = c->app;

	c->sending = false;
	if (l->failed) {
		c->saved = 0;
		app_say(a, STYLE_ERROR, "%s",
			l->text2 ?
				l->text2 :
				_("The mail could not be put into the outbox; it is kept here."));
		return;
	}
	remove_left(c);
	if (c->send_at) {
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(c->send_at),
				     local = g_date_time_to_timezone(utc, a->zone);
		g_autofree char *at = g_date_time_format(local, "%Y-%m-%d %H:%M");
		app_say(a, STYLE_STATUS, _("The mail waits in the outbox until %s."), at);
	} else {
		g_clear_pointer(&a->message, clean_free);
	}
	leave(c);
}

static void
saved(Compose *c, const Letter *l)
{
	App *a = c->app;

	c->saving = false;
	if (l->failed) {
		c->saved = 0;
		if (!c->trouble_said || c->close_then)
			app_say(a, STYLE_ERROR, _("The draft could not be kept: %s"),
				l->text2 ? l->text2 : "?");
		c->trouble_said = true;
		c->close_then = false;
	} else {
		c->row = l->message;
		remove_left(c);
		c->kept_at = g_get_real_time() / G_USEC_PER_SEC;
		c->trouble_said = false;
	}
	if (c->discard_then) {
		discard(c);
	} else if (c->send_then) {
		c->send_then = false;
		send_now(c);
	} else if (c->close_then && c->saved != compose_version(c)) {
		compose_save(c);
	} else if (c->close_then) {
		put_aside(c);
	}
}

void
compose_letter(App *a, void *self, const Letter *l)
{
	Compose *c = self;
	if (l->kind != LETTER_DRAFT)
		return;
	if (l->account != c->account || l->when != c->number)
		left_answered(c, l);
	else if (c->sending)
		sent(c, l);
	else if (c->saving)
		saved(c, l);
}

/* compose.c - the pane in which a mail is written: its lines, and what keys do in them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/panes/compose_private.h"
#include "base/intl.h"
#include "store/outbox.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const Identity *
compose_identity(const Compose *c)
{
	return g_ptr_array_index(c->identities, c->identity);
}

/* ---- lines ---- */

static bool
shows(const Compose *c, int field)
{
	if (field == DRAFT_BCC || field == DRAFT_REPLY_TO)
		return c->wanted[field] || editor_length(c->fields[field]) > 0;
	return true;
}

GArray *
compose_lines(const Compose *c)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(ComposeLine));
	for (int f = 0; f < DRAFT_FIELDS; f++) {
		ComposeLine l = { LINE_FIELD, f };
		if (shows(c, f))
			g_array_append_val(lines, l);
	}
	for (guint i = 0; i < c->draft->attachments->len; i++) {
		ComposeLine l = { LINE_ATTACHMENT, (int)i };
		g_array_append_val(lines, l);
	}
	ComposeLine body = { LINE_BODY, 0 };
	g_array_append_val(lines, body);
	return lines;
}

int
compose_focus_index(const Compose *c, const GArray *lines)
{
	for (guint i = 0; i < lines->len; i++) {
		const ComposeLine *l = &g_array_index(lines, ComposeLine, i);
		if (l->kind == c->focus.kind && l->n == c->focus.n)
			return (int)i;
	}
	return (int)lines->len - 1;
}

void
compose_check_field(Compose *c, int field)
{
	if (field != DRAFT_TO && field != DRAFT_CC && field != DRAFT_BCC && field != DRAFT_REPLY_TO)
		return;
	g_auto(GStrv) entries = draft_split_addresses(editor_text(c->fields[field]));
	g_clear_pointer(&c->problems[field], clean_free);
	for (char **e = entries; *e && !c->problems[field]; e++) {
		g_autofree char *why = NULL, *address = draft_address(*e, &why);
		if (!address && why)
			c->problems[field] = clean_new(why, -1, CLEAN_LINE);
	}
}

void
compose_go(Compose *c, ComposeLine to, bool typing)
{
	if (c->focus.kind == LINE_FIELD && (to.kind != LINE_FIELD || to.n != c->focus.n)) {
		compose_check_field(c, c->focus.n);
		if (!editor_length(c->fields[c->focus.n]))
			c->wanted[c->focus.n] = false;
	}
	if (to.kind == LINE_FIELD) {
		c->wanted[to.n] = true;
		if (typing && (c->focus.kind != LINE_FIELD || c->focus.n != to.n))
			editor_set_cursor(c->fields[to.n], editor_length(c->fields[to.n]));
	}
	c->focus = to;
	/* From is chosen and files are not typed; the text has no keys of its own */
	c->typing = to.kind == LINE_BODY || (typing && to.kind == LINE_FIELD && to.n != DRAFT_FROM);
	keymap_reset(c->app->keymap);
}

bool
compose_typing(const Compose *c)
{
	return c->typing;
}

bool
compose_in_body(const Compose *c)
{
	return c->typing && c->focus.kind == LINE_BODY;
}

Editor *
compose_editor(Compose *c)
{
	if (!c->typing)
		return NULL;
	return c->focus.kind == LINE_BODY ? c->body : c->fields[c->focus.n];
}

void
compose_type_into(Compose *c, int field)
{
	compose_go(c,
		field < DRAFT_FIELDS ? (ComposeLine){ LINE_FIELD, field } :
				       (ComposeLine){ LINE_BODY, 0 },
		true);
}

void
compose_leave(Compose *c)
{
	if (c->focus.kind == LINE_FIELD)
		compose_check_field(c, c->focus.n);
	else
		c->focus = (ComposeLine){ LINE_FIELD, DRAFT_SUBJECT };
	c->typing = false;
	keymap_reset(c->app->keymap);
	app_ask_secret(c->app);
}

void
compose_step(Compose *c, int step, bool typing)
{
	g_autoptr(GArray) lines = compose_lines(c);
	int at = compose_focus_index(c, lines) + step;
	if (at < 0)
		at = typing ? (int)lines->len - 1 : 0;
	at = at % (int)lines->len;
	ComposeLine to = g_array_index(lines, ComposeLine, at);
	compose_go(c, to, typing);
}

void
compose_enter(Compose *c)
{
	if (c->typing && c->focus.kind == LINE_FIELD)
		compose_step(c, 1, true);
	else if (c->focus.kind == LINE_FIELD && c->focus.n == DRAFT_FROM)
		compose_next_identity(c, 1);
	else if (c->focus.kind != LINE_ATTACHMENT)
		compose_go(c, c->focus, true);
}

/* ---- changes ---- */

guint
compose_version(const Compose *c)
{
	guint n = c->touched + editor_changes(c->body);
	for (int f = 0; f < DRAFT_FIELDS; f++)
		n += editor_changes(c->fields[f]);
	return n;
}

void
compose_gather(Compose *c)
{
	const Identity *id = compose_identity(c);
	for (int f = 0; f < DRAFT_FIELDS; f++)
		draft_set(c->draft, (DraftField)f,
			f == DRAFT_FROM ? id->from : editor_text(c->fields[f]));
	g_free(c->draft->identity);
	c->draft->identity = g_strdup(id->name);
	g_free(c->draft->body);
	bool ends = editor_length(c->body) == 0 || g_str_has_suffix(editor_text(c->body), "\n");
	c->draft->body = g_strconcat(editor_text(c->body), ends ? "" : "\n", NULL);
}

/* The signature of the one before, if it still stands at the end as it was put there, becomes
 * that of the new one; if that one has none, the new one's comes to the end. */
static void
change_signature(Compose *c, const Identity *from, const Identity *to)
{
	g_autofree char *old =
		from->signature ? g_strdup_printf("-- \n%s\n", from->signature) : NULL;
	const char *text = editor_text(c->body);

	if (old ? !g_str_has_suffix(text, old) : !to->signature)
		return;
	gsize keep = strlen(text) - (old ? strlen(old) : 0);
	bool ends = keep == 0 || text[keep - 1] == '\n';
	g_autofree char *fresh =
		g_strdup_printf("%.*s%s%s%s%s", (int)keep, text, ends ? "" : "\n", to->signature ? "-- \n" : "",
			to->signature ? to->signature : "", to->signature ? "\n" : "");
	editor_replace(c->body, fresh);
}

void
compose_next_identity(Compose *c, int step)
{
	int n = (int)c->identities->len;
	const Identity *was = compose_identity(c);

	if (n < 2) {
		app_say(c->app, STYLE_STATUS, "%s",
			_("There is no other sender: each account and each [identity] of the configuration is one."));
		return;
	}
	c->identity = (guint)(((int)c->identity + step + n) % n);
	const Identity *id = compose_identity(c);
	change_signature(c, was, id);
	c->touched++;
	if (id->account != c->account)
		compose_change_account(c, id->account);
}

void
compose_attach(Compose *c, const char *path)
{
	GStatBuf st;
	g_autofree char *name = g_path_get_basename(path), *shown = g_filename_display_name(name);

	if (g_stat(path, &st) != 0 || access(path, R_OK) != 0) {
		app_say(c->app, STYLE_ERROR, _("%s can't be read: %s"), shown, g_strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		app_say(c->app, STYLE_ERROR, _("%s is not a file."), shown);
		return;
	}
	DraftAttachment *a = draft_attach(c->draft);
	a->path = g_canonicalize_filename(path, NULL);
	a->name = g_steal_pointer(&shown);
	c->touched++;
}

bool
compose_detach(Compose *c)
{
	if (c->focus.kind != LINE_ATTACHMENT)
		return false;
	draft_detach(c->draft, (guint)c->focus.n);
	c->touched++;
	if (c->focus.n > 0)
		c->focus.n--;
	if (!c->draft->attachments->len)
		c->focus = (ComposeLine){ LINE_FIELD, DRAFT_SUBJECT };
	return true;
}

const char *
compose_body(const Compose *c)
{
	return editor_text(c->body);
}

bool
compose_replace_body(Compose *c, const char *text)
{
	return editor_replace(c->body, text);
}

/* ---- keys ---- */

static void
pasted(Compose *c, const char *paste)
{
	Editor *e = compose_editor(c);
	g_autofree char *most = g_format_size(e && e == c->body ? EDITOR_BODY_MAX : EDITOR_LINE_MAX);

	if (!e)
		app_say(c->app, STYLE_STATUS, "%s",
			_("Nothing was pasted: Enter or the key of a field begins to type there."));
	else if (!editor_insert(e, paste, -1))
		app_say(c->app, STYLE_ERROR,
			e == c->body ?
				_("The text would be too long (more than %s); nothing was pasted.") :
				_("That is too long for this field (more than %s); nothing was pasted."), most);
}

static bool
key(App *a, void *self, Key k, const char *paste)
{
	Compose *c = self;
	Editor *e = compose_editor(c);

	if (c->sending)
		return true;	/* for a moment: it is on its way into the outbox */
	if (++c->keys >= SAVE_KEYS)
		compose_save(c);
	if (k == K_PASTE) {
		pasted(c, paste);
		return true;
	}
	if (e && key_is_text(k) && k < K_UP)
		return editor_type(e, k);
	if (!e && c->focus.kind == LINE_FIELD && c->focus.n == DRAFT_FROM &&
		(k == K_LEFT || k == K_RIGHT)) {
		compose_next_identity(c, k == K_LEFT ? -1 : 1);
		return true;
	}
	return false;
}

static Where
where(void *self)
{
	return compose_typing(self) ? IN_EDITOR : IN_COMPOSE;
}

static const Clean *
title(void *self)
{
	Compose *c = self;
	clean_free(c->title);
	const char *subject = editor_text(c->fields[DRAFT_SUBJECT]);
	g_autofree char *shown =
		g_utf8_substring(subject, 0, MIN(g_utf8_strlen(subject, 400), 200));
	c->title = *shown ? clean_printf(_("Writing: %s"), shown) :
			    clean_new(_("Writing a mail"), -1, CLEAN_LINE);
	return c->title;
}

/* ---- life ---- */

static void
free_pane(void *self)
{
	Compose *c = self;
	if (!c->finished)
		compose_save(c);	/* the program ends: the engine still takes it */
	for (int f = 0; f < DRAFT_FIELDS; f++) {
		editor_free(c->fields[f]);
		clean_free(c->problems[f]);
	}
	editor_free(c->body);
	draft_free(c->draft);
	clean_free(c->title);
	g_string_free(c->clip, TRUE);
	g_array_unref(c->left);
	g_ptr_array_unref(c->identities);
	g_free(c);
}

const OverFace compose_face = {
	.where = where,
	.draw = compose_draw,
	.key = key,
	.letter = compose_letter,
	.tick = compose_tick,
	.close = compose_close,
	.free = free_pane,
	.title = title,
};

/* An answer is written below what it answers, above the signature, unless that stands on top. */
static void
place_cursor(Compose *c)
{
	const char *text = editor_text(c->body), *sign = g_strrstr(text, "\n-- \n");
	bool answer =
		c->draft->kind >= DRAFT_REPLY && c->draft->kind <= DRAFT_REPLY_LIST && !c->row;

	if (c->row || (answer && *text != '\n'))
		editor_set_cursor(c->body, sign ? (gsize)(sign - text) : strlen(text));
}

static void
first_focus(Compose *c)
{
	bool answer = c->draft->kind >= DRAFT_REPLY && c->draft->kind <= DRAFT_REPLY_LIST;
	bool addressed = editor_length(c->fields[DRAFT_TO]) > 0;

	c->focus = (ComposeLine){ LINE_FIELD, DRAFT_TO };
	if (!addressed)
		compose_go(c, c->focus, true);
	else if (!editor_length(c->fields[DRAFT_SUBJECT]) && !answer)
		compose_type_into(c, DRAFT_SUBJECT);
	else
		compose_type_into(c, DRAFT_FIELDS);
}

void
compose_open(App *a, guint account, Draft *draft, gint64 row)
{
	Compose *c = g_new0(Compose, 1);

	c->app = a;
	c->account = account;
	c->row = row;
	c->draft = draft;
	c->clip = g_string_new(NULL);
	c->left = g_array_new(FALSE, FALSE, sizeof(ComposeLeft));
	c->identities = app_identities(a);
	identities_meet(c->identities, account, draft->identity);
	c->identity = identities_named(c->identities, account, draft->identity);
	for (int f = 0; f < DRAFT_FIELDS; f++) {
		c->fields[f] = editor_new(true, c->clip);
		if (f != DRAFT_FROM)
			editor_set(c->fields[f], draft->fields[f]);
	}
	c->body = editor_new(false, c->clip);
	editor_set(c->body, draft->body);
	editor_set_flowed(c->body, draft->flowed);
	c->number = g_random_int_range(1, 1 << 30);
	c->begun = compose_version(c);
	c->saved = row ? c->begun : 0;
	c->tried_at = g_get_monotonic_time() / G_USEC_PER_SEC;
	over_push(a, &compose_face, c);
	place_cursor(c);
	first_focus(c);
}

bool
compose_continue(App *a, guint account, gint64 row)
{
	g_autoptr(GError) err = NULL;
	AppAccount *acc = app_account_of(a, account);
	Draft *d = acc && acc->db ? outbox_draft(acc->db, row, &err) : NULL;

	if (!d) {
		app_say(a, STYLE_ERROR, "%s",
			err ? err->message : _("This draft is not there any more."));
		return false;
	}
	compose_open(a, account, d, row);
	return true;
}

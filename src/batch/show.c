/* show.c - `eilpost show`: a message of the store as text, for scripts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Foreign bytes are read by the worker here, too: what comes out is what the pager would show, unwrapped. */
#include "config.h"
#include "batch/json.h"
#include "batch/script.h"
#include "base/intl.h"
#include "store/messages.h"
#include "sync/stored.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80 };	/* tables are laid out to them */

typedef struct { Document *document; /* owned */ GError *err; /* owned */ bool done; } Answer;

/* ---- from the store to a document ---- */

static void
on_document(void *user, Document *document, const GError *err)
{
	Answer *a = user;

	a->document = document;
	a->err = err ? g_error_copy(err) : NULL;
	a->done = true;
}

static Document *
document_of(const Script *s, Render *r, Db *db, gint64 message, GError **err)
{
	RenderMessage m = { .columns = COLUMNS, .prefer_html = conf_bool(s->h->conf, "ui", "prefer-html") };
	g_autoptr(GError) why = NULL;
	bool header_cut;
	Answer a = { 0 };

	if (!stored_render(r, db, message, &m, &header_cut, on_document, &a, &why)) {
		if (!why)
			g_set_error_literal(&why, EIL_ERROR, EIL_LATER, _("The text of this message is not on this computer yet: it comes when it is opened, or by the account's “offline”."));
		g_propagate_error(err, g_steal_pointer(&why));
		return NULL;
	}
	while (!a.done) {
		struct pollfd p = { .fd = render_fd(r), .events = POLLIN };
		poll(&p, 1, render_timeout_ms(r));
		render_dispatch(r);
	}
	if (a.err)
		g_propagate_error(err, a.err);
	else if (header_cut)
		document_add_note(a.document, NOTE_CUT_HEADERS);
	return a.document;
}

/* ---- its text ---- */

static void
put_marked(GString *out, const Document *d, const Block *b)
{
	const char *text = b->text ? clean_peek(b->text) : "";
	gsize at = 0, len = strlen(text);

	for (guint i = 0; i < b->n_spans; i++) {
		const DocLink *link = document_mark(d, b, i);
		gsize end = (gsize)b->spans[i].start + b->spans[i].len;
		if (!link || end < at || end > len)
			continue;
		g_string_append_len(out, text + at, (gssize)(end - at));
		g_string_append_printf(out, "[%u]", b->spans[i].link);
		at = end;
	}
	g_string_append(out, text + at);
}

static void
put_block(GString *out, const Document *d, const Block *b)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *note = b->kind == BLOCK_NOTE ? document_note_text((NoteKind)b->note, b->text) : NULL;

	if (note)
		g_string_append_printf(text, "[%s]", note);
	else if (b->kind == BLOCK_RULE)
		g_string_append(text, "----------");
	else
		put_marked(text, d, b);
	for (const char *at = text->str;;) {
		gsize len = strcspn(at, "\n");
		for (guint i = 0; i < b->quote; i++)
			g_string_append(out, "> ");
		g_string_append_printf(out, "%*s%.*s\n", len ? b->indent : 0, "", (int)len, at);
		if (!at[len] || !at[len + 1])
			break;
		at += len + 1;
	}
}

static char *
text_of(const Document *d)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool any = false;

	for (guint i = 0; i < d->blocks->len; i++)
		put_block(out, d, g_ptr_array_index(d->blocks, i));
	for (guint i = 0; i < d->links->len; i++) {
		const DocLink *l = &g_array_index(d->links, DocLink, i);
		if (l->visible)
			continue;
		g_string_append_printf(out, "%s[%u] %s\n", any ? "" : "\n", i + 1, clean_peek(l->target));
		any = true;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- out with it ---- */

static void
print_words(const Document *d)
{
	g_autofree char *text = text_of(d);

	for (guint i = 0; i < d->fields->len; i++) {
		const HeaderField *f = &g_array_index(d->fields, HeaderField, i);
		if (f->brief)
			printf("%s: %s\n", clean_peek(f->name), clean_peek(f->value));
	}
	printf("\n%s", text);
}

static void
print_json(const char *id, const Document *d)
{
	g_autofree char *text = text_of(d);

	fputs("{\"id\":", stdout);
	json_string(id);
	fputs(",\"fields\":[", stdout);
	for (guint i = 0; i < d->fields->len; i++) {
		const HeaderField *f = &g_array_index(d->fields, HeaderField, i);
		fputs(i ? ",{\"name\":" : "{\"name\":", stdout);
		json_string(clean_peek(f->name));
		json_member("value", clean_peek(f->value));
		putchar('}');
	}
	putchar(']');
	json_member("text", text);
	fputs(",\"parts\":[", stdout);
	for (guint i = 0; i < d->parts->len; i++) {
		const DocPart *p = &g_array_index(d->parts, DocPart, i);
		fputs(i ? ",{\"section\":" : "{\"section\":", stdout);
		json_string(p->section);
		json_member("type", clean_peek(p->type));
		json_member("name", clean_peek(p->name));
		printf(",\"size\":%" G_GUINT64_FORMAT ",\"attachment\":%s,\"here\":%s}", p->size, p->attachment ? "true" : "false", p->here ? "true" : "false");
	}
	puts("]}");
}

static bool
show_one(const Script *s, Render *r, const Account *a, gint64 message)
{
	g_autofree char *id = script_id(a, message);
	g_autoptr(GError) err = NULL;
	g_autoptr(Db) db = script_store(s, a);
	g_autoptr(Message) m = db ? messages_get(db, message, &err) : NULL;
	g_autoptr(Document) d = m ? document_of(s, r, db, message, &err) : NULL;

	if (d && s->json)
		print_json(id, d);
	else if (d)
		print_words(d);
	else if (db)
		fprintf(stderr, "%s: %s\n", id, err ? err->message : _("There is no such message (any more)."));
	return d != NULL;
}

int
batch_show(const Batch *h, char **args)
{
	Script s;
	int status = EXIT_DONE;
	const char *usage = _("Usage: eilpost show [--json] ID...   (as eilpost list names them)");

	if (!script_begin(&s, h, args, usage))
		return EXIT_USAGE;
	if (s.words->len == 0) {
		fprintf(stderr, "%s\n", usage);
		status = EXIT_USAGE;
	}
	Render *r = render_new(s.words->len > 0 ? 1 : 0);
	for (guint i = 0; i < s.words->len && status != EXIT_USAGE; i++) {
		gint64 message;
		const Account *a = script_account_of(&s, s.words->pdata[i], &message);
		if (!a) {
			fprintf(stderr, _("“%s” is no message: eilpost list and eilpost search name them, as in work:123.\n"), (char *)s.words->pdata[i]);
			status = EXIT_USAGE;
			break;
		}
		if (i > 0 && !s.json)
			putchar('\f');	/* between two, as pr and less know it */
		if (!show_one(&s, r, a, message))
			status = EXIT_FAILED;
	}
	render_free(r);
	script_end(&s);
	return status;
}

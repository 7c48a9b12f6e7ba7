/* fetch.c - FETCH responses: flags, dates, envelopes, body sections.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * RFC 9051, 7.5.2. Servers of the wild put NIL where a list should be, send
 * 8-bit subjects raw, and items nobody asked for: what is unknown is skipped. */
#include "config.h"
#include "proto/imap/token.h"

#include <string.h>

static const struct { const char *name; guint32 bit; } known_flags[] = {
	{ "\\Seen", IMAP_FLAG_SEEN }, { "\\Answered", IMAP_FLAG_ANSWERED }, { "\\Flagged", IMAP_FLAG_FLAGGED },
	{ "\\Deleted", IMAP_FLAG_DELETED }, { "\\Draft", IMAP_FLAG_DRAFT }, { "\\Recent", IMAP_FLAG_RECENT },
	{ "$Forwarded", IMAP_FLAG_FORWARDED }, { "\\*", IMAP_FLAG_ANY },
};

void
imap_flags_clear(ImapFlagList *flags)
{
	g_strfreev(flags->keywords);
	*flags = (ImapFlagList){ 0 };
}

static bool
known_flag(const char *name, gsize len, guint32 *bits)
{
	for (gsize i = 0; i < G_N_ELEMENTS(known_flags); i++) {
		if (strlen(known_flags[i].name) == len && !g_ascii_strncasecmp(known_flags[i].name, name, len)) {
			*bits |= known_flags[i].bit;
			return true;
		}
	}
	return false;
}

void
imap_parse_flags(Tokens *t, ImapFlagList *flags)
{
	GPtrArray *words = NULL;

	imap_flags_clear(flags);
	if (!token_open(t)) {
		t->bad = true;
		return;
	}
	while (!t->bad && !token_close(t)) {
		gsize len;
		const char *name = token_atom(t, &len);
		if (len == 0) {
			t->bad = true;
			break;
		}
		if (known_flag(name, len, &flags->bits))
			continue;
		if (!words)
			words = g_ptr_array_new();
		g_ptr_array_add(words, g_strndup(name, len));
	}
	if (words) {
		g_ptr_array_add(words, NULL);
		flags->keywords = (char **)g_ptr_array_free(words, FALSE);
	}
}

static void
address_free(gpointer p)
{
	ImapAddress *a = p;
	g_free(a->name);
	g_free(a->route);
	g_free(a->mailbox);
	g_free(a->host);
	g_free(a);
}

static GPtrArray *
addresses(Tokens *t)
{
	token_spaces(t);
	if (token_word(t, "NIL"))
		return NULL;
	if (!token_open(t)) {
		t->bad = true;
		return NULL;
	}
	GPtrArray *all = g_ptr_array_new_with_free_func(address_free);
	while (!t->bad && !token_close(t)) {
		token_spaces(t);
		if (!token_open(t)) {
			t->bad = true;
			break;
		}
		ImapAddress *a = g_new0(ImapAddress, 1);
		g_ptr_array_add(all, a);
		a->name = token_string(t);
		token_spaces(t);
		a->route = token_string(t);
		token_spaces(t);
		a->mailbox = token_string(t);
		token_spaces(t);
		a->host = token_string(t);
		if (!token_close(t))
			t->bad = true;
	}
	return all;
}

/* From stands again where Sender and Reply-To are not set (RFC 9051, 7.5.2), which is nearly always: read once. */
static GPtrArray *
addresses_again(Tokens *t, const Tokens *from, const char *from_end, GPtrArray *list)
{
	gsize len = (gsize)(from_end - from->p);

	if (list && from->next_literal == t->next_literal && len <= (gsize)(t->end - t->p) && !memcmp(from->p, t->p, len)) {
		t->p += len;
		return g_ptr_array_ref(list);
	}
	return addresses(t);
}

void
imap_envelope_free(ImapEnvelope *e)
{
	if (!e)
		return;
	g_free(e->date);
	g_free(e->subject);
	g_free(e->in_reply_to);
	g_free(e->message_id);
	GPtrArray *lists[] = { e->from, e->sender, e->reply_to, e->to, e->cc, e->bcc };
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (lists[i])
			g_ptr_array_unref(lists[i]);
	g_free(e);
}

static char *
spaced_string(Tokens *t)
{
	token_spaces(t);
	return token_string(t);
}

ImapEnvelope *
imap_parse_envelope(Tokens *t)
{
	token_spaces(t);
	if (token_word(t, "NIL"))
		return NULL;
	if (!token_open(t)) {
		t->bad = true;
		return NULL;
	}
	ImapEnvelope *e = g_new0(ImapEnvelope, 1);
	e->date = spaced_string(t);
	e->subject = spaced_string(t);
	Tokens from = *t;
	e->from = addresses(t);
	const char *from_end = t->p;
	e->sender = addresses_again(t, &from, from_end, e->from);
	e->reply_to = addresses_again(t, &from, from_end, e->from);
	e->to = addresses(t);
	e->cc = addresses(t);
	e->bcc = addresses(t);
	e->in_reply_to = spaced_string(t);
	e->message_id = spaced_string(t);
	if (!token_close(t))
		t->bad = true;
	return e;
}

static void
part_free(gpointer p)
{
	ImapFetchPart *part = p;
	g_free(part->section);
	if (part->data)
		g_bytes_unref(part->data);
	g_free(part);
}

/* "[section]<origin> value": what stands between the brackets may hold lists and quoted strings. */
static void
section(Tokens *t, ImapFetch *f, bool binary)
{
	ImapFetchPart *part = g_new0(ImapFetchPart, 1);
	part->binary = binary;
	g_ptr_array_add(f->parts, part);
	token_expect(t, '[');
	const char *start = t->p;
	while (t->p < t->end && *t->p != ']')
		t->p++;
	part->section = g_strndup(start, (gsize)(t->p - start));
	token_expect(t, ']');
	if (token_take(t, '<')) {
		part->origin = token_u32(t);
		if (token_take(t, '.'))	/* "<0.20>" for "<0>" */
			token_u32(t);
		token_expect(t, '>');
	}
	token_spaces(t);
	part->data = token_bytes(t, &part->streamed, &part->size);
}

static void
binary_size(Tokens *t, ImapFetch *f)
{
	token_expect(t, '[');
	const char *start = t->p;
	while (t->p < t->end && *t->p != ']')
		t->p++;
	g_free(f->binary_section);
	f->binary_section = g_strndup(start, (gsize)(t->p - start));
	token_expect(t, ']');
	token_spaces(t);
	f->binary_size = token_u63(t);
	f->has |= IMAP_HAS_BINARY_SIZE;
}

static void
old_section(Tokens *t, ImapFetch *f, const char *name)
{
	ImapFetchPart *part = g_new0(ImapFetchPart, 1);
	g_ptr_array_add(f->parts, part);
	part->section = g_strdup(name);
	token_spaces(t);
	part->data = token_bytes(t, &part->streamed, &part->size);
}

static void
fetch_uid(Tokens *t, ImapFetch *f)
{
	f->uid = token_u32(t);
	if (f->uid == 0)
		t->bad = true;
	f->has |= IMAP_HAS_UID;
}

static void
fetch_date(Tokens *t, ImapFetch *f)
{
	g_autofree char *text = token_string(t);
	if (text && imap_parse_internal_date(text, &f->internal_date))
		f->has |= IMAP_HAS_DATE;
}

static void
fetch_structure(Tokens *t, ImapFetch *f)
{
	Tokens before = *t;

	imap_body_free(f->body);
	f->body = imap_parse_body(t);
	if (t->bad) {	/* nested beyond all sense: the message is in the list all the same */
		*t = before;
		token_skip_deep(t);
	}
	if (f->body)
		f->has |= IMAP_HAS_BODY;
}

static void
fetch_modseq(Tokens *t, ImapFetch *f)
{
	token_expect(t, '(');
	f->modseq = token_u63(t);
	token_expect(t, ')');
	f->has |= IMAP_HAS_MODSEQ;
}

static void
object_id(Tokens *t, char **into)
{
	token_spaces(t);
	g_free(*into);
	*into = token_object_id(t);
}

/* Gmail's X-GM-EXT-1: names, quoted or not, "\Inbox" and its like among them. */
static void
labels(Tokens *t, ImapFetch *f)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	token_spaces(t);
	if (!token_open(t)) {
		t->bad = true;
		return;
	}
	while (!t->bad && !token_close(t)) {
		token_spaces(t);
		char *label = token_string(t);
		if (label)
			g_ptr_array_add(all, label);
	}
	g_ptr_array_add(all, NULL);
	g_strfreev(f->labels);
	f->labels = g_strdupv((char **)all->pdata);
	f->has |= IMAP_HAS_LABELS;
}

/* Names of sections that are older than BODY[]. */
static bool
old_item(Tokens *t, ImapFetch *f)
{
	static const char *const names[][2] = { { "RFC822.HEADER", "HEADER" }, { "RFC822.TEXT", "TEXT" }, { "RFC822", "" } };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!token_word(t, names[i][0]))
			continue;
		old_section(t, f, names[i][1]);
		return true;
	}
	return false;
}

static void
item(Tokens *t, ImapFetch *f)
{
	if (token_word(t, "UID")) {
		token_spaces(t);
		fetch_uid(t, f);
	} else if (token_word(t, "FLAGS")) {
		token_spaces(t);
		imap_parse_flags(t, &f->flags);
		f->has |= IMAP_HAS_FLAGS;
	} else if (token_word(t, "INTERNALDATE")) {
		token_spaces(t);
		fetch_date(t, f);
	} else if (token_word(t, "RFC822.SIZE")) {
		token_spaces(t);
		f->size = token_u63(t);
		f->has |= IMAP_HAS_SIZE;
	} else if (token_word(t, "ENVELOPE")) {
		imap_envelope_free(f->envelope);
		f->envelope = imap_parse_envelope(t);
		if (f->envelope)
			f->has |= IMAP_HAS_ENVELOPE;
	} else if (token_word(t, "BODYSTRUCTURE")) {
		token_spaces(t);
		fetch_structure(t, f);
	} else if (token_word(t, "BINARY")) {
		section(t, f, true);
	} else if (token_word(t, "BINARY.SIZE")) {
		binary_size(t, f);
	} else if (token_word(t, "BODY")) {
		if (token_is(t, '[')) {
			section(t, f, false);
		} else {
			token_spaces(t);
			fetch_structure(t, f);
		}
	} else if (token_word(t, "MODSEQ")) {
		token_spaces(t);
		fetch_modseq(t, f);
	} else if (token_word(t, "EMAILID")) {
		object_id(t, &f->email_id);
	} else if (token_word(t, "THREADID")) {
		object_id(t, &f->thread_id);
	} else if (token_word(t, "PREVIEW")) {
		g_free(f->preview);
		token_spaces(t);
		f->preview = token_string(t);
	} else if (token_word(t, "X-GM-LABELS")) {
		labels(t, f);
	} else if (!old_item(t, f)) {
		gsize len;
		token_atom(t, &len);
		if (len == 0)
			t->bad = true;
		token_skip(t);
	}
}

void
imap_parse_fetch(Tokens *t, ImapFetch *f)
{
	f->parts = g_ptr_array_new_with_free_func(part_free);
	if (!token_open(t)) {
		t->bad = true;
		return;
	}
	while (!t->bad && !token_close(t)) {
		token_spaces(t);
		item(t, f);
	}
}

void
imap_fetch_free(ImapFetch *f)
{
	if (!f)
		return;
	imap_flags_clear(&f->flags);
	imap_envelope_free(f->envelope);
	imap_body_free(f->body);
	g_free(f->email_id);
	g_free(f->thread_id);
	g_free(f->preview);
	g_free(f->binary_section);
	g_strfreev(f->labels);
	if (f->parts)
		g_ptr_array_unref(f->parts);
	g_free(f);
}

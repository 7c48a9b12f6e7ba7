/* reply.c - an answer or a forward made of a message.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What is read here came from strangers, but as cleaned text: nothing of it is parsed as MIME. Lists of addresses come from
 * the store, where a name stands without quotes, so a comma may be part of a name: "Weber, Anna <anna@example.org>". */
#include "config.h"
#include "mail/reply.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

enum { KEPT_REFERENCES = 20, LONGEST_COMMENT = 200, COUNTED = 2 /* prefixes that a bare number may follow */ };

/* ---- addresses ---- */

char *
reply_mailbox(const char *name, const char *address)
{
	if (!name || !*name)
		return g_strdup(address ? address : "");
	if (!strpbrk(name, "()<>[]:;@\\,.\""))
		return g_strdup_printf("%s <%s>", name, address);
	GString *out = g_string_new("\"");
	for (const char *p = name; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *p);
	}
	g_string_append_printf(out, "\" <%s>", address);
	return g_string_free(out, FALSE);
}

/* The name of "Name <a@b>", without its quotes. */
static char *
name_of(const char *entry)
{
	const char *open = strrchr(entry, '<');
	GString *out = g_string_new(NULL);

	for (const char *p = entry; open && p < open; p++) {
		if (*p == '\\' && p + 1 < open)
			g_string_append_c(out, *++p);
		else if (*p != '"')
			g_string_append_c(out, *p);
	}
	return g_strstrip(g_string_free(out, FALSE));
}

typedef struct { char *name, *address; } Person;	/* owned */

static void
person_clear(gpointer p)
{
	g_free(((Person *)p)->name);
	g_free(((Person *)p)->address);
}

/* Behind a comment that begins at p; p: it is none. What holds an angle bracket is the end of a name and the beginning of
 * another: ":(". */
static const char *
after_comment(const char *p)
{
	guint depth = 0;

	for (const char *q = p; *q && !strchr("<>", *q) && q - p < LONGEST_COMMENT; q++) {
		if (*q == '\\' && q[1])
			q++;
		else if (*q == '(')
			depth++;
		else if (*q == ')' && --depth == 0)
			return q + 1;
	}
	return p;
}

static const char *
after_quoted(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* Where the entry at p ends; *from: where it begins, behind the name of a group. */
static const char *
entry_end(const char *p, const char **from)
{
	bool angle = false;

	*from = p;
	while (*p && (angle || (*p != ',' && *p != ';'))) {
		const char *behind = *p == '(' ? after_comment(p) : *p == '"' ? after_quoted(p) : p + 1;
		if (*p == '<' || *p == '>')
			angle = *p == '<' && strchr(p, '>');
		else if (*p == ':' && !angle && strchr(p, ';') && !memchr(*from, '@', (gsize)(p - *from)))
			*from = p + 1;
		p = behind > p ? behind : p + 1;
	}
	return p;
}

/* What stands in the last angle brackets, whatever the name before them holds. Yours, or NULL. */
static char *
address_of(const char *entry)
{
	const char *open = strrchr(entry, '<'), *close = open ? strchr(open, '>') : NULL;

	if (!close || close[1])
		return draft_address(entry, NULL);
	g_autofree char *bare = g_strstrip(g_strndup(open + 1, (gsize)(close - open - 1)));
	return strpbrk(bare, "()") ? NULL : draft_address(bare, NULL);
}

static GArray *
people(const char *list)
{
	g_autofree char *plain = g_strdup(list ? list : "");
	g_auto(GStrv) pieces = g_strsplit(plain, "\"", -1);

	/* a name from the store may hold a single quote mark; it must not swallow those behind it */
	if (g_strv_length(pieces) % 2 == 0) {
		g_free(plain);
		plain = g_strjoinv("", pieces);
	}
	GArray *out = g_array_new(FALSE, FALSE, sizeof(Person));
	g_autoptr(GString) before = g_string_new(NULL);
	const char *from, *end;

	g_array_set_clear_func(out, person_clear);
	for (const char *p = plain; *p && out->len < LIMIT_ADDRESSES; p = end + (*end != 0)) {
		end = entry_end(p, &from);
		g_autofree char *entry = g_strstrip(g_strndup(from, (gsize)(end - from)));
		char *address = *entry ? address_of(entry) : NULL;
		if (!address) {
			if (strpbrk(entry, "@<>"))
				g_string_truncate(before, 0);
			else if (*entry)	/* the first half of a name */
				g_string_append_printf(before, "%s, ", entry);
			continue;
		}
		g_autofree char *name = name_of(entry);
		Person one = { *name ? g_strconcat(before->str, name, NULL) : g_strdup(""), address };
		g_array_append_val(out, one);
		g_string_truncate(before, 0);
	}
	return out;
}

char **
reply_addresses(const char *list)
{
	g_autoptr(GArray) all = people(list);
	char **out = g_new0(char *, all->len + 1);

	for (guint i = 0; i < all->len; i++)
		out[i] = g_steal_pointer(&g_array_index(all, Person, i).address);
	return out;
}

static bool
matches(const char *pattern, const char *address)
{
	if (!pattern || !*pattern)
		return false;
	g_autofree char *p = g_ascii_strdown(pattern, -1), *a = g_ascii_strdown(address, -1);
	return g_pattern_match_simple(p, a);
}

static bool
is_own(const ReplyStyle *style, const char *address)
{
	if (style->address && g_ascii_strcasecmp(style->address, address) == 0)
		return true;
	for (const char *const *o = style->own; o && *o; o++)
		if (matches(*o, address))
			return true;
	return false;
}

/* Adds those of the list that are not in one of the two yet. */
static void
add_people(GArray *to, const GArray *other, const char *list, const ReplyStyle *without_own)
{
	g_autoptr(GArray) more = people(list);

	for (guint i = 0; i < more->len; i++) {
		Person *p = &g_array_index(more, Person, i);
		bool known = without_own && is_own(without_own, p->address);
		for (guint k = 0; k < to->len && !known; k++)
			known = g_ascii_strcasecmp(g_array_index(to, Person, k).address, p->address) == 0;
		for (guint k = 0; other && k < other->len && !known; k++)
			known = g_ascii_strcasecmp(g_array_index(other, Person, k).address, p->address) == 0;
		if (known)
			continue;
		Person copy = { g_steal_pointer(&p->name), g_steal_pointer(&p->address) };
		g_array_append_val(to, copy);
	}
}

static void
set_people(Draft *d, DraftField field, const GArray *list)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const Person *p = &g_array_index(list, Person, i);
		g_autofree char *entry = reply_mailbox(p->name, p->address);
		g_string_append_printf(out, "%s%s", i ? ", " : "", entry);
	}
	draft_set(d, field, out->str);
}

static bool
is_from_me(const ReplySource *s, const ReplyStyle *style)
{
	g_autoptr(GArray) from = people(s->from);
	return from->len > 0 && is_own(style, g_array_index(from, Person, 0).address);
}

/* The address of "<mailto:list@example.org?subject=x> (comment)"; bare ones too. NULL: none ("NO"). Yours. */
static char *
list_address(const char *text)
{
	const char *mailto = text ? strcasestr(text, "mailto:") : NULL;

	if (!text)
		return NULL;
	if (!mailto)
		return draft_address(text, NULL);
	mailto += strlen("mailto:");
	g_autofree char *escaped = g_strndup(mailto, strcspn(mailto, ">?, \t"));
	g_autofree char *plain = g_uri_unescape_string(escaped, NULL);
	return plain ? draft_address(plain, NULL) : NULL;
}

static void
address_reply(Draft *d, const ReplySource *s, const ReplyStyle *style)
{
	g_autoptr(GArray) to = people(NULL), cc = people(NULL);
	const char *sender = s->reply_to && *s->reply_to ? s->reply_to : s->from;
	bool mine = is_from_me(s, style), followup = s->mail_followup_to && *s->mail_followup_to;
	g_autofree char *list = list_address(s->list_post);

	if (d->kind == DRAFT_REPLY_LIST) {
		add_people(to, NULL, followup ? s->mail_followup_to : list, style);
	} else if (d->kind == DRAFT_REPLY_ALL && followup) {
		add_people(to, NULL, s->mail_followup_to, style);
	} else if (d->kind == DRAFT_REPLY_ALL) {
		/* who answers oneself goes on with those one wrote to */
		if (!mine)
			add_people(to, NULL, sender, style);
		add_people(to, NULL, s->to, style);
		add_people(cc, to, s->cc, style);
	} else {
		add_people(to, NULL, mine ? s->to : sender, NULL);
	}
	if (to->len == 0 && cc->len > 0) {
		GArray *swap = to;
		to = cc;
		cc = swap;
	}
	if (to->len == 0 && d->kind != DRAFT_REPLY_LIST)	/* a letter to oneself */
		add_people(to, NULL, sender, NULL);
	set_people(d, DRAFT_TO, to);
	set_people(d, DRAFT_CC, cc);
}

/* The own address that the message came to: the answer goes out under it. */
static void
choose_from(Draft *d, const ReplySource *s, const ReplyStyle *style)
{
	const char *const lists[] = { is_from_me(s, style) ? s->from : NULL, s->to, s->cc, s->delivered_to };
	g_autofree char *found = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(lists) && !found; i++) {
		g_autoptr(GArray) list = people(lists[i]);
		for (guint k = 0; k < list->len && !found; k++) {
			const char *address = g_array_index(list, Person, k).address;
			if (is_own(style, address))
				found = g_strdup(address);
		}
	}
	/* as one writes it oneself, not as the sender did */
	bool usual = !found || (style->address && g_ascii_strcasecmp(found, style->address) == 0);
	const char *address = usual ? style->address : found;
	for (const char *const *o = style->own; o && *o && !usual; o++)
		if (g_ascii_strcasecmp(*o, found) == 0)
			address = *o;
	if (!address)
		return;
	g_autofree char *from = reply_mailbox(style->full_name, address);
	draft_set(d, DRAFT_FROM, from);
}

/* ---- subject ---- */

/* What programs put before a subject, for an answer or a forward; compared without case. */
static const char *const prefixes[] = {
	"re", "aw", "antw", "antwort", "sv", "vs", "ref", "rif", "r", "res", "odp", "ynt", "bls", "yan", "at", "atb", "vá", "ang",
	"svar", "回复", "回覆", "答复", "답장", "ответ", "отв", "на", "απ", "σχετ", "תשובה", "رد", "返信",
	"fwd", "fw", "wg", "tr", "doorst", "vb", "vl", "vid", "i", "enc", "pd", "rv", "továbbítás", "ilt", "trs", "fs", "转发", "轉寄", "转寄",
	"전달", "転送", "πρθ", "пересл", "הועבר",
};

/* Letters after which a number may stand: "Re[2]:", "Re(2):", "Re^2:", "Re 2:", "Re: " */
static const char *
after_number(const char *p)
{
	const char *q = p;

	if (*q == '[' || *q == '(' || *q == '^' || *q == '*')
		q++;
	gsize digits = strspn(q, "0123456789");
	if (digits == 0 || digits > 4)
		return p;
	q += digits;
	return *q == ']' || *q == ')' ? q + 1 : q;
}

/* Behind one prefix and its blanks; NULL: there is none. */
static const char *
after_prefix(const char *subject)
{
	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		glong letters = g_utf8_strlen(prefixes[i], -1);
		if (g_utf8_strlen(subject, -1) < letters)
			continue;
		const char *p = g_utf8_offset_to_pointer(subject, letters);
		g_autofree char *word = g_utf8_casefold(subject, p - subject), *wanted = g_utf8_casefold(prefixes[i], -1);
		if (strcmp(word, wanted) != 0)
			continue;
		if (g_ascii_isdigit(*p) && i >= COUNTED)	/* "R2: the droid", "TR069: firmware" */
			continue;
		p = after_number(p);
		while (*p == ' ' || g_str_has_prefix(p, "\xc2\xa0"))	/* French sets a blank before the colon */
			p += *p == ' ' ? 1 : 2;
		if (*p == ':')
			p++;
		else if (g_str_has_prefix(p, "\xef\xbc\x9a"))	/* the wide one */
			p += 3;
		else
			continue;
		return p + strspn(p, " \t");
	}
	return NULL;
}

static const char *
without_prefixes(const char *subject)
{
	const char *next;

	subject += strspn(subject, " \t");
	while ((next = after_prefix(subject)))
		subject = next;
	return subject;
}

char *
reply_subject(const char *subject, bool forward)
{
	const char *rest = without_prefixes(subject && g_utf8_validate(subject, -1, NULL) ? subject : "");
	/* "[list] Re: x": a list's tag stands before the old prefix */
	const char *close = *rest == '[' ? strchr(rest, ']') : NULL;
	const char *behind = close && close[1] == ' ' ? without_prefixes(close + 1) : NULL;
	const char *put = forward ? "Fwd: " : "Re: ";

	if (behind && behind > close + 2)
		return g_strdup_printf("%s%.*s %s", put, (int)(close + 1 - rest), rest, behind);
	return g_strconcat(put, rest, NULL);
}

/* ---- the line before the text ---- */

static char *
date_text(const ReplySource *s, const ReplyStyle *style)
{
	g_autoptr(GDateTime) utc = s->sent > 0 ? g_date_time_new_from_unix_utc(s->sent) : NULL;
	g_autoptr(GDateTime) t = !utc ? NULL : style->zone ? g_date_time_to_timezone(utc, style->zone) : g_date_time_to_local(utc);
	/* TRANSLATORS: a date as g_date_time_format() has it, in a line such as "On Mon, 02 Mar 2026 at 10:00, Anna wrote:" */
	/* xgettext:no-c-format */
	return t ? g_date_time_format(t, _("%a, %d %b %Y at %H:%M")) : NULL;
}

static char *
attribution(const ReplySource *s, const ReplyStyle *style)
{
	g_autofree char *date = date_text(s, style);
	g_autoptr(GArray) from = people(s->from);
	const Person *p = from->len ? &g_array_index(from, Person, 0) : NULL;
	const char *address = p ? p->address : s->from ? s->from : "";
	const char *name = p && *p->name ? p->name : address;
	/* TRANSLATORS: before a quoted text; %d the date, %n the name; %a (address) and %s (subject) may be used too */
	/* xgettext:no-c-format */
	const char *form = style->attribution ? style->attribution : date ? _("On %d, %n wrote:") :
		/* xgettext:no-c-format */
		_("%n wrote:");
	GString *out = g_string_new(NULL);

	for (const char *c = form; *c; c++) {
		if (*c != '%' || !c[1]) {
			g_string_append_c(out, *c);
			continue;
		}
		switch (*++c) {
		case 'd': g_string_append(out, date ? date : ""); break;
		case 'n': g_string_append(out, name); break;
		case 'a': g_string_append(out, address); break;
		case 's': g_string_append(out, s->subject ? s->subject : ""); break;
		case '%': g_string_append_c(out, '%'); break;
		default: g_string_append_printf(out, "%%%c", *c);
		}
	}
	return g_string_free(out, FALSE);
}

/* ---- signature ---- */

static void
put_signature(GString *body, const ReplyStyle *style)
{
	const char *text = style->signature;

	if (!text || strspn(text, " \t\r\n") == strlen(text))
		return;
	if (g_str_has_prefix(text, "-- \n"))
		text += 4;
	g_string_append_printf(body, "\n-- \n%s", text);
	if (body->str[body->len - 1] != '\n')
		g_string_append_c(body, '\n');
}

static void
set_body(Draft *d, GString *text)
{
	g_free(d->body);
	d->body = g_string_free(text, FALSE);
}

static void
write_reply(Draft *d, const ReplySource *s, const ReplyStyle *style)
{
	GString *body = g_string_new(NULL);
	g_autofree char *quoted = reply_quote(s->document, style->wrap);

	if (style->signature_above) {
		g_string_append_c(body, '\n');
		put_signature(body, style);
		g_string_append_c(body, '\n');
	}
	if (*quoted) {
		g_autofree char *line = attribution(s, style);
		g_string_append_printf(body, "%s\n%s", line, quoted);
	}
	if (!style->signature_above) {
		g_string_append_c(body, '\n');
		put_signature(body, style);
	}
	set_body(d, body);
}

/* ---- forward ---- */

static void
put_field(GString *out, const char *name, const char *value)
{
	if (value && *value)
		g_string_append_printf(out, "%s: %s\n", name, value);
}

static void
write_forward(Draft *d, const ReplySource *s, const ReplyStyle *style)
{
	GString *body = g_string_new("\n");
	g_autofree char *text = reply_plain(s->document), *date = date_text(s, style);

	if (style->signature_above)
		put_signature(body, style);
	g_string_append_printf(body, "\n---------- %s ----------\n", _("Forwarded message"));
	put_field(body, _("From"), s->from);
	put_field(body, _("Date"), date);
	put_field(body, _("Subject"), s->subject);
	put_field(body, _("To"), s->to);
	put_field(body, _("Cc"), s->cc);
	g_string_append_printf(body, "\n%s", text);
	if (!style->signature_above)
		put_signature(body, style);
	set_body(d, body);
}

static void
write_empty(Draft *d, const ReplyStyle *style)
{
	GString *body = g_string_new("\n");
	put_signature(body, style);
	set_body(d, body);
}

static void
attach_message(Draft *d, const ReplySource *s)
{
	if (!s->raw)
		return;
	DraftAttachment *a = draft_attach(d);
	g_autofree char *title = g_strndup(s->subject ? s->subject : "", 80);
	g_autofree char *valid = g_utf8_make_valid(title, -1);
	g_strdelimit(valid, "/\\:*?\"<>|\t\r\n", '_');
	a->data = g_bytes_ref(s->raw);
	a->type = g_strdup("message/rfc822");
	a->name = g_strdup_printf("%s.eml", *valid && *valid != '.' ? valid : "message");
}

/* ---- threads ---- */

static void
add_ids(GPtrArray *ids, const char *text)
{
	for (const char *p = text; p && (p = strchr(p, '<')); p++) {
		gsize n = strcspn(p, "> \t");
		if (p[n] == '>' && n > 1)
			g_ptr_array_add(ids, g_strndup(p, n + 1));
	}
}

static void
set_thread(Draft *d, const ReplySource *s)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);

	add_ids(ids, s->references);
	if (ids->len == 0) {	/* RFC 5322, 3.6.4: In-Reply-To instead, if it is one */
		add_ids(ids, s->in_reply_to);
		if (ids->len > 1)
			g_ptr_array_set_size(ids, 0);
	}
	guint before = ids->len;
	add_ids(ids, s->message_id);
	if (ids->len > before) {
		d->in_reply_to = g_strdup(ids->pdata[ids->len - 1]);
		d->answers_id = g_strdup(d->in_reply_to);
	}
	for (guint i = 0; i < ids->len; i++)
		if (i == 0 || i + KEPT_REFERENCES >= ids->len)
			g_string_append_printf(out, "%s%s", out->len ? " " : "", (const char *)ids->pdata[i]);
	d->references = out->len ? g_string_free(out, FALSE) : (g_string_free(out, TRUE), NULL);
}

static void
edit_again(Draft *d, const ReplySource *s)
{
	GString *body = g_string_new(NULL);
	g_autofree char *text = reply_plain(s->document);
	const struct { DraftField field; const char *list; } rows[] = {
		{ DRAFT_TO, s->to }, { DRAFT_CC, s->cc }, { DRAFT_BCC, s->bcc }, { DRAFT_REPLY_TO, s->reply_to },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GArray) list = people(rows[i].list);
		set_people(d, rows[i].field, list);
	}
	draft_set(d, DRAFT_SUBJECT, s->subject);
	d->in_reply_to = g_strdup(s->in_reply_to);
	d->references = g_strdup(s->references);
	g_string_append(body, text);
	set_body(d, body);
}

Draft *
reply_make(DraftKind kind, const ReplySource *s, const ReplyStyle *style)
{
	Draft *d = draft_new();
	bool forward = kind == DRAFT_FORWARD || kind == DRAFT_FORWARD_ATTACHED;

	d->kind = kind;
	choose_from(d, s, style);
	if (forward || kind == DRAFT_REPLY || kind == DRAFT_REPLY_ALL || kind == DRAFT_REPLY_LIST) {
		g_autofree char *subject = reply_subject(s->subject, forward);
		draft_set(d, DRAFT_SUBJECT, subject);
	}
	switch (kind) {
	case DRAFT_REPLY:
	case DRAFT_REPLY_ALL:
	case DRAFT_REPLY_LIST:
		address_reply(d, s, style);
		set_thread(d, s);
		write_reply(d, s, style);
		break;
	case DRAFT_FORWARD:
		set_thread(d, s);
		g_clear_pointer(&d->in_reply_to, g_free);	/* it is no answer, but belongs to the thread */
		write_forward(d, s, style);
		break;
	case DRAFT_FORWARD_ATTACHED:
		set_thread(d, s);
		g_clear_pointer(&d->in_reply_to, g_free);
		write_empty(d, style);
		attach_message(d, s);
		break;
	case DRAFT_EDIT:
		edit_again(d, s);
		break;
	case DRAFT_BOUNCE:
		d->answers_id = g_strdup(s->message_id);
		attach_message(d, s);
		break;
	case DRAFT_NEW:
	default:
		write_empty(d, style);
		break;
	}
	return d;
}

/* ---- what the document knows ---- */

void
reply_source_fill(ReplySource *s, const Document *document)
{
	const struct { const char *name; const char **to; } rows[] = {
		{ "From", &s->from }, { "Reply-To", &s->reply_to }, { "To", &s->to }, { "Cc", &s->cc }, { "Bcc", &s->bcc }, { "Subject", &s->subject },
		{ "Message-ID", &s->message_id }, { "References", &s->references }, { "In-Reply-To", &s->in_reply_to },
		{ "List-Post", &s->list_post }, { "Mail-Followup-To", &s->mail_followup_to },
		{ "Delivered-To", &s->delivered_to }, { "X-Original-To", &s->delivered_to },
	};

	for (guint i = 0; document && i < document->fields->len; i++) {
		const HeaderField *h = &g_array_index(document->fields, HeaderField, i);
		for (gsize k = 0; k < G_N_ELEMENTS(rows); k++)
			if (!*rows[k].to && g_ascii_strcasecmp(clean_peek(h->name), rows[k].name) == 0)
				*rows[k].to = clean_peek(h->value);
	}
	if (document && s->sent == 0 && document->date != DOCUMENT_NO_DATE)
		s->sent = document->date;
	s->document = s->document ? s->document : document;
}

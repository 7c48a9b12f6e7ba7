/* summary.c - the header of a message as the store's row, and what its parts say about it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The traits follow the same rules as src/sync/headers.c has for BODYSTRUCTURE, so that a message looks alike however
 * it came. */
#include "config.h"
#include "mail/summary.h"
#include "mail/part.h"
#include "base/limits.h"

#include <string.h>

/* store/messages.h has these numbers; this room may not know that one */
enum { ATTACHMENT = 1, HTML_ONLY = 2, CALENDAR = 4, ENCRYPTED = 8, SIGNED = 16 };

#define LIMIT_REFERENCES (64 * KIB)

static char *
nonempty(char *text)
{
	if (text && *text)
		return text;
	g_free(text);
	return NULL;
}

/* One line: unfolded, without controls. */
static char *
flat(char *text)
{
	for (char *p = text; *p; p++)
		if ((guchar)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return g_strstrip(text);
}

static char *
decoded(const HeaderLine *h)
{
	return nonempty(flat(header_decode(h->value, MIN(h->value_len, LIMIT_HEADER), NULL)));
}

/* Identifiers are not decoded: they are compared byte by byte. */
static char *
plain(const HeaderLine *h)
{
	g_autofree char *raw = g_strndup(h->value, MIN(h->value_len, LIMIT_REFERENCES));
	g_auto(GStrv) words = g_strsplit_set(raw, " \t\r\n", -1);
	GString *out = g_string_new(NULL);

	for (char **w = words; *w; w++)
		if (**w)
			g_string_append_printf(out, "%s%s", out->len ? " " : "", *w);
	g_autofree char *line = g_string_free(out, FALSE);
	return nonempty(flat(g_utf8_make_valid(line, -1)));
}

static char *
first_id(const HeaderLine *h)
{
	g_autofree char *text = plain(h);
	const char *open = text ? strchr(text, '<') : NULL;
	const char *close = open ? strchr(open, '>') : NULL;

	return close ? g_strndup(open, (gsize)(close + 1 - open)) : g_steal_pointer(&text);
}

static char *
address_list(const HeaderLine *h)
{
	g_autoptr(GArray) list = header_addresses(h->value, h->value_len, NULL, NULL);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < list->len && i < LIMIT_ADDRESSES; i++) {
		const Address *a = &g_array_index(list, Address, i);
		if (!*a->address)
			continue;
		if (out->len)
			g_string_append(out, ", ");
		if (*a->name)
			g_string_append_printf(out, "%s <%s>", a->name, a->address);
		else
			g_string_append(out, a->address);
	}
	return nonempty(flat(g_string_free(out, FALSE)));
}

static void
take_from(Summary *s, const HeaderLine *h)
{
	g_autoptr(GArray) list = header_addresses(h->value, h->value_len, NULL, NULL);

	for (guint i = 0; i < list->len && !s->from_address; i++) {
		const Address *a = &g_array_index(list, Address, i);
		if (!*a->address && i + 1 < list->len)
			continue;
		g_free(s->from_name);
		s->from_name = nonempty(flat(g_strdup(a->name)));
		s->from_address = nonempty(flat(g_strdup(a->address)));
	}
}

/* The date stands behind the last semicolon (RFC 5322, 3.6.7). */
static gint64
received_date(const HeaderLine *h)
{
	const char *semi = memrchr(h->value, ';', h->value_len);
	gint64 when;
	gint16 zone;

	return semi && header_date(semi + 1, h->value_len - (gsize)(semi + 1 - h->value), &when, &zone) ? when : 0;
}

static void
take_field(Summary *s, const HeaderLine *h, bool *has_received)
{
	const struct { const char *name; char **to; char *(*read)(const HeaderLine *); } rows[] = {
		{ "Subject", &s->subject, decoded }, { "To", &s->to, address_list }, { "Cc", &s->cc, address_list },
		{ "Reply-To", &s->reply_to, address_list }, { "Message-ID", &s->message_id, first_id },
		{ "In-Reply-To", &s->in_reply_to, first_id }, { "References", &s->references, plain },
	};
	gint16 zone;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (header_is(h, rows[i].name)) {
			if (!*rows[i].to)	/* of doubled fields the first counts, as the pager has it */
				*rows[i].to = rows[i].read(h);
			return;
		}
	if (header_is(h, "From") && !s->from_address)
		take_from(s, h);
	else if (header_is(h, "Date") && !s->sent && !header_date(h->value, h->value_len, &s->sent, &zone))
		s->sent = 0;
	if (header_is(h, "Received") && !*has_received) {
		*has_received = true;
		s->received = received_date(h);
	}
}

/* ---- the traits ---- */

static guint32
traits_of_leaf(const Part *p)
{
	guint32 traits = part_is(p, "text/calendar") ? CALENDAR : 0;
	bool text = part_is(p, "text/");
	HeaderLine h;

	if (part_is(p, "application/pkcs7-mime") || part_is(p, "application/x-pkcs7-mime"))
		return ENCRYPTED;
	if (part_is(p, "application/pgp-signature") || part_is(p, "application/pkcs7-signature"))
		return 0;
	if (part_is_attachment(p) || (!text && (part_name(p) || !header_find(p->header, p->header_len, "Content-ID", &h))))
		return traits | ATTACHMENT;
	return traits | (part_is(p, "text/html") ? HTML_ONLY : 0);
}

static guint32
traits_of(const Part *p)
{
	guint32 traits = 0;
	bool has_plain = false, has_html = false;

	if (p->kind != MIME_MULTIPART)
		return part_is(p, "multipart/") ? 0 : traits_of_leaf(p);
	for (guint i = 0; i < p->children->len; i++) {
		const Part *child = p->children->pdata[i];
		traits |= traits_of(child);
		has_plain |= part_is(child, "text/plain");
		has_html |= part_is(child, "text/html");
	}
	if (part_is(p, "multipart/encrypted"))
		return ENCRYPTED;
	if (part_is(p, "multipart/signed"))
		traits |= SIGNED;
	if (part_is(p, "multipart/alternative") && (has_plain || !has_html))
		traits &= ~(guint32)HTML_ONLY;
	return traits;
}

void
summary_of(const char *raw, gsize len, Summary *out)
{
	gsize pos = 0, body;
	bool has_received = false;
	PrescanFlags flags = 0;
	HeaderLine h;

	memset(out, 0, sizeof *out);
	len = MIN(len, LIMIT_MESSAGE_PARSED);
	if (len == 0)
		return;
	gsize header = prescan_header(raw, len, &body, &flags);
	for (guint n = 0; n < LIMIT_HEADERS && header_next(raw, header, &pos, &h); n++)
		take_field(out, &h, &has_received);
	g_autoptr(PartTree) tree = part_tree_new(raw, len, 0, LIMIT_MIME_PARTS);
	out->traits = traits_of(tree->all->pdata[0]);
}

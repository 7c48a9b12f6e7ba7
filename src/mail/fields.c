/* fields.c - the header fields of a message into a Document.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An address is always shown, and before it at most NAME_BYTES of a name, so that a long name can't
 * push it off the screen (RELIABILITY M9). */
#include "config.h"
#include "mail/fields.h"
#include "base/intl.h"
#include "base/limits.h"
#include "mail/header.h"

#include <string.h>

#define NAME_BYTES	200
#define ROOM_FOR_FIELDS	(4 * MIB)	/* in the written document */

static const char *const brief_fields[] = { "From", "To", "Cc", "Bcc", "Date", "Subject" };
static const char *const address_fields[] = { "From", "To", "Cc", "Bcc", "Reply-To", "Sender", "Resent-From", "Resent-To",
	"Resent-Cc", "Resent-Sender", "Disposition-Notification-To", "Mail-Followup-To", "Mail-Reply-To", "Errors-To" };

static bool
is_one_of(const HeaderLine *h, const char *const *names, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (header_is(h, names[i]))
			return true;
	return false;
}

static gsize
cut_length(const char *text, gsize max)
{
	gsize n = strlen(text);
	if (n <= max)
		return n;
	for (n = max; n && ((guchar)text[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

/* "local@host" with a host that says what it is. Yours. */
static char *
show_address(const char *address)
{
	const char *at = strrchr(address, '@');
	if (!at)
		return g_strdup(address);
	g_autofree char *host = header_show_host(at + 1);
	return g_strdup_printf("%.*s@%s", (int)MIN(at - address, 4096), address, host);
}

static void
append_address(GString *out, const Address *a)
{
	g_autofree char *address = show_address(a->address);
	gsize name = cut_length(a->name, NAME_BYTES);

	if (out->len)
		g_string_append(out, ", ");
	g_string_append_len(out, a->name, (gssize)name);
	if (a->name[name])
		g_string_append(out, "…");
	if (*a->name && *address)
		g_string_append_printf(out, " <%s>", address);
	else
		g_string_append(out, address);
}

static char *
show_addresses(Document *doc, const GArray *list, guint most, gsize more)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < list->len && i < most; i++)
		append_address(out, &g_array_index(list, Address, i));
	more += list->len > most ? list->len - most : 0;
	if (more) {
		g_autoptr(Clean) n = clean_printf("%" G_GSIZE_FORMAT, more);
		g_autofree char *text = document_note_text(NOTE_MORE_ADDRESSES, n);
		g_string_append_printf(out, " … %s", text);
		document_add_note(doc, NOTE_MORE_ADDRESSES);
	}
	return g_string_free(out, FALSE);
}

static void
judge_from(Document *doc, const GArray *list, bool again)
{
	guint senders = 0;

	for (guint i = 0; i < list->len; i++) {
		const Address *a = &g_array_index(list, Address, i);
		senders += *a->address != '\0';
		/* full-width and small commercial at look like one too */
		if ((strchr(a->name, '@') || strstr(a->name, "\uff20") ||
			strstr(a->name, "\ufe6b")) && *a->address &&
			g_ascii_strcasecmp(a->name, a->address) != 0)
			document_add_note(doc, NOTE_NAME_LOOKS_LIKE_ADDRESS);
	}
	if (again || senders > 1)
		document_add_note(doc, NOTE_SEVERAL_FROM);
}

static char *
decode_field(Document *doc, const HeaderLine *h, const char *charset, guint *froms)
{
	if (!is_one_of(h, address_fields, G_N_ELEMENTS(address_fields)))
		return header_decode(h->value, h->value_len, charset);
	gsize more;
	g_autoptr(GArray) list = header_addresses(h->value, h->value_len, charset, &more);
	if (header_is(h, "From"))
		judge_from(doc, list, (*froms)++ > 0);
	/* nothing else tells whom a draft goes to, or where answers shall go (reply_source_fill) */
	bool is_read = header_is(h, "Bcc") || header_is(h, "Mail-Followup-To");
	return show_addresses(doc, list, is_read ? LIMIT_ADDRESSES_READ : LIMIT_ADDRESSES_SHOWN, more);
}

static void
add_field(Builder *b, const HeaderLine *h, const char *value, gsize *room)
{
	bool brief = is_one_of(h, brief_fields, G_N_ELEMENTS(brief_fields));
	g_autofree char *flat = g_strdelimit(g_strdup(value), "\t\r\n", ' ');
	Clean *name = clean_new(h->name, (gssize)MIN(h->name_len, 200), CLEAN_LINE);
	Clean *clean = clean_new(flat, -1, CLEAN_TEXT | CLEAN_SHOW);
	gsize cost = strlen(clean_peek(name)) + strlen(clean_peek(clean)) + 16;

	if (cost > *room || !build_take_room(b, cost)) {
		clean_free(name);
		clean_free(clean);
		document_add_note(b->doc, NOTE_CUT_HEADERS);
		return;
	}
	*room -= cost;
	document_add_field(b->doc, name, clean, brief);
}

void
fields_show(Builder *b, const char *header, gsize len, const char *charset)
{
	gsize pos = 0, room = ROOM_FOR_FIELDS;
	guint froms = 0;
	HeaderLine h;

	for (guint n = 0; header_next(header, len, &pos, &h); n++) {
		if (n >= LIMIT_HEADERS) {
			document_add_note(b->doc, NOTE_CUT_HEADERS);
			break;
		}
		g_autofree char *value = decode_field(b->doc, &h, charset, &froms);
		add_field(b, &h, value, &room);
		if (header_is(&h, "Date") && b->doc->date == DOCUMENT_NO_DATE &&
			!header_date(h.value, h.value_len, &b->doc->date, &b->doc->date_offset))
			b->doc->date = DOCUMENT_NO_DATE;
	}
}

char *
fields_summary(const char *header, gsize len)
{
	GString *out = g_string_new(NULL);
	gsize pos = 0;
	HeaderLine h;

	for (guint n = 0; n < LIMIT_HEADERS && header_next(header, len, &pos, &h); n++) {
		if (!is_one_of(&h, brief_fields, G_N_ELEMENTS(brief_fields)))
			continue;
		g_autofree char *value =
			header_decode(h.value, MIN(h.value_len, LIMIT_DISPLAY_STRING), NULL);
		g_string_append_printf(out, "%s%.*s: %s", out->len ? "\n" : "", (int)h.name_len,
			h.name, value);
	}
	return g_string_free(out, FALSE);
}

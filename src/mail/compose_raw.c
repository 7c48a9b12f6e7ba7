/* compose_raw.c - a message as programs give it to sendmail becomes one that may leave.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Lines end as they like, fields may be missing, letters beyond ASCII may stand bare in the header, and Bcc says who else
 * gets it. What needs no change keeps its bytes. */
#include "config.h"
#include "mail/compose_private.h"
#include "mail/header.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

typedef struct {
	const char *header, *body;	/* borrowed */
	gsize header_len, body_len;
	bool has_date, has_id, has_from, has_type, has_encoding, has_version, resent;
} Raw;

static const char *const address_fields[] = { "From", "Sender", "Reply-To", "To", "Cc", "Resent-From", "Resent-To", "Resent-Cc",
	"Resent-Sender", "Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To" };

/* A line that is a field, or goes on with one. */
static bool
is_field(const char *line, gsize n, bool first)
{
	gsize name = 0;

	if (!first && n && (*line == ' ' || *line == '\t'))
		return true;
	while (name < n && line[name] > ' ' && line[name] != ':' && (guchar)line[name] < 0x7f)
		name++;
	while (name > 0 && name < n && line[name] == ' ')	/* old programs write "Subject : x" */
		name++;
	return name > 0 && name < n && line[name] == ':';
}

static gsize
line_length(const char *p, gsize len, gsize *text)
{
	const char *end = memchr(p, '\n', len);
	gsize n = end ? (gsize)(end + 1 - p) : len;

	*text = end ? n - 1 : n;
	if (*text && p[*text - 1] == '\r')
		--*text;
	return n;
}

/* The header ends at an empty line, or where a line is no field: then all from there on is body. */
static void
split(const char *p, gsize len, Raw *raw)
{
	gsize pos = 0, text;

	if (len >= 5 && memcmp(p, "From ", 5) == 0) {	/* an mbox's separator */
		gsize n = line_length(p, len, &text);
		p += n;
		len -= n;
	}
	raw->header = p;
	while (pos < len) {
		gsize n = line_length(p + pos, len - pos, &text);
		if (text == 0 || !is_field(p + pos, text, pos == 0)) {
			raw->header_len = pos;
			pos += text == 0 ? n : 0;
			raw->body = p + pos;
			raw->body_len = len - pos;
			return;
		}
		pos += n;
	}
	raw->header_len = len;
	raw->body = p + len;
}

static void
look_at_fields(Raw *raw)
{
	gsize pos = 0;
	HeaderLine h;

	while (header_next(raw->header, raw->header_len, &pos, &h)) {
		raw->has_date |= header_is(&h, "Date");
		raw->has_id |= header_is(&h, "Message-ID");
		raw->has_from |= header_is(&h, "From");
		raw->has_type |= header_is(&h, "Content-Type");
		raw->has_encoding |= header_is(&h, "Content-Transfer-Encoding");
		raw->has_version |= header_is(&h, "MIME-Version");
		raw->resent |= header_is(&h, "Resent-To") || header_is(&h, "Resent-Cc") || header_is(&h, "Resent-Bcc");
	}
}

/* ---- recipients ---- */

static bool
add_recipient(Envelope *e, const char *entry, GError **err)
{
	Mailbox m = { 0 };

	if (!compose_mailbox(entry, &m, &e->needs_utf8, err))
		return false;
	envelope_add(e, m.address);
	mailbox_clear(&m);
	return true;
}

static bool
add_field_recipients(Envelope *e, const HeaderLine *h, GError **err)
{
	g_autoptr(GArray) list = header_addresses(h->value, h->value_len, NULL, NULL);

	for (guint i = 0; i < list->len; i++) {
		const Address *a = &g_array_index(list, Address, i);
		const char *entry = *a->address ? a->address : a->name;
		if (*a->address || strchr(entry, '@'))
			if (!add_recipient(e, entry, err))
				return false;
	}
	return true;
}

static bool
collect_recipients(const Raw *raw, const RawMail *in, Envelope *e, GError **err)
{
	static const char *const usual[] = { "To", "Cc", "Bcc" }, *const resent[] = { "Resent-To", "Resent-Cc", "Resent-Bcc" };
	const char *const *names = raw->resent ? resent : usual;
	gsize pos = 0;
	HeaderLine h;

	for (const char *const *r = in->recipients; r && *r; r++) {
		g_auto(GStrv) entries = draft_split_addresses(*r);
		for (char **entry = entries; *entry; entry++)
			if (!add_recipient(e, *entry, err))
				return false;
	}
	while (in->from_header && header_next(raw->header, raw->header_len, &pos, &h))
		for (int i = 0; i < 3; i++)
			if (header_is(&h, names[i]) && !add_field_recipients(e, &h, err))
				return false;
	if (e->recipients->len == 0) {
		g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, _("The mail has no recipient yet."));
		return false;
	}
	return true;
}

static bool
find_sender(const Raw *raw, const RawMail *in, Envelope *e, GError **err)
{
	Mailbox m = { 0 };
	HeaderLine h;
	g_autofree char *entry = in->from && *in->from ? g_strdup(in->from) : NULL;

	if (!entry && header_find(raw->header, raw->header_len, "From", &h)) {
		g_autoptr(GArray) list = header_addresses(h.value, h.value_len, NULL, NULL);
		if (list->len)
			entry = g_strdup(g_array_index(list, Address, 0).address);
	}
	if (!entry || !*entry) {
		g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER,
			_("The mail has no sender: please set an address in From, or in the account."));
		return false;
	}
	if (!compose_mailbox(entry, &m, &e->needs_utf8, err))
		return false;
	e->sender = g_strdup(m.address);
	mailbox_clear(&m);
	return true;
}

/* ---- the header ---- */

static bool
is_clean_field(const char *p, gsize len)
{
	TransferLook look;

	transfer_look(p, len, &look);
	return look.n_8bit == 0 && look.longest <= 998 && !memchr(p, 0, len);
}

static bool
put_address_field(GString *out, const char *name, const HeaderLine *h, Envelope *e)
{
	g_autoptr(GArray) list = header_addresses(h->value, h->value_len, NULL, NULL);
	g_autoptr(GArray) boxes = g_array_new(FALSE, TRUE, sizeof(Mailbox));
	bool fine = list->len > 0;

	for (guint i = 0; i < list->len && fine; i++) {
		const Address *a = &g_array_index(list, Address, i);
		Mailbox m = { g_strdup(a->name), encode_address(a->address, &e->needs_utf8) };
		fine = m.address != NULL;
		g_array_append_val(boxes, m);
	}
	if (fine)
		encode_mailboxes(out, name, &g_array_index(boxes, Mailbox, 0), boxes->len);
	for (guint i = 0; i < boxes->len; i++)
		mailbox_clear(&g_array_index(boxes, Mailbox, i));
	return fine;
}

/* A field with bare letters beyond ASCII, or with a line that is too long, is written anew. */
static void
put_field_anew(GString *out, const HeaderLine *h, Envelope *e)
{
	g_autofree char *name = g_strndup(h->name, h->name_len);

	for (gsize i = 0; i < G_N_ELEMENTS(address_fields); i++)
		if (header_is(h, address_fields[i]) && put_address_field(out, name, h, e))
			return;
	g_autofree char *text = header_decode(h->value, MIN(h->value_len, LIMIT_HEADER), NULL);
	encode_text(out, name, text);
}

static void
write_header(const Raw *raw, const RawMail *in, Transfer *to, Envelope *e)
{
	g_autoptr(GString) out = g_string_new(NULL);
	gsize pos = 0;
	HeaderLine h;

	for (;;) {
		if (!header_next(raw->header, raw->header_len, &pos, &h))
			break;
		gsize whole = (gsize)(h.value + h.value_len - h.name);
		if (compose_is_secret(h.name, h.name_len))
			continue;
		g_string_truncate(out, 0);
		if (!is_clean_field(h.name, whole)) {
			put_field_anew(out, &h, e);
			transfer_put(to, out->str, out->len);
			continue;
		}
		while (whole > 0 && (h.name[whole - 1] == '\n' || h.name[whole - 1] == '\r'))
			whole--;
		transfer_lines(to, h.name, whole);
	}
	g_string_truncate(out, 0);
	if (!raw->has_date) {
		g_autofree char *date = encode_date(in->date, in->zone);
		g_string_append_printf(out, "Date: %s\r\n", date);
	}
	if (!raw->has_from) {
		Mailbox m = { 0 };
		if (compose_mailbox(in->from, &m, &e->needs_utf8, NULL))
			encode_mailboxes(out, "From", &m, 1);
		mailbox_clear(&m);
	}
	if (!raw->has_id)
		encode_ids(out, "Message-ID", in->message_id);
	transfer_put(to, out->str, out->len);
}

/* ---- the body ---- */

static void
write_body(const Raw *raw, Transfer *to, Envelope *e)
{
	TransferLook look;

	transfer_look(raw->body, raw->body_len, &look);
	bool own = !raw->has_type && !raw->has_encoding && (look.n_8bit || look.longest > 998);
	if (!own) {
		e->has_8bit |= look.n_8bit > 0;
		transfer_text(to, "\r\n");
		transfer_lines(to, raw->body, raw->body_len);
		return;
	}
	/* nobody said what these letters are: they get a name, and travel through any server */
	bool utf8 = g_utf8_validate(raw->body, (gssize)raw->body_len, NULL);
	if (!raw->has_version)
		transfer_text(to, "MIME-Version: 1.0\r\n");
	transfer_text(to, utf8 ? look.n_8bit ? "Content-Type: text/plain; charset=utf-8\r\n" :
		"Content-Type: text/plain; charset=us-ascii\r\n" : "Content-Type: text/plain; charset=iso-8859-1\r\n");
	transfer_text(to, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	transfer_quoted(to, raw->body, raw->body_len);
}

static void
tell(const Raw *raw, const RawMail *in, Envelope *e, char **message_id)
{
	HeaderLine h;

	e->subject = header_find(raw->header, raw->header_len, "Subject", &h) ?
		header_decode(h.value, MIN(h.value_len, LIMIT_HEADER), NULL) : g_strdup("");
	e->to = header_find(raw->header, raw->header_len, "To", &h) ?
		header_decode(h.value, MIN(h.value_len, LIMIT_HEADER), NULL) : g_strdup(e->recipients->pdata[0]);
	*message_id = g_strdup(in->message_id);
	if (header_find(raw->header, raw->header_len, "Message-ID", &h)) {
		const char *open = memchr(h.value, '<', h.value_len), *end = h.value + h.value_len;
		const char *close = open ? memchr(open, '>', (gsize)(end - open)) : NULL;
		g_free(*message_id);
		*message_id = close ? g_strndup(open, (gsize)(close + 1 - open)) :
			g_strstrip(g_strndup(h.value, MIN(h.value_len, 998)));
	}
}

bool
compose_write_raw(const char *bytes, gsize len, const RawMail *in, int fd, Envelope *e, char **message_id, GError **err)
{
	Raw raw = { 0 };
	Transfer to;

	split(bytes, len, &raw);
	look_at_fields(&raw);
	if (!find_sender(&raw, in, e, err) || !collect_recipients(&raw, in, e, err))
		return false;
	if (!raw.has_from && !(in->from && *in->from)) {
		g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER,
			_("The mail has no sender: please set an address in From, or in the account."));
		return false;
	}
	tell(&raw, in, e, message_id);
	transfer_init(&to, fd, LIMIT_MESSAGE_STORED);
	write_header(&raw, in, &to, e);
	write_body(&raw, &to, e);
	e->has_8bit |= e->needs_utf8;
	if (transfer_end(&to))
		return true;
	compose_set_error(to.error, err);
	return false;
}

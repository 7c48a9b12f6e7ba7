/* draft.c - a mail that is being written, as plain values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Written form: "EILD" and a version, then records of a tag, a length (both little-endian 32 bits) and bytes. A tag that
 * is not known is skipped, so that an older program loses little of a newer one's draft. */
#include "config.h"
#include "mail/draft.h"
#include "base/intl.h"
#include "base/limits.h"

#include <glib/gstdio.h>
#include <string.h>

enum { FORM = 1, MAX_ATTACHMENTS = 1000 };

typedef enum {
	TAG_KIND = 1, TAG_FIELD /* + DraftField in the first byte */, TAG_IDENTITY, TAG_IN_REPLY_TO, TAG_REFERENCES, TAG_BODY, TAG_FLAGS,
	TAG_ANSWERS, TAG_ANSWERS_ID, TAG_MESSAGE_ID, TAG_DATE, TAG_ATTACHMENT /* begins one; the tags below belong to it */,
	TAG_PATH, TAG_DATA, TAG_NAME, TAG_TYPE, TAG_DESCRIPTION, TAG_INLINE,
} Tag;

enum { FLAG_FLOWED_BIT = 1, FLAG_DSN_BIT = 2 };

/* ---- life ---- */

static void
attachment_clear(gpointer p)
{
	DraftAttachment *a = p;
	g_free(a->path);
	g_clear_pointer(&a->data, g_bytes_unref);
	g_free(a->name);
	g_free(a->type);
	g_free(a->description);
}

Draft *
draft_new(void)
{
	Draft *d = g_new0(Draft, 1);
	for (int i = 0; i < DRAFT_FIELDS; i++)
		d->fields[i] = g_strdup("");
	d->body = g_strdup("");
	d->flowed = true;
	d->attachments = g_array_new(FALSE, TRUE, sizeof(DraftAttachment));
	g_array_set_clear_func(d->attachments, attachment_clear);
	return d;
}

void
draft_free(Draft *d)
{
	if (!d)
		return;
	for (int i = 0; i < DRAFT_FIELDS; i++)
		g_free(d->fields[i]);
	g_free(d->identity);
	g_free(d->in_reply_to);
	g_free(d->references);
	g_free(d->body);
	g_array_unref(d->attachments);
	g_free(d->answers_id);
	g_free(d->message_id);
	g_free(d);
}

Draft *
draft_copy(const Draft *d)
{
	g_autoptr(GBytes) data = draft_write(d);
	return draft_read(data);
}

/* A header field is one line (P16): a control character, also a line end, becomes a blank. */
static char *
one_line(const char *text, gssize len)
{
	g_autofree char *valid = g_utf8_make_valid(text, len);
	GString *out = g_string_sized_new(strlen(valid));
	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			g_string_append_c(out, ' ');
		else
			g_string_append_len(out, p, g_utf8_next_char(p) - p);
	}
	return g_strstrip(g_string_free(out, FALSE));
}

void
draft_set(Draft *d, DraftField field, const char *text)
{
	char *fresh = one_line(text ? text : "", -1);
	g_free(d->fields[field]);
	d->fields[field] = fresh;
}

DraftAttachment *
draft_attach(Draft *d)
{
	g_array_set_size(d->attachments, d->attachments->len + 1);
	return &g_array_index(d->attachments, DraftAttachment, d->attachments->len - 1);
}

void
draft_detach(Draft *d, guint n)
{
	if (n < d->attachments->len)
		g_array_remove_index(d->attachments, n);
}

bool
draft_is_empty(const Draft *d)
{
	static const DraftField typed[] = { DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_SUBJECT };
	for (gsize i = 0; i < G_N_ELEMENTS(typed); i++)
		if (*d->fields[typed[i]])
			return false;
	return d->attachments->len == 0 && strspn(d->body, " \t\r\n") == strlen(d->body);
}

/* ---- writing ---- */

static void
put_number(GByteArray *out, guint32 n)
{
	guint32 le = GUINT32_TO_LE(n);
	g_byte_array_append(out, (const guint8 *)&le, 4);
}

static void
put(GByteArray *out, Tag tag, const void *data, gsize len)
{
	put_number(out, tag);
	put_number(out, (guint32)len);
	if (len)
		g_byte_array_append(out, data, (guint)len);
}

static void
put_text(GByteArray *out, Tag tag, const char *text)
{
	if (text)
		put(out, tag, text, strlen(text));
}

static void
put_int64(GByteArray *out, Tag tag, gint64 n)
{
	gint64 le = GINT64_TO_LE(n);
	put(out, tag, &le, sizeof le);
}

static void
put_attachment(GByteArray *out, const DraftAttachment *a)
{
	guint8 is_inline = a->is_inline;
	put(out, TAG_ATTACHMENT, NULL, 0);
	put_text(out, TAG_PATH, a->path);
	put_text(out, TAG_NAME, a->name);
	put_text(out, TAG_TYPE, a->type);
	put_text(out, TAG_DESCRIPTION, a->description);
	put(out, TAG_INLINE, &is_inline, 1);
	if (a->data) {
		gsize len;
		const void *data = g_bytes_get_data(a->data, &len);
		put(out, TAG_DATA, data, len);
	}
}

GBytes *
draft_write(const Draft *d)
{
	GByteArray *out = g_byte_array_new();
	guint8 kind = (guint8)d->kind, flags = (guint8)((d->flowed ? FLAG_FLOWED_BIT : 0) | (d->dsn ? FLAG_DSN_BIT : 0));

	g_byte_array_append(out, (const guint8 *)"EILD", 4);
	put_number(out, FORM);
	put(out, TAG_KIND, &kind, 1);
	put(out, TAG_FLAGS, &flags, 1);
	for (guint8 i = 0; i < DRAFT_FIELDS; i++) {
		g_autofree char *field = g_strdup_printf("%c%s", 'A' + i, d->fields[i]);
		put_text(out, TAG_FIELD, field);
	}
	put_text(out, TAG_IDENTITY, d->identity);
	put_text(out, TAG_IN_REPLY_TO, d->in_reply_to);
	put_text(out, TAG_REFERENCES, d->references);
	put_text(out, TAG_BODY, d->body);
	put_text(out, TAG_ANSWERS_ID, d->answers_id);
	put_text(out, TAG_MESSAGE_ID, d->message_id);
	put_int64(out, TAG_ANSWERS, d->answers);
	put_int64(out, TAG_DATE, d->date);
	for (guint i = 0; i < d->attachments->len; i++)
		put_attachment(out, &g_array_index(d->attachments, DraftAttachment, i));
	return g_byte_array_free_to_bytes(out);
}

/* ---- reading ---- */

typedef struct { guint32 tag; const guint8 *data; gsize len; } Record;

static bool
next_record(const guint8 **at, gsize *left, Record *r)
{
	guint32 n[2];
	if (*left < sizeof n)
		return false;
	memcpy(n, *at, sizeof n);
	r->tag = GUINT32_FROM_LE(n[0]);
	r->len = GUINT32_FROM_LE(n[1]);
	r->data = *at + sizeof n;
	if (r->len > *left - sizeof n)
		return false;
	*at += sizeof n + r->len;
	*left -= sizeof n + r->len;
	return true;
}

static gint64
number_of(const Record *r)
{
	gint64 n = 0;
	if (r->len == sizeof n)
		memcpy(&n, r->data, sizeof n);
	return GINT64_FROM_LE(n);
}

static void
take_line(char **field, const Record *r)
{
	g_free(*field);
	*field = one_line((const char *)r->data, (gssize)r->len);
}

/* False: it belongs to no attachment. */
static bool
take_attachment(Draft *d, const Record *r)
{
	if (r->tag == TAG_ATTACHMENT) {
		if (d->attachments->len < MAX_ATTACHMENTS)
			draft_attach(d);
		return true;
	}
	if (d->attachments->len == 0)
		return false;
	DraftAttachment *a = &g_array_index(d->attachments, DraftAttachment, d->attachments->len - 1);
	switch (r->tag) {
	case TAG_PATH:
		g_free(a->path);
		a->path = g_strndup((const char *)r->data, r->len);	/* a file name is bytes */
		return true;
	case TAG_DATA:
		g_clear_pointer(&a->data, g_bytes_unref);
		a->data = g_bytes_new(r->data, r->len);
		return true;
	case TAG_NAME:
		take_line(&a->name, r);
		return true;
	case TAG_TYPE:
		take_line(&a->type, r);
		return true;
	case TAG_DESCRIPTION:
		take_line(&a->description, r);
		return true;
	case TAG_INLINE:
		a->is_inline = r->len && r->data[0];
		return true;
	default:
		return false;
	}
}

static void
take(Draft *d, const Record *r)
{
	switch (r->tag) {
	case TAG_KIND:
		if (r->len == 1 && r->data[0] <= DRAFT_BOUNCE)
			d->kind = (DraftKind)r->data[0];
		break;
	case TAG_FLAGS:
		d->flowed = r->len && (r->data[0] & FLAG_FLOWED_BIT);
		d->dsn = r->len && (r->data[0] & FLAG_DSN_BIT);
		break;
	case TAG_FIELD:
		if (r->len && r->data[0] >= 'A' && r->data[0] < 'A' + DRAFT_FIELDS) {
			Record text = { r->tag, r->data + 1, r->len - 1 };
			take_line(&d->fields[r->data[0] - 'A'], &text);
		}
		break;
	case TAG_IDENTITY:	take_line(&d->identity, r); break;
	case TAG_IN_REPLY_TO:	take_line(&d->in_reply_to, r); break;
	case TAG_REFERENCES:	take_line(&d->references, r); break;
	case TAG_ANSWERS_ID:	take_line(&d->answers_id, r); break;
	case TAG_MESSAGE_ID:	take_line(&d->message_id, r); break;
	case TAG_ANSWERS:	d->answers = number_of(r); break;
	case TAG_DATE:		d->date = number_of(r); break;
	case TAG_BODY:
		g_free(d->body);
		d->body = g_utf8_make_valid((const char *)r->data, (gssize)r->len);
		break;
	default:
		break;
	}
}

Draft *
draft_read(GBytes *data)
{
	gsize left;
	const guint8 *at = g_bytes_get_data(data, &left);
	g_autoptr(Draft) d = draft_new();
	Record r;

	if (left < 8 || memcmp(at, "EILD", 4) != 0)
		return NULL;
	at += 8;
	left -= 8;
	while (next_record(&at, &left, &r))
		if (!take_attachment(d, &r))
			take(d, &r);
	return left == 0 ? g_steal_pointer(&d) : NULL;
}

/* ---- checking ---- */

static bool
refuse(GError **err, char *sentence)
{
	g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, sentence);
	g_free(sentence);
	return false;
}

static bool
check_addresses(const char *list, guint *n, GError **err)
{
	g_auto(GStrv) entries = draft_split_addresses(list);
	for (char **e = entries; *e; e++) {
		char *why = NULL;
		g_autofree char *address = draft_address(*e, &why);
		if (!address)
			return refuse(err, why);
		(*n)++;
	}
	return true;
}

static bool
check_attachment(const DraftAttachment *a, GError **err)
{
	g_autofree char *shown = a->path ? g_filename_display_name(a->path) : NULL;

	if (!a->path || a->data)
		return true;
	if (g_file_test(a->path, G_FILE_TEST_IS_DIR))
		return refuse(err, g_strdup_printf(_("The attachment %s is a folder; only files can be attached."), shown));
	if (g_access(a->path, R_OK) != 0)
		return refuse(err, g_strdup_printf(_("The attachment %s can't be read: it is gone, or not allowed."), shown));
	return true;
}

static bool
check(const Draft *d, guint *recipients, GError **err)
{
	static const DraftField lists[] = { DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_FROM, DRAFT_REPLY_TO };
	guint others = 0;

	for (int i = 0; i < DRAFT_FIELDS; i++) {
		if (strlen(d->fields[i]) > LIMIT_HEADER / 4)
			return refuse(err, g_strdup_printf(i == DRAFT_SUBJECT ? _("The subject is too long: %u thousand characters.") :
				_("The list of addresses is too long: %u thousand characters."), (guint)(strlen(d->fields[i]) / 1000)));
		if (strpbrk(d->fields[i], "\r\n"))
			return refuse(err, g_strdup(_("A header field holds a line end; that could forge other fields.")));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (!check_addresses(d->fields[lists[i]], i < 3 ? recipients : &others, err))
			return false;
	return true;
}

static bool
check_attachments(const Draft *d, GError **err)
{
	for (guint i = 0; i < d->attachments->len; i++)
		if (!check_attachment(&g_array_index(d->attachments, DraftAttachment, i), err))
			return false;
	return true;
}

bool
draft_check(const Draft *d, GError **err)
{
	guint recipients = 0;

	if (!check(d, &recipients, err))
		return false;
	if (recipients == 0)
		return refuse(err, g_strdup(_("The mail has no recipient yet.")));
	return check_attachments(d, err);
}

bool
draft_check_begun(const Draft *d, GError **err)
{
	guint recipients = 0;
	return check(d, &recipients, err) && check_attachments(d, err);
}

void
draft_drop_half_addresses(Draft *d)
{
	static const DraftField lists[] = { DRAFT_TO, DRAFT_CC, DRAFT_BCC, DRAFT_REPLY_TO };

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_auto(GStrv) entries = draft_split_addresses(d->fields[lists[i]]);
		g_autoptr(GString) whole = g_string_new(NULL);
		for (char **e = entries; *e; e++) {
			g_autofree char *address = draft_address(*e, NULL);
			if (address)
				g_string_append_printf(whole, "%s%s", whole->len ? ", " : "", *e);
		}
		draft_set(d, lists[i], whole->str);
	}
}

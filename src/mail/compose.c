/* compose.c - the message of a draft: header, text, attachments.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * First a plan of the parts (what each is and how it travels), then the writing in one pass; files go through in pieces. */
#include "config.h"
#include "mail/compose_private.h"
#include "mail/header.h"
#include "mail/kinds.h"
#include "base/intl.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 57 * 1024, SAMPLE = 64 * 1024, LONGEST_LINE = 998 };

/* ---- the envelope ---- */

void
envelope_init(Envelope *e)
{
	*e = (Envelope){ .recipients = g_ptr_array_new_with_free_func(g_free) };
}

void
envelope_clear(Envelope *e)
{
	g_clear_pointer(&e->recipients, g_ptr_array_unref);
	g_free(e->sender);
	g_free(e->subject);
	g_free(e->to);
	*e = (Envelope){ 0 };
}

void
envelope_add(Envelope *e, const char *address)
{
	for (guint i = 0; i < e->recipients->len; i++)
		if (g_ascii_strcasecmp(e->recipients->pdata[i], address) == 0)
			return;
	g_ptr_array_add(e->recipients, g_strdup(address));
}

/* ---- addresses ---- */

static bool
refuse(GError **err, char *sentence)
{
	g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, sentence);
	g_free(sentence);
	return false;
}

bool
compose_mailbox(const char *entry, Mailbox *m, bool *is_utf8, GError **err)
{
	char *why = NULL;
	g_autofree char *bare = draft_address(entry, &why);

	if (!bare)
		return refuse(err, why);
	g_autofree char *ascii = encode_address(bare, is_utf8);
	if (!ascii)
		return refuse(err, g_strdup_printf(_("The domain of “%s” can't be used in a mail address."), entry));
	g_autoptr(GArray) parsed = header_addresses(entry, strlen(entry), "utf-8", NULL);
	const Address *first = parsed->len ? &g_array_index(parsed, Address, 0) : NULL;
	m->name = g_strdup(first && *first->address ? first->name : "");
	m->address = g_steal_pointer(&ascii);
	return true;
}

static void
clear_mailbox(gpointer p)
{
	mailbox_clear(p);
}

GArray *
compose_mailboxes(const char *list, bool *is_utf8, GError **err)
{
	g_auto(GStrv) entries = draft_split_addresses(list);
	g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(Mailbox));

	g_array_set_clear_func(out, clear_mailbox);
	for (char **e = entries; *e; e++) {
		Mailbox m;
		if (!compose_mailbox(*e, &m, is_utf8, err))
			return NULL;
		g_array_append_val(out, m);
	}
	return g_steal_pointer(&out);
}

bool
compose_is_secret(const char *name, gsize len)
{
	return (len == 3 && g_ascii_strncasecmp(name, "Bcc", 3) == 0) ||
		(len == 10 && g_ascii_strncasecmp(name, "Resent-Bcc", 10) == 0);
}

void
compose_set_error(int error, GError **err)
{
	g_autofree char *most = g_format_size(LIMIT_MESSAGE_STORED);

	if (error == EFBIG)
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The mail would be larger than %s; no server takes that. "
			"Please take an attachment out."), most);
	else
		g_set_error(err, EIL_ERROR, EIL_LATER, _("The mail could not be written: %s. It is kept as a draft."),
			g_strerror(error));
}

/* ---- the plan ---- */

typedef enum { AS_BASE64, AS_LINES } Travel;
typedef struct {
	const DraftAttachment *from;	/* borrowed */
	char *name, *shown;		/* owned: name for the receiver; path for sentences */
	const char *charset;		/* static, or NULL */
	char *type;			/* owned */
	GBytes *data;			/* owned; NULL: from the file */
	int fd;				/* owned; -1 */
	Travel travel;
	bool has_8bit;
} Item;

static void
item_clear(gpointer p)
{
	Item *it = p;
	g_free(it->name);
	g_free(it->shown);
	g_free(it->type);
	g_clear_pointer(&it->data, g_bytes_unref);
	if (it->fd >= 0)
		close(it->fd);
}

static bool
cant_read(const Item *it, int why, GError **err)
{
	return refuse(err, g_strdup_printf(_("The attachment %s can't be read any more: %s."), it->shown, g_strerror(why)));
}

static ssize_t
read_some(int fd, void *room, gsize len)
{
	gsize got = 0;

	while (got < len) {
		ssize_t n = read(fd, (char *)room + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (gsize)n;
	}
	return (ssize_t)got;
}

static bool
open_item(Item *it, GError **err)
{
	struct stat st;

	it->fd = open(it->from->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (it->fd < 0 || fstat(it->fd, &st) != 0)
		return cant_read(it, errno, err);
	if (!S_ISREG(st.st_mode))
		return refuse(err, g_strdup_printf(_("The attachment %s is not a file; only files can be attached."), it->shown));
	if ((guint64)st.st_size > LIMIT_MESSAGE_STORED) {
		compose_set_error(EFBIG, err);
		return false;
	}
	return true;
}

/* A message inside a message is kept in lines, so its bytes are looked at before (RFC 2046, 5.2.1). */
static bool
load_item(Item *it, GError **err)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	g_autofree guint8 *room = g_malloc(PIECE);
	ssize_t n;

	while ((n = read_some(it->fd, room, PIECE)) > 0 && all->len <= LIMIT_MESSAGE_STORED)
		g_byte_array_append(all, room, (guint)n);
	if (n < 0)
		return cant_read(it, errno, err);
	it->data = g_byte_array_free_to_bytes(g_steal_pointer(&all));
	return true;
}

static bool
has_header_line(const char *data, gsize len)
{
	const char *colon = memchr(data, ':', MIN(len, 80));

	for (const char *p = data; colon && p < colon; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return colon && colon > data;
}

static void
judge_message(Item *it)
{
	gsize len;
	const char *data = g_bytes_get_data(it->data, &len);
	TransferLook look;

	transfer_look(data, len, &look);
	it->has_8bit = look.n_8bit > 0;
	it->travel = look.longest <= LONGEST_LINE && has_header_line(data, len) ? AS_LINES : AS_BASE64;
}

static bool
sample(Item *it, guint8 *room, gsize *len, GError **err)
{
	if (it->data) {
		gsize all;
		const guint8 *data = g_bytes_get_data(it->data, &all);
		*len = MIN(all, SAMPLE);
		if (*len)
			memcpy(room, data, *len);
		return true;
	}
	ssize_t n = read_some(it->fd, room, SAMPLE);
	if (n < 0 || lseek(it->fd, 0, SEEK_SET) != 0)
		return cant_read(it, errno, err);
	*len = (gsize)n;
	return true;
}

static bool
is_type(const char *type)
{
	gsize n = type ? strcspn(type, "/") : 0;

	if (!n || !type[n] || !type[n + 1] || strlen(type) > 127)
		return false;
	for (const char *p = type; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("!#$&-^_.+", *p) && p != type + n)
			return false;
	return g_ascii_strncasecmp(type, "multipart/", 10) != 0;
}

static char *
name_of(const DraftAttachment *a)
{
	g_autofree char *base = a->path ? g_path_get_basename(a->path) : NULL;
	g_autofree char *shown = base ? g_filename_display_name(base) : NULL;
	char *name = g_strdup(a->name && *a->name ? a->name : shown ? shown : "");
	return g_strdelimit(name, "/\\\r\n\t", '_');
}

static bool
plan_item(Item *it, const DraftAttachment *a, GError **err)
{
	g_autofree guint8 *room = g_malloc(SAMPLE);
	gsize len = 0;

	*it = (Item){ .from = a, .fd = -1, .name = name_of(a), .data = a->data ? g_bytes_ref(a->data) : NULL };
	it->shown = a->path ? g_filename_display_name(a->path) : g_strdup(it->name);
	if (!a->data && !a->path)
		it->data = g_bytes_new_static("", 0);
	if (!it->data && !open_item(it, err))
		return false;
	if (!sample(it, room, &len, err))
		return false;
	it->type = g_strdup(is_type(a->type) ? a->type : kind_guess(it->name, room, len));
	if (g_ascii_strcasecmp(it->type, "message/rfc822") == 0) {
		if (!it->data && !load_item(it, err))
			return false;
		judge_message(it);
	} else if (g_ascii_strncasecmp(it->type, "text/", 5) == 0) {
		it->charset = kind_charset(room, len);
		/* what comes after the sample may be more than ASCII */
		if (len == SAMPLE && g_strcmp0(it->charset, "us-ascii") == 0)
			it->charset = "utf-8";
	}
	return true;
}

static GArray *
plan(const Draft *d, GError **err)
{
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(Item));

	g_array_set_clear_func(items, item_clear);
	for (guint i = 0; i < d->attachments->len; i++) {
		Item it;
		bool fine = plan_item(&it, &g_array_index(d->attachments, DraftAttachment, i), err);
		g_array_append_val(items, it);
		if (!fine)
			return NULL;
	}
	return g_steal_pointer(&items);
}

/* ---- the header ---- */

typedef struct {
	const Draft *d;		/* borrowed */
	Envelope *e;		/* borrowed */
	GArray *from, *to, *cc, *bcc, *reply_to;	/* owned: of Mailbox */
	GArray *items;		/* owned: of Item */
	GTimeZone *zone;	/* borrowed */
	bool utf8;
} Mail;

static void
mail_clear(Mail *m)
{
	GArray **lists[] = { &m->from, &m->to, &m->cc, &m->bcc, &m->reply_to, &m->items };

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		g_clear_pointer(lists[i], g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mail, mail_clear)

static void
put_mailboxes(GString *out, const char *name, const GArray *list)
{
	if (list->len)
		encode_mailboxes(out, name, &g_array_index(list, Mailbox, 0), list->len);
}

static bool
read_fields(Mail *m, const char *from, GError **err)
{
	const Draft *d = m->d;
	const char *own = *d->fields[DRAFT_FROM] ? d->fields[DRAFT_FROM] : from ? from : "";
	const struct { GArray **to; const char *list; } rows[] = {
		{ &m->from, own }, { &m->to, d->fields[DRAFT_TO] }, { &m->cc, d->fields[DRAFT_CC] },
		{ &m->bcc, d->fields[DRAFT_BCC] }, { &m->reply_to, d->fields[DRAFT_REPLY_TO] },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (!(*rows[i].to = compose_mailboxes(rows[i].list, &m->utf8, err)))
			return false;
	if (m->from->len == 0)
		return refuse(err, g_strdup(_("The mail has no sender: please set an address in From, or in the account.")));
	m->e->sender = g_strdup(g_array_index(m->from, Mailbox, 0).address);
	for (gsize i = 1; i < 4; i++)
		for (guint k = 0; k < (*rows[i].to)->len; k++)
			envelope_add(m->e, g_array_index(*rows[i].to, Mailbox, k).address);
	m->e->needs_utf8 = m->utf8;
	m->e->subject = g_strdup(d->fields[DRAFT_SUBJECT]);
	m->e->to = g_strdup(*d->fields[DRAFT_TO] ? d->fields[DRAFT_TO] : *d->fields[DRAFT_CC] ? d->fields[DRAFT_CC] :
		d->fields[DRAFT_BCC]);
	return true;
}

static void
put_header(const Mail *m, GString *out)
{
	const Draft *d = m->d;
	g_autofree char *date = encode_date(d->date, m->zone);

	g_string_append_printf(out, "Date: %s\r\n", date);
	put_mailboxes(out, "From", m->from);
	if (m->from->len > 1)	/* RFC 5322, 3.6.2 */
		encode_mailboxes(out, "Sender", &g_array_index(m->from, Mailbox, 0), 1);
	put_mailboxes(out, "Reply-To", m->reply_to);
	put_mailboxes(out, "To", m->to);
	put_mailboxes(out, "Cc", m->cc);
	if (!m->to->len && !m->cc->len && m->bcc->len)
		g_string_append(out, "To: undisclosed-recipients:;\r\n");
	if (*d->fields[DRAFT_SUBJECT])
		encode_text(out, "Subject", d->fields[DRAFT_SUBJECT]);
	encode_ids(out, "Message-ID", d->message_id);
	encode_ids(out, "In-Reply-To", d->in_reply_to);
	encode_ids(out, "References", d->references);
	g_string_append(out, "MIME-Version: 1.0\r\n");
}

/* ---- the text ---- */

typedef struct { GString *bytes; const char *charset, *encoding; bool flowed; } Text;	/* bytes owned */

static Text
plan_text(const Draft *d)
{
	Text t = { .bytes = d->flowed ? transfer_flow(d->body) : transfer_fixed(d->body), .flowed = d->flowed };
	TransferLook look;

	transfer_look(t.bytes->str, t.bytes->len, &look);
	t.charset = look.n_8bit ? "utf-8" : "us-ascii";
	bool plain = !look.n_8bit && !look.n_control && look.longest <= LONGEST_LINE && !look.from_line &&
		(d->flowed || !look.odd_end);
	t.encoding = plain ? "7bit" : look.n_8bit > t.bytes->len / 4 ? "base64" : "quoted-printable";
	return t;
}

static void
put_text_header(GString *out, const Text *t)
{
	encode_begin(out, "Content-Type", "text/plain");
	encode_param(out, "charset", t->charset);
	if (t->flowed)
		encode_param(out, "format", "flowed");
	encode_end(out);
	g_string_append_printf(out, "Content-Transfer-Encoding: %s\r\n", t->encoding);
}

static void
write_text(Transfer *to, const Text *t)
{
	if (*t->encoding == '7') {
		transfer_put(to, t->bytes->str, t->bytes->len);
	} else if (*t->encoding == 'q') {
		transfer_quoted(to, t->bytes->str, t->bytes->len);
	} else {
		Base64 b;
		base64_begin(&b, to);
		base64_put(&b, (const guint8 *)t->bytes->str, t->bytes->len);
		base64_end(&b);
	}
}

/* ---- the attachments ---- */

static void
put_item_header(GString *out, const Item *it)
{
	encode_begin(out, "Content-Type", it->type);
	if (it->charset)
		encode_param(out, "charset", it->charset);
	encode_end(out);
	if (*it->name || !it->from->is_inline) {
		encode_begin(out, "Content-Disposition", it->from->is_inline ? "inline" : "attachment");
		if (*it->name)
			encode_param(out, "filename", it->name);
		encode_end(out);
	}
	if (it->from->description && *it->from->description)
		encode_text(out, "Content-Description", it->from->description);
	g_string_append_printf(out, "Content-Transfer-Encoding: %s\r\n", it->travel == AS_BASE64 ? "base64" :
		it->has_8bit ? "8bit" : "7bit");
}

static bool
write_item(Transfer *to, Item *it, GError **err)
{
	g_autofree guint8 *room = g_malloc(PIECE);
	gsize len = 0;
	const guint8 *data = it->data ? g_bytes_get_data(it->data, &len) : NULL;
	ssize_t n = 0;
	Base64 b;

	if (it->travel == AS_LINES) {
		transfer_lines_open(to, (const char *)data, len);
		return true;
	}
	base64_begin(&b, to);
	if (it->data)
		base64_put(&b, data, len);
	while (!it->data && !to->error && (n = read_some(it->fd, room, PIECE)) > 0)
		base64_put(&b, room, (gsize)n);
	base64_end(&b);
	return n < 0 ? cant_read(it, errno, err) : true;
}

/* ---- the whole ---- */

/* Cannot stand in a part: nobody knows the Message-ID before. The same draft gives the same. */
static char *
boundary_of(const Draft *d)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, d->message_id, -1);
	return g_strdup_printf("=_%.32s", sum);
}

static bool
write_parts(const Mail *m, Transfer *to, GString *head, const Text *text, GError **err)
{
	g_autofree char *boundary = boundary_of(m->d);

	encode_begin(head, "Content-Type", "multipart/mixed");
	encode_param(head, "boundary", boundary);
	encode_end(head);
	if (m->e->has_8bit)
		g_string_append(head, "Content-Transfer-Encoding: 8bit\r\n");
	g_string_append_printf(head, "\r\n--%s\r\n", boundary);
	put_text_header(head, text);
	g_string_append(head, "\r\n");
	transfer_put(to, head->str, head->len);
	write_text(to, text);
	for (guint i = 0; i < m->items->len; i++) {
		Item *it = &g_array_index(m->items, Item, i);
		g_autoptr(GString) part = g_string_new(NULL);
		g_string_append_printf(part, "\r\n--%s\r\n", boundary);
		put_item_header(part, it);
		g_string_append(part, "\r\n");
		transfer_put(to, part->str, part->len);
		if (!write_item(to, it, err))
			return false;
	}
	g_autofree char *end = g_strdup_printf("\r\n--%s--\r\n", boundary);
	transfer_text(to, end);
	return true;
}

static bool
write_message(Mail *m, Transfer *to, GError **err)
{
	g_autoptr(GString) head = g_string_new(NULL);
	Text text = plan_text(m->d);
	bool fine = true;

	m->e->has_8bit = m->utf8;
	for (guint i = 0; i < m->items->len; i++) {
		const Item *it = &g_array_index(m->items, Item, i);
		m->e->has_8bit |= it->travel == AS_LINES && it->has_8bit;
	}
	put_header(m, head);
	if (m->items->len > 0) {
		fine = write_parts(m, to, head, &text, err);
	} else {
		put_text_header(head, &text);
		g_string_append(head, "\r\n");
		transfer_put(to, head->str, head->len);
		write_text(to, &text);
	}
	g_string_free(text.bytes, TRUE);
	return fine;
}

/* The header's lines as they came, without those that never leave. */
static void
write_old_header(Transfer *to, const char *data, gsize len)
{
	bool secret = false;

	for (gsize pos = 0, n; pos < len; pos += n) {
		const char *line = data + pos, *end = memchr(line, '\n', len - pos);
		n = end ? (gsize)(end + 1 - line) : len - pos;
		if (*line != ' ' && *line != '\t') {
			gsize name = 0;
			while (name < n && line[name] != ':' && !g_ascii_isspace(line[name]))
				name++;
			secret = compose_is_secret(line, name);
		}
		if (!secret)
			transfer_lines_open(to, line, n);
	}
}

/* RFC 5322, 3.6.6: before everything else, and nothing else is touched. */
static bool
write_bounce(Mail *m, Transfer *to, GError **err)
{
	const Item *it = m->items->len == 1 ? &g_array_index(m->items, Item, 0) : NULL;
	g_autoptr(GString) head = g_string_new(NULL);
	g_autofree char *date = encode_date(m->d->date, m->zone);
	gsize len = 0, body;
	const char *data = it && it->data ? g_bytes_get_data(it->data, &len) : NULL;
	TransferLook look;
	HeaderLine h;

	const char *separator = data && len > 5 && memcmp(data, "From ", 5) == 0 ? memchr(data, '\n', len) : NULL;
	if (separator) {	/* an mbox's */
		len -= (gsize)(separator + 1 - data);
		data = separator + 1;
	}
	if (!data || !has_header_line(data, len))
		return refuse(err, g_strdup(_("There is no message to bounce.")));
	gsize header = len;
	for (body = 0; body < len; body++) {	/* the empty line */
		if (data[body] == '\n' && (body + 1 == len || data[body + 1] == '\n' ||
			(data[body + 1] == '\r' && body + 2 < len && data[body + 2] == '\n'))) {
			header = body + 1;
			break;
		}
	}
	g_string_append_printf(head, "Resent-Date: %s\r\n", date);
	put_mailboxes(head, "Resent-From", m->from);
	put_mailboxes(head, "Resent-To", m->to);
	put_mailboxes(head, "Resent-Cc", m->cc);
	if (!m->to->len && !m->cc->len)
		g_string_append(head, "Resent-To: undisclosed-recipients:;\r\n");
	encode_ids(head, "Resent-Message-ID", m->d->message_id);
	transfer_put(to, head->str, head->len);
	write_old_header(to, data, header);
	if (header == len && data[len - 1] != '\n')
		transfer_text(to, "\r\n");
	transfer_lines(to, data + header, len - header);
	transfer_look(data, len, &look);
	m->e->has_8bit = look.n_8bit > 0;
	if (header_find(data, header, "Subject", &h)) {
		g_free(m->e->subject);
		m->e->subject = header_decode(h.value, MIN(h.value_len, LIMIT_HEADER), NULL);
	}
	return true;
}

bool
compose_write(const Draft *d, const char *from, GTimeZone *zone, int fd, Envelope *e, GError **err)
{
	g_auto(Mail) m = { .d = d, .e = e, .zone = zone };
	Transfer to;

	if (!draft_check_begun(d, err) || !read_fields(&m, from, err) || !(m.items = plan(d, err)))
		return false;
	transfer_init(&to, fd, LIMIT_MESSAGE_STORED);
	bool fine = d->kind == DRAFT_BOUNCE ? write_bounce(&m, &to, err) : write_message(&m, &to, err);
	bool written = transfer_end(&to);
	if (fine && !written)
		compose_set_error(to.error, err);
	return fine && written;
}

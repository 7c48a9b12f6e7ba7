/* part.c - the parts of a message as a tree, and their decoded bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "mail/part.h"
#include "base/limits.h"

#include <gmime/gmime.h>
#include <string.h>

static void
part_free(gpointer p)
{
	Part *part = p;
	g_ptr_array_unref(part->children);
	g_free(part->section);
	param_free(part->type);
	param_free(part->disposition);
	g_free(part);
}

static PartTree *
tree_new(void)
{
	PartTree *t = g_new0(PartTree, 1);
	t->all = g_ptr_array_new_with_free_func(part_free);
	return t;
}

void
part_tree_free(PartTree *t)
{
	if (!t)
		return;
	g_ptr_array_unref(t->all);
	g_free(t);
}

static PartEncoding
encoding_of(const Part *p)
{
	HeaderLine h;
	if (!header_find(p->header, p->header_len, "Content-Transfer-Encoding", &h))
		return ENCODING_NONE;
	g_autofree char *text = g_ascii_strdown(h.value, (gssize)MIN(h.value_len, 40));
	g_strstrip(g_strdelimit(text, "\"'();", ' '));
	if (g_str_has_prefix(text, "base64") || strcmp(text, "base-64") == 0 ||
		strcmp(text, "b") == 0)
		return ENCODING_BASE64;
	if (g_str_has_prefix(text, "quoted") || strcmp(text, "qp") == 0)
		return ENCODING_QP;
	if (strstr(text, "uue") || g_str_has_prefix(text, "x-uu"))
		return ENCODING_UU;
	return ENCODING_NONE;	/* 7bit, 8bit, binary, and what nobody knows: as it is */
}

/* Everything that stands in the part's header lines. */
static void
read_mime(Part *p, bool digest)
{
	HeaderLine h;

	if (header_find(p->header, p->header_len, "Content-Type", &h))
		p->type = header_params(h.value, h.value_len, NULL);
	else
		p->type = header_params(digest ? "message/rfc822" : "text/plain", digest ? 14 : 10,
			NULL);
	/* RFC 2045, 5.2; "text" and "html" alone are seen */
	if (!strchr(p->type->value, '/')) {
		const char *type = strcmp(p->type->value, "html") == 0 ? "text/html" :
			*p->type->value == '\0' || strcmp(p->type->value, "text") == 0 ||
				strcmp(p->type->value, "plain") == 0 ?
			"text/plain" : "application/octet-stream";
		g_free(p->type->value);
		p->type->value = g_strdup(type);
	}
	if (header_find(p->header, p->header_len, "Content-Disposition", &h))
		p->disposition = header_params(h.value, h.value_len, NULL);
	p->encoding = encoding_of(p);
}

static Part *
add_part(PartTree *t, Part *parent)
{
	Part *p = g_new0(Part, 1);
	p->children = g_ptr_array_new();
	p->parent = parent;
	p->header = "";
	if (parent)
		g_ptr_array_add(parent->children, p);
	g_ptr_array_add(t->all, p);
	return p;
}

/* RFC 9051, 6.4.5: a multipart that is the body of a message has no number of its own. */
static char *
section_of(const Part *p, guint number)
{
	const Part *up = p->parent;

	if (!up)
		return g_strdup(p->kind == MIME_MULTIPART ? "" : "1");
	if (up->kind == MIME_MESSAGE)
		return p->kind == MIME_MULTIPART ? g_strdup(up->section) :
			g_strdup_printf("%s.1", up->section);
	return *up->section ? g_strdup_printf("%s.%u", up->section, number) :
		g_strdup_printf("%u", number);
}

PartTree *
part_tree_new(const char *raw, gsize len, guint depth, gsize budget)
{
	PartTree *t = tree_new();
	Prescan scan;

	prescan_init(&scan, raw, len, depth, budget);
	t->flags = scan.flags;
	for (gsize i = 0; i < scan.n_parts; i++) {
		const MimeRange *m = &scan.parts[i];
		Part *p = add_part(t, m->parent < 0 ? NULL : t->all->pdata[m->parent]);
		p->kind = m->kind;
		p->depth = m->depth;
		p->opaque = m->opaque;
		p->header = raw + m->header;
		p->header_len = m->header_len;
		p->body = raw + m->body;
		p->body_len = m->body_len;
		p->size = m->body_len;
		p->section = section_of(p, m->number);
		read_mime(p, m->digest);
		if (p->opaque) {
			g_free(p->type->value);
			p->type->value = g_strdup("text/plain");
			p->encoding = ENCODING_NONE;
		}
	}
	prescan_clear(&scan);
	return t;
}

/* known parts */

static bool
is_below(const char *section, const char *above)
{
	gsize n = strlen(above);
	return n == 0 || (strncmp(section, above, n) == 0 && section[n] == '.');
}

static Part *
invent_multipart(PartTree *t, Part *parent, const char *type, const char *section)
{
	Part *p = add_part(t, parent);
	p->kind = MIME_MULTIPART;
	p->section = g_strdup(section);
	p->type = header_params(type, strlen(type), NULL);
	p->depth = parent ? (guint8)(parent->depth + 1) : 0;
	return p;
}

static gsize
last_dot(const char *section)
{
	const char *dot = strrchr(section, '.');
	return dot ? (gsize)(dot - section) : 0;
}

static bool
mime_is(const MessagePart *m, const char *type)
{
	HeaderLine h;
	return m->mime && header_find(m->mime, strlen(m->mime), "Content-Type", &h) &&
		h.value_len >= strlen(type) &&
		g_ascii_strncasecmp(h.value, type, strlen(type)) == 0;
}

/* What kind of multipart stands above part i, when nobody says: text beside HTML is a choice. */
static const char *
guess_multipart(const MessageInput *in, gsize i, const char *above)
{
	bool plain = false, html = false, other = false;

	for (gsize n = 0; i < in->n_parts && is_below(in->parts[i].section, above); i++, n++) {
		if (last_dot(in->parts[i].section) != strlen(above))
			continue;
		bool attached = in->parts[i].mime && strstr(in->parts[i].mime, "attachment");
		if (mime_is(&in->parts[i], "text/plain") && !plain && !html && !attached)
			plain = true;
		else if (mime_is(&in->parts[i], "text/html") && !html && !attached)
			html = true;
		else if (!mime_is(&in->parts[i], "text/calendar"))
			other = true;
	}
	return plain && html && !other ? "multipart/alternative" : "multipart/mixed";
}

/* The multipart that is a message's body has the message's own section. */
static bool
may_hold(const Part *up, const char *section, bool multipart)
{
	return is_below(section, up->section) || (multipart && up->kind == MIME_MESSAGE &&
		up->children->len == 0 && strcmp(section, up->section) == 0);
}

static Part *
find_above(GPtrArray *open, const char *section, bool multipart)
{
	while (open->len > 1 && !may_hold(open->pdata[open->len - 1], section, multipart))
		g_ptr_array_set_size(open, (gint)open->len - 1);
	return open->len ? open->pdata[open->len - 1] : NULL;
}

static Part *
parent_for(PartTree *t, GPtrArray *open, const MessageInput *in, gsize i)
{
	const char *section = in->parts[i].section;
	bool multipart = mime_is(&in->parts[i], "multipart/");
	Part *up = find_above(open, section, multipart);

	if (i == 0 && *section == '\0')
		return NULL;	/* the root multipart was named */
	if (i == 0 && strcmp(section, "1") == 0 &&
		(in->n_parts == 1 || is_below(in->parts[in->n_parts - 1].section, "1")))
		return NULL;	/* a message of one part, or one message in it */
	if (!up) {
		up = invent_multipart(t, NULL, guess_multipart(in, 0, ""), "");
		g_ptr_array_add(open, up);
	}
	if (up->kind == MIME_MESSAGE && up->children->len == 0 && !multipart &&
		strlen(section) > strlen(up->section) &&
		i + 1 < in->n_parts && is_below(in->parts[i + 1].section, up->section)) {
		up = invent_multipart(t, up, guess_multipart(in, i, up->section), up->section);
		g_ptr_array_add(open, up);
	}
	/* "2.1.3" below "2": somebody between them was not named */
	while (up->depth < LIMIT_MIME_DEPTH && last_dot(section) > strlen(up->section)) {
		gsize start = strlen(up->section) + (*up->section != '\0');
		gsize end = start + strcspn(section + start, ".");
		g_autofree char *name = g_strndup(section, end);
		up = invent_multipart(t, up, guess_multipart(in, i, name), name);
		g_ptr_array_add(open, up);
	}
	return up;
}

PartTree *
part_tree_known(const MessageInput *in)
{
	PartTree *t = tree_new();
	g_autoptr(GPtrArray) open = g_ptr_array_new();

	for (gsize i = 0; i < in->n_parts; i++) {
		const MessagePart *m = &in->parts[i];
		if (t->all->len + LIMIT_MIME_DEPTH >= LIMIT_MIME_PARTS || !m->section ||
			strlen(m->section) > 1000) {
			t->flags |= PRESCAN_TOO_MANY_PARTS;
			break;
		}
		Part *p = add_part(t, parent_for(t, open, in, i));
		gsize len = 0;
		p->header = m->mime ? m->mime : "";
		p->header_len = MIN(strlen(p->header), LIMIT_HEADER_BLOCK);
		p->body = m->body ? g_bytes_get_data(m->body, &len) : NULL;
		if (m->body && !p->body)
			p->body = "";
		p->body_len = len;
		p->size = m->size ? m->size : len;
		p->section = g_strdup(m->section);
		p->depth = p->parent ? (guint8)MIN(p->parent->depth + 1, 255) : 0;
		read_mime(p, false);
		if (part_is(p, "multipart/"))
			p->kind = MIME_MULTIPART;
		else if (part_is(p, "message/rfc822") ||
			strcmp(p->type->value, "message/global") == 0)
			p->kind = MIME_MESSAGE;
		if (p->kind != MIME_LEAF && p->depth < LIMIT_MIME_DEPTH)
			g_ptr_array_add(open, p);
	}
	return t;
}

/* questions */

bool
part_is(const Part *p, const char *type)
{
	gsize n = strlen(type);
	return type[n - 1] == '/' ? strncmp(p->type->value, type, n) == 0 :
		strcmp(p->type->value, type) == 0;
}

const char *
part_param(const Part *p, const char *name)
{
	return param_get(p->type, name);
}

bool
part_is_attachment(const Part *p)
{
	return p->disposition && strcmp(p->disposition->value, "attachment") == 0;
}

const char *
part_name(const Part *p)
{
	const char *name = p->disposition ? param_get(p->disposition, "filename") : NULL;
	if (!name || !*name)
		name = part_param(p, "name");
	return name && *name ? name : NULL;
}

static const char *
ending_of(const Part *p)
{
	static const struct { const char *type, *ending; } endings[] = {
		{ "text/plain", "txt" }, { "text/html", "html" }, { "text/calendar", "ics" }, { "text/vcard", "vcf" },
		{ "text/x-vcard", "vcf" }, { "text/csv", "csv" }, { "text/rtf", "rtf" }, { "text/x-patch", "patch" },
		{ "text/x-diff", "diff" }, { "text/markdown", "md" }, { "text/", "txt" }, { "application/pdf", "pdf" },
		{ "application/zip", "zip" }, { "application/json", "json" }, { "application/xml", "xml" },
		{ "application/msword", "doc" }, { "application/vnd.ms-excel", "xls" }, { "application/vnd.ms-powerpoint", "ppt" },
		{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx" },
		{ "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx" },
		{ "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx" },
		{ "application/vnd.oasis.opendocument.text", "odt" }, { "application/vnd.oasis.opendocument.spreadsheet", "ods" },
		{ "application/pgp-signature", "asc" }, { "application/pgp-encrypted", "asc" }, { "application/pgp-keys", "asc" },
		{ "application/pkcs7-mime", "p7m" }, { "application/x-pkcs7-mime", "p7m" }, { "application/pkcs7-signature", "p7s" },
		{ "application/x-pkcs7-signature", "p7s" }, { "application/gzip", "gz" }, { "application/ics", "ics" },
		{ "image/jpeg", "jpg" }, { "image/jpg", "jpg" }, { "image/png", "png" }, { "image/gif", "gif" }, { "image/webp", "webp" },
		{ "image/svg+xml", "svg" }, { "image/tiff", "tif" }, { "image/bmp", "bmp" }, { "image/heic", "heic" },
		{ "audio/mpeg", "mp3" }, { "audio/x-wav", "wav" }, { "audio/wav", "wav" }, { "audio/ogg", "ogg" }, { "video/mp4", "mp4" },
		{ "message/", "eml" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
		if (part_is(p, endings[i].type))
			return endings[i].ending;
	return "bin";
}

/* Cut to n bytes on a character's end. */
static void
cut_utf8(char *text, gsize n)
{
	if (strlen(text) <= n)
		return;
	while (n && ((guchar)text[n] & 0xc0) == 0x80)
		n--;
	text[n] = '\0';
}

char *
part_file_name(const Part *p)
{
	const char *name = part_name(p);
	g_autoptr(Clean) clean = clean_new(name ? name : "", -1, CLEAN_LINE);
	g_autofree char *text = g_strdup(clean_peek(clean));

	/* paths of both worlds: what stands behind the last separator, if anything does */
	g_strdelimit(text, "\\", '/');
	for (gsize n = strlen(text); n && (text[n - 1] == '/' || text[n - 1] == ' '); n--)
		text[n - 1] = '\0';
	char *base = strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
	while (*base && strchr(".- ~", *base))
		base++;
	if (strlen(base) > LIMIT_FILE_NAME) {
		char *dot = strrchr(base, '.');
		g_autofree char *ending = dot && strlen(dot) <= 20 ? g_strdup(dot) : g_strdup("");
		cut_utf8(base, LIMIT_FILE_NAME - strlen(ending));
		char *cut = g_strconcat(base, ending, NULL);
		if (document_name_is_safe(cut))
			return cut;
		g_free(cut);
	}
	if (document_name_is_safe(base))
		return g_strdup(base);
	g_autofree char *made =
		g_strdup_printf("part-%s.%s", *p->section ? p->section : "1", ending_of(p));
	return document_name_is_safe(made) ? g_steal_pointer(&made) : g_strdup("part.bin");
}

/* decoding */

typedef enum {
	BASE64_FINE,
	BASE64_BROKEN,
	BASE64_LIE,	/* plain text that is only called so */
} Base64Look;

static Base64Look
look_at_base64(const char *p, gsize len)
{
	gsize odd = 0, good = 0, gaps = 0;

	for (gsize i = 0; i < len; i++) {
		if (g_ascii_isalnum(p[i]) || p[i] == '+' || p[i] == '/')
			good++;
		else if (p[i] == ' ' && i + 1 < len && g_ascii_isgraph(p[i + 1]))
			gaps++;
		else if (!g_ascii_isspace(p[i]) && p[i] != '=')
			odd++;
	}
	if (odd + gaps >= 4 && (2 * odd + gaps) * 20 > good)
		return BASE64_LIE;
	return odd > 0 || good % 4 == 1 ? BASE64_BROKEN : BASE64_FINE;
}

static char *
copy_body(const Part *p, gsize max, gsize *len, bool *cut)
{
	gsize in = p->body ? p->body_len : 0;

	*cut = in > max;
	*len = MIN(in, max);
	char *copy = g_malloc(*len + 1);
	if (*len)
		memcpy(copy, p->body, *len);
	copy[*len] = '\0';
	return copy;
}

/* Where the encoded lines of uuencode begin, behind "begin 644 name". */
static gsize
uu_start(const char *p, gsize len)
{
	const char *begin = g_strstr_len(p, (gssize)len, "begin ");
	const char *nl = begin ? memchr(begin, '\n', len - (gsize)(begin - p)) : NULL;
	return nl ? (gsize)(nl + 1 - p) : 0;
}

char *
part_decode(const Part *p, gsize max, gsize *len, bool *cut, bool *broken)
{
	static const GMimeContentEncoding kinds[] = {
		[ENCODING_BASE64] = GMIME_CONTENT_ENCODING_BASE64,
			[ENCODING_QP] = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE,
		[ENCODING_UU] = GMIME_CONTENT_ENCODING_UUENCODE,
	};
	gsize in = p->body ? p->body_len : 0, at = 0;

	*broken = false;
	if (p->encoding == ENCODING_NONE || p->encoding == ENCODING_UNKNOWN)
		return copy_body(p, max, len, cut);
	if (p->encoding == ENCODING_BASE64 && in) {
		Base64Look look = look_at_base64(p->body, in);
		*broken = look != BASE64_FINE;
		if (look == BASE64_LIE && part_is(p, "text/"))
			return copy_body(p, max, len, cut);
	}
	if (p->encoding == ENCODING_UU)
		at = uu_start(p->body ? p->body : "", in);
	GMimeEncoding state;
	g_mime_encoding_init_decode(&state, kinds[p->encoding]);
	GByteArray *out = g_byte_array_sized_new((guint)MIN(in, max) + 128 * KIB);
	while (at < in && out->len < max) {
		gsize n = MIN(in - at, 64 * KIB);
		guint before = out->len;
		g_byte_array_set_size(out, before + (guint)g_mime_encoding_outlen(&state, n) + 64);
		gsize got = g_mime_encoding_step(&state, p->body + at, n,
			(char *)out->data + before);
		g_byte_array_set_size(out, before + (guint)got);
		at += n;
	}
	*cut = out->len > max || at < in;
	*len = MIN(out->len, max);
	g_byte_array_append(out, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(out, FALSE);
}

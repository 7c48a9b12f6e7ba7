/* rows.c - a message or a folder as one line: pieces of text with their styles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Two columns of marks stand before a message, so that monochrome and colour
 * say the same: first unread (●), answered (»), forwarded (›) or deleted (D),
 * then flagged (!). */
#include "config.h"
#include "ui/rows.h"
#include "base/intl.h"
#include "ui/theme.h"

#include <string.h>

/* Where the columns of the index lie for a width; w 0: no room. */
typedef struct { int marks_x, date_x, date_w, who_x, who_w, subject_x, subject_w, clip_x, clip_w,
	size_x, size_w; } Columns;

void
row_line_clear(RowLine *l)
{
	for (guint i = 0; i < l->n; i++)
		clean_free(l->pieces[i].text);
	memset(l, 0, sizeof *l);
}

void
row_line_draw(const RowLine *l, Canvas *c, int y, int x, int w)
{
	canvas_fill(c, (Rect){ y, x, 1, w }, l->style);
	for (guint i = 0; i < l->n; i++) {
		const RowPiece *p = &l->pieces[i];
		int room = MIN(p->w, w - p->x);
		canvas_put(c, y, x + p->x, room, p->style, p->right ? PUT_RIGHT : PUT_CUT, p->text);
	}
}

Clean *
row_line_text(const RowLine *l, int w)
{
	g_autoptr(Canvas) c = canvas_new(1, w);
	row_line_draw(l, c, 0, 0, w);
	g_autofree char *text = canvas_row_text(c, 0);
	return clean_new(text, -1, CLEAN_LINE);
}

/* Takes text. */
static void
add(RowLine *l, int x, int w, CellStyle style, bool right, Clean *text)
{
	if (w <= 0 || l->n == ROW_PIECES) {
		clean_free(text);
		return;
	}
	l->pieces[l->n++] = (RowPiece){ .x = x, .w = w, .style = style, .right = right,
		.text = text };
}

static Clean *
ours(const char *text)
{
	return clean_dup(clean_ours(text));
}

/* As the clock on the wall shows it, in seconds: what a page of dates needs of time zones. */
static gint64
local_seconds(gint64 when, GTimeZone *zone)
{
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, when);
	return when + (interval < 0 ? 0 : g_time_zone_get_offset(zone, interval));
}

Clean *
rows_date(gint64 when, const RowContext *rc)
{
	enum { DAY = 24 * 60 * 60 };
	const gint64 END = G_GINT64_CONSTANT(253402300800);	/* the year 10000 */
	gint64 local = when > 0 && when < END ? local_seconds(when, rc->zone) : 0;
	g_autoptr(GDateTime) t = local > 0 ? g_date_time_new_from_unix_utc(local) : NULL;
	const char *format;

	if (!t)
		return ours("");
	gint64 age = rc->now - when;
	if (rc->dates == DATES_ABSOLUTE)
		format = "%Y-%m-%d %H:%M";
	else if (local / DAY == local_seconds(rc->now, rc->zone) / DAY)
		format = "%H:%M";
	else if (age > 0 && age < 6 * DAY)
		format = "%a";
	else if (age > -DAY && age < 300 * DAY)
		/* TRANSLATORS: a day without its year, at most 7 columns: "12 Nov" */
		format = C_("date", "%e %b");
	else
		format = "%Y-%m";
	g_autofree char *text = g_date_time_format(t, format);
	/* GLib's padding; not every font has it */
	char *figure_space = text ? strstr(text, "\u2007") : NULL;
	if (figure_space) {
		*figure_space = ' ';
		memmove(figure_space + 1, figure_space + 3, strlen(figure_space + 3) + 1);
	}
	return clean_new(text ? text : "", -1, CLEAN_LINE);
}

Clean *
rows_size(guint64 bytes)
{
	static const char units[] = "KMGTPE";
	double n = (double)bytes;
	int unit = -1;

	if (bytes < 1000)
		return clean_printf("%u", (guint)bytes);
	while (n >= 999.5) {	/* 999.5 would be written with four digits */
		n /= 1024;
		unit++;
	}
	const char *format = n < 9.95 && unit > 0 ? "%.1f" : "%.0f";
	g_autofree char *digits = g_strdup_printf(format, MAX(n, 1.0));
	for (char *p = digits; *p; p++)
		if (*p == ',')
			*p = '.';	/* the column has no room for a locale's longer sign */
	return clean_printf("%s%c", digits, units[unit]);
}

static Columns
columns_for(int w, RowDates dates)
{
	Columns k = { .marks_x = 0, .date_x = 3 };
	int end = w;

	k.date_w = dates == DATES_ABSOLUTE && w >= 90 ? 16 : w >= 26 ? 7 : 0;
	if (w >= 60) {
		k.size_w = MAX(4, utf8_columns(_("Size"), -1));	/* a number takes 4; the word is longer in some languages */
		k.size_x = end - k.size_w;
		end = k.size_x - 1;
	}
	if (w >= 44) {
		k.clip_w = 1;
		k.clip_x = end - 1;
		end = k.clip_x - 1;
	}
	k.who_x = k.date_w > 0 ? k.date_x + k.date_w + 1 : 3;
	int rest = end - k.who_x;
	k.who_w = CLAMP(rest * 30 / 100, 6, 24);
	k.subject_x = k.who_x + k.who_w + 1;
	k.subject_w = end - k.subject_x;
	if (k.subject_w < 6) {	/* hardly any room: the subject alone */
		k.subject_x = k.who_x;
		k.subject_w = MAX(end - k.who_x, 0);
		k.who_w = 0;
	}
	return k;
}

static Clean *
who(const MessageRow *m, bool recipients)
{
	if (recipients && m->to && *m->to) {
		enum { MOST = 1000 };	/* bytes: no row shows more, and ten thousand recipients are drawn with each key */
		g_autoptr(Clean) to = clean_new(m->to, (gssize)strnlen(m->to, MOST), CLEAN_LINE);
		/* TRANSLATORS: in the list of sent mail, before the recipient's name */
		return clean_printf(_("To %s"), clean_peek(to));
	}
	const char *name = m->from_name && *m->from_name ? m->from_name : m->from_address;
	g_autoptr(Clean) c = name ? clean_new(name, -1, CLEAN_LINE) : NULL;
	if (!c || !*clean_peek(c))
		return ours(_("(no sender)"));
	return g_steal_pointer(&c);
}

static const char *
first_mark(guint32 flags)
{
	if (flags & FLAG_DELETED)
		return "D";
	if (!(flags & FLAG_SEEN))
		return "●";
	if (flags & FLAG_ANSWERED)
		return "»";
	return flags & FLAG_FORWARDED ? "›" : NULL;
}

static CellStyle
message_style(guint32 flags)
{
	CellStyle bold = flags & FLAG_SEEN ? 0 : MOD_BOLD;
	if (flags & FLAG_DELETED)
		return STYLE_DELETED;
	if (flags & FLAG_FLAGGED)
		return (CellStyle)(STYLE_FLAGGED | bold);
	return flags & FLAG_SEEN ? STYLE_READ : STYLE_UNREAD;
}

void
rows_index(const MessageRow *m, int w, const RowContext *rc, RowLine *out)
{
	Columns k = columns_for(w, rc->dates);
	CellStyle style = message_style(m->flags);
	RowContext dates = *rc;

	/* one style for the whole row: each change of style costs a dozen bytes whenever the
	 * selection passes */
	*out = (RowLine){ .style = style };
	if (k.date_w < 16)
		dates.dates = DATES_RELATIVE;
	if (first_mark(m->flags))
		add(out, k.marks_x, MIN(1, w), STYLE_MARK, false, ours(first_mark(m->flags)));
	if (m->flags & FLAG_FLAGGED)
		add(out, k.marks_x + 1, MIN(1, w - 1), STYLE_FLAGGED | MOD_BOLD, false, ours("!"));
	if (rc->tagged && g_hash_table_contains(rc->tagged, &m->key.id))
		add(out, k.marks_x + 2, MIN(1, w - 2), STYLE_MARK, false, ours("+"));
	add(out, k.date_x, k.date_w, style, false, rows_date(m->key.received, &dates));
	add(out, k.who_x, k.who_w, style, false, who(m, rc->recipients));
	g_autoptr(Clean) subject = clean_new(m->subject ? m->subject : "", -1, CLEAN_LINE);
	bool none = strspn(clean_peek(subject), " ") == strlen(clean_peek(subject));
	add(out, k.subject_x, k.subject_w, style, false,
		none ? ours(_("(no subject)")) : g_steal_pointer(&subject));
	if (m->traits & TRAIT_ATTACHMENT)
		add(out, k.clip_x, k.clip_w, style, false, ours("@"));
	add(out, k.size_x, k.size_w, style, true, rows_size(m->size));
}

void
rows_index_head(int w, const RowContext *rc, RowLine *out)
{
	Columns k = columns_for(w, rc->dates);

	*out = (RowLine){ .style = STYLE_HEADING };
	add(out, k.date_x, k.date_w, STYLE_HEADING, false, ours(_("Date")));
	add(out, k.who_x, k.who_w, STYLE_HEADING, false,
		ours(rc->recipients ? _("To") : _("From")));
	add(out, k.subject_x, k.subject_w, STYLE_HEADING, false, ours(_("Subject")));
	add(out, k.size_x, k.size_w, STYLE_HEADING, true, ours(_("Size")));
}

Clean *
rows_folder_name(FolderRole role, const char *name)
{
	if (role == ROLE_INBOX)
		return ours(_("Inbox"));
	g_autoptr(Clean) c = clean_new(name, -1, CLEAN_SHOW);
	return *clean_peek(c) ? g_steal_pointer(&c) : ours(_("(no name)"));
}

static void
account_row(const FolderLine *f, int w, RowLine *out)
{
	int mark_w = f->trouble || f->busy ? 2 : 0;
	add(out, 0, MIN(2, w), STYLE_ACCOUNT, false, ours(f->folded ? "▸" : "▾"));
	add(out, 2, w - 2 - mark_w, STYLE_ACCOUNT, false, clean_new(f->name, -1, CLEAN_LINE));
	if (f->trouble)
		add(out, w - 1, 1, STYLE_ERROR, true, ours("!"));
	else if (f->busy)
		add(out, w - 1, 1, STYLE_FOLDER_COUNT, true, ours("…"));
}

static void
outbox_row(const FolderLine *f, int w, RowLine *out)
{
	g_autofree char *count = g_strdup_printf(f->trouble ? "%u !" : "%u", f->unseen);
	int count_w = f->unseen ? (int)strlen(count) : 0;
	add(out, 2, w - 2 - (count_w ? count_w + 1 : 0), f->trouble ? STYLE_ERROR | MOD_BOLD : STYLE_ACCOUNT, false,
		clean_new(f->name, -1, CLEAN_LINE));
	if (count_w)
		add(out, w - count_w, count_w, f->trouble ? STYLE_ERROR | MOD_BOLD : STYLE_FOLDER_COUNT, true, clean_new(count, -1, CLEAN_LINE));
}

#define READ_ONLY_ROOM 12

void
rows_folder(const FolderLine *f, int w, RowLine *out)
{
	*out = (RowLine){ .style = STYLE_FOLDER };
	if (f->account) {
		account_row(f, w, out);
		return;
	}
	if (f->outbox) {
		outbox_row(f, w, out);
		return;
	}
	g_autofree char *count = f->unseen > 0 ? g_strdup_printf("%u", f->unseen) : g_strdup("");
	int count_w = (int)strlen(count);
	int indent = MIN(2 + MIN(f->depth, 8) * 2, MAX(w / 3, 2));
	int name_w = w - indent - (count_w > 0 ? count_w + 1 : 0);
	CellStyle style = f->news ? STYLE_FOLDER_NEW : f->open ? STYLE_FOLDER_OPEN :
		f->selectable ? STYLE_FOLDER : STYLE_FOLDER_DIM;
	g_autoptr(Clean) name = rows_folder_name(f->role, f->name);
	g_autoptr(Clean) shown = clean_printf(f->selectable ? "%s" : "(%s)", clean_peek(name));
	int length = utf8_columns(clean_peek(shown), -1);

	if (f->parent)
		add(out, indent - 2, 1, style, false, ours(f->folded ? "▸" : "▾"));
	if (f->open)
		add(out, indent - (f->parent ? 1 : 2), 1, STYLE_FOLDER_OPEN, false, ours("›"));
	if (f->news && !(f->parent && f->open))
		add(out, indent - 1, 1, STYLE_MARK, false, ours("*"));
	add(out, indent, name_w, style, false, g_steal_pointer(&shown));
	if (f->read_only && name_w - length >= READ_ONLY_ROOM)
		add(out, indent + length + 1, name_w - length - 1, STYLE_FOLDER_DIM, false, ours(_("(read only)")));
	if (count_w > 0)
		add(out, w - count_w, count_w, f->news ? STYLE_FOLDER_NEW : STYLE_FOLDER_COUNT,
			true, clean_new(count, -1, CLEAN_LINE));
}

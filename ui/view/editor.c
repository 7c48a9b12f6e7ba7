/* editor.c - text that a person writes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One flat string: a mail's text is small, and moving a megabyte takes less than a key's time. */
#include "config.h"
#include "ui/view/editor_private.h"
#include "base/utf8.h"

#include <string.h>

enum { UNDO_BYTES = 32 * 1024 * 1024, UNDO_STEPS = 10000 };

static void
change_clear(gpointer p)
{
	EditorChange *c = p;
	g_free(c->removed);
	g_free(c->inserted);
}

Editor *
editor_new(bool one_line, GString *clip)
{
	Editor *e = g_new0(Editor, 1);
	e->text = g_string_new(NULL);
	e->clip = clip;
	e->done = g_array_new(FALSE, TRUE, sizeof(EditorChange));
	e->undone = g_array_new(FALSE, TRUE, sizeof(EditorChange));
	g_array_set_clear_func(e->done, change_clear);
	g_array_set_clear_func(e->undone, change_clear);
	e->mark = -1;
	e->columns = EDITOR_WRAP;
	e->height = 10;
	e->one_line = one_line;
	e->flowed = true;
	e->indent = g_new0(EditorIndent, 1);
	return e;
}

void
editor_free(Editor *e)
{
	if (!e)
		return;
	g_string_free(e->text, TRUE);
	g_array_unref(e->done);
	g_array_unref(e->undone);
	g_free(e->indent);
	g_free(e);
}

const char *
editor_text(const Editor *e)
{
	return e->text->str;
}

gsize
editor_length(const Editor *e)
{
	return e->text->len;
}

gsize
editor_cursor(const Editor *e)
{
	return e->at;
}

guint
editor_changes(const Editor *e)
{
	return e->changes;
}

void
editor_set_columns(Editor *e, int columns)
{
	e->columns = MAX(columns, 2);
}

void
editor_set_flowed(Editor *e, bool flowed)
{
	e->flowed = flowed;
}

/* ---- moving by rows ---- */

static bool
move_rows(Editor *e, int rows)
{
	gsize row = editor_row_start(e, e->at), end, was = e->at;

	if (e->last != LAST_VERTICAL)
		e->goal = editor_column_of(e, row, e->at);
	e->last = LAST_VERTICAL;
	e->n_found = 0;
	for (; rows < 0; rows++) {
		gsize p = editor_previous_row(e, row);
		if (p == G_MAXSIZE)
			break;
		row = p;
	}
	for (; rows > 0; rows--) {
		gsize n = editor_row(e, row, &end);
		if (n == G_MAXSIZE)
			break;
		row = n;
	}
	e->at = editor_at_column(e, row, e->goal);
	return e->at != was;
}

bool
editor_at_first_row(const Editor *e)
{
	return editor_row_start(e, e->at) == 0;
}

bool
editor_at_last_row(const Editor *e)
{
	gsize end;
	return editor_row(e, editor_row_start(e, e->at), &end) == G_MAXSIZE;
}

static bool
row_edge(Editor *e, bool last)
{
	gsize was = e->at, row = editor_row_start(e, e->at), end;
	if (!last) {
		e->at = e->at == row ? editor_line_start(e, e->at) : row;
		return e->at != was;
	}
	gsize next = editor_row(e, row, &end),
	      edge = next == end && end > row ? editor_backward(e, end) : end;
	e->at = e->at == edge ? editor_line_end(e, e->at) : edge;
	return e->at != was;
}

void
editor_set_cursor(Editor *e, gsize at)
{
	e->at = MIN(at, e->text->len);
	while (e->at > 0 && ((guchar)e->text->str[e->at] & 0xc0) == 0x80)
		e->at--;
	e->last = LAST_OTHER;
	e->mark = -1;
}

/* ---- changing ---- */

/* What may stand in the text: UTF-8 without controls. */
static char *
without_controls(const Editor *e, const char *text, gssize len)
{
	g_autofree char *valid = g_utf8_make_valid(text, len);
	GString *out = g_string_sized_new(strlen(valid));

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (c == '\r' && p[1] == '\n')
			continue;
		if (c == '\r' || c == 0x2028 || c == 0x2029)
			c = '\n';
		if (e->one_line && (c == '\n' || c == '\t'))
			c = ' ';
		if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0))
			continue;
		g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

static void
forget_old(Editor *e)
{
	while (e->done->len > 1 && (e->kept > UNDO_BYTES || e->done->len > UNDO_STEPS)) {
		const EditorChange *c = &g_array_index(e->done, EditorChange, 0);
		e->kept -= c->n_removed + c->n_inserted;
		g_array_remove_index(e->done, 0);
	}
}

static void
drop_undone(Editor *e)
{
	for (guint i = 0; i < e->undone->len; i++) {
		const EditorChange *c = &g_array_index(e->undone, EditorChange, i);
		e->kept -= c->n_removed + c->n_inserted;
	}
	g_array_set_size(e->undone, 0);
}

static void
splice(Editor *e, gsize at, gsize n_removed, const char *inserted, gsize n_inserted)
{
	g_string_erase(e->text, (gssize)at, (gssize)n_removed);
	g_string_insert_len(e->text, (gssize)at, inserted, (gssize)n_inserted);
	if (e->top > at)	/* stays on the text that it shows */
		e->top = e->top >= at + n_removed ? e->top - n_removed + n_inserted : at;
	e->top = MIN(e->top, e->text->len);
	e->n_found = 0;
	e->changes++;
}

/* The road of every change: inserted is clean already; the cursor goes behind it. */
static void
change(Editor *e, gsize at, gsize n_removed, const char *inserted, gsize n_inserted)
{
	EditorChange c = {
		.at = at,
		.cursor = e->at,
		.removed = g_strndup(e->text->str + at, n_removed),
		.n_removed = n_removed,
		.inserted = g_strndup(inserted, n_inserted),
		.n_inserted = n_inserted,
		.group = e->group,
	};
	drop_undone(e);
	g_array_append_val(e->done, c);
	e->kept += n_removed + n_inserted;
	forget_old(e);
	splice(e, at, n_removed, inserted, n_inserted);
	e->at = at + n_inserted;
	e->mark = -1;
}

static bool
fits(const Editor *e, gsize removed, gsize inserted)
{
	return e->text->len - removed + inserted <=
		(e->one_line ? EDITOR_LINE_MAX : EDITOR_BODY_MAX);
}

void
editor_set(Editor *e, const char *text)
{
	g_autofree char *clean = without_controls(e, text, -1);
	g_string_assign(e->text, clean);
	g_array_set_size(e->done, 0);
	g_array_set_size(e->undone, 0);
	e->kept = e->at = e->top = e->left = e->n_found = 0;
	e->mark = -1;
	e->last = LAST_OTHER;
	e->changes++;
}

bool
editor_insert(Editor *e, const char *text, gssize len)
{
	gsize n = len < 0 ? strlen(text) : (gsize)len;
	if (!fits(e, 0, n))	/* before any copy of it is made */
		return false;
	g_autofree char *clean = without_controls(e, text, (gssize)n);
	e->group++;
	if (*clean)
		change(e, e->at, 0, clean, strlen(clean));
	e->last = LAST_OTHER;
	return true;
}

bool
editor_replace(Editor *e, const char *text)
{
	g_autofree char *clean = without_controls(e, text, -1);
	gsize n = strlen(clean);
	if (!fits(e, e->text->len, n))
		return false;
	if (strcmp(clean, e->text->str)) {
		gsize was = e->at;
		e->group++;
		change(e, 0, e->text->len, clean, n);
		editor_set_cursor(e, was);
	}
	e->last = LAST_OTHER;
	return true;
}

/* Words are undone one by one. */
static bool
goes_on_typing(const Editor *e, gunichar c)
{
	const EditorChange *last =
		e->done->len ? &g_array_index(e->done, EditorChange, e->done->len - 1) : NULL;
	if (e->last != LAST_TYPED || !last || last->at + last->n_inserted != e->at ||
		last->n_removed || c == '\n')
		return false;
	gunichar before = editor_char(e, editor_previous(e, e->at));
	return before != '\n' && !(g_unichar_isspace(before) && !g_unichar_isspace(c));
}

bool
editor_type(Editor *e, gunichar c)
{
	char bytes[8] = { 0 };
	gsize n = (gsize)g_unichar_to_utf8(c, bytes);

	if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || !fits(e, 0, n) ||
		(e->one_line && c < 0x20))
		return false;
	if (goes_on_typing(e, c)) {
		EditorChange *last = &g_array_index(e->done, EditorChange, e->done->len - 1);
		last->inserted = g_realloc(last->inserted, last->n_inserted + n + 1);
		memcpy(last->inserted + last->n_inserted, bytes, n + 1);
		last->n_inserted += n;
		e->kept += n;
		drop_undone(e);
		splice(e, e->at, 0, bytes, n);
		e->at += n;
		e->mark = -1;
	} else {
		e->group++;
		change(e, e->at, 0, bytes, n);
	}
	e->last = LAST_TYPED;
	return true;
}

bool
editor_marked(const Editor *e, gsize *from, gsize *to)
{
	if (e->mark < 0 || (gsize)e->mark == e->at)
		return false;
	*from = MIN((gsize)e->mark, e->at);
	*to = MAX((gsize)e->mark, e->at);
	return true;
}

static bool
erase(Editor *e, gsize from, gsize to, bool single)
{
	gsize mark_from, mark_to;
	if (single && editor_marked(e, &mark_from, &mark_to)) {
		from = mark_from;
		to = mark_to;
		single = false;
	}
	if (from >= to)
		return false;
	if (!single || e->last != LAST_ERASED)	/* erasing letter by letter is one step */
		e->group++;
	change(e, from, to - from, "", 0);
	e->last = single ? LAST_ERASED : LAST_OTHER;
	return true;
}

/* ---- cutting ---- */

static bool
cut(Editor *e)
{
	gsize from = e->at, to = editor_line_end(e, e->at);

	if (!editor_marked(e, &from, &to) && to < e->text->len &&
		(from == to || from == editor_line_start(e, from)))
		to++;	/* pico's way at the beginning of a line, emacs' at its end */
	if (from >= to)
		return false;
	if (e->last != LAST_CUT)
		g_string_truncate(e->clip, 0);
	g_string_append_len(e->clip, e->text->str + from, (gssize)(to - from));
	e->group++;
	change(e, from, to - from, "", 0);
	e->last = LAST_CUT;
	return true;
}

static bool
copy(Editor *e)
{
	gsize from = editor_line_start(e, e->at), to = editor_line_end(e, e->at);
	if (!editor_marked(e, &from, &to) && to < e->text->len)
		to++;
	g_string_truncate(e->clip, 0);
	g_string_append_len(e->clip, e->text->str + from, (gssize)(to - from));
	e->mark = -1;
	return e->clip->len > 0;
}

/* ---- undo ---- */

static bool
undo(Editor *e, bool back)
{
	GArray *from = back ? e->done : e->undone, *to = back ? e->undone : e->done;
	if (!from->len)
		return false;
	guint group = g_array_index(from, EditorChange, from->len - 1).group;
	while (from->len && g_array_index(from, EditorChange, from->len - 1).group == group) {
		EditorChange c = g_array_index(from, EditorChange, from->len - 1);
		/* its strings move on */
		g_array_index(from, EditorChange, from->len - 1) = (EditorChange){ 0 };
		g_array_set_size(from, from->len - 1);
		if (back) {
			splice(e, c.at, c.n_inserted, c.removed, c.n_removed);
			e->at = MIN(c.cursor, e->text->len);
		} else {
			splice(e, c.at, c.n_removed, c.inserted, c.n_inserted);
			e->at = c.at + c.n_inserted;
		}
		g_array_append_val(to, c);
	}
	e->mark = -1;
	return true;
}

/* ---- paragraphs ---- */

/* Whether a line has the depth and words of its own; *from: where they begin. */
static bool
in_paragraph(const Editor *e, gsize start, int depth, gsize *from)
{
	gsize end = editor_line_end(e, start);
	int own;
	*from = start + editor_quote_prefix(e->text->str + start, end - start, &own);
	gsize blank = *from;
	while (blank < end && (e->text->str[blank] == ' ' || e->text->str[blank] == '\t'))
		blank++;
	return own == depth && blank < end &&
		!(end - start == 3 && !strncmp(e->text->str + start, "-- ", 3));
}

/* The words, each behind one blank, in rows of the wrapping column. */
static void
append_words(const Editor *e, GString *out, const char *words, const char *prefix, bool wrap)
{
	g_auto(GStrv) all = g_strsplit_set(words, " \t\n", -1);
	int column = 0, edge = EDITOR_WRAP - utf8_columns(prefix, -1);

	g_string_append(out, prefix);
	for (char **w = all; *w; w++) {
		int n = utf8_columns(*w, -1);
		if (!**w)
			continue;
		if (wrap && column && column + 1 + n > edge) {
			g_string_append_c(out, '\n');
			g_string_append(out, prefix);
			column = 0;
		}
		if (column) {
			g_string_append_c(out, ' ');
			column++;
		}
		g_string_append(out, *w);
		column += n;
	}
}

static bool
rewrap(Editor *e)
{
	gsize first = editor_line_start(e, e->at), from, last, end = editor_line_end(e, first);
	int depth;

	editor_quote_prefix(e->text->str + first, end - first, &depth);
	if (e->one_line || !in_paragraph(e, first, depth, &from))
		return false;
	for (gsize up;
		first > 0 && in_paragraph(e, up = editor_line_start(e, first - 1), depth, &from);)
		first = up;
	g_autoptr(GString) words = g_string_new(NULL);
	for (last = first; last <= e->text->len && in_paragraph(e, last, depth, &from);
		last = end + 1) {
		end = editor_line_end(e, last);
		g_string_append_len(words, e->text->str + from, (gssize)(end - from));
		g_string_append_c(words, ' ');
		if (end == e->text->len)
			break;
	}
	g_autoptr(GString) prefix = g_string_new(NULL), out = g_string_new(NULL);
	for (int i = 0; i < depth; i++)
		g_string_append_c(prefix, '>');
	if (depth)
		g_string_append_c(prefix, ' ');
	append_words(e, out, words->str, prefix->str, depth || !e->flowed);
	e->group++;
	e->last = LAST_OTHER;
	if (out->len == end - first && !strncmp(out->str, e->text->str + first, out->len))
		return false;
	change(e, first, end - first, out->str, out->len);
	return true;
}

/* ---- all acts ---- */

static bool
move(Editor *e, gsize to)
{
	bool moved = to != e->at;
	e->at = to;
	e->last = LAST_OTHER;
	e->n_found = 0;
	return moved;
}

static bool
paste(Editor *e)
{
	return e->clip->len && editor_insert(e, e->clip->str, (gssize)e->clip->len);
}

static bool
toggle_mark(Editor *e)
{
	e->mark = e->mark >= 0 ? -1 : (gssize)e->at;
	return true;
}

bool
editor_act(Editor *e, EditorAct act)
{
	gsize from, to;

	if (act == EDIT_CUT)
		return cut(e);
	if (act >= EDIT_COPY)
		e->last = LAST_OTHER;
	switch (act) {
	case EDIT_LEFT: return move(e, editor_backward(e, e->at));
	case EDIT_RIGHT: return move(e, editor_forward(e, e->at));
	case EDIT_WORD_LEFT: return move(e, editor_word_backward(e, e->at));
	case EDIT_WORD_RIGHT: return move(e, editor_word_forward(e, e->at));
	case EDIT_TEXT_START: return move(e, 0);
	case EDIT_TEXT_END: return move(e, e->text->len);
	case EDIT_UP: return move_rows(e, -1);
	case EDIT_DOWN: return move_rows(e, 1);
	case EDIT_PAGE_UP: return move_rows(e, -MAX(e->height - 2, 1));
	case EDIT_PAGE_DOWN: return move_rows(e, MAX(e->height - 2, 1));
	case EDIT_ROW_START: case EDIT_ROW_END:
		e->last = LAST_OTHER;
		return row_edge(e, act == EDIT_ROW_END);
	case EDIT_ERASE_BACK: return erase(e, editor_backward(e, e->at), e->at, true);
	case EDIT_ERASE: return erase(e, e->at, editor_forward(e, e->at), true);
	case EDIT_ERASE_WORD: return erase(e, e->at, editor_word_forward(e, e->at), false);
	case EDIT_ERASE_WORD_BACK:
		return editor_marked(e, &from, &to) ?
			cut(e) :
			erase(e, editor_blank_backward(e, e->at), e->at, false);
	case EDIT_MARK: return toggle_mark(e);
	case EDIT_COPY: return copy(e);
	case EDIT_PASTE: return paste(e);
	case EDIT_UNDO: case EDIT_REDO: return undo(e, act == EDIT_UNDO);
	case EDIT_REWRAP: return rewrap(e);
	case EDIT_CUT: break;
	}
	return false;
}

/* Characters of equal folded form; bytes of the text that match at a place, 0: none. */
static gsize
matches(const Editor *e, gsize at, const char *needle)
{
	gsize from = at;
	for (; *needle; needle = g_utf8_next_char(needle)) {
		if (at >= e->text->len ||
			g_unichar_tolower(editor_char(e, at)) !=
				g_unichar_tolower(g_utf8_get_char(needle)))
			return 0;
		at = editor_next(e, at);
	}
	return at - from;
}

bool
editor_find(Editor *e, const char *text, bool *wrapped)
{
	*wrapped = false;
	if (!*text)
		return false;
	gsize at = editor_next(e, e->at);
	for (gsize looked = 0; looked <= e->text->len; looked++) {
		if (at >= e->text->len) {
			at = 0;
			*wrapped = true;
		}
		gsize n = matches(e, at, text);
		if (n) {
			e->at = e->found = at;
			e->n_found = n;
			e->last = LAST_OTHER;
			return true;
		}
		at = editor_next(e, at);
	}
	return false;
}

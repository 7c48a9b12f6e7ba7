/* prompt.c - the line editor of the bottom line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What is typed or pasted is cleaned on its way in, so that byte offsets in the
 * text and on the canvas are the same. A password lives only in a Secret, which
 * is made anew at each key. */
#include "config.h"
#include "ui/prompt.h"

#include <string.h>

enum { HISTORY_LENGTH = 100, TEXT_LIMIT = 16 * 1024, PASSWORD_LIMIT = 1000 };

struct PromptHistory {
	GPtrArray *lines[PROMPT_KINDS];	/* owned, of char*, the newest last */
	char *killed;			/* owned: what C-y brings back */
};

struct Prompt {
	PromptKind kind;
	Clean *label;		/* owned */
	GString *text;		/* owned */
	gsize cursor, scroll;	/* bytes */
	Secret *secret;		/* owned: of a password */
	PromptHistory *history;	/* borrowed; NULL: none */
	guint back;		/* lines that the history was gone back; 0: the person's own */
	char *own;		/* owned: what was typed before going back */
	char *killed;		/* owned: without a history */
	PromptComplete complete;
	void *user;		/* borrowed */
	char **candidates;	/* owned */
	int selected;
	bool offered;		/* the text is only an offer: the first letter typed replaces it */
	bool live;		/* candidates without being asked */
	bool walking;		/* Tab goes through them */
	gsize start;		/* of what the candidates replace */
};

PromptHistory *
prompt_history_new(void)
{
	PromptHistory *h = g_new0(PromptHistory, 1);
	for (int i = 0; i < PROMPT_KINDS; i++)
		h->lines[i] = g_ptr_array_new_with_free_func(g_free);
	return h;
}

void
prompt_history_free(PromptHistory *h)
{
	if (!h)
		return;
	for (int i = 0; i < PROMPT_KINDS; i++)
		g_ptr_array_unref(h->lines[i]);
	g_free(h->killed);
	g_free(h);
}

void
prompt_history_add(PromptHistory *h, PromptKind kind, const char *text)
{
	GPtrArray *lines = h->lines[kind];

	if (!*text || kind == PROMPT_PASSWORD || kind == PROMPT_NUMBER)
		return;
	for (guint i = lines->len; i-- > 0;)
		if (strcmp(lines->pdata[i], text) == 0)
			g_ptr_array_remove_index(lines, i);
	if (lines->len == HISTORY_LENGTH)
		g_ptr_array_remove_index(lines, 0);
	g_ptr_array_add(lines, g_strdup(text));
}

static void
forget_candidates(Prompt *p)
{
	g_clear_pointer(&p->candidates, g_strfreev);
	p->selected = -1;
	p->walking = false;
}

/* Asks for candidates; whether there are any. */
static bool
find_candidates(Prompt *p)
{
	forget_candidates(p);
	if (!p->complete)
		return false;
	p->start = p->cursor;
	p->candidates = p->complete(p->user, p->text->str, p->cursor, &p->start);
	if (!p->candidates || !p->candidates[0] || p->start > p->cursor)
		forget_candidates(p);
	return p->candidates != NULL;
}

static void
set_text(Prompt *p, const char *text)
{
	g_autoptr(Clean) c = clean_new(text, -1, CLEAN_LINE);
	g_string_assign(p->text, clean_peek(c));
	p->cursor = p->text->len;
	p->scroll = 0;
}

Prompt *
prompt_new(PromptKind kind, const Clean *label, const char *initial, PromptHistory *history)
{
	Prompt *p = g_new0(Prompt, 1);
	p->kind = kind;
	p->label = clean_dup(label);
	p->text = g_string_new(NULL);
	p->history = history;
	p->selected = -1;
	if (kind == PROMPT_PASSWORD)
		p->secret = secret_new("", 0);
	else if (initial)
		set_text(p, initial);
	p->offered = kind == PROMPT_FOLDER;
	return p;
}

void
prompt_free(Prompt *p)
{
	if (!p)
		return;
	forget_candidates(p);
	clean_free(p->label);
	g_string_free(p->text, TRUE);
	secret_free(p->secret);
	g_free(p->own);
	g_free(p->killed);
	g_free(p);
}

void
prompt_set_complete(Prompt *p, PromptComplete complete, void *user)
{
	p->complete = complete;
	p->user = user;
}

void
prompt_set_live(Prompt *p)
{
	p->live = true;
	find_candidates(p);
}

PromptKind
prompt_kind(const Prompt *p)
{
	return p->kind;
}

const char *
prompt_text(const Prompt *p)
{
	return p->text->str;
}

Secret *
prompt_take_secret(Prompt *p)
{
	Secret *s = p->secret ? g_steal_pointer(&p->secret) : secret_new("", 0);
	if (p->kind == PROMPT_PASSWORD)
		p->secret = secret_new("", 0);
	return s;
}

char *const *
prompt_candidates(const Prompt *p, int *selected)
{
	*selected = p->selected;
	return p->candidates;
}

/* ---- the password ---- */

/* Keeps the first `keep` bytes and adds some, by way of a buffer that is wiped. */
static void
secret_splice(Prompt *p, gsize keep, const char *more, gsize len)
{
	char buffer[PASSWORD_LIMIT];

	if (keep + len > sizeof buffer)
		return;
	memcpy(buffer, secret_peek(p->secret), keep);
	memcpy(buffer + keep, more, len);
	Secret *next = secret_new(buffer, (gssize)(keep + len));
	explicit_bzero(buffer, sizeof buffer);
	secret_free(p->secret);
	p->secret = next;
}

static PromptState
password_key(Prompt *p, Key k, const char *paste)
{
	const char *text = secret_peek(p->secret);
	gsize len = strlen(text);
	char ch[6];

	switch (k) {
	case K_BACKSPACE:
		if (len > 0)
			secret_splice(p, (gsize)(g_utf8_find_prev_char(text, text + len) - text),
				"", 0);
		return PROMPT_CHANGED;
	case K_C('u'): case K_C('k'): case K_C('w'):
		secret_splice(p, 0, "", 0);
		return PROMPT_CHANGED;
	case K_PASTE:
		if (paste)
			secret_splice(p, len, paste, strcspn(paste, "\r\n"));
		return PROMPT_CHANGED;
	default:
		if (!key_is_text(k))
			return PROMPT_SAME;
		secret_splice(p, len, ch, (gsize)g_unichar_to_utf8(k, ch));
		explicit_bzero(ch, sizeof ch);
		return PROMPT_CHANGED;
	}
}

/* ---- moving in the line ---- */

static gunichar
char_at(const Prompt *p, gsize at)
{
	return g_utf8_get_char(p->text->str + at);
}

/* Over a character and its combining marks. */
static gsize
forward(const Prompt *p, gsize at)
{
	const char *s = p->text->str;
	if (at >= p->text->len)
		return p->text->len;
	do
		at = (gsize)(g_utf8_next_char(s + at) - s);
	while (at < p->text->len && utf8_char_columns(char_at(p, at)) == 0);
	return at;
}

static gsize
backward(const Prompt *p, gsize at)
{
	const char *s = p->text->str;
	while (at > 0) {
		at = (gsize)(g_utf8_prev_char(s + at) - s);
		if (utf8_char_columns(char_at(p, at)) > 0)
			break;
	}
	return at;
}

static bool
in_word(const Prompt *p, gsize at)
{
	return g_unichar_isalnum(char_at(p, at));
}

static gsize
word_forward(const Prompt *p, gsize at)
{
	while (at < p->text->len && !in_word(p, at))
		at = forward(p, at);
	while (at < p->text->len && in_word(p, at))
		at = forward(p, at);
	return at;
}

static gsize
word_backward(const Prompt *p, gsize at)
{
	while (at > 0 && !in_word(p, backward(p, at)))
		at = backward(p, at);
	while (at > 0 && in_word(p, backward(p, at)))
		at = backward(p, at);
	return at;
}

/* ---- changing it ---- */

static bool
insert(Prompt *p, const char *text)
{
	/* behind a letter of ours, so that a lone combining mark is kept if it has something to
	 * stand on */
	g_autofree char *led = g_strconcat(p->cursor > 0 ? "a" : " ", text, NULL);
	g_autoptr(Clean) clean = clean_new(led, -1, CLEAN_LINE);
	const char *s = clean_peek(clean) + 1;

	if (!*s || p->text->len + strlen(s) > TEXT_LIMIT)
		return false;
	if (p->kind == PROMPT_NUMBER && strspn(s, "0123456789") != strlen(s))
		return false;
	if (p->cursor == 0 && utf8_char_columns(g_utf8_get_char(s)) == 0)
		return false;
	g_string_insert(p->text, (gssize)p->cursor, s);
	p->cursor += strlen(s);
	return true;
}

static PromptState
erase(Prompt *p, gsize from, gsize to, bool keep)
{
	if (from >= to)
		return PROMPT_SAME;
	if (keep) {
		char **place = p->history ? &p->history->killed : &p->killed;
		g_free(*place);
		*place = g_strndup(p->text->str + from, to - from);
	}
	g_string_erase(p->text, (gssize)from, (gssize)(to - from));
	p->cursor = from;
	return PROMPT_CHANGED;
}

static PromptState
yank(Prompt *p)
{
	const char *text = p->history ? p->history->killed : p->killed;
	return text && insert(p, text) ? PROMPT_CHANGED : PROMPT_SAME;
}

static PromptState
go_back(Prompt *p, int by)
{
	GPtrArray *lines = p->history ? p->history->lines[p->kind] : NULL;
	gint64 back = (gint64)p->back + by;

	if (!lines || back < 0 || back > lines->len)
		return PROMPT_SAME;
	if (p->back == 0) {
		g_free(p->own);
		p->own = g_strdup(p->text->str);
	}
	p->back = (guint)back;
	set_text(p, back == 0 ? p->own : lines->pdata[lines->len - p->back]);
	return PROMPT_CHANGED;
}

/* ---- completion ---- */

static void
replace(Prompt *p, const char *with, gsize len)
{
	g_autofree char *text = g_strndup(with, len);
	g_string_erase(p->text, (gssize)p->start, (gssize)(p->cursor - p->start));
	p->cursor = p->start;
	insert(p, text);
}

/* What all candidates begin with, if that goes beyond what was typed. */
static gsize
common_beginning(const Prompt *p)
{
	char **all = p->candidates;
	gsize typed = p->cursor - p->start, n = strlen(all[0]);

	for (char **c = all; *c; c++) {
		gsize i = 0;
		while (i < n && all[0][i] == (*c)[i])
			i++;
		n = i;
	}
	while (n > 0 && ((guchar)all[0][n] & 0xc0) == 0x80)
		n--;
	return n > typed && strncmp(all[0], p->text->str + p->start, typed) == 0 ? n : 0;
}

static PromptState
walk(Prompt *p, int by)
{
	int n = (int)g_strv_length(p->candidates);
	p->walking = true;
	p->selected = p->selected < 0 ? (by > 0 ? 0 : n - 1) : (p->selected + by + n) % n;
	replace(p, p->candidates[p->selected], strlen(p->candidates[p->selected]));
	return PROMPT_CHANGED;
}

static PromptState
complete(Prompt *p, int by)
{
	if (p->walking)
		return walk(p, by);
	if (!find_candidates(p))
		return PROMPT_SAME;
	if (!p->candidates[1]) {
		replace(p, p->candidates[0], strlen(p->candidates[0]));
		forget_candidates(p);
		return PROMPT_CHANGED;
	}
	gsize n = common_beginning(p);
	if (n > 0)
		replace(p, p->candidates[0], n);
	else if (p->live)	/* they are seen already */
		return walk(p, by);
	p->walking = true;
	return n > 0 ? PROMPT_CHANGED : PROMPT_SAME;
}

/* ---- keys ---- */

static PromptState
move(Prompt *p, gsize to)
{
	p->cursor = to;
	return PROMPT_SAME;
}

static PromptState
typed(Prompt *p, Key k, const char *paste)
{
	char ch[7];

	if (k == K_PASTE)
		return paste && insert(p, paste) ? PROMPT_CHANGED : PROMPT_SAME;
	if (!key_is_text(k))
		return PROMPT_SAME;
	ch[g_unichar_to_utf8(k, ch)] = '\0';
	return insert(p, ch) ? PROMPT_CHANGED : PROMPT_SAME;
}

static PromptState
edit(Prompt *p, Key k, const char *paste)
{
	gsize at = p->cursor, end = p->text->len;

	switch (k) {
	case K_LEFT: case K_C('b'): return move(p, backward(p, at));
	case K_RIGHT: case K_C('f'): return move(p, forward(p, at));
	case K_HOME: case K_C('a'): return move(p, 0);
	case K_END: case K_C('e'): return move(p, end);
	case K_M('b'): case K_CTRL | K_LEFT: case K_META | K_LEFT:
		return move(p, word_backward(p, at));
	case K_M('f'): case K_CTRL | K_RIGHT: case K_META | K_RIGHT:
		return move(p, word_forward(p, at));
	case K_BACKSPACE: return end == 0 ? PROMPT_CANCELLED : erase(p, backward(p, at), at, false);
	case K_DELETE: case K_C('d'): return erase(p, at, forward(p, at), false);
	case K_C('k'): return erase(p, at, end, true);
	case K_C('u'): return erase(p, 0, end, true);
	case K_C('w'): case K_META | K_BACKSPACE: return erase(p, word_backward(p, at), at, true);
	case K_M('d'): return erase(p, at, word_forward(p, at), true);
	case K_C('y'): return yank(p);
	case K_UP: case K_C('p'): return go_back(p, 1);
	case K_DOWN: case K_C('n'): return go_back(p, -1);
	default: return typed(p, k, paste);
	}
}

PromptState
prompt_key(Prompt *p, Key k, const char *paste)
{
	if (k == K_ESC || k == K_C('g'))
		return PROMPT_CANCELLED;
	if (k == K_RETURN || k == K_C('j')) {
		if (p->history)
			prompt_history_add(p->history, p->kind, p->text->str);
		return PROMPT_DONE;
	}
	if (p->kind == PROMPT_PASSWORD)
		return password_key(p, k, paste);
	if (k == K_TAB) {
		p->offered = false;
		return complete(p, 1);
	}
	if (k == (K_SHIFT | K_TAB) || k == (K_META | K_TAB))
		return complete(p, -1);
	if (p->offered && (key_is_text(k) || k == K_PASTE))
		set_text(p, "");
	p->offered = false;
	PromptState state = edit(p, k, paste);
	if (p->live && state == PROMPT_CHANGED)
		find_candidates(p);
	else if (!p->live || p->walking)
		forget_candidates(p);
	return state;
}

/* ---- drawing ---- */

static void
draw_stars(const Prompt *p, Canvas *c, Rect r)
{
	int n = (int)MIN(g_utf8_strlen(secret_peek(p->secret), -1), r.w - 1);
	for (int i = 0; i < n; i++)
		canvas_put_char(c, r.y, r.x + i, STYLE_PROMPT_TEXT, '*');
	canvas_cursor(c, r.y, r.x + MAX(n, 0), true);
}

void
prompt_draw(Prompt *p, Canvas *c, Rect line)
{
	canvas_fill(c, line, STYLE_PROMPT_TEXT);
	int label = canvas_put(c, line.y, line.x, MAX(line.w * 2 / 3, 1), STYLE_PROMPT, PUT_CUT,
		p->label);
	Rect r = rect_inset(line, label, 0);
	if (r.w <= 0) {
		canvas_cursor(c, line.y, line.x, true);
		return;
	}
	if (p->kind == PROMPT_PASSWORD) {
		draw_stars(p, c, r);
		return;
	}
	const char *s = p->text->str;
	if (p->scroll > p->cursor || p->scroll > p->text->len)
		p->scroll = p->cursor;
	while (p->scroll < p->cursor &&
		utf8_columns(s + p->scroll, (gssize)(p->cursor - p->scroll)) > r.w - 1)
		p->scroll = forward(p, p->scroll);
	/* what was inserted went through the cleaner: see insert */
	canvas_put_part(c, r.y, r.x, r.w, STYLE_PROMPT_TEXT, clean_ours(s), p->scroll,
		p->text->len - p->scroll);
	canvas_cursor(c, r.y, r.x + utf8_columns(s + p->scroll, (gssize)(p->cursor - p->scroll)),
		true);
}

int
prompt_draw_candidates(const Prompt *p, Canvas *c, Rect r,
	char *(*note)(void *user, const char *candidate), void *user)
{
	int n = p->candidates ? (int)g_strv_length(p->candidates) : 0;
	int rows = MIN(n, r.h);
	int top = p->selected >= rows ? p->selected - rows + 1 : 0;

	for (int i = 0; i < rows; i++) {
		const char *text = p->candidates[top + i];
		CellStyle style = top + i == p->selected ?
			STYLE_CANDIDATE_SELECTED : STYLE_CANDIDATE;
		g_autoptr(Clean) clean = clean_new(text, -1, CLEAN_SHOW);
		g_autofree char *at_right = note ? note(user, text) : NULL;
		int y = r.y + r.h - rows + i;
		canvas_fill(c, (Rect){ y, r.x, 1, r.w }, style);
		int used = canvas_put(c, y, r.x + 1, r.w - 2, style, PUT_CUT, clean);
		if (!at_right)
			continue;
		g_autoptr(Clean) clean_note = clean_new(at_right, -1, CLEAN_LINE);
		int room = r.w - 2 - used - 2;
		if (room >= 4)
			canvas_put(c, y, r.x + r.w - 1 - room, room, style, PUT_RIGHT, clean_note);
	}
	return rows;
}

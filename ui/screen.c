/* screen.c - the one sink for the terminal and the one source of keys.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * ncurses keeps its own picture of the terminal and sends the difference; we
 * give it the rows that changed since the last canvas. Signals (ui/signals) come
 * out of the same function as the keys. */
#include "config.h"
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1	/* no macros named move, clear, timeout ... */
#include "ui/screen.h"
#include "base/error.h"
#include "base/intl.h"
#include "base/whole.h"
#include "ui/sequence.h"
#include "ui/sign.h"
#include "ui/signals.h"
#include "ui/tty.h"

#include <curses.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#undef columns	/* term.h makes a macro of it */
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { ESC_DELAY_MS = 25, PASTE_LIMIT = 1024 * 1024, PAIRS = 64, CODE_PASTE = 2000,
	CODE_PASTE_END = 2001 };

struct Screen {
	SCREEN *term;		/* owned */
	FILE *in_file, *out_file;	/* owned: of duplicates of in and out */
	int in, out;
	WINDOW *keys;		/* owned: a pad, because reading from a window would draw it */
	const Theme *theme;	/* borrowed */
	Canvas *last;		/* owned: what the terminal shows; NULL: not known */
	const Canvas *from;	/* borrowed: only to know it again */
	bool utf8, ansi, titled;
	struct { gint16 fg, bg; } pairs[PAIRS];
	int n_pairs;
	mbstate_t partial;	/* of a character that is not whole yet */
	GString *paste;		/* owned: one that is coming in */
	gint64 paste_time;
	guint woke;		/* WOKE_... not told yet */
	struct termios modes;	/* as they were */
	bool up;		/* the terminal is ours */
	int frame;		/* a file in memory; -1: none */
	GSource *watches[2];	/* owned */
	void (*ready)(void *user);
	void *user;		/* borrowed */
};

/* ---- beginning and end ---- */

static void
write_text(const Screen *s, const char *text)
{
	write_whole(s->out, text, strlen(text));
}

static void
private_modes(const Screen *s, bool on)
{
	if (s->ansi)
		write_whole(s->out, on ? "\033[?2004h" : "\033[?2004l", 8);
}

static const char *
capability(const char *name)
{
	const char *text = tigetstr(name);
	return text && text != (char *)-1 ? text : "";
}

/* What a fatal signal's handler writes. */
static void
arm(const Screen *s)
{
	g_autofree char *text = g_strconcat(s->ansi ? "\033[?2004l" : "", capability("sgr0"),
		capability("cnorm"), capability("rmkx"), capability("rmcup"), NULL);
	signals_arm(s->out, &s->modes, text);
}

static void
fit_size(Screen *s)
{
	struct winsize ws;
	if (ioctl(s->out, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0 &&
		(ws.ws_row != getmaxy(stdscr) || ws.ws_col != getmaxx(stdscr))) {
		resize_term(ws.ws_row, ws.ws_col);
		clearok(curscr, TRUE);	/* terminals differ in what they keep, and where */
	}
	g_clear_pointer(&s->last, canvas_free);
}

static void
set_modes(Screen *s)
{
	raw();
	noecho();
	nonl();
	typeahead(-1);	/* a frame is never left half done: the app draws queued keys once */
	set_escdelay(ESC_DELAY_MS);
	s->keys = newpad(1, 1);
	keypad(s->keys, TRUE);
	meta(s->keys, TRUE);
	nodelay(s->keys, TRUE);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	define_key("\033[200~", CODE_PASTE);
	define_key("\033[201~", CODE_PASTE_END);
}

static bool
open_terminal(Screen *s, GError **err)
{
	const char *name = g_getenv("TERM");

	s->in_file = fdopen(fcntl(s->in, F_DUPFD_CLOEXEC, 3), "r");
	s->out_file = fdopen(fcntl(s->out, F_DUPFD_CLOEXEC, 3), "w");
	if (!isatty(s->in) || !isatty(s->out) || !s->in_file || !s->out_file ||
		tcgetattr(s->out, &s->modes) < 0) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER,
			_("The screen needs a terminal, but standard input or output is none. “eilpost --help” names what works without."));
		return false;
	}
	s->term = newterm(NULL, s->out_file, s->in_file);
	if (s->term)
		set_term(s->term);
	if (!s->term || !*capability("cup")) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER,
			_("The terminal “%s” is not known here, or can't place its cursor. Set TERM to one that is, for example xterm-256color."), name ? name : "");
		return false;
	}
	return true;
}

Screen *
screen_start(int in, int out, GError **err)
{
	Screen *s = g_new0(Screen, 1);
	s->in = in;
	s->out = out;
	s->frame = memfd_create("eilpost-picture", MFD_CLOEXEC);
	if (!signals_take(err) || !open_terminal(s, err)) {
		screen_stop(s);
		return NULL;
	}
	s->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	s->ansi = g_str_has_prefix(capability("cup"), "\033[");
	set_modes(s);
	s->up = true;
	arm(s);
	private_modes(s, true);
	fit_size(s);
	return s;
}

static void
leave(Screen *s)
{
	s->up = false;
	signals_disarm();
	private_modes(s, false);
	if (s->titled)
		write_whole(s->out, "\033[23;0t", 7);
	s->titled = false;
	endwin();
}

void
screen_stop(Screen *s)
{
	if (!s)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(s->watches); i++) {
		if (!s->watches[i])
			continue;
		g_source_destroy(s->watches[i]);
		g_source_unref(s->watches[i]);
	}
	if (s->up)
		leave(s);
	if (s->keys)
		delwin(s->keys);
	if (s->term) {
		tcsetattr(s->out, TCSADRAIN, &s->modes);
		delscreen(s->term);
	}
	g_clear_pointer(&s->in_file, fclose);
	g_clear_pointer(&s->out_file, fclose);
	if (s->frame >= 0)
		close(s->frame);
	signals_give_back();
	canvas_free(s->last);
	if (s->paste)
		g_string_free(s->paste, TRUE);
	g_free(s);
}

void
screen_pause(Screen *s)
{
	if (s->up)
		leave(s);
}

void
screen_resume(Screen *s)
{
	if (s->up)
		return;
	reset_prog_mode();
	s->up = true;
	arm(s);
	private_modes(s, true);
	fit_size(s);
	clearok(curscr, TRUE);
}

void
screen_suspend(Screen *s)
{
	struct pollfd waked = { .fd = signals_fd(), .events = POLLIN };

	screen_pause(s);
	s->woke |= signals_read();
	signals_stop_for_real(true);
	/* The whole group: the shell looks at its leader, maybe a script. Another thread may be
	 * the one that takes the signal; and where nobody could continue us the kernel drops it:
	 * hence the wait for SIGCONT has an end. */
	kill(0, SIGTSTP);
	poll(&waked, 1, 200);
	signals_stop_for_real(false);
	s->woke |= signals_read();
	s->woke &= (guint)~(WOKE_CONTINUE | WOKE_SUSPEND);
	screen_resume(s);
}

/* ---- drawing ---- */

int
screen_colors(const Screen *s)
{
	return has_colors() ? COLORS : 0;
}

void
screen_set_theme(Screen *s, const Theme *theme)
{
	s->theme = theme;
	s->n_pairs = 0;
	screen_redraw(s);
}

void
screen_size(const Screen *s, int *rows, int *cols)
{
	*rows = MAX(getmaxy(stdscr), 1);
	*cols = MAX(getmaxx(stdscr), 1);
}

static short
pair_for(Screen *s, Look look)
{
	if (look.fg == COLOR_DEFAULT && look.bg == COLOR_DEFAULT)
		return 0;
	for (int i = 0; i < s->n_pairs; i++)
		if (s->pairs[i].fg == look.fg && s->pairs[i].bg == look.bg)
			return (short)(i + 1);
	if (s->n_pairs == PAIRS || s->n_pairs + 1 >= COLOR_PAIRS)
		return 0;
	s->pairs[s->n_pairs].fg = look.fg;
	s->pairs[s->n_pairs].bg = look.bg;
	s->n_pairs++;
	init_pair((short)s->n_pairs, look.fg, look.bg);
	return (short)s->n_pairs;
}

static attr_t
attributes(guint attrs)
{
	return (attrs & MOD_BOLD ? WA_BOLD : 0) | (attrs & MOD_DIM ? WA_DIM : 0) |
		(attrs & MOD_REVERSE ? WA_REVERSE : 0) | (attrs & MOD_ITALIC ? WA_ITALIC : 0) |
		(attrs & MOD_UNDERLINE ? WA_UNDERLINE : 0);
}

/* A row as ncurses wants it: one cchar_t a character. How many. */
static int
row_cells(Screen *s, const Cell *row, int cols, cchar_t *out)
{
	int n = 0;
	for (int x = 0; x < cols; x++) {
		const Cell *cell = &row[x];
		Look look = s->theme ? theme_look(s->theme, cell->style) :
			(Look){ COLOR_DEFAULT, COLOR_DEFAULT, 0 };
		wchar_t text[CELL_MARKS + 2] = { 0 };
		if (cell->columns == 0)
			continue;
		text[0] = cell->columns == 2 && x + 1 >= cols ? ' ' : sign_shown(cell, s->utf8);
		for (int i = 0; s->utf8 && i < CELL_MARKS && cell->marks[i]; i++)
			text[i + 1] = wcwidth((wchar_t)cell->marks[i]) == 0 ?
				(wchar_t)cell->marks[i] : 0;
		attr_t attrs = attributes(look.attrs);
		short pair = pair_for(s, look);
		setcchar(&out[n++], text, attrs, pair, NULL);
		/* a sign of one column stands for it */
		if (cell->columns == 2 && text[0] < 0x80 && x + 1 < cols)
			setcchar(&out[n++], L" ", attrs, pair, NULL);
	}
	return n;
}

/* ncurses writes at each movement of its cursor. Its descriptor leads into memory meanwhile: the
 * terminal gets a picture in one write, and is never seen half drawn. */
static void
send_picture(Screen *s, bool cursor)
{
	int fd = fileno(s->out_file);
	bool framed = s->frame >= 0 && dup3(s->frame, fd, O_CLOEXEC) >= 0;

	curs_set(cursor ? 1 : 0);
	doupdate();
	if (!framed)
		return;
	dup3(s->out, fd, O_CLOEXEC);
	off_t len = lseek(s->frame, 0, SEEK_CUR);
	if (len <= 0)
		return;
	g_autofree char *bytes = g_malloc((gsize)len);
	ssize_t n = pread(s->frame, bytes, (gsize)len, 0);
	lseek(s->frame, 0, SEEK_SET);
	if (n > 0)
		write_whole(s->out, bytes, (gsize)n);
}

static void
remember_size(Screen *s, const Canvas *canvas)
{
	canvas_free(s->last);
	s->last = canvas_new(canvas_rows(canvas), canvas_cols(canvas));
	werase(stdscr);
}

void
screen_blit(Screen *s, Canvas *canvas)
{
	int rows, cols, y, x;

	if (!s->up)
		return;
	screen_size(s, &rows, &cols);
	rows = MIN(rows, canvas_rows(canvas));
	cols = MIN(cols, canvas_cols(canvas));
	bool all = !s->last || canvas_rows(s->last) != canvas_rows(canvas) ||
		canvas_cols(s->last) != canvas_cols(canvas);
	g_autofree cchar_t *cells = g_new(cchar_t, (gsize)cols * 2);
	gsize bytes = sizeof(Cell) * (gsize)canvas_cols(canvas);

	if (all)
		remember_size(s, canvas);
	for (int row = 0; row < canvas_rows(canvas); row++) {
		if (!all && s->from == canvas && !canvas_touched(canvas, row))
			continue;
		const Cell *from = canvas_row(canvas, row);
		Cell *shown = (Cell *)canvas_row(s->last, row);
		if (!all && memcmp(from, shown, bytes) == 0)
			continue;
		memcpy(shown, from, bytes);
		if (row < rows)
			mvadd_wchnstr(row, 0, cells, row_cells(s, from, cols, cells));
	}
	canvas_settle(canvas);
	s->from = canvas;
	bool cursor = canvas_cursor_peek(canvas, &y, &x);
	wmove(stdscr, MIN(y, rows - 1), MIN(x, cols - 1));
	wnoutrefresh(stdscr);
	send_picture(s, cursor);
}

void
screen_redraw(Screen *s)
{
	g_clear_pointer(&s->last, canvas_free);
	clearok(curscr, TRUE);
}

void
screen_bell(Screen *s)
{
	if (s->up)
		beep();
}

void
screen_notice(Screen *s, NoticeHow how, const Clean *title, const Clean *body)
{
	if (!s->up || !s->ansi)
		return;
	g_autofree char *plain = sequence_notice(s->utf8, how, title, body);
	g_autofree char *wrapped = tty_in_tmux() ? sequence_through_tmux(plain) : NULL;
	write_text(s, wrapped ? wrapped : plain);
}

void
screen_copy(Screen *s, const char *text)
{
	if (!s->up || !s->ansi)
		return;
	g_autofree char *plain = sequence_copy(text);
	write_text(s, plain);	/* tmux takes it itself, or lets it pass, by its settings */
	if (tty_in_tmux()) {
		g_autofree char *wrapped = sequence_through_tmux(plain);
		write_text(s, wrapped);
	}
}

void
screen_title(Screen *s, const Clean *title)
{
	if (!s->up || !s->ansi || tigetflag("XT") <= 0)
		return;
	g_autofree char *text = sequence_title(s->utf8, !s->titled, title);
	write_text(s, text);
	s->titled = true;
}

/* ---- keys ---- */

static const struct { int code; Key key; } codes[] = {
	{ KEY_UP, K_UP }, { KEY_DOWN, K_DOWN }, { KEY_LEFT, K_LEFT }, { KEY_RIGHT, K_RIGHT },
	{ KEY_HOME, K_HOME }, { KEY_END, K_END },
	{ KEY_PPAGE, K_PAGE_UP }, { KEY_NPAGE, K_PAGE_DOWN }, { KEY_IC, K_INSERT },
	{ KEY_DC, K_DELETE }, { KEY_ENTER, K_RETURN },
	{ KEY_BACKSPACE, K_BACKSPACE }, { KEY_BTAB, K_SHIFT | K_TAB }, { KEY_FIND, K_HOME },
	{ KEY_SELECT, K_END },
	{ KEY_A1, K_HOME }, { KEY_A3, K_PAGE_UP }, { KEY_C1, K_END }, { KEY_C3, K_PAGE_DOWN },
	{ KEY_SR, K_SHIFT | K_UP }, { KEY_SF, K_SHIFT | K_DOWN }, { KEY_SLEFT, K_SHIFT | K_LEFT },
	{ KEY_SRIGHT, K_SHIFT | K_RIGHT },
	{ KEY_SHOME, K_SHIFT | K_HOME }, { KEY_SEND, K_SHIFT | K_END },
	{ KEY_SPREVIOUS, K_SHIFT | K_PAGE_UP }, { KEY_SNEXT, K_SHIFT | K_PAGE_DOWN },
	{ KEY_SDC, K_SHIFT | K_DELETE }, { KEY_SIC, K_SHIFT | K_INSERT },
};

/* Extended names of terminfo, with a modifier number behind them: kUP5. */
static const struct { const char *name; Key key; } extended[] = {
	{ "kUP", K_UP }, { "kDN", K_DOWN }, { "kLFT", K_LEFT }, { "kRIT", K_RIGHT },
	{ "kHOM", K_HOME }, { "kEND", K_END },
	{ "kPRV", K_PAGE_UP }, { "kNXT", K_PAGE_DOWN }, { "kDC", K_DELETE }, { "kIC", K_INSERT },
};

static Key
key_of_code(int code)
{
	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if (codes[i].code == code)
			return codes[i].key;
	if (code > KEY_F0 && code <= KEY_F(12))
		return K_F0 + (Key)(code - KEY_F0);
	/* terminfo counts F13 on with shift, F25 on with control */
	if (code > KEY_F(12) && code <= KEY_F(24))
		return K_SHIFT | (K_F0 + (Key)(code - KEY_F(12)));
	if (code > KEY_F(24) && code <= KEY_F(36))
		return K_CTRL | (K_F0 + (Key)(code - KEY_F(24)));
	const char *name = code > KEY_MAX ? keyname(code) : NULL;
	for (gsize i = 0; name && i < G_N_ELEMENTS(extended); i++) {
		gsize len = strlen(extended[i].name);
		if (strncmp(name, extended[i].name, len) == 0 && g_ascii_isdigit(name[len]))
			return extended[i].key | key_modifiers((guint)(name[len] - '0'));
	}
	return K_UNKNOWN;
}

typedef enum { GOT_NOTHING, GOT_CHAR, GOT_CODE } Got;

/* Characters are put together here and not by wget_wch, which forgets a character that the
 * network cut in two. */
static Got
get(Screen *s, wint_t *ch)
{
	for (int code; (code = wgetch(s->keys)) != ERR;) {
		wchar_t wide = 0;
		char byte = (char)code;
		if (code > 0xff) {
			*ch = (wint_t)code;
			return GOT_CODE;
		}
		size_t n = mbrtowc(&wide, &byte, 1, &s->partial);
		if (n == (size_t)-2)
			continue;
		if (n == (size_t)-1)	/* not of this locale; what is plain ASCII begins anew */
			memset(&s->partial, 0, sizeof s->partial);
		*ch = n != (size_t)-1 ? (wint_t)wide : code < 0x80 ? (wint_t)code : 0xfffd;
		return GOT_CHAR;
	}
	return GOT_NOTHING;
}

/* The next byte of a sequence that has begun; the network may have cut it. */
static Got
get_soon(Screen *s, wint_t *ch)
{
	Got got = get(s, ch);
	if (got == GOT_NOTHING) {
		struct pollfd p = { .fd = s->in, .events = POLLIN };
		if (poll(&p, 1, ESC_DELAY_MS) > 0)
			got = get(s, ch);
	}
	return got;
}

static Key
read_csi(Screen *s, wint_t first)
{
	guint numbers[2] = { 0, 0 }, n = 0;
	wint_t ch = first;

	for (int len = 0; len < 64; len++) {
		if (ch >= '0' && ch <= '9' && n < 2)
			numbers[n] = MIN(numbers[n] * 10 + (guint)(ch - '0'), 0x10ffff);
		else if (ch == ';')
			n++;
		else if (ch >= 0x40 && ch <= 0x7e)
			return key_of_csi(numbers, (char)ch);
		if (get_soon(s, &ch) != GOT_CHAR)
			break;
	}
	return K_UNKNOWN;
}

/* After an ESC: alone it is Esc; with a character behind it at once it is Alt; with [ or O a
 * sequence that ncurses didn't know: all of it is taken, so that its rest is not read as
 * commands. */
static Key
read_escape(Screen *s)
{
	wint_t ch, next;
	Got got = get(s, &ch);

	if (got == GOT_NOTHING)
		return K_ESC;
	if (got == GOT_CODE)
		return ch == CODE_PASTE || ch == CODE_PASTE_END ? K_UNKNOWN :
			K_META | key_of_code((int)ch);
	if (ch == 0x1b)
		return K_ESC;
	if (ch == '[' || ch == 'O') {
		if (get_soon(s, &next) != GOT_CHAR)
			return K_META | ch;
		return read_csi(s, next);
	}
	Key k = key_of_char(ch);
	return k == K_UNKNOWN ? k : K_META | k;
}

static Key
paste_done(Screen *s, char **paste)
{
	char *text = g_string_free(s->paste, FALSE);
	s->paste = NULL;
	if (paste)
		*paste = text;
	else
		g_free(text);
	return K_PASTE;
}

static Key
paste_more(Screen *s, Got got, wint_t ch, char **paste)
{
	s->paste_time = g_get_monotonic_time();
	if (got == GOT_CODE && ch == CODE_PASTE_END)
		return paste_done(s, paste);
	if (ch == '\r')
		ch = '\n';
	bool text = got == GOT_CHAR &&
		(ch == '\n' || ch == '\t' ||
		(ch >= 0x20 && ch != 0x7f && !(ch >= 0x80 && ch < 0xa0)));
	if (text && s->paste->len < PASTE_LIMIT)
		g_string_append_unichar(s->paste, ch);
	return K_NONE;
}

static Key
key_of_waking(Screen *s)
{
	s->woke |= signals_read();
	if (s->woke & WOKE_TERMINATE) {
		s->woke &= (guint)~WOKE_TERMINATE;
		return K_TERMINATE;
	}
	if (s->woke & WOKE_SUSPEND) {
		s->woke &= (guint)~WOKE_SUSPEND;
		return K_SUSPEND;
	}
	if (s->woke & (WOKE_RESIZE | WOKE_CONTINUE)) {
		/* stopped from outside: the shell had the terminal */
		if (s->woke & WOKE_CONTINUE) {
			reset_prog_mode();
			private_modes(s, true);
			clearok(curscr, TRUE);
		}
		s->woke = 0;
		fit_size(s);
		return K_RESIZE;
	}
	return K_NONE;
}

/* One key from the terminal; K_NONE: nothing there, or a piece of a paste (*more is then true). */
static Key
key_of_terminal(Screen *s, char **paste, bool *more)
{
	wint_t ch;
	Got got = get(s, &ch);

	*more = got != GOT_NOTHING;
	if (got == GOT_NOTHING) {
		if (tty_closed(s->in))
			return K_CLOSED;
		*more = tty_waiting(s->in) > 0;	/* bytes that are no character were skipped */
		return K_NONE;
	}
	if (s->paste)
		return paste_more(s, got, ch, paste);
	if (got == GOT_CODE && ch == CODE_PASTE) {
		s->paste = g_string_new(NULL);
		s->paste_time = g_get_monotonic_time();
		return K_NONE;
	}
	if (got == GOT_CODE)
		return ch == KEY_RESIZE ? K_NONE : key_of_code((int)ch);
	return ch == 0x1b ? read_escape(s) : key_of_char(ch);
}

Key
screen_key(Screen *s, char **paste)
{
	Key k = key_of_waking(s);

	if (paste)
		*paste = NULL;
	if (k != K_NONE || !s->up)
		return k;
	/* its end got lost: it must not swallow the keys after it */
	if (s->paste && g_get_monotonic_time() - s->paste_time > G_USEC_PER_SEC)
		return paste_done(s, paste);
	for (bool more = true; more && k == K_NONE;)
		k = key_of_terminal(s, paste, &more);
	return k;
}

static gboolean
on_ready(int fd, GIOCondition condition, gpointer data)
{
	Screen *s = data;
	s->ready(s->user);
	return G_SOURCE_CONTINUE;
}

void
screen_watch(Screen *s, GMainContext *context, void (*ready)(void *user), void *user)
{
	int fds[] = { s->in, signals_fd() };

	s->ready = ready;
	s->user = user;
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
		s->watches[i] = g_unix_fd_source_new(fds[i], G_IO_IN | G_IO_HUP | G_IO_ERR);
		/* a key before any letter */
		g_source_set_priority(s->watches[i], G_PRIORITY_HIGH);
		/* else it is taken out of the poll and put back, two wakings each time; no loop runs in ours */
		g_source_set_can_recurse(s->watches[i], TRUE);
		g_source_set_callback(s->watches[i], G_SOURCE_FUNC(on_ready), s, NULL);
		g_source_attach(s->watches[i], context);
	}
}

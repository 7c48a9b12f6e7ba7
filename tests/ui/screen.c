/* screen.c - tests of ui/screen in a pseudo-terminal: bytes in both directions, signals, the end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/error.h"
#include "ui/rows.h"
#include "ui/screen.h"

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* ncurses 6.4 keeps what it made when newterm fails. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:new_prescr";
}

typedef struct { int master, slave; Screen *screen; struct termios modes; } Term;

static Term
term_open(int rows, int cols)
{
	Term t = { 0 };
	struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
	g_assert_cmpint(openpty(&t.master, &t.slave, NULL, NULL, &ws), ==, 0);
	fcntl(t.master, F_SETFL, O_NONBLOCK);
	tcgetattr(t.slave, &t.modes);
	return t;
}

static Term
term_start(int rows, int cols)
{
	g_autoptr(GError) err = NULL;
	Term t = term_open(rows, cols);
	g_setenv("TERM", "xterm-256color", TRUE);
	t.screen = screen_start(t.slave, t.slave, &err);
	g_assert_no_error(err);
	return t;
}

/* All that was written to the terminal since the last call. */
static GString *
written(Term *t)
{
	GString *s = g_string_new(NULL);
	char buffer[4096];
	ssize_t n;
	while ((n = read(t->master, buffer, sizeof buffer)) > 0)
		g_string_append_len(s, buffer, n);
	return s;
}

static void
forget_written(Term *t)
{
	g_string_free(written(t), TRUE);
}

static void
term_end(Term *t)
{
	screen_stop(t->screen);
	close(t->slave);
	close(t->master);
}

static void
send_bytes(Term *t, const char *bytes)
{
	g_assert_cmpint(write(t->master, bytes, strlen(bytes)), ==, (ssize_t)strlen(bytes));
}

static void
test_blit(void)
{
	Term t = term_start(36, 120);
	g_autoptr(Theme) theme = theme_new(DEPTH_256);
	g_autoptr(Canvas) c = canvas_new(36, 120);
	int rows, cols;

	screen_size(t.screen, &rows, &cols);
	g_assert_cmpint(rows, ==, 36);
	g_assert_cmpint(cols, ==, 120);
	screen_set_theme(t.screen, theme);
	canvas_put(c, 3, 5, 40, STYLE_UNREAD, PUT_CUT,
		clean_ours("The garden wall, 日本語, e\xcc\x81t\xc3\xa9"));
	canvas_put(c, 35, 0, 120, STYLE_STATUS, PUT_PAD | PUT_RIGHT,
		clean_ours("in the last corner"));
	screen_blit(t.screen, c);
	g_autoptr(GString) first = written(&t);
	g_assert_nonnull(strstr(first->str, "The garden wall, 日本語, e\xcc\x81t\xc3\xa9"));
	g_assert_nonnull(strstr(first->str, "in the last corn"));
	g_assert_nonnull(strstr(first->str, "\033[?2004h"));
	screen_blit(t.screen, c);
	g_autoptr(GString) same = written(&t);
	g_assert_cmpuint(same->len, ==, 0);
	screen_redraw(t.screen);
	screen_blit(t.screen, c);
	g_autoptr(GString) again = written(&t);
	g_assert_nonnull(strstr(again->str, "The garden wall"));
	term_end(&t);
}

/* An index of 35 rows beside a folder pane, as the program draws it. */
static void
draw_index(Canvas *c, int selected, int cols)
{
	static const char *const names[] = { "Anna Weber", "Jürgen Größel", "日本語の名前",
		"A very long name of somebody indeed" };
	static const char *const subjects[] = { "The garden wall",
		"Re: Quarterly numbers for the board, third draft with all the tables", "日本語の件名",
		"Grüße 😀" };
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	RowContext rc = { .now = 1795426800, .zone = zone };

	canvas_clear(c);
	canvas_vline(c, 1, 27, 34, STYLE_BORDER);
	for (int y = 1; y < 35; y++) {
		MessageRow m = { .key = { 1795426800 - y * 20000, 1, 1 },
			.flags = y % 3 ? FLAG_SEEN : 0, .size = (guint64)y * 7777,
			.subject = (char *)subjects[y % 4],
				.from_name = (char *)names[y % 4 ^ y / 4 % 2],
				.traits = y % 5 ? 0 : TRAIT_ATTACHMENT };
		RowLine l;
		rows_index(&m, cols - 28, &rc, &l);
		row_line_draw(&l, c, y, 28, cols - 28);
		row_line_clear(&l);
	}
	canvas_style_row(c, selected, 28, cols - 28, STYLE_SELECTED);
	canvas_cursor(c, selected, 28, true);
}

/* PERFORMANCE target 7: at most 250 bytes for a move inside the page. */
static void
test_move_is_cheap(void)
{
	static const struct { const char *term; int cols; gsize limit; } rows[] = {
		{ "xterm-256color", 100, 250 }, { "xterm-256color", 120, 250 },
		{ "tmux-256color", 120, 280 }, { "linux", 120, 280 }, { "vt100", 120, 320 },
		{ "xterm-256color", 200, 400 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) err = NULL;
		Term t = term_open(36, rows[i].cols);
		g_setenv("TERM", rows[i].term, TRUE);
		t.screen = screen_start(t.slave, t.slave, &err);
		g_assert_no_error(err);
		g_autoptr(Theme) theme = theme_new(theme_choose_depth(screen_colors(t.screen)));
		g_autoptr(Canvas) c = canvas_new(36, rows[i].cols);
		gsize worst = 0, sum = 0;
		screen_set_theme(t.screen, theme);
		for (int selected = 1; selected < 35; selected++) {
			draw_index(c, selected, rows[i].cols);
			screen_blit(t.screen, c);
			g_autoptr(GString) bytes = written(&t);
			if (selected > 1) {
				worst = MAX(worst, bytes->len);
				sum += bytes->len;
			}
		}
		g_test_message("%s %d columns: worst %zu, mean %zu bytes a move", rows[i].term,
			rows[i].cols, worst, sum / 33);
		g_assert_cmpuint(sum / 33, <=, rows[i].limit);
		term_end(&t);
	}
}

/* M6: whatever stands in a cell, nothing but ncurses' own sequences reaches the terminal. */
static void
test_no_control_bytes(void)
{
	Term t = term_start(24, 80);
	g_autoptr(Canvas) c = canvas_new(24, 80);
	g_autoptr(Clean) foreign = clean_new("\033]0;owned\007\xc2\x9b" "5n\b\r\n\xe2\x80\xae\xe2\x80\x8b\xef\xbf\xbf \xcd\xb8 end", -1, CLEAN_LINE);
	canvas_put(c, 2, 0, 80, STYLE_NORMAL, PUT_CUT, foreign);
	canvas_put_char(c, 3, 0, STYLE_NORMAL, 0x9b);	/* and if one of us puts one */
	canvas_put_char(c, 3, 1, STYLE_NORMAL, 0x1b);
	canvas_put_char(c, 3, 2, STYLE_NORMAL, 0x202e);
	forget_written(&t);
	screen_blit(t.screen, c);
	g_autoptr(GString) bytes = written(&t);
	for (gsize i = 0; i < bytes->len; i++)
		if ((guchar)bytes->str[i] < 0x20)
			g_assert_nonnull(strchr("\033\r\n\b", bytes->str[i]));
	g_assert_null(strstr(bytes->str, "\033]0"));
	g_assert_null(strstr(bytes->str, "\xc2\x9b"));
	g_assert_null(strstr(bytes->str, "\xe2\x80\xae"));
	g_assert_null(strstr(bytes->str, "\xe2\x80\x8b"));
	g_assert_nonnull(strstr(bytes->str, "end"));
	term_end(&t);
}

static const struct { const char *bytes, *names; } key_rows[] = {
	{ "j", "j" }, { "jk", "j k" }, { "\xc3\xa4\xe6\x97\xa5", "ä 日" }, { "\r", "<Return>" },
	{ "\t", "<Tab>" }, { "\x7f", "<Backspace>" }, { "\b", "<Backspace>" },
	{ "\n", "<Return>" }, { "\x0c", "C-l" }, { "\x1a", "C-z" }, { "\x03", "C-c" }, { "\x13", "C-s" },
	{ "\x1c", "C-\\" }, { "\033", "<Esc>" }, { "\033\033", "<Esc>" }, { "\033v", "M-v" },
	{ "\033\t", "<M-Tab>" }, { "\033/", "M-/" }, { "\033[", "M-[" }, { "\033O", "M-O" },
	{ "\033OA\033OB", "<Up> <Down>" }, { "\033[A", "<Up>" }, { "\033OH", "<Home>" },
	{ "\033[5~\033[6~", "<PageUp> <PageDown>" }, { "\033[3~", "<Delete>" },
	{ "\033OP", "<F1>" }, { "\033[15~", "<F5>" }, { "\033[15;2~", "<S-F5>" },
	{ "\033[15;5~", "<C-F5>" }, { "\033[17~", "<F6>" }, { "\033[20~", "<F9>" },
	{ "\033[21~", "<F10>" },
	{ "\033[Z", "<S-Tab>" }, { "\033[1;5C", "<C-Right>" }, { "\033[1;3D", "<M-Left>" },
	{ "\033[1;2A", "<S-Up>" }, { "\033[3;2~", "<S-Delete>" },
	{ "\033[1;9A", "<Up>" }, { "\033[120;5u", "C-x" }, { "\033[97;3u", "M-a" },
	{ "\033[999;9;9qj", "? j" }, { "\033[?1;2cj", "? j" }, { "\033[Ij", "? j" },
	{ "\xff" "j", "? j" }, { "\xe6\x97", "" }, { "\xa5k", "日 k" }, { "\xe6j", "j" },
};

static char *
key_names(Term *t)
{
	g_autoptr(GString) names = g_string_new(NULL);
	char *paste = NULL;
	Key k;
	while ((k = screen_key(t->screen, &paste)) != K_NONE) {
		g_autofree char *name = k == K_UNKNOWN ? g_strdup("?") : k == K_PASTE ?
			g_strdup_printf("{%s}", paste) : key_to_name(k);
		g_string_append_printf(names, "%s%s", names->len ? " " : "", name);
		g_free(paste);
		paste = NULL;
		g_assert_cmphex(k, !=, K_CLOSED);
	}
	return g_strdup(names->str);
}

static void
test_keys(void)
{
	Term t = term_start(24, 80);
	for (gsize i = 0; i < G_N_ELEMENTS(key_rows); i++) {
		send_bytes(&t, key_rows[i].bytes);
		g_autofree char *names = key_names(&t);
		g_test_message("%zu", i);
		g_assert_cmpstr(names, ==, key_rows[i].names);
	}
	term_end(&t);
}

static void
test_paste(void)
{
	Term t = term_start(24, 80);
	send_bytes(&t, "a\033[200~one\rtwo\t\x01ä\033[A\033[201~b");
	g_autofree char *whole = key_names(&t);
	g_assert_cmpstr(whole, ==, "a {one\ntwo\tä[A} b");
	send_bytes(&t, "\033[200~begins");
	g_autofree char *begun = key_names(&t);
	g_assert_cmpstr(begun, ==, "");
	send_bytes(&t, " ends\033[201~");
	g_autofree char *ended = key_names(&t);
	g_assert_cmpstr(ended, ==, "{begins ends}");
	/* one whose end got lost must not swallow what is typed later */
	send_bytes(&t, "\033[200~lost");
	g_autofree char *lost = key_names(&t);
	g_assert_cmpstr(lost, ==, "");
	g_usleep(1100 * 1000);
	send_bytes(&t, "q");
	g_autofree char *after = key_names(&t);
	g_assert_cmpstr(after, ==, "{lost} q");
	send_bytes(&t, "\033[200~never seen");
	g_autofree char *freed_at_the_end G_GNUC_UNUSED = key_names(&t);
	term_end(&t);
}

static void
test_resize(void)
{
	Term t = term_start(24, 80);
	g_autoptr(Canvas) c = canvas_new(24, 80);
	struct winsize ws = { .ws_row = 5, .ws_col = 20 };
	int rows, cols;

	screen_blit(t.screen, c);
	ioctl(t.master, TIOCSWINSZ, &ws);
	raise(SIGWINCH);
	raise(SIGWINCH);
	g_assert_cmphex(screen_key(t.screen, NULL), ==, K_RESIZE);
	g_assert_cmphex(screen_key(t.screen, NULL), ==, K_NONE);
	screen_size(t.screen, &rows, &cols);
	g_assert_cmpint(rows, ==, 5);
	g_assert_cmpint(cols, ==, 20);
	canvas_put(c, 4, 0, 80, STYLE_NORMAL, PUT_PAD, clean_ours("日本語日本語日本語日本語"));
	screen_blit(t.screen, c);	/* larger than the terminal now */
	canvas_resize(c, 5, 20);
	canvas_put(c, 1, 0, 20, STYLE_NORMAL, PUT_PAD, clean_ours("small"));
	forget_written(&t);
	screen_blit(t.screen, c);
	g_autoptr(GString) bytes = written(&t);
	g_assert_nonnull(strstr(bytes->str, "small"));
	term_end(&t);
}

static void
test_signals(void)
{
	Term t = term_start(24, 80);
	static const struct { int sig; Key key; } rows[] = { { SIGTERM, K_TERMINATE },
		{ SIGHUP, K_TERMINATE }, { SIGINT, K_TERMINATE }, { SIGTSTP, K_SUSPEND },
		{ SIGCONT, K_RESIZE } };
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		raise(rows[i].sig);
		g_assert_cmphex(screen_key(t.screen, NULL), ==, rows[i].key);
		g_assert_cmphex(screen_key(t.screen, NULL), ==, K_NONE);
	}
	term_end(&t);
}

static void
test_closed(void)
{
	Term t = term_start(24, 80);
	g_autoptr(Canvas) c = canvas_new(24, 80);
	close(t.master);
	g_assert_cmphex(screen_key(t.screen, NULL), ==, K_CLOSED);
	canvas_put(c, 0, 0, 80, STYLE_NORMAL, PUT_CUT, clean_ours("to nobody"));
	screen_blit(t.screen, c);
	screen_stop(t.screen);
	close(t.slave);
}

static bool
same_modes(int fd, const struct termios *want)
{
	struct termios is;
	tcgetattr(fd, &is);
	return is.c_lflag == want->c_lflag && is.c_iflag == want->c_iflag &&
		is.c_oflag == want->c_oflag;
}

static void
test_leaves_whole(void)
{
	Term t = term_start(24, 80);
	g_autoptr(Canvas) c = canvas_new(24, 80);
	screen_blit(t.screen, c);
	screen_title(t.screen, clean_ours("eilpost: 3 new"));
	g_autoptr(GString) began = written(&t);
	g_assert_nonnull(strstr(began->str, "\033[?1049h"));
	g_assert_nonnull(strstr(began->str, "\033[22;0t\033]2;eilpost: 3 new\033\\"));
	g_assert_false(same_modes(t.slave, &t.modes));
	screen_pause(t.screen);
	g_assert_true(same_modes(t.slave, &t.modes));
	screen_blit(t.screen, c);	/* draws nothing meanwhile */
	forget_written(&t);
	screen_resume(t.screen);
	g_assert_false(same_modes(t.slave, &t.modes));
	canvas_put(c, 0, 0, 80, STYLE_NORMAL, PUT_CUT, clean_ours("back"));
	screen_blit(t.screen, c);
	g_autoptr(GString) back = written(&t);
	g_assert_nonnull(strstr(back->str, "\033[?1049h"));
	g_assert_nonnull(strstr(back->str, "\033[?2004h"));
	g_assert_nonnull(strstr(back->str, "back"));
	screen_stop(t.screen);
	g_assert_true(same_modes(t.slave, &t.modes));
	g_autoptr(GString) left = written(&t);
	g_assert_nonnull(strstr(left->str, "\033[?1049l"));
	g_assert_nonnull(strstr(left->str, "\033[?2004l"));
	close(t.slave);
	close(t.master);
}

/* M6: whatever a subject is made of, the sequence begins and ends once. */
static void
test_notice(void)
{
	static const struct { const char *title, *body, *osc9, *osc777; } rows[] = {
		{ "New mail from Anna", "The garden wall", "\033]9;New mail from Anna: The garden wall\033\\",
			"\033]777;notify;New mail from Anna;The garden wall\033\\" },
		{ "a;b", "c;d", "\033]9;a,b: c,d\033\\", "\033]777;notify;a,b;c,d\033\\" },
		{ "4;1;50", "x", "\033]9; 4,1,50: x\033\\", "\033]777;notify;4,1,50;x\033\\" },
		{ "\033]0;x\007\033\\", "\xc2\x9c\xc2\x9d\x9c", "\033]9;]0,x\\: \xef\xbf\xbd\033\\",
			"\033]777;notify;]0,x\\;\xef\xbf\xbd\033\\" },
		{ "Grüße", "\xe2\x80\xae" "txt\r\nb", "\033]9;Grüße: txt b\033\\", "\033]777;notify;Grüße;txt b\033\\" },
	};
	g_unsetenv("TMUX");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		for (int how = 0; how < 2; how++) {
			Term t = term_start(24, 80);
			g_autoptr(Clean) title = clean_new(rows[i].title, -1, CLEAN_LINE);
			g_autoptr(Clean) body = clean_new(rows[i].body, -1, CLEAN_LINE);
			forget_written(&t);
			screen_notice(t.screen, how ? NOTICE_OSC777 : NOTICE_OSC9, title, body);
			g_autoptr(GString) s = written(&t);
			g_assert_cmpstr(s->str, ==, how ? rows[i].osc777 : rows[i].osc9);
			screen_pause(t.screen);
			forget_written(&t);
			screen_notice(t.screen, NOTICE_OSC9, title, body);
			g_autoptr(GString) away = written(&t);
			g_assert_cmpuint(away->len, ==, 0);
			term_end(&t);
		}
}

/* S10: also when the program falls. */
static void
test_fatal(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGFPE };
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
		Term t = term_open(24, 80);
		pid_t child = fork();
		if (child == 0) {
			g_autoptr(GError) err = NULL;
			g_setenv("TERM", "xterm-256color", TRUE);
			g_autoptr(Canvas) c = canvas_new(24, 80);
			Screen *s = screen_start(t.slave, t.slave, &err);
			if (!s)
				_exit(0);
			screen_blit(s, c);
			raise(signals[i]);
			_exit(0);
		}
		int status;
		g_assert_cmpint(waitpid(child, &status, 0), ==, child);
		g_assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		g_assert_true(same_modes(t.slave, &t.modes));
		g_autoptr(GString) left = written(&t);
		g_assert_nonnull(strstr(left->str, "\033[?1049l"));
		g_assert_nonnull(strstr(left->str, "\033[?2004l"));
		close(t.slave);
		close(t.master);
	}
}

static void
test_refused(void)
{
	static const char *const names[] = { "no-such-terminal", "dumb", "" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) err = NULL;
		Term t = term_open(24, 80);
		g_setenv("TERM", names[i], TRUE);
		g_assert_null(screen_start(t.slave, t.slave, &err));
		g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
		g_assert_true(same_modes(t.slave, &t.modes));
		close(t.slave);
		close(t.master);
	}
	g_autoptr(GError) err = NULL;
	int null = open("/dev/null", O_RDWR);
	g_assert_null(screen_start(null, null, &err));
	g_assert_error(err, EIL_ERROR, EIL_ASK_USER);
	close(null);
}

/* Terminals of few abilities get the same text. */
static void
test_terminals(void)
{
	static const struct { const char *term; int colors; } rows[] = { { "vt100", 0 },
		{ "linux", 8 }, { "screen", 8 }, { "tmux-256color", 256 }, { "xterm-mono", 0 } };
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) err = NULL;
		Term t = term_open(24, 80);
		g_setenv("TERM", rows[i].term, TRUE);
		t.screen = screen_start(t.slave, t.slave, &err);
		g_assert_no_error(err);
		g_assert_cmpint(screen_colors(t.screen), ==, rows[i].colors);
		g_autoptr(Theme) theme = theme_new(theme_choose_depth(screen_colors(t.screen)));
		g_autoptr(Canvas) c = canvas_new(24, 80);
		screen_set_theme(t.screen, theme);
		for (Style s = 0; s < STYLE_LAST; s++)
			canvas_put(c, s % 24, 0, 80, s, PUT_CUT, clean_ours("readable"));
		screen_blit(t.screen, c);
		g_autoptr(GString) bytes = written(&t);
		g_assert_nonnull(strstr(bytes->str, "readable"));
		if (rows[i].colors == 0)
			/* no colour; vt100's reverse is 7 */
			g_assert_null(strstr(bytes->str, "\033[3"));
		term_end(&t);
	}
}

static void
on_ready(void *user)
{
	(*(int *)user)++;
}

static void
test_watch(void)
{
	Term t = term_start(24, 80);
	g_autoptr(GMainContext) context = g_main_context_new();
	int n = 0;
	screen_watch(t.screen, context, on_ready, &n);
	g_main_context_iteration(context, FALSE);
	g_assert_cmpint(n, ==, 0);
	send_bytes(&t, "j");
	g_main_context_iteration(context, TRUE);
	g_assert_cmpint(n, ==, 1);
	g_assert_cmphex(screen_key(t.screen, NULL), ==, 'j');
	raise(SIGWINCH);
	g_main_context_iteration(context, TRUE);
	g_assert_cmpint(n, ==, 2);
	g_assert_cmphex(screen_key(t.screen, NULL), ==, K_RESIZE);
	term_end(&t);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_unsetenv("LINES");
	g_unsetenv("COLUMNS");
	g_unsetenv("NO_COLOR");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/screen/blit", test_blit);
	g_test_add_func("/screen/move-is-cheap", test_move_is_cheap);
	g_test_add_func("/screen/M6/no-control-bytes", test_no_control_bytes);
	g_test_add_func("/screen/keys", test_keys);
	g_test_add_func("/screen/paste", test_paste);
	g_test_add_func("/screen/resize", test_resize);
	g_test_add_func("/screen/signals", test_signals);
	g_test_add_func("/screen/S10/closed", test_closed);
	g_test_add_func("/screen/leaves-whole", test_leaves_whole);
	g_test_add_func("/screen/S10/fatal", test_fatal);
	g_test_add_func("/screen/refused", test_refused);
	g_test_add_func("/screen/terminals", test_terminals);
	g_test_add_func("/screen/notice", test_notice);
	g_test_add_func("/screen/watch", test_watch);
	return g_test_run();
}

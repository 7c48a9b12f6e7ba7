/* sequence.c - what is said to the terminal past curses holds nothing but what was meant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/sequence.h"

#include <locale.h>
#include <string.h>

static Clean *
clean(const char *text)
{
	return clean_new(text, -1, CLEAN_LINE);
}

static void
test_notice(void)
{
	static const struct { bool utf8; NoticeHow how; const char *title, *body, *want; } cases[] = {
		{ true, NOTICE_OSC777, "Anna", "The wall", "\033]777;notify;Anna;The wall\033\\" },
		{ true, NOTICE_OSC9, "Anna", "The wall", "\033]9;Anna: The wall\033\\" },
		/* a separator of its own is none of a stranger's */
		{ true, NOTICE_OSC777, "a;b", "c;d", "\033]777;notify;a,b;c,d\033\\" },
		{ true, NOTICE_OSC9, "4;1;50", "x", "\033]9; 4,1,50: x\033\\" },
		{ true, NOTICE_OSC9, "\303\226mer", "x", "\033]9;\303\226mer: x\033\\" },
		{ false, NOTICE_OSC9, "\303\226mer", "x", "\033]9;?mer: x\033\\" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Clean) title = clean(cases[i].title), body = clean(cases[i].body);
		g_autofree char *got = sequence_notice(cases[i].utf8, cases[i].how, title, body);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

/* Whatever a mail holds, one ESC begins the sequence and one ends it. */
static void
test_hostile(void)
{
	static const char *const texts[] = { "\033\\\033]0;gone\007", "a\007b", "\302\233[31m", "\302\234end", "x\r\ny", "\342\200\256moc" };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Clean) text = clean(texts[i]);
		for (int utf8 = 0; utf8 < 2; utf8++) {
			g_autofree char *notice = sequence_notice(utf8, NOTICE_OSC9, text, text), *title = sequence_title(utf8, false, text);
			const char *const both[] = { notice, title };
			for (gsize n = 0; n < 2; n++) {
				g_assert_true(strrchr(both[n], '\033') == both[n] + strlen(both[n]) - 2);
				g_assert_true(strchr(both[n] + 1, '\033') == strrchr(both[n], '\033'));
				for (const char *p = both[n] + 1; *p; p++)
					g_assert_true(*p == '\033' || (guchar)*p >= 0x20);
				g_assert_null(strstr(both[n], "\302\233"));
				g_assert_null(strstr(both[n], "\302\234"));
			}
		}
	}
}

static void
test_long(void)
{
	g_autofree char *much = g_strnfill(5000, 'a');
	g_autoptr(Clean) text = clean(much);
	g_autofree char *notice = sequence_notice(true, NOTICE_OSC777, text, text), *title = sequence_title(true, true, text);
	g_assert_cmpuint(strlen(notice), ==, strlen("\033]777;notify;;\033\\") + 100 + 300);
	g_assert_cmpuint(strlen(title), ==, strlen("\033[22;0t\033]2;\033\\") + 100);
}

static void
test_copy(void)
{
	g_autofree char *plain = sequence_copy("https://example.org/"), *odd = sequence_copy("a \033]b\303\226\n");
	g_assert_cmpstr(plain, ==, "\033]52;c;aHR0cHM6Ly9leGFtcGxlLm9yZy8=\033\\");
	g_assert_cmpstr(odd, ==, "\033]52;c;YV1i\033\\");
}

static void
test_tmux(void)
{
	g_autofree char *got = sequence_through_tmux("\033]9;x\033\\");
	g_assert_cmpstr(got, ==, "\033Ptmux;\033\033]9;x\033\033\\\033\\");
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sequence/notice", test_notice);
	g_test_add_func("/sequence/M6/hostile", test_hostile);
	g_test_add_func("/sequence/long", test_long);
	g_test_add_func("/sequence/copy", test_copy);
	g_test_add_func("/sequence/tmux", test_tmux);
	return g_test_run();
}

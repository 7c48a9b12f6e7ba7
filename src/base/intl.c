/* intl.c - where the translations are, and a locale for those whose own is not installed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A program that was built but not installed finds them beside itself, so that `./bootstrap demo` speaks German
 * to a German. */
#include "config.h"
#include "base/intl.h"

#include <glib.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* What the environment says for a category: its own name goes before LANG, LC_ALL before both. NULL: nothing. */
static const char *
named(const char *category)
{
	const char *const names[] = { "LC_ALL", category, "LANG" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = g_getenv(names[i]);
		if (value && *value)
			return value;
	}
	return NULL;
}

static bool
is_utf8(const char *name)
{
	g_autofree char *lower = name ? g_ascii_strdown(name, -1) : NULL;

	return lower && (strstr(lower, "utf-8") || strstr(lower, "utf8"));
}

void
intl_letters(void)
{
	const char *language = g_getenv("LANGUAGE"), *words = named("LC_MESSAGES");
	bool utf8 = is_utf8(named("LC_CTYPE"));

	if (!setlocale(LC_CTYPE, "") && utf8)
		setlocale(LC_CTYPE, "C.UTF-8");
	if (setlocale(LC_MESSAGES, "") || !utf8)
		return;
	/* Any that is installed, for LANGUAGE to be heard: in "C" it is not, and newer C libraries may not hear it in "C.UTF-8" either. */
	if (!setlocale(LC_MESSAGES, "en_US.UTF-8") && !setlocale(LC_MESSAGES, "en_GB.UTF-8"))
		setlocale(LC_MESSAGES, "C.UTF-8");
	if (words && !(language && *language)) {
		g_autofree char *short_name = g_strndup(words, strcspn(words, ".@"));
		g_setenv("LANGUAGE", short_name, TRUE);
	}
}

void
intl_start(void)
{
	char path[4096];
	gssize n = readlink("/proc/self/exe", path, sizeof path - 1);

	path[n > 0 ? n : 0] = 0;
	g_autofree char *folder = g_path_get_dirname(path), *beside = g_build_filename(folder, "locale", NULL);
	bindtextdomain(PACKAGE, n > 0 && access(beside, X_OK) == 0 ? beside : LOCALEDIR);
	bind_textdomain_codeset(PACKAGE, "UTF-8");
	textdomain(PACKAGE);
}

char *
intl_text(const char *raw)
{
	if (g_utf8_validate(raw, -1, NULL))
		return g_strdup(raw);
	char *text = g_locale_to_utf8(raw, -1, NULL, NULL, NULL);
	return text ? text : g_utf8_make_valid(raw, -1);
}

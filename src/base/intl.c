/* intl.c - where the translations are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A program that was built but not installed finds them beside itself, so that `./bootstrap demo` speaks German
 * to a German. */
#include "config.h"
#include "base/intl.h"

#include <glib.h>
#include <unistd.h>

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

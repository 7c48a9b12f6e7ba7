/* settings.c - keys and colours of the configuration file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/settings.h"

static void
take_keys(Conf *conf, Keymap *keymap, Where context)
{
	g_autofree char *section = g_strdup_printf("keys.%s", keymap_context_name(context));
	g_auto(GStrv) names = conf_keys(conf, section);

	for (char **n = names; *n; n++) {
		g_autofree char *problem = NULL;
		if (!keymap_bind(keymap, context, *n, conf_text(conf, section, *n), &problem))
			conf_add_problem(conf, section, *n, problem);
	}
}

void
settings_take(Conf *conf, Keymap *keymap, Theme *theme)
{
	for (guint bit = 0; bit < N_CONTEXTS; bit++)
		take_keys(conf, keymap, (Where)(1u << bit));
	g_auto(GStrv) styles = conf_keys(conf, "colors");
	for (char **s = styles; *s; s++) {
		g_autofree char *problem = NULL;
		if (!theme_set(theme, *s, conf_text(conf, "colors", *s), &problem))
			conf_add_problem(conf, "colors", *s, problem);
	}
}

void
settings_check(Conf *conf)
{
	g_autoptr(Keymap) keymap = keymap_new();
	g_autoptr(Theme) theme = theme_new(DEPTH_256);
	settings_take(conf, keymap, theme);
}

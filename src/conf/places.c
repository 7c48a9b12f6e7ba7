/* places.c - where configuration, stores and logs lie: the XDG folders, or one profile folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/conf.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

Places *
places_new(const char *profile, const char *config_file)
{
	Places *p = g_new0(Places, 1);
	if (profile) {
		/* however it is written, it is one place: the name of the socket hangs on it */
		g_autofree char *here = g_canonicalize_filename(profile, NULL), *real = realpath(here, NULL);
		profile = real ? real : here;
		p->config = g_build_filename(profile, "config", NULL);
		p->data = g_build_filename(profile, "store", NULL);
		p->state = g_strdup(profile);
		p->runtime = g_strdup(profile);
	} else {
		p->config = g_build_filename(g_get_user_config_dir(), "eilpost", "config", NULL);
		p->data = g_build_filename(g_get_user_data_dir(), "eilpost", NULL);
		p->state = g_build_filename(g_get_user_state_dir(), "eilpost", NULL);
		p->runtime = g_build_filename(g_get_user_runtime_dir(), "eilpost", NULL);
	}
	if (config_file) {
		g_free(p->config);
		p->config = g_strdup(config_file);
	}
	return p;
}

void
places_free(Places *p)
{
	if (!p)
		return;
	g_free(p->config);
	g_free(p->data);
	g_free(p->state);
	g_free(p->runtime);
	g_free(p);
}

/* The account's name is the person's, but may hold anything: letters and digits stay, the rest is written as %XX. */
char *
places_store(const Places *p, const Account *a)
{
	GString *name = g_string_new(NULL);
	for (const char *c = a->name; *c; c++)
		if (g_ascii_isalnum(*c) || *c == '-' || *c == '_')
			g_string_append_c(name, *c);
		else
			g_string_append_printf(name, "%%%02X", (guint)(guchar)*c);
	if (name->len > 180) {	/* a file name ends at 255 bytes */
		g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, a->name, -1);
		g_string_truncate(name, 120);
		g_string_append(name, sum);
	}
	g_string_append(name, ".db");
	g_mkdir_with_parents(p->data, 0700);
	char *path = g_build_filename(p->data, name->str, NULL);
	g_string_free(name, TRUE);
	return path;
}

/* A socket's path has 107 bytes: the name is a hash, and a deep profile gives way to the runtime folder. */
char *
places_socket(const Places *p, const Account *a)
{
	enum { ROOM = 100 };
	g_autofree char *store = places_store(p, a);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, store, -1);
	sum[16] = 0;
	g_autofree char *name = g_strconcat(sum, ".sock", NULL);
	char *path = g_build_filename(p->runtime, name, NULL);
	if (strlen(path) > ROOM) {
		g_free(path);
		path = g_build_filename(g_get_user_runtime_dir(), "eilpost", name, NULL);
	}
	return path;
}

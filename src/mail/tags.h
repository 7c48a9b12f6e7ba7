/* tags.h - cuts HTML down to what the HTML parser may see.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * gumbo has no bounds: depth costs it quadratic time, a tag's attributes too. So this pass, linear
 * in the input, leaves only tags and attributes that mean something to html.c, and no more of them
 * than the limits allow. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	GString *css;		/* owned: what stood in <style>, bounded */
	bool cut;		/* a limit was reached */
	bool remote;		/* a style sheet of somebody's server is named */
} TagsFound;

/* nodes: how many tags may still be kept; counted down. Yours. */
GString *tags_reduce(const char *html, gsize len, guint *nodes, TagsFound *found);
void tags_clear(TagsFound *found);
/* The charset that a <meta> at the beginning names, or NULL. Yours. */
char *tags_charset(const char *html, gsize len);

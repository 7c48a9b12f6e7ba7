/* json.h - the members of one JSON object (RFC 8259), as providers and servers send it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The whole text must be well-formed; only strings, numbers, true and false of the outermost object are kept, what lies
 * deeper is passed over. Values may be tokens: they are wiped with it. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Json Json;

Json *json_read(const char *text, gsize len);	/* NULL: no object, not well-formed, or beyond the limits */
void json_free(Json *j);	/* wipes */
const char *json_text(const Json *j, const char *name);	/* of a string; borrowed; NULL: there is none */
bool json_int(const Json *j, const char *name, gint64 *n);	/* of a number, or of a string that holds one */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_free)

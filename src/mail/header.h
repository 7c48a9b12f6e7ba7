/* header.h - header fields: unfolding, RFC 2047, RFC 2231, addresses, dates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Every function is total, linear in its input, and bounded by base/limits. Raw values are bytes as
 * they came; results are valid UTF-8, not yet cleaned for the screen. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	const char *name, *value;	/* borrowed from the block; the value is still folded */
	gsize name_len, value_len;
} HeaderLine;

/* The field at *pos, which moves on; lines that are no fields are skipped. False: the end. */
bool header_next(const char *block, gsize len, gsize *pos, HeaderLine *out);
/* The first field of that name. */
bool header_find(const char *block, gsize len, const char *name, HeaderLine *out);
bool header_is(const HeaderLine *h, const char *name);

/* RFC 2047 and what senders take for it; charset is the guess for bare 8-bit bytes that are not
 * UTF-8 (NULL: windows-1252). Yours. */
char *header_decode(const char *raw, gsize len, const char *charset);

typedef struct {
	char *name;	/* owned: decoded display name, or "" */
	char *address;	/* owned: "" for a group's name */
} Address;

/* At most LIMIT_ADDRESSES; *more (may be NULL) gets how many were left out at least. */
GArray *header_addresses(const char *raw, gsize len, const char *charset, gsize *more);

typedef struct { char *name, *value; } Param;	/* owned: name in lower case, value decoded */
typedef struct {
	/* owned: what stands before the first ';', in lower case, without comments */
	char *value;
	GArray *params;	/* owned, of Param */
	bool cut;	/* more than LIMIT_MIME_PARAMS */
} ParamValue;

/* Content-Type, Content-Disposition and their like, with RFC 2231 put together. */
ParamValue *header_params(const char *raw, gsize len, const char *charset);
const char *param_get(const ParamValue *p, const char *name);	/* borrowed; NULL: not there */
void param_free(ParamValue *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ParamValue, param_free)

/* Seconds since 1970 and minutes east; false: not readable. */
bool header_date(const char *raw, gsize len, gint64 *when, gint16 *offset);

/* A host for showing: labels that mix scripts come as A-labels (RELIABILITY M9). Yours. */
char *header_show_host(const char *host);

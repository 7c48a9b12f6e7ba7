/* trace.h - the last exchanges with a server, line by line: what the connection log shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The sessions of proto/ write it where they know what a line is: sign-in data is never handed over (RELIABILITY T15), of
 * literals, bodies and quoted strings of a FETCH only their sizes. A ring: the newest lines stay. One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Trace Trace;

Trace *trace_new(guint lines);
void trace_free(Trace *t);

/* protocol: a literal such as "imap". direction: '>' ours, '<' the server's, '-' what happened to the connection. NULL as t:
 * nothing is kept. Control characters and 8-bit bytes are escaped, long lines cut. */
void trace_line(Trace *t, const char *protocol, char direction, const char *text, gssize len);
void trace_printf(Trace *t, const char *protocol, char direction, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* One of many of a kind (a literal): those that follow each other are one line, and counted. */
void trace_bulk(Trace *t, const char *protocol, const char *kind, const char *text, gssize len);
/* True: it would only have been counted, and is; its text need not be made (a hundred thousand headers come in a row). */
bool trace_more(Trace *t, const char *protocol, const char *kind);

/* Oldest first: "21:25:47.123 imap < e1 OK done  (12 ms)", a line each; the time in brackets is since our last line. Yours. */
char *trace_text(const Trace *t);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trace, trace_free)

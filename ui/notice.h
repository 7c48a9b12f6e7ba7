/* notice.h - new mail as a notice: whose, when, how many together, in which words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Pure: no terminal, no clock, no processes (act_notice.c). What is foreign leaves here only as
 * Clean. UI thread only. */
#pragma once

#include "base/utf8.h"
#include "store/folders.h"

/* A new message. */
typedef struct {
	guint account;
	gint64 folder, message;
	char *account_name, *folder_name;	/* owned, as all here; not cleaned */
	char *from, *subject;	/* may be NULL */
	char *key;		/* the same for copies of one message; NULL: none */
} News;
News *news_new(void);
void news_free(News *n);

/* patterns as in [notify] folders; NULL: by role. */
bool notice_wanted(const char *patterns, FolderRole role, const char *name);

/* What a notice says; yours, with notice_clear. */
typedef struct {
	Clean *title, *body;	/* owned */
	Clean *from, *subject, *folder, *account;	/* owned: of the first one */
	guint count;
} Notice;
/* more: so many beside them, of which nothing is known */
Notice notice_make(const GPtrArray *news /* of News*, at least one */, guint more);
void notice_clear(Notice *n);
char *notice_line(const Notice *n);	/* for the bottom line; yours */
/* For the command's environment: NAME=VALUE, NULL at the end; yours. Nothing in it has a control
 * character, and nothing given as an argument begins with a dash. */
char **notice_environment(const Notice *n, char **environment /* taken */);

/* Waits a moment for more, then until the notices of the last minute are few enough. */
typedef struct Gather Gather;
enum { GATHER_MS = 1500, GATHER_KNOWN = 2000, GATHER_MAX = 200 };
Gather *gather_new(void);
void gather_free(Gather *g);
/* Takes n; false: a copy of it was told already (or waits). */
bool gather_add(Gather *g, News *n, gint64 now_ms);
/* So many wait that no more are looked at; after weeks away there may be thousands: they are counted. */
bool gather_full(const Gather *g);
void gather_more(Gather *g, guint n);
gint64 gather_due(const Gather *g, guint per_minute);	/* ms; -1: nothing waits */
/* All that wait, oldest first, of News*; yours. They count as told. */
GPtrArray *gather_take(Gather *g, gint64 now_ms, guint *more);
void gather_told(Gather *g, gint64 now_ms);	/* a notice was given: it counts for the minute */

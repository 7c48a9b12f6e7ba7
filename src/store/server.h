/* server.h - what the server says of the account as a whole: whose folders lie where, and how full it is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Kept as facts of the account. */
#pragma once

#include "store/folders.h"

typedef struct {
	FolderSpace space;
	char delimiter;		/* 0: none */
	char *prefix;		/* owned: as on the wire, with its delimiter at the end; "" is common for the personal one */
} Namespace;

/* Of Namespace*, the personal ones first; empty: not told. Yours. */
GPtrArray *namespaces_get(Db *db);
GPtrArray *namespaces_new(void);
void namespaces_add(GPtrArray *spaces, FolderSpace space, const char *prefix, char delimiter);
bool namespaces_set(Db *db, const GPtrArray *spaces, GError **err);
/* Whose is the folder of that wire name? By the longest prefix; personal if none fits. */
FolderSpace namespaces_of(const GPtrArray *spaces, const char *wire);
/* Where the person's own new folders go, "INBOX." or "" (yours), and what divides their names. */
char *namespaces_personal(Db *db, char *delimiter);

typedef struct {
	bool told;
	guint64 used, limit;		/* KiB; limit 0: none */
	guint64 messages, messages_limit;
} Quota;
Quota quota_get(Db *db);
bool quota_set(Db *db, const Quota *q, GError **err);
guint quota_percent(const Quota *q);	/* the fuller of both; 0: nothing is limited */

/* poplist.h - what lies on the POP3 servers, since when, and when it goes: what the ledger pane
 * shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Reads the stores and draws on a canvas; knows neither keys nor engines. */
#pragma once

#include "conf/accounts.h"
#include "store/pop.h"
#include "ui/canvas.h"

typedef enum {
	POP_STAYS,
	POP_GOES_NOW /* with the next check */,
	POP_GOES_AT,
	POP_GOES_WHEN_DELETED,
	POP_NOT_HERE /* stays until it is fetched */
} PopFate;
/* The same rule as the engine's; *at gets the time of POP_GOES_AT. */
PopFate poplist_fate(const Account *account, const PopRow *row, gint64 now, gint64 *at);

typedef struct {	/* borrowed, for the call */
	guint number;
	const Account *account;
	Db *db;		/* NULL: it can't be read */
	bool asks;	/* the policy waits for its first yes */
} PopListAccount;

typedef struct { guint all, due; guint64 bytes, due_bytes; } PopTotals;

typedef struct PopList PopList;
PopList *poplist_new(GTimeZone *zone /* borrowed */);
void poplist_free(PopList *l);
void poplist_fill(PopList *l, const PopListAccount *accounts, guint n, gint64 now);
PopTotals poplist_totals(const PopList *l, guint account);
/* that of the selected row; false: there is no POP3 account */
bool poplist_account(const PopList *l, guint *account);
/* borrowed until the next fill; NULL: the head of an account, or none */
const PopRow *poplist_current(const PopList *l);
void poplist_select_account(PopList *l, guint account);
void poplist_move(PopList *l, int rows);
void poplist_draw(PopList *l, Canvas *c, Rect r, bool focused);

/* "12K", "864 B": of many. Yours. */
char *poplist_size(guint64 bytes);
/* "everything stays on the server" and its like: the policy in words. Yours. */
char *poplist_policy(const Account *account);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PopList, poplist_free)

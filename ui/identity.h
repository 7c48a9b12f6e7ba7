/* identity.h - the persons one can write as: each account, and the [identity NAME] sections.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "conf/conf.h"

typedef struct {
	char *name;		/* owned: of its section; NULL: the account itself */
	guint account;		/* that sends its mail */
	char *address, *full_name;	/* owned; full_name may be "" */
	char *from;		/* owned: "Full Name <address>" */
	char *reply_to;		/* owned; NULL: none */
	char *signature;	/* owned: text without "-- "; NULL: none */
	/* owned: of the account itself: its other-addresses, "*" allowed; else NULL */
	char **others;
} Identity;

/* of Identity*; never empty while there is an account; yours */
GPtrArray *identities_read(const Conf *conf);
/* An address of these lists that is one of the account's other-addresses is a person too:
 * added if it is not there. */
void identities_meet(GPtrArray *all, guint account, const char *list /* or NULL */);
/* The one that mail to these lists of addresses was meant for; else the account's own. The first n_envelopes are what servers wrote
 * on the way (X-Original-To, Delivered-To): mostly the mailbox, so there the account's own address says nothing, and the next
 * list is looked at. alice+shop@example.org counts as alice@example.org. */
guint identities_find(const GPtrArray *all, guint account, const char *const *lists /* entries may be NULL */, guint n_lists, guint n_envelopes);
guint identities_named(const GPtrArray *all, guint account, const char *name /* NULL: the account itself */);
/* "*@example.org" may be among them; yours */
char **identities_addresses(const GPtrArray *all);

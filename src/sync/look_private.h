/* look_private.h - what asks by a line of its own; for src/sync/look*.c and verify*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "net/link.h"
#include "proto/imap/session.h"
#include "proto/pop3/session.h"
#include "sync/look.h"

typedef void (*LookTold)(void *user, const ImapResponse *r);
typedef struct { guint32 number; guint64 size; char *uidl; /* owned; NULL: none */ } LookPopRow;

typedef struct {
	bool here;
	guint32 uidvalidity, uidnext, exists;
	guint64 modseq;		/* 0: the server keeps none */
} LookFolder;

bool look_can(const Look *l, const char *capability);
/* Writes the command (taken) and gives what is told until it has ended. EIL_REFUSED: the server said no, in its words. */
bool look_ask(Look *l, ImapCommand *c, LookTold told /* may be NULL */, void *user, GError **err);
/* EXAMINE; f->here false without err: the server does not open it, *words says why (yours). */
bool look_examine(Look *l, const char *wire, LookFolder *f, char **words, GError **err);
/* Of LookPopRow, cleared when freed; yours. */
GArray *look_pop_list(Look *l, GError **err);

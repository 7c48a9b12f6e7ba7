/* verify.h - the store of an account against its server: what is here, what waits, what differs and why.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Reads the store through a reader and the server by a line of its own (look.h); changes neither. What the store itself
 * knows to be missing (headers not read yet, texts not kept) is no difference, what it believes and the server says
 * otherwise is one. A size that differs is none: what servers tell as RFC822.SIZE is an estimate on some (Exchange). */
#pragma once

#include "store/journal.h"
#include "sync/look.h"

typedef enum {
	DIFFERS_FLAGS,		/* here, there: the flags in words of the protocol */
	DIFFERS_KEYWORDS,
	DIFFERS_GONE,		/* here, and not on the server */
	DIFFERS_LACKS,		/* on the server, and not here though it should be */
	DIFFERS_NEW,		/* came to the server since it was looked at */
	DIFFERS_TEXT,		/* a text that is here does not fit its checksum */
	N_DIFFERS,
} Differs;
typedef enum {
	WHY_UNKNOWN,		/* the server can't tell since when */
	WHY_BEHIND,		/* it changed there since the last look: the next check takes it over */
	WHY_STORE,		/* it did not: the store is wrong */
} Why;

typedef struct {
	Differs what;
	Why why;
	guint32 uid;		/* POP3: the number in its list, or 0 */
	char *subject;		/* owned, not cleaned; NULL: not known */
	char *here, *there;	/* owned; may be NULL */
} VerifyItem;

typedef enum { FOLDER_LOOKED, FOLDER_NOT_HERE, FOLDER_NOT_THERE, FOLDER_CLOSED /* the server does not open it */, FOLDER_RENEWED /* UIDVALIDITY */,
	FOLDER_LOCAL /* is on this computer only */ } VerifyLook;

typedef struct {
	Wish *wish;		/* owned */
	char *subject, *target;	/* owned; may be NULL */
} VerifyWish;

enum { VERIFY_NAMED = 20 };	/* differences of a folder that are named; all are counted */

typedef struct {
	char *name;		/* owned, not cleaned */
	VerifyLook look;
	char *words;		/* owned: the server's, FOLDER_CLOSED; NULL: none */
	guint there, here;	/* messages; here: without those on their way */
	guint unfetched;	/* headers that are not read yet, as the store knows */
	guint coming, leaving;	/* by wishes that wait */
	guint texts;		/* messages of which text is here */
	guint64 text_bytes;
	guint sizes;		/* messages whose size differs: for information */
	guint n[N_DIFFERS];
	gint64 checked;		/* when it was looked at last; 0: never */
	GPtrArray *items;	/* owned, of VerifyItem* */
	GPtrArray *waits;	/* owned, of VerifyWish* */
} VerifyFolder;

typedef struct {
	GPtrArray *folders;	/* owned, of VerifyFolder*, in showing order */
	GPtrArray *waits;	/* owned, of VerifyWish*: of folders themselves */
	guint outbox, drafts;
	bool is_pop;
	guint on_server, known;	/* POP3: messages there, and of them in the ledger */
} VerifyReport;
void verify_report_free(VerifyReport *r);
bool verify_folder_agrees(const VerifyFolder *f);
bool verify_agrees(const VerifyReport *r);

/* NULL: it could not be looked. told: the name of the folder that is looked at now; may be NULL. Blocks. Yours. */
typedef void (*VerifyTold)(void *user, const char *folder);
VerifyReport *verify_account(const LookSetup *setup, Db *db, VerifyTold told, GError **err);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyReport, verify_report_free)

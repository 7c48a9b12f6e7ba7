/* batch_private.h - one account's engine without a screen; for src/batch.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "batch/batch.h"
#include "store/folders.h"
#include "store/local.h"
#include "store/outbox.h"
#include "sync/door.h"
#include "sync/engine.h"

typedef struct {
	Account *account;	/* borrowed from the Conf */
	Engine *engine;		/* owned; NULL: another eilpost has the store */
	Db *db;			/* owned: a reader */
	char *socket, *trouble;	/* owned */
	GArray *folders_left;	/* owned, of gint64: to look into yet */
	bool done, failed, told, collected, news;
} Job;

bool job_start(Job *j, const Batch *h, Account *account, guint number, Chan *letters, GError **err);
void job_clear(Job *j);
void job_letter(Job *j, const Letter *l);	/* asks, shows progress, and knows the end of a cycle */
Db *batch_store(const Batch *h, const Account *a, GError **err);	/* a reader; yours; NULL: err, also where there is none yet */
Folder *batch_folder(Db *db, const char *name);	/* yours; NULL: none */
void letters_wait(const Batch *h, Chan *letters, int timeout_ms);
void progress_end(void);
/* What the vault says to a person: the passphrase is asked for on a terminal, notes go to the error output. */
void auth_letters_take(const Batch *h, bool may_ask);
char *ask_sign_in_words(const char *why, const Account *a);	/* and what to type for it; yours */
/* to: NULL-terminated; NULL: of its header. Sysexits. */
int batch_send_message(const Batch *h, Account *a, GBytes *message, const char *const *to, const char *sender);
char *ask_password(const char *label);	/* NULL: there is nobody to ask */
Account *batch_account(const Batch *h, const char *name);	/* borrowed; NULL: none */
/* For LookSetup; user: the Batch. */
char *look_ask_password(void *user, const char *label);
bool look_turn(void *user);

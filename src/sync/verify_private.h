/* verify_private.h - what the files of verify share. Only for src/sync/verify*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/check.h"
#include "store/folders.h"
#include "sync/look_private.h"
#include "sync/verify.h"

VerifyFolder *verify_folder_new(const char *name, VerifyLook look);
void verify_differs(VerifyFolder *f, Differs what, Why why, guint32 uid, const char *subject, const char *here, const char *there);
void verify_wait(GPtrArray *waits, Db *db, Wish *wish /* taken */);
bool verify_texts(Db *db, gint64 folder, VerifyFolder *v, GError **err);

/* verify_pop.c */
bool verify_pop(Look *look, Db *db, VerifyReport *report, GError **err);

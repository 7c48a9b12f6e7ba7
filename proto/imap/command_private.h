/* command_private.h - what a command is made of; for command.c and session.c only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "proto/imap/command.h"

typedef struct {
	char *text;	/* owned; or */
	GBytes *literal;	/* owned */
} ImapPiece;

struct ImapCommand {
	char *verb;	/* owned */
	GString *text;	/* owned: behind the last piece */
	GArray *pieces;	/* owned, of ImapPiece */
	char *mailbox;	/* owned: SELECT's */
	bool select, early;
};

/* command_private.h - what a command is made of; for command.c and session.c only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "proto/imap/command.h"

void imap_quote(GString *out, const char *bytes, gsize len);	/* as a quoted string */

typedef struct {
	char *text;	/* owned; or */
	GBytes *literal;	/* owned; or */
	char *mailbox;	/* owned: modified UTF-7 that is not the same in UTF-8 */
} ImapPiece;

struct ImapCommand {
	char *verb;	/* owned */
	GString *text;	/* owned: behind the last piece */
	GArray *pieces;	/* owned, of ImapPiece */
	char *mailbox;	/* owned: SELECT's */
	bool select, early;
	bool foreign;	/* a piece is a mailbox: what ENABLE does decides how it is written */
	bool has_literal;
	bool secret;	/* it is wiped when it goes */
};

void imap_command_secret(ImapCommand *c);	/* before the secret is put into it */

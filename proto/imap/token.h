/* token.h - reads the tokens of one response: atoms, strings, numbers, lists.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Inside proto/imap only. A Tokens is a cursor; a failed read sets `bad` and every later read fails too, so that a
 * reader checks once at its end. */
#pragma once

#include "proto/imap/parse.h"

typedef struct {
	const char *p, *end;		/* borrowed */
	const ImapLiteral *literals;	/* borrowed */
	gsize n_literals, next_literal;
	int depth;
	bool bad;
} Tokens;

bool token_is(Tokens *t, char c);	/* looks, does not take */
bool token_take(Tokens *t, char c);	/* takes it if it is there */
void token_expect(Tokens *t, char c);
void token_spaces(Tokens *t);
bool token_open(Tokens *t);	/* "(": counts the depth, bad beyond LIMIT_IMAP_DEPTH */
bool token_close(Tokens *t);	/* ")" after optional spaces */

/* A run of bytes that are no space, bracket, quote or control. Empty: *len 0. */
const char *token_atom(Tokens *t, gsize *len);
bool token_word(Tokens *t, const char *word);	/* takes it if the next atom is that word, any case */
char *token_string(Tokens *t);	/* quoted, literal, or a tolerated atom; yours; NULL: NIL (or bad) */
GBytes *token_bytes(Tokens *t, bool *streamed, guint64 *size);	/* as token_string; NULL: NIL or streamed */
guint32 token_u32(Tokens *t);
guint64 token_u63(Tokens *t);
void token_skip(Tokens *t);	/* one value of any kind, lists too */
void token_skip_deep(Tokens *t);	/* the same without a limit of depth: it does not recurse */
GArray *token_set(Tokens *t);	/* yours; NULL: bad */
GArray *token_set_in_order(Tokens *t);	/* the same; bad too where its numbers don't ascend as they are written */

/* parts of responses that have files of their own */
void imap_parse_fetch(Tokens *t, ImapFetch *f);		/* fetch.c: from "(" on */
ImapEnvelope *imap_parse_envelope(Tokens *t);		/* fetch.c; NULL: NIL or bad */
ImapBody *imap_parse_body(Tokens *t);			/* body.c; NULL: bad */
void imap_parse_flags(Tokens *t, ImapFlagList *flags);	/* fetch.c: "(...)" */
bool imap_parse_right(Tokens *t, ImapResponse *r);	/* rights.c: QUOTA, QUOTAROOT, MYRIGHTS; false: none of them */
char *token_object_id(Tokens *t);	/* rights.c: "(F123)"; yours; NULL: NIL or bad */
void imap_flags_clear(ImapFlagList *flags);
void imap_fetch_free(ImapFetch *f);

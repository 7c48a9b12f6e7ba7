/* compose.h - the pane in which a mail is written: fields, attachments, text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It keeps what is written in the outbox of the account (REQ_DRAFT_SAVE), each ten seconds and
 * when it closes: nothing that was typed depends on a clean end. */
#pragma once

#include "mail/draft.h"
#include "ui/over.h"

typedef struct Compose Compose;
extern const OverFace compose_face;

/* Opens it over the panes. row: of the draft in the account's outbox, 0: not there yet. */
void compose_open(struct App *a, guint account, Draft *draft /* taken */, gint64 row);
/* Goes on with a draft (also one that REQ_OUT_EDIT took back); false: it is gone (a sentence
 * was said). */
bool compose_continue(struct App *a, guint account, gint64 row);

/* The mail that is open now goes on with that message of the account: it stands for it from the first save on. */
void compose_goes_on_with(struct App *a, guint account, gint64 message);

/* what the commands do (ui/act_writing.c) */
typedef enum { COMPOSE_CLOSE, COMPOSE_SEND } ComposeThen;
bool compose_typing(const Compose *c);
bool compose_in_body(const Compose *c);
struct Editor *compose_editor(Compose *c);	/* borrowed: what is typed into; NULL: nothing */
void compose_type_into(Compose *c, int field /* DraftField; DRAFT_FIELDS: the text */);
void compose_leave(Compose *c);		/* from typing to the keys of the pane */
void compose_step(Compose *c, int step, bool typing);	/* to the next, the previous line */
/* Return: types into the selected line, or goes on to the next */
void compose_enter(Compose *c);
void compose_next_identity(Compose *c, int step);
void compose_attach(Compose *c, const char *path);	/* says what is wrong with it */
bool compose_detach(Compose *c);	/* the selected one; false: none is */
void compose_send(Compose *c);		/* asks what must be asked, then puts it into the outbox */
void compose_send_at(Compose *c, gint64 when);
void compose_postpone(Compose *c);
void compose_abort(Compose *c);
void compose_keep(Compose *c);	/* now, not only at the next tenth second */
const char *compose_body(const Compose *c);	/* borrowed */
bool compose_replace_body(Compose *c, const char *text);

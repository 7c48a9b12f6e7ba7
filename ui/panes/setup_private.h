/* setup_private.h - the state of the pane that makes accounts; for ui/panes/setup.c and ui/act_setup.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "setup/discover.h"
#include "setup/import.h"
#include "sync/trial.h"
#include "ui/app_private.h"
#include "ui/panes/setup.h"
#include "ui/view/setupform.h"

typedef enum { SETUP_MENU, SETUP_SEARCH, SETUP_FORM, SETUP_TRIAL, SETUP_IMPORT, SETUP_HAND } SetupStep;

typedef enum { ROW_ADD, ROW_DEMO, ROW_IMPORT, ROW_HAND, ROW_LEAVE, ROW_FIELD, ROW_SAVE, ROW_SAVE_UNTRIED, ROW_TAKE, ROW_AGAIN, ROW_BACK } SetupRowKind;
typedef struct { SetupRowKind kind; guint index; /* of the import or field */ } SetupRow;

typedef struct {
	App *app;		/* borrowed */
	SetupStep step;
	Clean *title;		/* owned */
	GArray *rows;		/* owned, of SetupRow */
	int selected, text_top;
	int menu_selected;	/* where the menu was left */
	gint64 top;
	Clean *problem;		/* owned; NULL: nothing went wrong */
	SetupForm *form;	/* owned; NULL: no address yet */
	Secret *password;	/* owned; NULL: not typed */
	bool asking;		/* the questions follow each other by themselves */
	guint question;
	bool then_try;		/* the password was asked for to try it */
	bool receive_only;	/* the person agreed to an account that sends nothing (S11) */
	bool may_skip;		/* a trial failed: it may be saved as it is */
	Account *signed_in;	/* shared: what a sign-in at the provider was for; NULL: there was none */
	Account *draft;		/* shared: what is tried; NULL: nothing */
	Discover *discover;	/* owned; NULL: none runs */
	DiscoverState sources[SOURCE_NONE];
	Trial *trial;		/* owned; NULL: none runs */
	Clean *trial_text[2];	/* owned: what is known of each side; may be NULL */
	bool trial_good[2];
	GSource *source;	/* owned: of the letters of either */
	GPtrArray *imports;	/* owned, of ImportSource* */
	Import *import;		/* owned; NULL: none is looked at */
} SetupPane;

extern const OverFace SETUP_FACE;
SetupPane *setup_pane(App *a);	/* NULL: it has not the keys */
void setup_show(SetupPane *p, SetupStep step);	/* with its rows; what ran for another step ends */
void setup_problem(SetupPane *p, const char *sentence);	/* NULL: none any more */
SetupRow *setup_row(SetupPane *p);	/* the selected one; NULL: none */
void setup_select(SetupPane *p, SetupRowKind kind, guint index);
void setup_stop(SetupPane *p);	/* what runs */
const char *setup_kind_words(void);	/* IMAP and POP3, the difference in two sentences (S13); translated */
bool setup_close(App *a, void *self);	/* act_setup.c: `close` */
bool setup_key(App *a, void *self, Key k, const char *paste);	/* act_setup.c: digits */

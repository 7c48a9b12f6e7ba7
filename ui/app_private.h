/* app_private.h - the state of the screen program; for ui/app*.c and ui/act_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/secret.h"
#include "render/client.h"
#include "store/bodies.h"
#include "store/keep.h"
#include "store/parts.h"
#include "sync/engine.h"
#include "ui/app.h"
#include "ui/layout.h"
#include "ui/outgoing.h"
#include "ui/over.h"
#include "ui/panes/folders.h"
#include "ui/panes/help.h"
#include "ui/panes/index.h"
#include "ui/panes/pager.h"
#include "ui/panes/parts.h"
#include "ui/prompt.h"
#include "ui/screen.h"

typedef struct {
	guint number;
	Account *account;	/* shared */
	Engine *engine;		/* owned; NULL: another eilpost has the store */
	Db *db;			/* owned: our reader */
	GPtrArray *folders;	/* owned, of Folder*, in showing order */
	GHashTable *folded;	/* owned: set of paths whose folders are not shown, "": all of them; NULL: not read yet */
	bool subscribed_only;	/* the tree shows no others */
	char *prefix;		/* owned: before the names of the person's own folders, "INBOX."; NULL: not known yet */
	char delimiter;		/* of those; 0: none */
	EngineState state;
	Clean *state_text, *trouble;	/* owned; NULL: nothing */
	bool trouble_of_one;	/* it is about one change or mail */
	gint64 checked_at, next_try, next_check;	/* Unix seconds; 0: none */
	Clean *schedule;	/* owned: "on startup, every 5 minutes"; NULL: not told yet */
	guint removal_n;	/* mails that the policy would remove from the POP3 server, if the person agrees; 0: none */
	bool held_elsewhere;	/* another eilpost has its store: it may end */
	int removal_said;	/* by the person, since the start: 1 they may go, -1 not; 0: nothing */
	guint64 removal_bytes;
	bool schedule_paused;	/* by the person: nothing goes by itself */
	bool stopped;		/* its schedule, after a refused sign-in */
	Clean *progress;	/* owned; NULL: nothing goes on */
	guint64 done, total;
	gint64 progress_folder, progress_message;	/* progress_message: of an attachment; 0: of none */
	char *progress_section;	/* owned */
	guint64 progress_speed;	/* bytes a second; 0: not known */
	bool paused;
	bool checking;		/* the person asked for a check, and nothing came of it yet */
	/* the passwords that it waits for: for receiving, for sending */
	struct { Clean *label; /* owned; NULL: it does not */ char *where; /* owned: where it may be kept; NULL: no question */ } asks[2];
	GPtrArray *peers;	/* owned, of Peer*: what its servers showed last; NULL: nothing yet */
	char *sign_in_why;	/* owned: it waits for a sign-in; NULL: it does not */
	bool gone;		/* removed or switched off: its number stays, nothing else */
} AppAccount;

typedef struct { const OverFace *face; void *self; /* owned */ } Over;
typedef enum { ASK_NOTHING, ASK_COMMAND, ASK_SEARCH, ASK_SEARCH_BACK, ASK_LIMIT, ASK_FOLDER, ASK_JUMP, ASK_SAVE, ASK_SAVE_ALL, ASK_SECRET, ASK_KEY, ASK_LINE } Ask;

/* The message in the pager. */
typedef struct {
	gint64 message;		/* 0: none */
	guint account;
	ReadView *view;		/* owned; NULL: not here yet */
	Clean *waiting;		/* owned: what to say until then */
	Clean *preview;		/* owned: how it begins, for when that takes long; NULL: not known */
	gint64 since;		/* monotonic us: when it was asked for */
	guint job;		/* of the render client; 0: none */
	bool unread;		/* when it was opened */
	bool header_cut;	/* only its beginning was fetched */
	bool parts_wanted;	/* v was pressed before it was here */
} OpenMessage;

typedef struct { gint64 message; guint account; char *section, *path, *mime; } Saving;	/* owned strings */

struct Act;
typedef struct App App;
typedef struct Answering Answering;
typedef struct Notices Notices;
typedef struct SignInTest SignInTest;
typedef void (*Asked)(App *a, const char *text);	/* NULL: cancelled */
struct App {
	const AppSetup *setup;	/* borrowed from below */
	AppSetup setup_now;	/* its conf is owned here: the settings screen changes it */
	GMainLoop *loop;
	Screen *screen;
	Canvas *canvas;
	Theme *theme;
	Keymap *keymap;
	Chan *letters;
	Render *render;
	GSource *render_source, *idle, *draw_timer;	/* owned */
	GPtrArray *accounts;	/* owned, of AppAccount* */

	guint account;		/* the one on the screen */
	gint64 folder;		/* 0: none */
	Folder *folder_row;	/* owned: fresh counts; NULL: none */
	ListView *list;		/* owned */
	FoldersPane folders;
	OpenMessage open;
	PartsPane parts;
	HelpPane *help;		/* owned */
	bool helping;		/* the help lies over all */
	bool in_parts;		/* the list of attachments lies over the three panes, and below `overs` */
	GArray *overs;		/* owned, of Over: the last one is on top */
	Pane focus;
	bool folders_shown;
	bool stale_list, stale_folders;	/* read anew before the next picture */
	bool finding_back;	/* direction of the last search */
	char *found;		/* owned: the last pattern searched for in the list */

	Prompt *prompt;		/* owned; NULL: none */
	PromptHistory *history;
	GHashTable *tagged;	/* owned: set of gint64*, of the folder on the screen; NULL: none yet */
	bool apply_tagged, apply_fresh;	/* the next command acts on them; it was said just now */
	GArray *moving;		/* owned, of gint64: waits for the name of a folder or label; NULL: none */
	GPtrArray *errands;	/* owned: messages on their way to another account; NULL: none */
	char *last_target;	/* owned: the folder of the last move */

	struct { guint account; gint64 folder; } renaming;	/* what the question at the bottom is about */
	Ask ask;
	guint ask_account, ask_which;	/* of ASK_SECRET */
	Asked asked;		/* of ASK_LINE */
	bool key_asked, key_fresh, key_wrong;	/* the vault waits for the passphrase; it is to be chosen; the last was wrong */
	Secret *key_once;	/* owned: typed the first time; NULL: not yet */
	SignInTest *sign_in_test;	/* owned: one goes on; NULL: none does */
	Answering *answering;	/* owned: an answer whose original is on its way; NULL: none */
	char *files_folder;	/* owned: where files were chosen last; NULL: nowhere */
	char *ask_context;	/* owned: the limit before, the path to overwrite */
	VaultTicket *offer;	/* owned: asks where the password of offer_account could be kept; NULL: it does not */
	guint offer_account;
	GArray *saves;		/* owned, of Saving: parts on their way to a file */
	Clean *message;		/* owned: what just happened; NULL: nothing */
	CellStyle message_style;
	gint64 message_at;	/* monotonic microseconds */
	gint64 checking_at;	/* of the message "Checking ..."; what it led to takes its place */
	Outgoing *outgoing;	/* owned */
	Notices *notices;	/* owned; NULL: nothing came yet */
	bool counting;		/* the last picture had a number that changes with the second */
	Key last_key;
	Layout layout;
	IndexDrawn drawn;	/* what the canvas shows of the list */
	bool moved;		/* since the last picture only the list's cursor or page moved */
	char *window_title;	/* owned: what the terminal's title says now */
	bool sandbox_said;
	gint64 drawn_at;	/* monotonic microseconds */
	GTimeZone *zone;
	bool quitting, terminated, wants_demo;	/* terminated: from outside; wants_demo: the demo comes after the end */
};

/* app.c */
AppAccount *app_account(App *a);	/* the one on the screen; NULL: none */
AppAccount *app_account_of(App *a, guint number);
Where app_where(const App *a);
Needs app_have(const App *a);
bool app_command(App *a, CommandId id, const char *arg);
void app_command_line(App *a, const char *line);
void app_say(App *a, CellStyle style, const char *format, ...) G_GNUC_PRINTF(3, 4);
void app_dirty(App *a, guint delay_ms);	/* draw soon; 0: now, when the keys are done */
void app_work(App *a);	/* something goes on in slices */

void app_set_conf(App *a, Conf *conf);	/* takes it */

/* over.c */
Over *over_top(const App *a);	/* NULL: none, or help or attachments lie over it */
void over_letter(App *a, const Letter *l);
void over_tick(App *a);
void over_clear(App *a);

/* app_draw.c */
void app_draw(App *a);
void app_draw_moved(App *a);	/* after keys that only moved in the list: the rest stands as it is */

/* app_accounts.c */
bool app_accounts_start(App *a);
void app_accounts_take_over(App *a);	/* the stores that another eilpost had, if it has ended */
void app_accounts_end(App *a);
void app_letters(App *a);
/* The accounts of the new Conf: those that came start, those that are not in it any more (or switched off) end. secret: the password of
 * the account `fresh`, which was typed just now; both may be NULL. */
void app_accounts_follow(App *a, const char *fresh, const char *secret);
bool app_account_stop(App *a, const char *name);	/* its engine ended, nobody has its files any more; false: it hangs. app_accounts_follow starts it again */
void app_show_account(App *a, const char *name);	/* its inbox */
AppAccount *settings_account(App *a, const char *name);	/* act_settings.c; NULL: it is not running */
GPtrArray *app_identities(App *a);	/* of Identity* (ui/identity.h), their accounts by the numbers here; yours */
guint app_running(const App *a);	/* how many accounts there are */
void app_folders_reload(App *a);
void app_leave_folder(App *a);
void app_open_folder(App *a, guint account, gint64 folder);
const Folder *app_folder(App *a, guint account, gint64 folder);	/* borrowed; NULL: gone */
/* act_folders.c */
void folders_view_read(AppAccount *acc);	/* how its tree was left, from the store */
void folders_view_clear(AppAccount *acc);
void folders_foot(App *a);	/* how full the account under the cursor is */
void folders_step(App *a, int step);	/* the cursor of the folder pane */
bool app_is_offline(App *a);	/* the program has no network, and that is said */
char *folders_shown_name(const AppAccount *acc, const char *path);	/* without what the server sets before all names; yours */
char *folders_path(const AppAccount *acc, const char *typed);	/* the other way round; yours */
/* act_elsewhere.c */
void elsewhere_go(App *a, GArray *ids /* taken */, guint to, gint64 folder, bool move);
void elsewhere_body_came(App *a, const Letter *l);
bool elsewhere_act_came(App *a, const Letter *l);	/* it was an answer to that */
void app_post(App *a, guint account, Request *r);	/* takes r */

/* tags.c: the tagged messages */
void tags_clear(App *a);
void tags_remove(App *a, gint64 id);
guint tags_count(const App *a);
GArray *tags_ids(App *a);	/* of gint64; yours */
GArray *tags_fitting(App *a, const char *pattern, GError **err);	/* of the folder on the screen: of gint64; yours; NULL: err */

/* act_move.c, act_text.c */
void act_came(App *a, const Letter *l);	/* LETTER_ACT */
char *act_text(const AppAccount *acc, const struct Act *act);	/* in words; yours */

/* app_prompt.c */
bool app_folder_unknown(App *a, const char *typed);	/* nothing that is called so, or only in part */
bool app_folder_named(App *a, const char *typed, guint *account, gint64 *folder);	/* false: it was said why not */
void app_ask(App *a, Ask ask, PromptKind kind, const char *label, const char *initial);
void app_ask_line(App *a, PromptKind kind, const char *label, const char *initial, Asked asked);
void app_prompt_key(App *a, Key k, const char *paste);
void app_ask_secret(App *a);	/* if an account waits for one, the vault for its passphrase, or a sign-in is needed, and nothing else is asked */

/* app_open.c */
void open_message(App *a, const MessageRow *row);
void open_close(App *a);
void open_body_came(App *a, const Letter *l);
const Clean *open_preview(App *a);	/* how a message begins whose text does not come soon; borrowed, NULL: nothing to show */
void open_ahead(App *a);

/* act_password.c */
void password_asked(App *a, AppAccount *acc, const Letter *l);	/* LETTER_ASK_SECRET */
bool password_waits(const AppAccount *acc);
bool password_ask(App *a, AppAccount *acc);	/* true: a question is open now */
void password_answered(App *a, const char *password);
void password_clear(AppAccount *acc);
void password_offer(App *a, const char *account);	/* the engine has one that was typed just now: asks whether it is kept */
void password_offer_end(App *a);
AppAccount *password_account(App *a, const char *name);	/* NULL: that on the screen. NULL: there is none, and that was said */
/* act_trial.c */
void trial_test_free(SignInTest *t);

/* act_compose.c */
void compose_begin(App *a, Draft *d);	/* takes d: a mail that the command line or a link began */
bool compose_recall_selected(App *a);	/* the selected message is a draft: the composer goes on with it */
void answering_ready(App *a);	/* the message in the pager can be read now */
void answering_tick(App *a);	/* one that waited until other things were left */
void answering_body_came(App *a, const Letter *l);
void answering_free(Answering *w);
void compose_open_row(App *a, guint account, gint64 row);	/* a draft of the store goes into the composer */

/* act_notice.c */
void notices_came(App *a, const Letter *l);	/* LETTER_NEWS */
void notices_tick(App *a);	/* each second */
void notices_free(Notices *n);

/* act_ledger.c */
void removal_came(App *a, const Letter *l);	/* LETTER_POP_REMOVAL */
Clean *removal_notice(App *a);	/* for the bottom line; NULL: nothing is due; yours */

/* act_certificate.c */
void certificate_came(AppAccount *acc, const Letter *l);	/* LETTER_PEER */
Clean *certificate_trouble(App *a, const AppAccount *acc);	/* acc->trouble, with the way to the certificate if it is about one; yours */

/* act_waiting.c */
void waiting_enter(App *a);	/* `open` in the waiting pane */
bool waiting_ask_leave(App *a);	/* mails have not left yet: a question was asked; false: nothing keeps the program */

/* act_large.c: attachments that are not here yet */
bool large_is_here(App *a, const DocPart *part);	/* of the open message, as the next two */
char *large_price(App *a, const DocPart *part);	/* "50M, about 8 s"; NULL: it is here; yours */
GPtrArray *large_notes(App *a, const Document *d);	/* what is said of each part: of Clean*, may be NULL; yours */
Clean *large_progress(const AppAccount *acc);	/* yours */
void large_fetch_said(App *a, guint account, const char *name);
void large_saved(App *a, const Letter *l);	/* LETTER_SAVED */
bool large_give_up(App *a, guint account);	/* the attachment that comes; false: none does */

/* act_parts.c */
void parts_save(App *a, const DocPart *part, const char *path);
void parts_came(App *a, const Letter *l);
char *parts_path(App *a, const char *typed, const DocPart *part);
void parts_save_all(App *a, const char *folder);
char *parts_mime(App *a, const char *section);	/* MIME header of a part of the open message; yours; NULL: not known */

/* engine.h - one thread per account that makes server and store agree; the UI knows only its letters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * News road: engine commits to the store, then posts LETTER_CHANGED; the UI reads the visible page anew.
 * Wish road: the UI posts a Request; the engine changes store and journal in one transaction and posts LETTER_CHANGED
 * (2-8 ms), the wire follows. No letter holds a pointer to anything living. */
#pragma once

#include "auth/vault.h"
#include "base/chan.h"
#include "base/error.h"
#include "base/peer.h"
#include "conf/accounts.h"

/* ---- UI -> engine ---- */
typedef enum {
	REQ_OPEN_FOLDER,	/* folder: the one on the screen: its news first */
	REQ_OPEN_MESSAGE,	/* folder, message: its text is wanted now; answered by LETTER_BODY (or at once if here) */
	REQ_NEAR,		/* ids: messages near the cursor, to be fetched ahead, nearest first */
	REQ_FETCH_PART,		/* message, text: section of an attachment; answered by LETTER_BODY with that section in text. It goes on where it was stopped */
	REQ_SAVE_PART,		/* message, text: section, text2: path: fetched if it is not here, decoded into that file, which is written over; answered by LETTER_SAVED */
	REQ_FLAG,		/* ids, flag, on */
	/* acts on messages; each is answered by LETTER_ACT, and can be taken back */
	REQ_KEYWORD,		/* ids, text: one keyword, on */
	REQ_MOVE, REQ_COPY,	/* ids, folder: the target; 0: one that is made, of the name in text */
	REQ_DELETE,		/* ids; on: for good, else into the trash (what lies there already: for good) */
	REQ_TO_ROLE,		/* ids, flag: the FolderRole (archive, junk; inbox: not junk); the folder is made if there is none */
	REQ_MARK_READ_ALL,	/* folder */
	REQ_APPEND,		/* folder, items: whole messages from elsewhere; when: a number of the caller's that comes back in LETTER_ACT */
	REQ_EMPTY,		/* folder: everything in it for good */
	REQ_UNDO,		/* message: the act (store/acts.h); 0: the last that is not undone */
	/* folders; a name is the whole path in UTF-8 with the server's delimiter */
	REQ_FOLDER_CREATE,	/* text */
	REQ_FOLDER_RENAME,	/* folder, text: with its children */
	REQ_FOLDER_DELETE,	/* folder: with its messages */
	REQ_FOLDER_SUBSCRIBE,	/* folder, on */
	REQ_FOLDER_KEEP,	/* folder, when: how long texts are kept here: KEEP_TEXTS_ of store/keep.h, or days */
	REQ_REMEMBER,		/* text: a name of the screen's own, text2: what it wants to find again under it (db_fact) */
	REQ_CHECK,		/* check mail now (G, F5): also ends a back-off */
	REQ_PAUSE, REQ_RESUME,	/* the background work (backfill, prefetch) */
	REQ_CANCEL,		/* what LETTER_PROGRESS told of: message, text: the attachment (text NULL: all of the message); 0: all, or the background work */
	REQ_STOP,		/* what is under way with a server: a mail that is not handed over yet stays in the outbox; !on: else the check, or the sign-in */
	REQ_CONFIGURE,		/* config: the account's new snapshot; flag: undo_s, on: prefer_html of EngineSetup: all act at once */
	REQ_SCHEDULE,		/* on: go on by itself; !on: paused ("pause" of the settings screen) */
	/* the outbox; message is the row of store/outbox.h. Each change is answered by LETTER_OUTBOX */
	REQ_DRAFT_SAVE,		/* message (0: a new one), data: draft_write; ids: the message of a folder of drafts that it goes on with, also of REQ_SEND; when: a number of the caller's that comes back in LETTER_DRAFT */
	REQ_DRAFT_POSTPONED,	/* message: it is put aside: its copy goes into the server's folder of drafts */
	REQ_DRAFT_REMOVE,	/* message; a copy of it on the server goes into the trash */
	REQ_SEND,		/* message (0: none yet), data: draft_write; when: Unix seconds not before which it leaves, 0: after the undo time; number in `flag` comes back in LETTER_DRAFT */
	REQ_SEND_RAW,		/* data: the message; text: recipients separated by \n, "" : of its header; text2: sender or NULL; answered by LETTER_DRAFT */
	REQ_OUT_NOW,		/* message (0: all that wait): the next try is now */
	REQ_OUT_EDIT,		/* message: takes it back: a draft again (undo send). Answered by LETTER_DRAFT; failed: it has left already */
	REQ_OUT_REMOVE,		/* message: gives it up */
	REQ_OUT_DECIDE,		/* message in OUT_UNKNOWN: on: it did arrive (goes to Sent); !on: send it once more */
	REQ_WISH_RETRY, REQ_WISH_REMOVE,	/* message: row of store/journal.h; removed: the local change is taken back */
	REQ_POP_REMOVE,		/* the first removal by policy was shown (dry run) and agreed to: on; or not: !on */
	REQ_SECRET,		/* text: the answer to LETTER_ASK_SECRET, message: as there; wiped by the engine; empty: the person declined */
	REQ_KEEP_SECRET,	/* message: as there: the vault keeps it as soon as a server took it */
	REQ_FORGET_SECRET,	/* the passwords of the account are forgotten, in the vault too (answered by its AUTH_KEPT) */
	REQ_SIGNED_IN,		/* the answer to LETTER_ASK_SIGN_IN: on: the vault has tokens now; !on: the person declined */
	REQ_TRACE,		/* the last exchanges with its servers are wanted; answered by LETTER_TRACE */
	REQ_QUIT,
} RequestKind;

/* A whole message from elsewhere. */
typedef struct {
	GBytes *whole;		/* owned; lines end in CRLF */
	guint32 flags;		/* MessageFlags */
	gint64 received;	/* Unix seconds; 0: as its header says, or now */
	char *keywords;		/* owned, or NULL: space-separated */
} AppendItem;
AppendItem *append_item_new(GBytes *whole /* a reference is taken */, guint32 flags, gint64 received, const char *keywords);

typedef struct {
	RequestKind kind;
	gint64 folder, message;
	GArray *ids;		/* owned, of gint64; NULL where not used */
	guint32 flag;		/* MessageFlags */
	bool on;
	bool by_itself;		/* REQ_FLAG: nobody asked for it (read because it was opened): no act, no answer */
	gint64 when;
	char *text, *text2;	/* owned */
	GPtrArray *items;	/* owned, of AppendItem*; NULL where not used */
	GBytes *data;		/* owned */
	Account *config;	/* a reference, owned */
} Request;
Request *request_new(RequestKind kind);
void request_add_item(Request *r, AppendItem *item /* taken */);
void request_free(Request *r);	/* wipes text of REQ_SECRET */

/* ---- engine -> UI ---- */
typedef enum {
	LETTER_CHANGED,		/* folder (0: the folder list), change: what to read anew */
	LETTER_BODY,		/* message, text: section ("" = what the pager needs); failed: text2 says why */
	LETTER_SAVED,		/* message, text: the path; failed: text2 says why */
	LETTER_STATE,		/* state, text: the state in words for the status line (translated, not cleaned) */
	LETTER_PROGRESS,	/* text: what, done, total (0: unknown); done == total: ended. Of an attachment: message, text2: section, done and total in bytes as they were sent, when: so many of them a second (0: not known) */
	LETTER_TROUBLE,		/* text: a whole sentence for people; error: EilError; stays until the state changes; failed: one change or mail was refused, and the account works. NULL: that in text2 is over */
	LETTER_NOTE,		/* text: a whole sentence that should be known; nothing is wrong */
	LETTER_ASK_SECRET,	/* text: for what, message: which (0: receiving, 1: sending); the screen asks and answers with REQ_SECRET. text2: where it could be kept, if the person wishes (REQ_KEEP_SECRET); NULL: that is no question. text NULL: the question is over */
	LETTER_ASK_SIGN_IN,	/* text: why; the screen signs in (auth/vault.h) and answers with REQ_SIGNED_IN */
	LETTER_PEER,		/* peer: what a server showed of itself just now; refused: nothing was sent to it, and the trouble that follows says why */
	LETTER_CHECKED,		/* when: a send/receive cycle ended well */
	LETTER_OUTBOX,		/* outbox, drafts or wishes changed: read them anew; message: the row, 0: several */
	LETTER_DRAFT,		/* answer to REQ_DRAFT_SAVE, REQ_SEND, REQ_SEND_RAW, REQ_OUT_EDIT: message: its row; when: the caller's number; failed: text2 says why, nothing is lost */
	LETTER_ACT,		/* message: the act (0: nothing was to do), done: how many messages; when: of REQ_APPEND; on failure `failed`, and text2 says why */
	LETTER_SCHEDULE,	/* when: the next cycle (Unix seconds; 0: none by itself); text: the mode in words; failed: stopped until the person acts */
	LETTER_NEWS,		/* ids: messages that came to `folder` since it was last looked at, unread; after their LETTER_CHANGED; each once */
	LETTER_POP_REMOVAL,	/* the policy would remove `total` messages from the server for the first time: ask (done: bytes) */
	LETTER_TRACE,		/* text: base/trace.h, oldest first; no secret is in it */
	LETTER_ENDED,		/* the engine's thread is gone (after REQ_QUIT) */
} LetterKind;

typedef enum { CHANGE_ADDED = 1, CHANGE_REMOVED = 2, CHANGE_FLAGS = 4, CHANGE_COUNTS = 8, CHANGE_FOLDERS = 16, CHANGE_BODIES = 32, CHANGE_RESET = 64 } Change;
typedef enum { ENGINE_OFFLINE, ENGINE_CONNECTING, ENGINE_SIGNING_IN, ENGINE_ONLINE, ENGINE_WAITING /* back-off: `when` is the next try */, ENGINE_BLOCKED /* until the person acts */ } EngineState;

typedef struct Letter {
	LetterKind kind;
	guint account;		/* the number given to engine_new */
	gint64 folder, message;
	guint change;
	EngineState state;
	EilError error;
	bool failed;
	guint64 done, total;
	gint64 when;		/* Unix seconds */
	char *text, *text2;	/* owned */
	GArray *ids;		/* owned, of gint64; NULL where not used */
	Peer *peer;		/* a reference, owned; LETTER_PEER */
} Letter;
void letter_free(Letter *l);
bool letter_is_news(const Letter *l, const char *shown);	/* of LETTER_TROUBLE: its text, or none, takes the place of that sentence (NULL: none) */

typedef struct Engine Engine;

typedef struct {
	guint number;		/* of the account, in each letter */
	Account *account;	/* a reference is taken */
	const char *store;	/* path of the SQLite file; copied */
	Chan *letters;		/* borrowed: lives longer than the engine */
	Vault *vault;		/* borrowed: lives longer; NULL: accounts that need it can't sign in */
	bool read_only;		/* -R: nothing is changed on any server */
	bool offline;		/* never connect (tests, plain looking) */
	bool prefer_html;	/* of alternatives the HTML is fetched, not the plain text */
	bool headless;		/* eilpost sync, send: nothing by itself; REQ_CHECK does one cycle */
	const char *socket;	/* path for a second eilpost to knock at (sync/door.h); NULL: none; copied */
	const char *secret;	/* a password that was typed already; NULL: none; copied */
	guint undo_s;		/* seconds that a mail waits before it leaves by itself */
} EngineSetup;

/* The store's fact "speed" is what was measured last, in bytes a second: what something will take can be said before it is fetched.
 * Opens or makes the store before it returns (so that the UI can open its reader), then starts the thread. NULL: err. */
Engine *engine_new(const EngineSetup *setup, GError **err);
void engine_post(Engine *e, Request *r);	/* takes r; any thread */
/* Asks for the end (REQ_QUIT), waits at most wait_ms for LOGOUT and the thread, then leaves it behind: nothing depends on a clean end. */
bool engine_end(Engine *e, guint wait_ms);	/* false: it was left behind */

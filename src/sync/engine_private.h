/* engine_private.h - the state of one account's thread; for src/sync only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/secret.h"
#include "base/trace.h"
#include "conf/refusals.h"
#include "net/change.h"
#include "net/link.h"
#include "proto/imap/session.h"
#include "proto/imap/set.h"
#include "render/client.h"
#include "render/compose.h"
#include "store/acts.h"
#include "store/bodies.h"
#include "store/folders.h"
#include "store/journal.h"
#include "store/keep.h"
#include "store/local.h"
#include "store/messages.h"
#include "store/parts.h"
#include "store/server.h"
#include "store/threads.h"
#include "sync/credential.h"
#include "sync/door.h"
#include "sync/engine.h"
#include "sync/plan.h"
#include "sync/schedule.h"

typedef enum {
	JOB_SELECT, JOB_PAGE, JOB_BODY, JOB_STORE, JOB_NEW, JOB_LIST, JOB_CHANGES, JOB_RANGE, JOB_BACKFILL, JOB_STATUS, JOB_NOOP,
	JOB_FILE,	/* a copy into the Sent folder: message is the outbox row, lo the FileStep */
	JOB_SCAN,	/* a search of the pass over flags and deletions: what, found */
	JOB_MODSEQ, JOB_NOTIFY,
	JOB_PIECE,	/* of a large part: offset, hi: its length */
	JOB_POOR,	/* headers without what was too large in them: uid, lo: how often it was */
	JOB_OTHER,
} JobKind;

/* One command on its way and what is done with its end. */
typedef struct {
	JobKind kind;
	guint32 id;		/* of the session's command */
	gint64 folder, message;
	guint32 uid;		/* JOB_BODY */
	guint32 lo, hi;		/* UIDs of a window; sequence numbers of JOB_PAGE */
	char *section;		/* owned; JOB_BODY: the one section that may be streamed, or NULL */
	bool attachment;	/* JOB_BODY: asked for by REQ_FETCH_PART */
	bool ahead;		/* JOB_PAGE: written with the SELECT, before its answer */
	GArray *texts;		/* owned; JOB_BODY that nobody waits for: those of many messages, of texts.c; then items, and neither message nor uid */
	char *items;		/* owned */
	bool got;		/* JOB_BODY: something came */
	bool qresync;		/* JOB_SELECT */
	bool preview;		/* asked for with the headers */
	GPtrArray *wishes;	/* owned, of Wish*; JOB_STORE */
	GArray *seen;		/* owned, of guint32: UIDs that came; JOB_PAGE, JOB_RANGE, JOB_NEW, JOB_BACKFILL */
	bool no_room;		/* what came of it was not kept, for want of that */
	bool rowless;		/* some of them without a header */
	GArray *found;		/* owned, of ImapRange: a search's result comes in here; NULL: it is none */
	guint what;		/* JOB_SCAN: SCAN_ */
	guint64 offset;		/* JOB_PIECE */
	bool binary;		/* JOB_PIECE: decoded by the server */
	bool early;		/* written before the sign-in had ended */
	gint64 since;		/* ms */
	gint64 first_at, last_at;	/* ms, of what is in seen; 0: nothing */
} Job;


/* A part, or the whole message (section ""), that is wanted (large.c). */
typedef struct {
	gint64 message;
	char *section;		/* owned */
	BodyWriter *writer;	/* owned; NULL: not begun in this connection */
	guint64 sent;		/* as the server announced it; 0: not known */
	guint64 total;		/* the same, or of the file */
	guint64 have, asked;	/* so much is here, was asked for */
	bool binary;		/* the server decodes it: total, have and asked count bytes of the file */
	bool sized;		/* and has said how large the file is */
	guint skip;		/* so many of what is made of the first piece are here */
	guint n_vain;		/* connections that ended before anything of it came */
	guint in_flight;	/* pieces */
	gint64 synced;		/* ms */
	bool begun, ended, stopping, broken, again;	/* again: wanted anew since it broke */
	bool whole;		/* the server knows no pieces */
	bool anew;		/* when nothing is on its way any more, in another way */
	bool large, bulk;	/* worth a connection of its own; begun over that */
	bool told;		/* its progress */
	bool by_itself;		/* nobody waits for it */
} PartWish;
typedef struct { guint32 lo, hi; } Window;

/* The selected folder, this session. */
typedef struct {
	gint64 id;		/* 0: none */
	char *wire;		/* owned */
	bool selecting, read_only;
	bool clearing;		/* what is of another UIDVALIDITY goes, piece by piece; still selecting then */
	guint32 uidvalidity, uidnext, exists;
	guint64 modseq;
	guint32 known_uidvalidity;	/* what the store had when SELECT was written */
	guint32 next;		/* headers of UIDs below are here, or are the backfill's */
	guint32 below;		/* as Folder.backfill_below */
	guint32 fill_at;	/* the next window of the backfill ends before it */
	GArray *filled;		/* owned, of Window: done, but out of order */
	guint32 range_at, range_end;	/* pass over flags and deletions: from range_at (exclusive) down to range_end; range_at <= range_end: done */
	guint range_rows;	/* of a window, adapted */
	bool range_whole;	/* not only the newest window */
	bool range_begun;	/* the newest window, which waits for nothing, is on its way */
	gint64 slow_at;		/* ms: the next window not before; 0: at once */
	guint scans;		/* SCAN_ searches that are wanted */
	guint32 permanent;	/* ImapFlags that stay (PERMANENTFLAGS); IMAP_FLAG_ANY: new keywords too */
	bool page_wanted, new_wanted, changes_wanted;
	bool recount;		/* when the new ones are here, it is seen whether others are gone */
	bool held;		/* it looks empty, which is not believed yet: nothing of it is touched */
	guint64 changes_since;
	bool changes_open;	/* what changed since then is not all here yet */
	guint rows;		/* of a backfill window, adapted */
	gint64 looked;		/* Unix seconds: when it was looked at before */
	bool first;		/* never before */
	guint previews, without;	/* of the headers that came: with a PREVIEW, without one */
} Selected;

typedef struct Pop Pop;
typedef struct Sender Sender;
typedef struct Keep Keep;
typedef struct Texts Texts;
typedef struct Bulk Bulk;
typedef struct Filler Filler;

/* A send/receive cycle: first what waits in the outbox, then the receiving (S23). */
typedef enum { CYCLE_NONE, CYCLE_SENDS, CYCLE_RECEIVES } Cycle;

/* What is signed in with. */
typedef struct {
	Secret *secret;		/* owned */
	CredentialFetch *fetch;	/* owned: it is on its way */
	Secret *refused;	/* owned: a token that a server did not take; NULL: none */
	gint64 until;		/* ms: a token is not good for a new connection after; 0: it has no end */
	char *where;		/* owned: where it could be kept, in words; NULL: nowhere, or not known */
	bool asked;		/* the person is */
	bool looked, stored;	/* the vault was asked; the secret is in there */
	bool worked, keep;	/* a server took it; it shall be kept then */
	bool refused_once;	/* the last one was */
} Credential;

struct Engine {
	guint number;
	Account *account;	/* shared */
	Chan *letters;		/* borrowed */
	Chan *requests;		/* owned */
	bool read_only, offline, prefer_html, headless;
	guint undo_s;
	bool is_pop;		/* receives by POP3 */
	GThread *thread;
	gint ended;		/* atomic */

	/* all below belongs to the thread */
	GMainContext *context;	/* owned */
	GSource *timer;		/* owned */
	gint64 timer_at;	/* ms; 0: not set */
	gint64 quiet_until;	/* ms: no background work before, so that the first screen has line and processor for itself */
	Db *db;			/* owned; opened before the thread starts */
	Render *render;		/* owned */
	gint64 now, last_now, last_mono;	/* CLOCK_BOOTTIME ms, at the beginning of the turn */

	/* what the person wants */
	gint64 shown;		/* the folder on the screen */
	GArray *opening;	/* owned, of gint64: messages to be opened, newest wish last */
	GPtrArray *part_wishes;	/* owned, of PartWish* */
	GArray *near;		/* owned, of gint64: to fetch ahead, nearest first */
	bool look;		/* the folder on the screen was opened just now */
	gint64 person_at;	/* ms: of the last request */
	Keep *keep;		/* owned; of keep.c */
	Texts *texts;		/* owned; of texts.c */
	Bulk *bulk;		/* owned; of bulk.c: the second connection */
	Filler *filler;		/* owned; of filler.c; NULL: none runs */
	bool no_filler;		/* there can't be one */
	bool paused, quitting, check_wanted, wake_wanted;
	Schedule schedule;
	Pop *pop;		/* owned; of pop*.c; NULL: an IMAP account */
	Sender *sender;		/* owned; of outbox*.c */
	Door *door;		/* owned; NULL: none */
	char *socket;		/* owned */
	bool no_room;		/* the disk is nearly full, and something was not downloaded for that */
	char *last_trouble;	/* owned: the last sentence of engine_trouble */
	bool last_of_one;	/* it is of engine_one_refused */
	Trace *trace;		/* owned: the last exchanges with the servers */

	/* the connection */
	EngineState state;
	Link *link;		/* owned */
	ImapSession *session;	/* owned */
	Secret *key_phrase;	/* owned: of client-key; NULL: not known, or it has none */
	bool key_asked;		/* the question for the password is one for that */
	GByteArray *early;	/* owned: came before the secret was known */
	Credential keys[2];	/* by SignsInTo; that for sending only where it has its own */
	bool sends_apart;	/* it has, as was found out */
	Vault *vault;		/* borrowed; NULL: none */
	bool renewed[2];	/* by SignsInTo: the token was fetched anew because it was refused */
	bool link_open, drop, ready;
	guint tries;
	gint64 next_try;	/* ms; 0: none */
	gint64 last_use;	/* ms */
	gint64 signing_in;	/* ms: since then; 0: not */
	Cycle cycle;		/* what runs of a send/receive cycle: its end is told */
	bool no_early, qresync;	/* qresync: enabled in this session */
	bool enable_tried, condstore, compress_tried, notify_tried;	/* in this session */
	bool notify;		/* the server tells of all folders by itself */
	guint rtt_ms;		/* the shortest answer of this session; 0: none yet */
	char *items[2];		/* owned: of extend_items, without and with PREVIEW */
	GHashTable *as_sent;	/* owned, set of char*: parts that BINARY failed for in this session; "": for all */
	bool no_preview;	/* the server announces PREVIEW and says BAD to it */
	guint poor;		/* 1, 2: headers are asked for with less and less: what they said broke the last session */
	GPtrArray *apart;	/* owned, of char*: namespaces that LIST "" "*" leaves out */
	bool apart_asked, list_failed, quota_warned;
	guint quota_percent;	/* of the fullest root of this listing */
	gint64 look_at;		/* ms: the folders are looked at again, where the server does not tell of them; 0: not yet */
	NetChange *net_change;	/* owned */

	Selected sel;
	GPtrArray *jobs;	/* owned, of Job*: in flight, in the order submitted */
	bool listed;
	gint64 drafts_since;	/* Unix seconds of the start, until the drafts of before have been looked at; 0: they have */
	GPtrArray *list;	/* owned, of Folder*: the LIST that is coming in */
	GHashTable *lsub;	/* owned: set of wire names that LSUB told */
	GArray *status_queue;	/* owned, of gint64 */
	GArray *news;		/* owned, of gint64: new messages of the open batch (news.c) */
	GArray *visits;		/* owned, of gint64: folders whose news are to be fetched */
	gint64 visiting;	/* 0: none */
	bool visit_begun;

	/* news on their way into the store */
	GPtrArray *batch;	/* owned, of Message*: headers (headers.c) */
	guint decoded;		/* so many of them are */
	bool in_batch;		/* a transaction is open */
	bool recover;		/* wishes of the last connection may still be marked as under way */
	guint batch_rows, batch_change;
	gint64 batch_since;	/* ms: the first of batch came */
	GArray *came;		/* owned, of gint64: texts that the open batch brings; told after its commit */
	gint64 barred, barred_until;	/* a folder that the journal can't look at now; Unix seconds */
	bool threads_wanted;	/* messages came that are in no thread yet */
	guint threadless;	/* about so many */
	BodyWriter *writer;	/* owned: a large literal on its way */
	Job *writer_job;	/* borrowed */
	gint64 told_progress, told_headers;	/* ms: of what is fetched; of the headers, 0: their end was told */
	GPtrArray *saves;	/* owned; of save.c */
	guint64 speed, speed_kept;	/* bytes a second, as measured; 0: not yet; kept as a fact */
	guint64 speed_bytes;	/* since speed_since (ms; 0: nothing is measured) */
	gint64 speed_since;
};

/* What a server says before the secret is known: a greeting, and no more is kept (P23). */
static inline void
early_append(GByteArray *early, const guint8 *data, gsize len)
{
	enum { EARLY_MAX = 64 * 1024 };
	g_byte_array_append(early, data, (guint)MIN(len, EARLY_MAX - MIN(early->len, EARLY_MAX)));
}

/* letters.c */
void engine_tell(Engine *e, Letter *l);	/* takes l */
Letter *letter_new(LetterKind kind);
void engine_changed(Engine *e, gint64 folder, guint change);
/* A connection is secured, or (refused) it ended: the screen is told of the certificate, if that is what it was about. */
void engine_peer(Engine *e, const Link *link, bool refused);
void engine_state(Engine *e, EngineState state, const char *text);
void engine_trouble(Engine *e, EilError code, char *text /* taken */);
void engine_one_refused(Engine *e, char *text /* taken */);	/* a change or a mail: all else goes on */
void engine_one_taken_up(Engine *e);	/* the person does something about what was refused: it is not told any more */
bool engine_has_room(Engine *e);	/* false: nothing may be downloaded (S2), which the person is told; it is looked at again soon */
void engine_store_failed(Engine *e, GError *err /* taken */);	/* the disk said no: nothing more is downloaded */
gint64 clock_ms(void);
gint64 clock_s(void);	/* Unix seconds, of the same clock */
void clock_shift(gint64 ms);	/* tests only: the engine's clock goes on from ms later (all engines; any thread) */
void clock_wall_shift(gint64 seconds);	/* for tests: somebody sets the clock of this computer */

/* engine.c */
void threads_find(Engine *e);	/* for those that came, outside of any transaction */
bool threads_person_waits(void *engine);	/* any thread; a ThreadsStop */
bool threads_piece(Db *db, guint max, ThreadsStop given_up, void *user, bool *left, GError **err);	/* any thread; in a transaction of its own */

/* cycle.c */
void engine_check_now(Engine *e);	/* REQ_CHECK */
void engine_check_due(Engine *e);	/* in each turn */
void engine_configure(Engine *e, const Request *r);	/* REQ_CONFIGURE */
void engine_cycle_ended(Engine *e, bool well);	/* the receiving part of the cycle is through (or could not be) */
void engine_sent(Engine *e);	/* the outbox has nothing more that can go now: the cycle goes on to receive */
void schedule_tell(Engine *e);	/* LETTER_SCHEDULE */
void engine_refused(Engine *e);	/* one refused sign-in stops the schedule until the person acts (S4) */

/* keys.c */
bool secret_ready(Engine *e, SignsInTo what);	/* true: secret_text has it; false: it is looked for, and pop_pump, outbox_pump are called when it comes */
const char *secret_text(const Engine *e, SignsInTo what);	/* borrowed; NULL: it is not here */
bool secret_waits(const Engine *e, SignsInTo what);	/* it is on its way, or the person is asked */
bool secret_by_person(const Engine *e);	/* for receiving: neither a command nor a token */
void secret_request(Engine *e, const Request *r);	/* what the person answers, keeps and forgets */
void secret_worked(Engine *e, SignsInTo what);
void secret_refused(Engine *e, SignsInTo what);	/* it was wrong: forgotten */
void secret_ask_again(Engine *e, SignsInTo what);	/* if it is the person who gives it */
void secret_look_again(Engine *e);	/* the person acts: what was not to be had may be there now */
/* A token that a server did not take is fetched anew once, without a question: it may be over, or a clock wrong. False: it is no such case. */
bool secret_renew(Engine *e, SignsInTo what);
void secret_cancel_command(Engine *e);
bool secret_key_wanted(const Engine *e);	/* the passphrase of client-key, before all else; it is asked for as RECEIVING */
LinkTarget secret_target(const Engine *e, const ServerUrl *url);	/* of the account, with that passphrase; borrows */
void key_phrase_wrong(Engine *e, EilError code);	/* a connection ended so: one that did not fit is asked for again */
void secret_forget(Engine *e);	/* other settings: and all that is on its way */

/* pop*.c: the receiving of a POP3 account. All no-ops on e->pop NULL. Called from the turn of the loop. */
Pop *pop_new(Engine *e);
void pop_free(Pop *p);
bool pop_up(const Engine *e);	/* a connection is there or on its way */
bool pop_in_session(const Engine *e);	/* its secret is spent */
bool pop_wants(Engine *e);	/* e->check_wanted, or a message to fetch */
void pop_start(Engine *e);	/* opens its own Link; takes check_wanted */
void pop_pump(Engine *e);	/* events, work, output */
void pop_drop(Engine *e);	/* closes at once; no letter */
void pop_has_room(Engine *e);	/* again */
void pop_store_failed(Engine *e);	/* e->drop: the session ends, as what it believes to be here may not be */
void pop_leave(Engine *e);	/* the program ends: QUIT if it may be waited for */
gint64 pop_deadline(const Engine *e);	/* ms, or -1 */
void pop_request(Engine *e, const Request *r);

/* drafts.c: once, when the folders are known. What an earlier run left in its composer, or had no folder for, is put aside now. */
void drafts_left(Engine *e);

/* outbox*.c: sending. As above. */
Sender *outbox_new(Engine *e);	/* also outbox_recover of the store */
void outbox_free(Sender *s);
bool outbox_up(const Engine *e);
bool outbox_waits_for_secret(const Engine *e);
void outbox_again(Engine *e);	/* the person acted: what was blocked may be tried */
void outbox_no_secret(Engine *e, bool later);	/* what waited for it gives up, or tries again later */
bool outbox_wants(Engine *e);	/* something is due and may leave by itself (send-when), or the cycle wants it */
void outbox_start(Engine *e);
void outbox_pump(Engine *e);
void outbox_drop(Engine *e);
void outbox_cut(Engine *e);	/* the receiving connection is gone: what was asked on it for the copies has no answer */
void outbox_leave(Engine *e);
gint64 outbox_deadline(Engine *e);	/* its session's, or the time of the next mail that is due: ms, or -1 */
void outbox_cycle(Engine *e, bool person);	/* a cycle begins (person: by command): what waits for a check is due now; ends in engine_sent (at once if there is nothing) */
void outbox_request(Engine *e, const Request *r);
bool outbox_stop(Engine *e, bool mail);	/* REQ_STOP: the mail that is being sent stays here, or (mail) it is said why not; false: there is none */

/* connect.c */
void connect_start(Engine *e);
void connect_drop(Engine *e);	/* closes everything of the connection; no letter */
void connect_lost(Engine *e, EilError code, char *sentence /* taken; may be NULL */);	/* with back-off or blocking, by code */
void connect_pump(Engine *e);
void connect_take_down(Engine *e);	/* closes it in good order: what came is stored */
void connect_begin(Engine *e);	/* the secret came */
bool connect_up(const Engine *e);
void connect_back_off(Engine *e, EilError code, char *sentence /* taken; may be NULL */);	/* the receiving failed: wait, or until the person acts */
char *sentence_with_server(char *sentence /* taken */, const char *words);	/* and the server's words behind it, if there are any */

/* refused.c */
const Refusal *refused_row(const Engine *e, RefusalBy by, const char *said);	/* NULL: nothing is known of it */
/* words: the server's, quoted behind it; may be NULL. tail: a sentence of ours between; NULL: none. Yours. */
char *refused_sentence(const Engine *e, RefusalBy by, const Refusal *row, const char *words, const char *tail);
bool refused_service(Engine *e, const ImapResponse *r);	/* after the sign-in the server says that the service is off: true: the connection is gone */
void sign_in_took(Engine *e, gint64 ms);	/* one that is slow is told, once for an account */
void trace_stage(Engine *e, const char *protocol, LinkStage stage);
void trace_ends(Engine *e, const char *protocol, const Link *link /* NULL: there is none */);
void trace_tell(Engine *e);	/* LETTER_TRACE */

ImapSession *connect_session(Engine *e);	/* yours: of the account, with e->secret */
Link *connect_link(Engine *e, const LinkClient *client);	/* yours: to its server */

/* bulk.c: the second connection */
Bulk *bulk_new(void);
void bulk_free(Bulk *b);
bool bulk_usable(const Engine *e);	/* it is there, or may be tried */
void bulk_pump(Engine *e);
void bulk_tick(Engine *e);
void bulk_probe(Engine *e);
gint64 bulk_deadline(const Engine *e);	/* ms, or -1 */
void bulk_drop(Engine *e);	/* the first one is gone */
void bulk_no_secret(Engine *e);	/* what it would sign in with is not to be had now */
Job *bulk_job(Engine *e, JobKind kind, ImapCommand *command);
const ImapSession *bulk_session(const Engine *e);	/* borrowed; NULL: none */
GPtrArray *bulk_jobs(const Engine *e);	/* of Job*, borrowed */

/* work.c */
void work_plan(Engine *e);
bool work_waits(Engine *e);	/* something needs a connection */
Job *work_job(Engine *e, JobKind kind, ImapCommand *command);
bool work_page_comes(const Engine *e);
gint64 work_poll_at(const Engine *e);
void work_done(Engine *e, guint32 id, const ImapResponse *r);
void work_clear(Engine *e);	/* the connection is gone */
void work_unselect(Engine *e);	/* where nothing is under way, and the server can */
void work_job_free(gpointer job);
void work_ask_again(Engine *e, const Job *job);	/* of what the person waits for, when there is a connection */
void work_ready(Engine *e);	/* before the sign-in: commands that may ride with it */
gint64 work_target(Engine *e);

/* pull.c */
void pull_response(Engine *e, const ImapResponse *r);
void pull_skipped(Engine *e, guint32 uid);	/* what the server said of it was beyond the limits */
void pull_select(Engine *e, gint64 folder);
void pull_selected(Engine *e, Job *job, const ImapResponse *r);
void pull_range_done(Engine *e, Job *job);
void pull_backfill_done(Engine *e, Job *job);
bool pull_remove_unseen(Engine *e, const GArray *told, guint32 lo, guint32 hi);	/* of the selected folder; false: the store failed, which is told */
void pull_mark(Engine *e, guint32 below);	/* all of the selected folder from there on is in the store, or in the batch */
void pull_page_done(Engine *e, Job *job, bool whole);	/* whole: the server said OK */
void pull_new_done(Engine *e, Job *job);
void pull_clear(Engine *e);	/* in each turn: a piece of what is of another UIDVALIDITY */
void pull_resync(Engine *e);	/* look at the whole folder again */
void pull_changes_done(Engine *e, const Job *job);
void pull_sync_save(Engine *e);

/* extend.c */
#define HEADER_ITEMS "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (REFERENCES)]"
bool extend_can(Engine *e, const char *capability);
Job *extend_submit(Engine *e, JobKind kind, ImapCommand *c);	/* rides with the sign-in if that is not over */
void extend_enable(Engine *e);
void extend_notify(Engine *e);
bool extend_select_condstore(Engine *e);
void extend_condstore(Engine *e);
bool extend_compress_wanted(Engine *e);
void extend_compress(Engine *e);
void extend_took(Engine *e, const Job *job);
void extend_broken(Engine *e);	/* the session ends by nonsense of the server's: was it in a header? */
/* BAD to headers because of what was asked for beside them: they are asked for again, without. False: it was not that. */
bool extend_refused(Engine *e, const Job *job, const ImapResponse *r);
void extend_header_done(Engine *e);
bool extend_asks_preview(const Engine *e, JobKind kind);	/* extend_items does */
const char *extend_items(Engine *e, JobKind kind);	/* of a header; borrowed until the connection ends */
const char *extend_flag_items(Engine *e);	/* static */
GString *extend_words(const ImapFetch *f);	/* keywords and labels as they are kept; yours */
char *extend_keywords(Engine *e, const ImapFetch *f);	/* yours; NULL: none */
void extend_clear(Engine *e);	/* the connection is gone */
void listing_look(Engine *e);	/* where the server does not tell, it is looked now and then */

/* listing.c */
void listing_submit(Engine *e);
void listing_status(Engine *e);
void listing_done(Engine *e, const ImapResponse *r);
void listing_told(Engine *e, const ImapList *l);
void listing_counted(Engine *e, const ImapMailboxStatus *st);
void listing_namespaces(Engine *e, const ImapResponse *r);
void listing_rights(Engine *e, const ImapResponse *r);
void listing_quota(Engine *e, const ImapQuota *told);
void listing_notify_done(Engine *e, const ImapResponse *r);
void listing_notify_lost(Engine *e);

/* scan.c */
enum { SCAN_HERE = 1, SCAN_UNSEEN = 2, SCAN_FLAGGED = 4, SCAN_FLAGS = 6, SCAN_ALL = 7 };
void scan_plan(Engine *e, guint what, bool by_modseq);
bool scan_range_wanted(const Engine *e);
gint64 scan_deadline(const Engine *e);	/* ms, or -1 */
void scan_hurry(Engine *e);
void scan_submit(Engine *e);
void scan_done(Engine *e, Job *job, const ImapResponse *r);
void scan_window_done(Engine *e, const Job *job);
void scan_passed(Engine *e);

/* headers.c */
void headers_add(Engine *e, const ImapFetch *f);
void headers_flush(Engine *e);	/* decodes, commits the open batch, tells */
void headers_decode(Engine *e);	/* those of the batch */
bool headers_put(Engine *e);	/* decodes and writes, in the open batch or a new one; headers_flush commits */
void headers_pause(Engine *e);	/* nothing more came just now: flushes what need not wait for more */
bool person_acts(const Engine *e);	/* just now: transactions are small */
gint64 headers_deadline(const Engine *e);	/* ms, or -1: headers_pause again */
bool store_begin(Engine *e, GError **err);	/* a transaction of its own, durable; a batch that is open ends before it */
bool batch_begin(Engine *e);	/* opens the transaction that headers_flush commits */
void batch_row(Engine *e, guint change);	/* one more row was written; commits at STORE_BATCH_ROWS */
bool date_parse(const char *text, gint64 *when);	/* RFC 5322, 3.3 and 4.3 */

/* filler.c */
/* Takes the batch, decoded, and with it the window of a backfill that ends there (NULL: none): that job's seen, and the mark
 * e->sel.below. Waits for what was given before. False: it can't be, nothing is taken. */
bool filler_give(Engine *e, Job *window);
bool filler_busy(const Engine *e);
void filler_look(Engine *e);	/* what is done is told; in each turn */
void filler_wait(Engine *e);	/* and what is not is waited for. Before the engine writes itself (batch_begin and headers_flush do it) */
bool filler_rest(Engine *e);	/* the line is quiet: it ends if nothing more comes. True: it has something that wants a turn, of which the context may not tell any more */
void filler_end(Engine *e);	/* the same, and its thread ends */

/* news.c */
bool news_is(Engine *e, const Message *m);	/* of the selected folder; before it is put */
void news_add(Engine *e, gint64 id);
void news_tell(Engine *e, gint64 folder);	/* after the commit */
void news_counted(Engine *e, const char *wire, const ImapMailboxStatus *st);	/* before the counts are stored */
gint64 news_visit(Engine *e);	/* the folder whose news are to be fetched now; 0: none */
void news_clear(Engine *e);	/* the connection is gone */

/* fetch.c */
bool fetch_submit(Engine *e, gint64 message, gint64 ahead);	/* ahead: the folder it is in, and texts_submit asks for it; 0: the person waits. False: not needed or not possible */
void fetch_submit_part(Engine *e, const Message *m, const char *section);	/* in one piece */
void fetch_want(Engine *e, gint64 message, const char *section);	/* the person wants that part, which is not here */
void fetch_came(Engine *e, gint64 message, const char *section);	/* it is here: told to all who wait */
bool fetch_body_is_here(Engine *e, gint64 message);	/* committed; false: the store failed, and the connection ends */
void fetch_tell_came(Engine *e);	/* of e->came */
void fetch_parts(Engine *e, const ImapFetch *f);
void fetch_literal(Engine *e, const ImapEvent *ev);
void fetch_done(Engine *e, Job *job, const ImapResponse *r);
void fetch_refused(Engine *e, const Job *job, gint64 message, const ImapResponse *r);
void fetch_failed(Engine *e, gint64 message, const char *section, const char *why);
bool fetch_in_flight(const Engine *e, gint64 message);

/* texts.c: those that nobody asked for yet */
Texts *texts_new(void);
void texts_free(Texts *t);
void texts_add(Engine *e, const Message *m, const char *items);	/* to what the next texts_submit asks for */
void texts_submit(Engine *e, bool bulk);
void texts_hold(Engine *e, gint64 message, const char *section, GBytes *data);	/* goes into the store with them */
bool texts_come(const Engine *e, gint64 message);	/* on its way, or held */
bool texts_wait_for(Engine *e, gint64 message);	/* and the person waits for it now; false: it does not come */
guint texts_on_their_way(const Engine *e, guint *n_jobs);	/* over both; n_jobs: of the first one's */
void texts_ask_again(Engine *e, const Job *job);	/* its connection is gone */
bool texts_part(Engine *e, bool bulk, guint32 uid, const ImapFetchPart *p);	/* true: it was of one of them */
void texts_done(Engine *e, bool bulk, const Job *job, const ImapResponse *r);
void texts_put(Engine *e);	/* what is held, in the open batch or a new one; headers_flush commits */
gint64 texts_deadline(const Engine *e);	/* ms: headers_flush then; -1: nothing is held */

/* large.c */
void part_wish_free(gpointer w);
void large_want(Engine *e, gint64 message, const char *section, bool by_itself);
void large_stop_all(Engine *e, const char *why);	/* told, and kept in mind */
bool large_stop(Engine *e, gint64 message, const char *section);	/* 0: all; NULL: all of the message; false: there was none */
/* bulk: of what goes over the second connection */
gint64 large_folder(Engine *e, bool bulk);	/* that has to be selected for what is wanted; 0: none */
bool large_ready(Engine *e, bool bulk);	/* more may be asked for */
bool large_active(const Engine *e, bool bulk);
void large_submit(Engine *e, bool bulk);
void large_fetched(Engine *e, bool bulk, const ImapFetch *f);	/* before its parts: what it says of sizes */
bool large_part(Engine *e, bool bulk, guint32 uid, const ImapFetchPart *p);
void large_done(Engine *e, Job *job, const ImapResponse *r);
void large_clear(Engine *e, bool bulk);	/* the connection is gone */

/* binary.c */
enum { BINARY_LINE = 57 };	/* bytes of the file */
bool binary_known(const Engine *e, bool bulk);	/* whether that connection's server can */
bool binary_wanted(Engine *e, bool bulk, gint64 message, const char *section);	/* over that connection */
void binary_refused(Engine *e, const PartWish *w, const char *why, bool all);	/* all: not only for this part */
guint64 binary_file_size(guint64 sent);	/* about: as if in lines of ours */
guint64 binary_sent_size(guint64 file);	/* in lines of ours */
bool binary_size_fits(guint64 file, guint64 sent);	/* can both be true? */
guint64 binary_go_on(guint64 written, guint *skip);	/* the offset in the file behind so much in lines of ours; skip: of what is made of it */
GByteArray *binary_lines(const guint8 *data, gsize len);	/* yours; len: of whole lines, but for the last piece */
void speed_began(Engine *e);
void speed_got(Engine *e, guint64 bytes, bool ended);

/* save.c */
GPtrArray *saves_new(void);
void save_request(Engine *e, const Request *r);	/* REQ_SAVE_PART */
void save_came(Engine *e, gint64 message, const char *section);
void save_failed(Engine *e, gint64 message, const char *section, const char *why);
bool save_waits(const Engine *e);
void save_step(Engine *e);	/* in each turn */

/* ahead.c: what was asked for without a connection, and what is fetched before it is asked for */
void wanted_later(Engine *e, gint64 message, const char *section);	/* there is no connection: it is kept in mind */
void wanted_done(Engine *e, gint64 message, const char *section);
void wanted_load(Engine *e);
void wanted_wake(Engine *e);	/* a connection is wanted for it, if there is something */
void wanted_wait(Engine *e, const char *why);	/* what the person waits for is told so, and kept in mind */
void wanted_refuse(Engine *e, gint64 message, const char *section, const char *why);	/* the same of one; WANTED_TEXT: its text */

/* keep.c: the texts that are kept here, and the budget of what nobody asked for yet */
Keep *keep_new(void);
void keep_free(Keep *k);
bool keep_wanted(Engine *e);	/* in the selected folder */
bool keep_goes_on(Engine *e);	/* and its next piece may be asked for now */
void keep_submit(Engine *e);
void keep_again(Engine *e);	/* there may be more to keep in the selected folder */
gint64 keep_visit(Engine *e);	/* another folder that is to be selected for it; 0: none */
void keep_look(Engine *e, gint64 folder);	/* its counts came */
void keep_look_round(Engine *e);	/* the folders were listed */
bool keep_refused(Engine *e, gint64 folder);	/* it can't be selected; true: nobody waits for it */
gint64 keep_deadline(Engine *e);	/* ms, or -1 */
void keep_clear(Engine *e);	/* the connection is gone */
gint64 keep_bulk_folder(const Engine *e);	/* whose texts come over the second connection; 0: none */
bool keep_bulk_goes_on(Engine *e);	/* keep_submit may be called for it */
void keep_bulk_lost(Engine *e);	/* it is gone, or can't: the first does it */
void keep_bulk_barred(Engine *e, gint64 folder);	/* which can't be opened over it */
void keep_policy(Engine *e, gint64 folder, int policy);	/* REQ_FOLDER_KEEP */
bool ahead_may(Engine *e);	/* the budget of this network and day is not used up */
void ahead_spend(Engine *e, guint64 bytes);
void ahead_save(Engine *e);	/* in a transaction of the caller's */
void keep_network_changed(Engine *e);

/* whole.c */
void message_take_summary(Message *m, const Summary *s);	/* all but its date of arrival, flags and size */
Message *message_of_whole(Engine *e, GBytes *whole);	/* yours */

/* push.c */
bool push_ready(Engine *e, gint64 *folder);	/* the journal wants that folder to be selected */
bool push_can(Engine *e);	/* and has something to do there now */
void push_submit(Engine *e);
void push_done(Engine *e, Job *job, const ImapResponse *r);
void push_told(Engine *e, const ImapResponse *r);	/* an untagged COPYUID */
bool push_bare_utf8(GBytes *message);
void push_barred(Engine *e, gint64 folder, const char *words);	/* the folder can't be opened now */
/* wishes.c */
void wishes_request(Engine *e, const Request *r);	/* the acts on messages and folders */
/* wish_folders.c: in a transaction of the caller's */
bool wish_refuse(GError **err, char *sentence /* taken */);	/* false */
gint64 wish_make_folder(Engine *e, const char *name, FolderRole role, gint64 act, GError **err);	/* the id, or 0 */
gint64 wish_role_folder(Engine *e, FolderRole role, bool *made, GError **err);	/* made if there is none */
bool wish_is_of_folder(const Request *r);
bool wish_folder(Engine *e, const Request *r, gint64 *act, GError **err);
bool wish_folder_undo(Engine *e, const Act *a, GError **err);
/* outbox_file.c: copies of what was sent, as jobs of the IMAP connection */
typedef enum { FILE_NOTHING, FILE_SEARCH, FILE_APPEND, FILE_CREATE } FileStep;
FileStep file_step(Engine *e, gint64 *folder);	/* what is next; FILE_SEARCH wants that folder to be selected */
void file_submit(Engine *e);
void file_done(Engine *e, Job *job, const ImapResponse *r);
void file_found(Engine *e, const ImapResponse *r);	/* an untagged SEARCH */
bool file_waits(Engine *e);	/* a copy waits for a connection */

void push_request(Engine *e, const Request *r);	/* REQ_WISH_RETRY, REQ_WISH_REMOVE */

/* outbox_file.c - the copy of a sent mail: in the server's Sent folder, exactly once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Some servers file what they send by themselves (Gmail, Exchange Online): the first mail of an account is looked for in
 * Sent by its Message-ID before it is filed, and what was learnt is remembered in the fact "server-files-sent". An
 * APPEND that may have been done (a crash, a broken line) is looked for as well before it is repeated; so that this is
 * known, the row counts a try before the command leaves. */
#include "config.h"
#include "sync/outbox_private.h"
#include "base/intl.h"
#include "base/log.h"
#include "proto/imap/utf7.h"

#include <string.h>

enum { WAIT_S = 3, LOOKS = 3, LOOK_AGAIN_S = 10, RETRY_S = 300, LIMIT_AGAIN_S = 86400 };
#define FACT "server-files-sent"

static guint
looks_of(Engine *e, gint64 row)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(e->sender->looked, &row));
}

static void
set_looks(Engine *e, gint64 row, guint n)
{
	gint64 *key = g_new(gint64, 1);
	*key = row;
	g_hash_table_replace(e->sender->looked, key, GUINT_TO_POINTER(n));
}

static bool
no_copy(const Account *a)
{
	return a->sent && (!strcmp(a->sent, "no copy") || !strcmp(a->sent, "no"));
}

typedef enum { NOBODY_KNOWS, WE_FILE, SERVER_FILES } Filing;

/* The large ones are known: Exchange Online may take seconds to file the first mail, and one look would learn wrongly. */
static Filing
who_files(Engine *e)
{
	static const char *const known[] = { "smtp.office365.com", "smtp-mail.outlook.com", "smtp.gmail.com", "smtp.googlemail.com" };
	g_autofree char *fact = db_fact(e->db, FACT);

	if (fact)
		return strcmp(fact, "yes") ? WE_FILE : SERVER_FILES;
	for (guint i = 0; e->account->send.host && i < G_N_ELEMENTS(known); i++)
		if (!g_ascii_strcasecmp(e->account->send.host, known[i]))
			return SERVER_FILES;
	return NOBODY_KNOWS;
}

static Folder *
sent_folder(Engine *e)
{
	if (!e->account->sent || !*e->account->sent)
		return folders_role(e->db, ROLE_SENT, NULL);
	g_autoptr(GPtrArray) all = folders_list(e->db, NULL);
	for (guint i = 0; all && i < all->len; i++) {
		const Folder *f = g_ptr_array_index(all, i);
		if (!strcmp(f->name, e->account->sent) && f->selectable)
			return folders_get(e->db, f->id, NULL);
	}
	return NULL;
}

/* ---- what a sent mail leaves here ---- */

void
file_mark_answered(Engine *e, gint64 row, GError **err)
{
	g_autoptr(Draft) d = outbox_draft(e->db, row, NULL);
	g_autoptr(Message) m = d && d->answers ? messages_get(e->db, d->answers, NULL) : NULL;
	g_autoptr(Folder) f = m ? folders_get(e->db, m->folder, NULL) : NULL;
	bool forward = d && (d->kind == DRAFT_FORWARD || d->kind == DRAFT_FORWARD_ATTACHED);
	guint32 flag = forward ? FLAG_FORWARDED : FLAG_ANSWERED;

	if (!f || d->kind == DRAFT_EDIT || d->kind == DRAFT_BOUNCE || d->kind == DRAFT_NEW)
		return;
	if (folder_is_local(f))
		messages_set_flags(e->db, m->id, m->flags | flag, m->flags | flag, 0, err);
	else
		journal_flag(e->db, m->id, flag, true, err);
	e->sender->marked_folder = f->id;
}

static bool
copy_local(Engine *e, const OutRow *row, GBytes *message, GError **err)
{
	g_autoptr(Message) m = message_of_whole(e, message);
	gint64 folder = local_folder(e->db, ROLE_SENT, NULL, err);

	if (!folder)
		return false;
	m->flags = FLAG_SEEN;
	m->received = clock_s();
	m->sent = m->sent ? m->sent : m->received;
	if (!m->subject)
		m->subject = g_strdup(row->subject);
	if (!m->to)
		m->to = g_strdup(row->to);
	g_free(m->message_id);
	m->message_id = g_strdup(row->message_id);
	return local_add(e->db, folder, m, message, err) != 0;
}

static bool
file_one_here(Engine *e, const OutRow *r, GError **err)
{
	if (!no_copy(e->account)) {
		g_autoptr(GBytes) message = outbox_message(e->db, r->id, err);
		if (!message || !copy_local(e, r, message, err))
			return false;
		e->sender->local_copy = true;
	}
	return outbox_set_state(e->db, r->id, OUT_FILED, 0, r->last_error, err);
}

guint
file_wait_s(Engine *e)
{
	return e->is_pop || no_copy(e->account) || who_files(e) == WE_FILE ? 0 : WAIT_S;
}

/* ---- what is next ---- */

/* Then a copy in Sent says nothing about the rest. */
static bool
some_have_it(Engine *e, gint64 row)
{
	g_autoptr(GArray) all = outbox_recipients(e->db, row, NULL);
	for (guint i = 0; all && i < all->len; i++)
		if (g_array_index(all, OutRecipient, i).state == 1)
			return true;
	return false;
}

/* A mail in doubt may have been filed by the server that took it: then it did arrive. */
static OutRow *
next_in_doubt(Engine *e)
{
	g_autoptr(GPtrArray) rows = outbox_list(e->db, false, NULL);
	for (guint i = 0; rows && i < rows->len; i++) {
		const OutRow *r = g_ptr_array_index(rows, i);
		if (r->state == OUT_UNKNOWN && r->message_id && looks_of(e, r->id) < LOOKS && r->changed + LOOK_AGAIN_S * looks_of(e, r->id) <= clock_s() &&
			!some_have_it(e, r->id))
			return outbox_get(e->db, r->id, NULL);
	}
	return NULL;
}

static FileStep
step_of(Engine *e, const OutRow *row, const Folder *f)
{
	guint looks = looks_of(e, row->id);
	Filing who = who_files(e);

	if (row->state == OUT_SENT && no_copy(e->account))
		return FILE_APPEND;	/* which sees that there is nothing to do */
	if (!f)
		return e->sender->creating ? FILE_NOTHING : FILE_CREATE;
	if (row->state == OUT_UNKNOWN)
		return FILE_SEARCH;
	if (!row->message_id)
		return FILE_APPEND;
	if (who == SERVER_FILES)
		return looks < LOOKS ? FILE_SEARCH : FILE_APPEND;
	if (who == NOBODY_KNOWS || row->tries > 0)
		return looks == 0 ? FILE_SEARCH : FILE_APPEND;
	return FILE_APPEND;
}

static FileStep
next(Engine *e, OutRow **row, Folder **folder)
{
	if (!e->sender || e->is_pop || e->read_only || !e->listed || e->sender->row)
		return FILE_NOTHING;
	*row = outbox_next_to_file(e->db, clock_s(), NULL);
	if (!*row && outbox_count(e->db, false) > 0)
		*row = next_in_doubt(e);
	if (!*row)
		return FILE_NOTHING;
	*folder = sent_folder(e);
	if ((*row)->state == OUT_UNKNOWN && !*folder)
		return FILE_NOTHING;
	return step_of(e, *row, *folder);
}

FileStep
file_step(Engine *e, gint64 *folder)
{
	g_autoptr(OutRow) row = NULL;
	g_autoptr(Folder) f = NULL;
	FileStep step = next(e, &row, &f);
	*folder = f ? f->id : 0;
	return step;
}

bool
file_waits(Engine *e)
{
	const Account *a = e->account;

	if (!e->sender || e->is_pop || e->read_only)
		return false;
	/* what an earlier session left opens no connection by itself where the person said so (S25) */
	if (!e->sender->acted && ((a->check & CHECK_MANUAL) || e->schedule.paused || e->schedule.stopped || e->headless))
		return false;
	g_autoptr(OutRow) row = outbox_next_to_file(e->db, clock_s(), NULL);
	return row != NULL;
}

gint64
file_next_time(Engine *e)
{
	if (e->read_only)
		return -1;
	g_autoptr(OutRow) row = outbox_next_to_file(e->db, G_MAXINT64, NULL);
	return row && row->not_before > clock_s() ? row->not_before : -1;
}

/* ---- commands ---- */

static void
search(Engine *e, const OutRow *row)
{
	ImapCommand *c = imap_command_new("UID SEARCH HEADER Message-ID");
	imap_command_string(c, row->message_id, -1);
	e->sender->found = false;
	Job *job = work_job(e, JOB_FILE, c);
	job->message = row->id;
	job->lo = FILE_SEARCH;
}

static void
file_later(Engine *e, const OutRow *row, gint64 wait_s, char *why /* taken */)
{
	GError *err = NULL;

	set_looks(e, row->id, 0);
	outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row->id, OUT_SENT, clock_s() + wait_s, why, &err), &err);
	outbox_told(e, row->id);
	engine_trouble(e, EIL_LATER, why);
}

/* It is tried again by itself, after a look: the server may have kept it all the same. */
static void
not_filed(Engine *e, const OutRow *row, const char *server_words)
{
	file_later(e, row, RETRY_S, sentence_with_server(g_strdup_printf(_("The copy of the sent mail “%s” could not be filed. It is tried again by itself."),
		row->subject ? row->subject : ""), server_words));
}

/* Its refusal would cost the whole transfer, each time (RFC 7889). A limit changes seldom. */
static void
too_large_to_file(Engine *e, const OutRow *row, guint64 limit)
{
	g_autofree char *most = g_format_size(limit);
	file_later(e, row, LIMIT_AGAIN_S, g_strdup_printf(_("The copy of the sent mail “%s” can't be filed: %s takes messages of at most %s. It is kept here."),
		row->subject ? row->subject : "", e->account->receive.host, most));
}

static void
append(Engine *e, const OutRow *row, const Folder *f)
{
	guint64 limit = imap_session_append_limit(e->session);
	g_autoptr(GBytes) message = no_copy(e->account) ? NULL : outbox_message(e->db, row->id, NULL);
	GError *err = NULL;

	if (!message) {
		const char *why = no_copy(e->account) ? row->last_error : _("There was nothing to file.");
		if (outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row->id, OUT_FILED, 0, why, &err), &err))
			outbox_told(e, row->id);
		return;
	}
	if (limit && g_bytes_get_size(message) > limit) {
		too_large_to_file(e, row, limit);
		return;
	}
	/* the try is counted before the command leaves, and if no answer comes it is looked for before it is repeated */
	if (!outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row->id, OUT_SENT, 0, row->last_error, &err), &err))
		return;
	set_looks(e, row->id, 0);
	g_autofree char *wire = journal_wire(e->db, f->id);
	ImapCommand *c = imap_command_append(wire ? wire : f->wire);
	bool utf8 = imap_session_enabled(e->session, "UTF8=ACCEPT") && push_bare_utf8(message);
	imap_command_append_message(c, "\\Seen", row->changed, message, utf8 ? IMAP_APPEND_UTF8 : IMAP_APPEND_PLAIN);
	Job *job = work_job(e, JOB_FILE, c);
	job->message = row->id;
	job->folder = f->id;
	job->lo = FILE_APPEND;
}

/* Below INBOX where everything is (SERVERS fact 11). */
static char *
sent_wire(Engine *e)
{
	g_autoptr(GPtrArray) all = folders_list(e->db, NULL);
	const char *name = e->account->sent && *e->account->sent ? e->account->sent : "Sent";
	g_autofree char *coded = imap_utf7_encode(name);
	guint below = 0, beside = 0;
	char delimiter = '/';

	for (guint i = 0; all && i < all->len; i++) {
		const Folder *f = g_ptr_array_index(all, i);
		if (f->role == ROLE_INBOX || folder_is_local(f))
			continue;
		delimiter = f->delimiter ? f->delimiter : delimiter;
		bool is_below = !g_ascii_strncasecmp(f->wire, "INBOX", 5) && f->delimiter && f->wire[5] == f->delimiter;
		below += is_below;
		beside += !is_below;
	}
	if (below && !beside && g_ascii_strncasecmp(coded, "INBOX", 5))
		return g_strdup_printf("INBOX%c%s", delimiter, coded);
	return g_steal_pointer(&coded);
}

static void
create(Engine *e, const OutRow *row)
{
	g_autofree char *wire = sent_wire(e);
	ImapCommand *c = imap_command_create(wire, imap_session_can(e->session, "CREATE-SPECIAL-USE") ? "\\Sent" : NULL);
	Job *job = work_job(e, JOB_FILE, c);
	job->message = row->id;
	job->lo = FILE_CREATE;
	work_job(e, JOB_OTHER, imap_command_subscribe(wire, true));
	e->sender->creating = true;
}

void
file_submit(Engine *e)
{
	g_autoptr(OutRow) row = NULL;
	g_autoptr(Folder) f = NULL;

	switch (next(e, &row, &f)) {
	case FILE_SEARCH:	search(e, row); break;
	case FILE_APPEND:	append(e, row, f); break;
	case FILE_CREATE:	create(e, row); break;
	case FILE_NOTHING:	break;
	}
}

/* ---- answers ---- */

void
file_found(Engine *e, const ImapResponse *r)
{
	if (e->sender && r->set && r->set->len)
		e->sender->found = true;
}

static void
remember(Engine *e, const char *fact)
{
	g_autofree char *was = db_fact(e->db, FACT);
	GError *err = NULL;
	if (g_strcmp0(was, fact))
		outbox_commit(e, store_begin(e, &err) && db_set_fact(e->db, FACT, fact, &err), &err);
}

static void
filed(Engine *e, gint64 row, bool by_server)
{
	g_autoptr(OutRow) r = outbox_get(e->db, row, NULL);
	GError *err = NULL;
	bool ok = store_begin(e, &err);

	/* settled: it did arrive, so the message that it answers was answered */
	if (ok && r && r->state == OUT_UNKNOWN)
		file_mark_answered(e, row, &err);
	ok = ok && !err && outbox_set_state(e->db, row, OUT_FILED, 0, r && r->state != OUT_UNKNOWN ? r->last_error : NULL, &err) &&
		(!by_server || outbox_set_filed_by_server(e->db, row, &err));
	outbox_commit(e, ok, &err);
	set_looks(e, row, 0);
	outbox_told(e, row);
}

static void
not_found(Engine *e, const OutRow *row)
{
	Filing who = who_files(e);
	guint looks = looks_of(e, row->id) + 1;
	GError *err = NULL;

	set_looks(e, row->id, looks);
	if (row->state == OUT_UNKNOWN)
		return;
	if (who == SERVER_FILES && looks < LOOKS)
		outbox_commit(e, store_begin(e, &err) && outbox_set_state(e->db, row->id, OUT_SENT, clock_s() + LOOK_AGAIN_S, row->last_error, &err), &err);
	else if (who == NOBODY_KNOWS && row->tries == 0)
		remember(e, "no");
}

static void
searched(Engine *e, const OutRow *row, const ImapResponse *r)
{
	if (r->status != IMAP_OK) {
		set_looks(e, row->id, LOOKS);	/* it can't search: then it is filed, better twice than not at all */
	} else if (e->sender->found) {
		/* found before we ever filed it: the server did; found after a try: maybe that was ours */
		bool by_server = row->state == OUT_UNKNOWN || row->tries == 0;
		if (by_server)
			remember(e, "yes");
		filed(e, row->id, by_server);
	} else {
		not_found(e, row);
	}
}

/* Not in the transaction that says SENT: a full disk must not make a mail doubtful that the server has taken. */
void
file_here(Engine *e)
{
	Sender *s = e->sender;
	OutRow *next;

	if (e->read_only || (!e->is_pop && !no_copy(e->account)) || e->now < s->here_at)
		return;
	while ((next = outbox_next_to_file(e->db, clock_s(), NULL))) {
		g_autoptr(OutRow) r = next;
		GError *err = NULL;
		if (!store_begin(e, &err) || !file_one_here(e, r, &err)) {
			g_autofree char *why = g_strdup(err ? err->message : NULL);
			g_clear_error(&err);
			db_rollback(e->db);
			s->local_copy = false;
			s->here_at = e->now + RETRY_S * 1000;
			log_line(LOG_WARN, "smtp", "no copy here: %s", why ? why : "");
			not_filed(e, r, NULL);
			return;
		}
		if (!outbox_commit(e, true, &err)) {
			s->here_at = e->now + RETRY_S * 1000;
			return;
		}
		outbox_told(e, r->id);
	}
}

static void
appended(Engine *e, const OutRow *row, Job *job, const ImapResponse *r)
{
	if (r->status == IMAP_OK) {
		filed(e, row->id, false);
		g_array_append_val(e->status_queue, job->folder);
		return;
	}
	if (r->code == IMAP_CODE_TRYCREATE && !e->sender->creating) {
		create(e, row);
		return;
	}
	not_filed(e, row, r->text);
}

void
file_done(Engine *e, Job *job, const ImapResponse *r)
{
	g_autoptr(OutRow) row = outbox_get(e->db, job->message, NULL);

	if (!row || (row->state != OUT_SENT && row->state != OUT_UNKNOWN))
		return;
	switch ((FileStep)job->lo) {
	case FILE_SEARCH:	searched(e, row, r); break;
	case FILE_APPEND:	appended(e, row, job, r); break;
	case FILE_CREATE:
		e->listed = false;	/* it is there now, or was before */
		if (r->status != IMAP_OK && r->code != IMAP_CODE_ALREADYEXISTS) {
			e->sender->creating = false;
			not_filed(e, row, r->text);
		}
		break;
	case FILE_NOTHING:	break;
	}
}

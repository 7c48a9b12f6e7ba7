/* extend.c - what is switched on of the server's extensions, and what they add to each message.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Everything that is offered is used, but for what the account's `disable` names: the session does not know of that at all. */
#include "config.h"
#include "sync/engine_private.h"
#include "base/log.h"

#include <string.h>

#define COMPRESS_RTT_MS 3	/* on a line as short as that deflate costs more than it saves */
#define LABEL "label:"		/* before a Gmail label among the keywords */

/* Before the sign-in: as it was in the last session. */
bool
extend_can(Engine *e, const char *capability)
{
	if (imap_session_capabilities(e->session))
		return imap_session_can(e->session, capability);
	if (g_strv_contains((const char *const *)e->account->disable, capability))
		return false;
	g_autofree char *known = db_fact(e->db, "capabilities");
	g_auto(GStrv) words = g_strsplit(known ? known : "", " ", -1);
	return imap_capabilities_have((const char *const *)words, capability);
}

Job *
extend_submit(Engine *e, JobKind kind, ImapCommand *c)
{
	if (!e->ready)
		imap_command_early(c);
	return work_job(e, kind, c);
}

/* ENABLE is allowed only before the first SELECT (RFC 5161, 3.1). */
void
extend_enable(Engine *e)
{
	g_autoptr(GString) words = g_string_new(NULL);

	if (e->enable_tried)
		return;
	e->enable_tried = true;
	if (!extend_can(e, "ENABLE"))
		return;
	if (extend_can(e, "QRESYNC")) {
		e->qresync = true;
		g_string_append(words, " QRESYNC");
	}
	if (extend_can(e, "UTF8=ACCEPT"))
		g_string_append(words, " UTF8=ACCEPT");
	if (extend_can(e, "IMAP4REV2"))
		g_string_append(words, " IMAP4rev2");
	if (words->len)
		extend_submit(e, JOB_OTHER, imap_command_enable(words->str + 1));
}

/* Before a SELECT, or when it is first known that the server can. Dovecot 2.3 (2026) tells without IDLE of little, and of a
 * folder that was in IDLE nothing more once another is selected, unless NOTIFY begins anew; so IDLE stays, and it begins
 * anew with each folder: in the same write, so that it costs nothing. Whoever does not want push is told nothing. */
void
extend_notify(Engine *e)
{
	if ((e->notify_tried && !e->notify) || !(e->account->check & CHECK_PUSH) || !extend_can(e, "NOTIFY"))
		return;
	if (e->notify_tried)
		work_job(e, JOB_OTHER, imap_command_notify(false, false));
	e->notify_tried = true;
	extend_submit(e, JOB_NOTIFY, imap_command_notify(true, true));
}

bool
extend_select_condstore(Engine *e)
{
	bool wanted = !e->qresync && extend_can(e, "CONDSTORE");
	e->condstore |= wanted;
	return wanted;
}

/* In the first session with a server the folder is selected before it is known what it can, and some keep no MODSEQ until
 * somebody asks for one. Then this does, once (RFC 7162, 3.1); the answer to it makes the next session's look a cheap one. */
void
extend_condstore(Engine *e)
{
	const Selected *s = &e->sel;

	if (e->qresync || e->condstore || s->modseq || !s->id || s->selecting || s->next < 2 || !extend_can(e, "CONDSTORE"))
		return;
	e->condstore = true;
	g_autofree char *set = g_strdup_printf("%" G_GUINT32_FORMAT, s->next - 1);
	work_job(e, JOB_MODSEQ, imap_command_uid_fetch(set, "(UID FLAGS MODSEQ)", 0, false));
}

/* ---- COMPRESS ---- */

bool
extend_compress_wanted(Engine *e)
{
	return !e->compress_tried && e->rtt_ms >= COMPRESS_RTT_MS && imap_session_can(e->session, "COMPRESS=DEFLATE");
}

void
extend_compress(Engine *e)
{
	e->compress_tried = true;
	work_job(e, JOB_OTHER, imap_command_compress());
}

/* The shortest answer so far is the nearest to the length of the line. */
void
extend_took(Engine *e, const Job *job)
{
	guint ms = (guint)CLAMP(e->now - job->since, 1, 60000);
	if (!job->early && (!e->rtt_ms || ms < e->rtt_ms))
		e->rtt_ms = ms;
}

/* ---- what is asked of each message ---- */

#define POOR_MOST 2

static void
forget_items(Engine *e)
{
	for (guint i = 0; i < G_N_ELEMENTS(e->items); i++)
		g_clear_pointer(&e->items[i], g_free);
}

/* One header that nobody can read must not end each session at the same place. */
void
extend_broken(Engine *e)
{
	for (guint i = 0; i < e->jobs->len; i++) {
		JobKind kind = ((const Job *)g_ptr_array_index(e->jobs, i))->kind;
		if (kind == JOB_PAGE || kind == JOB_NEW || kind == JOB_BACKFILL) {
			e->poor = MIN(e->poor + 1, POOR_MOST);
			log_line(LOG_WARN, "imap", "what the server says of a message can't be read: it is asked for less");
			return;
		}
	}
}

void
extend_header_done(Engine *e)
{
	e->poor = 0;
	forget_items(e);
}

/* LAZY: only what costs the server nothing (RFC 8970, 3.2). That is to look for it: Dovecot takes a sixth longer for headers
 * with it. Where it has none for the newest, it is not asked for all the older ones. */
bool
extend_asks_preview(const Engine *e, JobKind kind)
{
	enum { TRIED = 500 };
	bool none = e->sel.previews == 0 && e->sel.without >= TRIED;

	return !e->no_preview && !e->poor && !(none && kind == JOB_BACKFILL) && imap_session_capabilities(e->session) &&
		imap_session_can(e->session, "PREVIEW");
}

const char *
extend_items(Engine *e, JobKind kind)
{
	static const char *const poor[] = { "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", "(UID FLAGS INTERNALDATE RFC822.SIZE)" };
	bool preview = extend_asks_preview(e, kind);

	if (e->poor)
		return poor[e->poor - 1];
	if (!imap_session_capabilities(e->session))
		return "(" HEADER_ITEMS ")";
	if (!e->items[preview])
		e->items[preview] = g_strdup_printf("(" HEADER_ITEMS "%s%s%s)", imap_session_can(e->session, "OBJECTID") ? " EMAILID" : "",
			imap_session_can(e->session, "X-GM-EXT-1") ? " X-GM-LABELS" : "", preview ? " PREVIEW (LAZY)" : "");
	return e->items[preview];
}

bool
extend_refused(Engine *e, const Job *job, const ImapResponse *r)
{
	Selected *s = &e->sel;

	if (r->status != IMAP_BAD || !job->preview || job->seen->len)
		return false;
	if (job->kind == JOB_BACKFILL)
		s->fill_at = MAX(s->fill_at, job->hi + 1);
	else if (job->kind == JOB_PAGE && !job->ahead)
		s->page_wanted = true;
	else if (job->kind == JOB_NEW)
		s->new_wanted = true;
	else
		return false;
	log_line(LOG_WARN, "imap", "the server announces PREVIEW, and does not know it: it is not asked for again");
	e->no_preview = true;
	forget_items(e);
	return true;
}

const char *
extend_flag_items(Engine *e)
{
	return imap_session_can(e->session, "X-GM-EXT-1") ? "(UID FLAGS X-GM-LABELS)" : "(UID FLAGS)";
}

/* A keyword has no spaces, a label may. */
static void
add_label(GString *out, const char *label)
{
	g_string_append(out, out->len ? " " LABEL : LABEL);
	for (; *label; label++) {
		if (*label == ' ')
			g_string_append(out, "\u00a0");
		else
			g_string_append_c(out, *label);
	}
}

/* Labels are told with the flags only where they were asked for: those known before stay. */
static void
keep_labels(Engine *e, guint32 uid, GString *out)
{
	g_autoptr(Message) m = messages_find_uid(e->db, e->sel.id, uid, NULL);
	g_auto(GStrv) words = g_strsplit(m && m->keywords ? m->keywords : "", " ", -1);

	for (char **w = words; *w; w++)
		if (g_str_has_prefix(*w, LABEL))
			g_string_append_printf(out, "%s%s", out->len ? " " : "", *w);
}

GString *
extend_words(const ImapFetch *f)
{
	GString *out = g_string_new(NULL);

	for (char **k = f->flags.keywords; k && *k; k++)
		g_string_append_printf(out, "%s%s", out->len ? " " : "", *k);
	for (char **l = f->has & IMAP_HAS_LABELS ? f->labels : NULL; l && *l; l++)
		if (**l != '\\')	/* its system labels are folders and flags already */
			add_label(out, *l);
	return out;
}

char *
extend_keywords(Engine *e, const ImapFetch *f)
{
	g_autoptr(GString) out = extend_words(f);

	if (!(f->has & IMAP_HAS_LABELS) && imap_session_can(e->session, "X-GM-EXT-1"))
		keep_labels(e, f->uid, out);
	return out->len ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

void
extend_clear(Engine *e)
{
	e->enable_tried = e->qresync = e->condstore = e->compress_tried = e->notify = e->notify_tried = false;
	e->apart_asked = e->list_failed = false;
	e->rtt_ms = 0;
	forget_items(e);
	g_ptr_array_set_size(e->apart, 0);
	g_hash_table_remove_all(e->as_sent);
}

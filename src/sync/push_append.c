/* push_append.c - messages from here go to the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * APPEND: RFC 9051, 6.3.12; several in one command with MULTIAPPEND (RFC 3502), which takes all of them or none; APPENDUID: RFC 4315.
 * After a cut the folder is looked at before one is sent again. */
#include "config.h"
#include "sync/push_private.h"
#include "base/intl.h"

#include <string.h>

#define AT_ONCE 50
#define BYTES_AT_ONCE (1 << 20)

/* Is there an 8-bit byte in the header? Then UTF8=ACCEPT wants it said (RFC 6855, 4). */
bool
push_bare_utf8(GBytes *message)
{
	gsize len;
	const guint8 *p = g_bytes_get_data(message, &len);

	for (gsize i = 0; i < len; i++) {
		if (p[i] & 0x80)
			return true;
		if (p[i] == '\n' && (i + 1 == len || p[i + 1] == '\n' || p[i + 1] == '\r'))
			return false;
	}
	return false;
}

/* Letters, digits and a few signs: what every server takes as an atom. */
static bool
is_keyword(const char *word)
{
	for (const char *p = word; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("$_-.:+", *p))
			return false;
	return *word != '\0';
}

static char *
flags_of(Engine *e, const Message *m)
{
	static const struct { guint32 flag; const char *name; } names[] = {
		{ FLAG_SEEN, "\\Seen" }, { FLAG_ANSWERED, "\\Answered" }, { FLAG_FLAGGED, "\\Flagged" }, { FLAG_DRAFT, "\\Draft" }, { FLAG_FORWARDED, "$Forwarded" },
	};
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (m->server_flags & names[i].flag)
			g_string_append_printf(out, "%s%s", out->len ? " " : "", names[i].name);
	if (m->keywords && !imap_session_can(e->session, "X-GM-EXT-1")) {
		g_auto(GStrv) words = g_strsplit(m->keywords, " ", -1);
		for (char **w = words; *w; w++)
			if (is_keyword(*w))
				g_string_append_printf(out, "%s%s", out->len ? " " : "", *w);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
fail_one(Engine *e, Wish *w, char *why /* taken */)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new();
	g_autofree char *words = why;
	g_ptr_array_add(one, w);
	push_failed(e, one, words);
	engine_one_refused(e, g_strdup_printf(_("A message could not be put on the server: %s It is kept here; F4 shows it."), words));
}

/* NULL: it can't go, and that is said. */
static GBytes *
content(Engine *e, Wish *w)
{
	guint64 limit = imap_session_append_limit(e->session);
	GBytes *whole = bodies_get(e->db, w->message, "", NULL);

	if (!whole) {
		fail_one(e, w, g_strdup(_("Its text is not here any more.")));
	} else if (limit && g_bytes_get_size(whole) > limit) {	/* its refusal would cost the whole transfer (RFC 7889) */
		g_autofree char *most = g_format_size(limit);
		g_clear_pointer(&whole, g_bytes_unref);
		fail_one(e, w, g_strdup_printf(_("It takes messages of at most %s."), most));
	}
	return whole;
}

static bool
add(Engine *e, ImapCommand *c, const Wish *w, GBytes *whole)
{
	g_autoptr(Message) m = messages_get(e->db, w->message, NULL);
	bool utf8 = imap_session_enabled(e->session, "UTF8=ACCEPT") && push_bare_utf8(whole);

	if (!m)
		return false;
	g_autofree char *flags = flags_of(e, m);
	imap_command_append_message(c, flags, m->received, whole, utf8 ? IMAP_APPEND_UTF8 : IMAP_APPEND_PLAIN);
	return true;
}

void
push_append_submit(Engine *e, GPtrArray *wishes)
{
	const Wish *first = g_ptr_array_index(wishes, 0);
	g_autoptr(Folder) f = folders_get(e->db, first->target, NULL);
	g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func((GDestroyNotify)wish_free);
	guint most = imap_session_can(e->session, "MULTIAPPEND") ? AT_ONCE : 1;
	gsize bytes = 0;

	g_autofree char *wire = f && (!f->gone || journal_is_leaving(e->db, f->id)) ? journal_wire(e->db, f->id) : NULL;
	if (!wire) {
		push_failed(e, wishes, _("the folder is not there any more"));
		return;
	}
	ImapCommand *c = imap_command_append(wire);
	while (wishes->len && taken->len < most && bytes < BYTES_AT_ONCE) {
		g_autoptr(Wish) w = g_ptr_array_steal_index(wishes, 0);
		g_autoptr(GBytes) whole = content(e, w);
		if (!whole || !add(e, c, w, whole))
			continue;
		bytes += g_bytes_get_size(whole);
		g_ptr_array_add(taken, g_steal_pointer(&w));
	}
	if (taken->len == 0 || !push_mark_sent(e, taken, STEP_MOVE)) {
		imap_command_free(c);
		return;
	}
	Job *job = work_job(e, JOB_STORE, c);
	job->lo = PUSH_APPEND;
	job->wishes = g_steal_pointer(&taken);
}

static bool
arrived(Engine *e, const GPtrArray *wishes, const ImapResponse *r, GError **err)
{
	guint at = 0;

	if (r->code != IMAP_CODE_APPENDUID || !r->code_set || imap_set_count(r->code_set) != wishes->len)
		return true;
	for (guint i = 0; i < r->code_set->len; i++) {
		ImapRange range = g_array_index(r->code_set, ImapRange, i);
		for (guint64 uid = range.lo; uid <= range.hi; uid++)
			if (!journal_arrived(e->db, g_ptr_array_index(wishes, at++), (guint32)r->code_number, (guint32)uid, err))
				return false;
	}
	return true;
}

void
push_append_done(Engine *e, Job *job, const ImapResponse *r)
{
	GError *err = NULL;

	if (r->status != IMAP_OK) {
		push_refused(e, job, r);
		return;
	}
	headers_flush(e);
	if (push_commit(e, store_begin(e, &err) && arrived(e, job->wishes, r, &err) && journal_done(e->db, job->wishes, &err), &err))
		push_changed(e, g_ptr_array_index(job->wishes, 0));
	if (r->code != IMAP_CODE_APPENDUID)
		push_hear(e, g_ptr_array_index(job->wishes, 0));
}

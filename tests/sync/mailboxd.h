/* mailboxd.h - an IMAP server with an inbox of many messages that offers what the test says; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It understands what eilpost says when it reads, and no more; what it was not told to offer it refuses, and counts. */
#pragma once

#include "servers.h"

#include <stdlib.h>

enum { SEEN = 1, FLAGGED = 2, ANSWERED = 4 };
typedef struct { guint uid, flags, modseq; } Msg;

/* A folder beside the inbox whose messages are there to be read; those of `names` alone are counts. */
typedef struct {
	const char *name;
	GArray *messages;	/* owned, of Msg; sorted by uid */
	guint modseq;
} Other;

static struct {
	/* what it offers and does */
	const char *caps;
	const char *names;	/* what LIST says, one folder a line: name, with the attributes before it; NULL: the inbox only */
	const char *events;	/* said right behind the OK to NOTIFY */
	const char *refuse_notify, *refuse_select, *refuse_sign_in;
	const char *mechanism;	/* of the sign-in; NULL: PLAIN */
	const char *labels;	/* X-GM-LABELS of every message */
	const char *preview;	/* of every message, quoted, or NIL */
	bool no_preview;	/* it is announced, and not known */
	bool lying_search, no_early_page, mute, monsters;
	const char *hold;	/* commands that begin so are not answered while it is set */
	guint broken;		/* UID of a message whose structure ends the session in nonsense */
	guint uidvalidity, modseq;
	/* another client: what it does before the so-manieth command, and what the server says of it then; meddle_at is 0 when it is done */
	char *(*meddle)(const char *kind, bool qresync);
	const char *meddle_kind;
	guint meddle_at;

	GArray *inbox;		/* owned, of Msg; sorted by uid */
	Other others[4];
	guint n_others;
	guint refused;		/* commands that it did not offer */
	int fd;			/* of the last connection, for what the test says by itself */
} mbox;

typedef struct { bool inbox, selected, qresync; GArray *box /* borrowed; NULL: only counts */; } View;

static inline void
lock(Server *s)
{
	g_mutex_lock(&s->lock);
}

static inline void
unlock(Server *s)
{
	g_mutex_unlock(&s->lock);
}

static inline bool
offers(const char *capability)
{
	g_auto(GStrv) words = g_strsplit(mbox.caps, " ", -1);
	static const char *const rev2[] = { "ESEARCH", "LIST-EXTENDED", "LIST-STATUS", "STATUS=SIZE", NULL };
	return g_strv_contains((const char *const *)words, capability) ||
		(g_strv_contains((const char *const *)words, "IMAP4rev2") && g_strv_contains(rev2, capability));
}

static inline Other *
other_box(const char *name)
{
	for (guint i = 0; i < mbox.n_others; i++)
		if (!strcmp(mbox.others[i].name, name))
			return &mbox.others[i];
	return NULL;
}

/* Behind "* STATUS name " */
static inline void
put_status(GString *out, const char *name, const char *items)
{
	const Other *o = other_box(name);
	guint n = o ? o->messages->len : 7, unseen = o ? 0 : 3;

	for (guint i = 0; o && i < n; i++)
		unseen += !(g_array_index(o->messages, Msg, i).flags & SEEN);
	g_string_append_printf(out, "(MESSAGES %u UNSEEN %u UIDNEXT %u UIDVALIDITY %u", n, unseen, o && n ? g_array_index(o->messages, Msg, n - 1).uid + 1 : n + 1,
		o ? mbox.uidvalidity : 1);
	if (o && strstr(items, "HIGHESTMODSEQ"))
		g_string_append_printf(out, " HIGHESTMODSEQ %u", o->modseq);
}

static inline void
put_flags(GString *out, const Msg *m)
{
	g_string_append_printf(out, "FLAGS (%s%s%s)", m->flags & SEEN ? "\\Seen " : "", m->flags & FLAGGED ? "\\Flagged " : "",
		m->flags & ANSWERED ? "\\Answered" : "");
}

/* Message 2 has a structure, message 3 an envelope that nobody should have to read. */
static inline void
put_message(GString *out, guint seq, const Msg *m, const char *items)
{
	bool monster = mbox.monsters && m->uid == 2, giant = mbox.monsters && m->uid == 3;

	g_string_append_printf(out, "* %u FETCH (UID %u ", seq, m->uid);
	put_flags(out, m);
	if (strstr(items, "MODSEQ") || offers("CONDSTORE"))
		g_string_append_printf(out, " MODSEQ (%u)", m->modseq);
	if (strstr(items, "X-GM-LABELS"))
		g_string_append_printf(out, " X-GM-LABELS (%s)", mbox.labels ? mbox.labels : "");
	if (strstr(items, "EMAILID"))
		g_string_append_printf(out, " EMAILID (M%u)", m->uid);
	if (strstr(items, "PREVIEW (LAZY)"))
		g_string_append_printf(out, " PREVIEW %s", mbox.preview ? mbox.preview : "NIL");
	if (strstr(items, "INTERNALDATE"))
		g_string_append_printf(out, " INTERNALDATE \"01-Jan-2026 10:%02u:%02u +0000\" RFC822.SIZE 100", m->uid / 60 % 60, m->uid % 60);
	if (strstr(items, "ENVELOPE")) {
		g_autofree char *subject = giant ? g_strnfill(1100000, 'S') : g_strdup_printf("number %u", m->uid);
		g_string_append_printf(out, " ENVELOPE (NIL \"%s\" NIL NIL NIL NIL NIL NIL NIL NIL)", subject);
	}
	if (strstr(items, "BODYSTRUCTURE")) {
		g_autofree char *name = monster ? g_strnfill(1100000, 'n') : g_strdup("n");
		g_string_append_printf(out, " BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"name\" \"%s\") NIL NIL \"7BIT\" 5 1)", name);
	}
	g_string_append(out, ")\r\n");
}

static inline bool
in_set(const char *set, guint n, guint last)
{
	g_auto(GStrv) ranges = g_strsplit(set, ",", -1);
	for (char **r = ranges; *r; r++) {
		char *colon = strchr(*r, ':');
		guint lo = **r == '*' ? last : (guint)atoi(*r), hi = !colon ? lo : colon[1] == '*' ? MAX(last, lo) : (guint)atoi(colon + 1);
		if (n >= MIN(lo, hi) && n <= MAX(lo, hi))
			return true;
	}
	return false;
}

/* "FETCH 1:5 (...)" and "UID FETCH ...", with CHANGEDSINCE and PARTIAL. */
static inline void
do_fetch_set(Talk *t, const GArray *box, const char *rest, bool uid)
{
	g_autofree char *set = g_strndup(rest, strcspn(rest, " "));
	g_autoptr(GString) out = g_string_new(NULL);
	const char *since = strstr(rest, "CHANGEDSINCE "), *partial = strstr(rest, "PARTIAL -1:-");
	guint n = box->len, last = uid && n ? g_array_index(box, Msg, n - 1).uid : n;
	guint from = partial ? n - MIN(n, (guint)atoi(partial + 12)) : 0;

	for (guint i = from; i < n; i++) {
		const Msg *m = &g_array_index(box, Msg, i);
		if (m->uid == mbox.broken && strstr(rest, "BODYSTRUCTURE") && in_set(set, uid ? m->uid : i + 1, last)) {
			say(t, "e1 WHAT is this\r\n");
			return;
		}
		if (in_set(set, uid ? m->uid : i + 1, last) && (!since || m->modseq > (guint)atoi(since + 13)))
			put_message(out, i + 1, m, rest);
	}
	say(t, out->str);
}

static inline void
do_search_set(Talk *t, const GArray *box, const char *tag, const char *rest)
{
	const char *set = strstr(rest, "UID ");
	g_autoptr(GString) out = g_string_new(NULL);
	bool extended = strstr(rest, "RETURN") || offers("IMAP4rev2");

	for (guint i = 0; set && box && !mbox.lying_search && i < box->len; i++) {
		const Msg *m = &g_array_index(box, Msg, i);
		g_autofree char *text = g_strndup(set + 4, strcspn(set + 4, " "));
		if (!in_set(text, m->uid, G_MAXUINT) || (strstr(rest, "UNSEEN") && (m->flags & SEEN)) ||
			(strstr(rest, "FLAGGED") && !(m->flags & FLAGGED)))
			continue;
		g_string_append_printf(out, "%s%u", out->len == 0 ? "" : extended ? "," : " ", m->uid);
	}
	g_autofree char *line = extended ? g_strdup_printf("* ESEARCH (TAG \"%s\") UID%s%s\r\n", tag, out->len ? " ALL " : "", out->str) :
		g_strdup_printf("* SEARCH %s\r\n", out->str);
	say(t, line);
}

/* "HEAD name" of mbox.names, e.g. "\\HasNoChildren|F1|Work". */
static inline void
do_list_names(Talk *t, const char *rest)
{
	g_auto(GStrv) lines = g_strsplit(mbox.names ? mbox.names : "", "\n", -1);
	g_autoptr(GString) out = g_string_new(NULL);
	bool all = strstr(rest, " \"*\"") != NULL;

	if (all)
		g_string_append(out, "* LIST () \"/\" INBOX\r\n");
	if (all && strstr(rest, "STATUS"))
		g_string_append_printf(out, "* STATUS INBOX (MESSAGES %u UNSEEN 0 UIDNEXT 1 UIDVALIDITY 1)\r\n", mbox.inbox->len);
	for (char **l = lines; *l && **l; l++) {
		g_auto(GStrv) part = g_strsplit(*l, "|", 3);
		bool apart = g_str_has_prefix(part[2], "#");
		if (apart == all)
			continue;
		g_string_append_printf(out, "* LIST (%s) \"/\" \"%s\"\r\n", part[0], part[2]);
		if (strstr(rest, "STATUS")) {
			g_string_append_printf(out, "* STATUS \"%s\" ", part[2]);
			put_status(out, part[2], rest);
			g_string_append_printf(out, "%s%s%s)\r\n", strstr(rest, "MAILBOXID") ? " MAILBOXID (" : "", strstr(rest, "MAILBOXID") ? part[1] : "",
				strstr(rest, "MAILBOXID") ? ")" : "");
		}
		if (strstr(rest, "MYRIGHTS"))
			g_string_append_printf(out, "* MYRIGHTS \"%s\" lr\r\n", part[2]);
	}
	say(t, out->str);
}

/* "7 10": what is gone and what changed since (RFC 7162, 3.2.5); a server may name more than what went since. */
static inline void
put_resync(GString *out, const char *since)
{
	char *end;
	guint uidvalidity = (guint)g_ascii_strtoull(since, &end, 10), modseq = (guint)g_ascii_strtoull(end, NULL, 10), next = 1;

	if (uidvalidity != mbox.uidvalidity)
		return;
	for (guint i = 0; i < mbox.inbox->len; i++) {
		const Msg *m = &g_array_index(mbox.inbox, Msg, i);
		if (m->uid > next)
			g_string_append_printf(out, "* VANISHED (EARLIER) %u:%u\r\n", next, m->uid - 1);
		next = m->uid + 1;
		if (m->modseq > modseq)
			put_message(out, i + 1, m, "MODSEQ");
	}
}

static inline void
do_select_box(Talk *t, const char *tag, const char *verb, View *v)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (mbox.refuse_select) {
		g_string_append_printf(out, "%s NO %s\r\n", tag, mbox.refuse_select);
		say(t, out->str);
		return;
	}
	v->selected = true;
	v->inbox = strstr(verb, "INBOX") != NULL;
	const char *name = strchr(verb, ' ') + 1;
	g_autofree char *word = g_strndup(name, strcspn(name, " "));
	const Other *o = other_box(word);
	v->box = v->inbox ? mbox.inbox : o ? o->messages : NULL;
	guint n = v->box ? v->box->len : 7, next = v->box && n ? g_array_index(v->box, Msg, n - 1).uid + 1 : n + 1;
	g_string_append_printf(out, "* %u EXISTS\r\n* OK [UIDVALIDITY %u] x\r\n* OK [UIDNEXT %u] x\r\n", n, mbox.uidvalidity, next);
	if (offers("CONDSTORE"))
		g_string_append_printf(out, "* OK [HIGHESTMODSEQ %u] x\r\n", o ? o->modseq : mbox.modseq);
	if (v->inbox && strstr(verb, "QRESYNC ("))
		put_resync(out, strstr(verb, "QRESYNC (") + 9);
	g_string_append_printf(out, "%s OK [READ-WRITE] x\r\n", tag);
	say(t, out->str);
}

/* What a command needs. */
static inline bool
offered(const char *verb)
{
	const struct { const char *word, *capability; } needs[] = {
		{ "ENABLE", "ENABLE" }, { "QRESYNC", "QRESYNC" }, { "CONDSTORE", "CONDSTORE" }, { "CHANGEDSINCE", "CONDSTORE" }, { "NOTIFY", "NOTIFY" },
		{ "NAMESPACE", "NAMESPACE" }, { "GETQUOTAROOT", "QUOTA" }, { "MYRIGHTS ", "ACL" }, { "MYRIGHTS)", "LIST-MYRIGHTS" }, { "COMPRESS", "COMPRESS=DEFLATE" },
		{ "IDLE", "IDLE" }, { "SIZE", "STATUS=SIZE" }, { "EMAILID", "OBJECTID" }, { "MAILBOXID", "OBJECTID" }, { "PARTIAL", "PARTIAL" },
		{ "X-GM-", "X-GM-EXT-1" }, { "PREVIEW", "PREVIEW" }, { "ID (", "ID" }, { "UNSELECT", "UNSELECT" }, { "UTF8=ACCEPT", "UTF8=ACCEPT" }, { "IMAP4rev2", "IMAP4rev2" },
		{ "RETURN (SUB", "LIST-EXTENDED" }, { "SPECIAL-USE", "SPECIAL-USE" }, { "RETURN (ALL", "ESEARCH" }, { "MODSEQ)", "CONDSTORE" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(needs); i++)
		if (strstr(verb, needs[i].word) && strcmp(needs[i].word, "SIZE") && !offers(needs[i].capability))
			return false;
	return true;
}

static inline void
do_about_account(Talk *t, const char *verb)
{
	if (g_str_has_prefix(verb, "NAMESPACE"))
		say(t, "* NAMESPACE ((\"\" \"/\")) ((\"#users/\" \"/\")) ((\"Public/\" \"/\"))\r\n");
	else if (g_str_has_prefix(verb, "GETQUOTAROOT"))
		say(t, "* QUOTAROOT INBOX \"\" \"User\"\r\n* QUOTA \"\" (STORAGE 10 1000)\r\n* QUOTA User (STORAGE 950 1000 MESSAGE 5 100)\r\n");
	else if (g_str_has_prefix(verb, "MYRIGHTS")) {
		g_autofree char *line = g_strdup_printf("* MYRIGHTS %s lr\r\n", verb + 9);
		say(t, line);
	} else if (g_str_has_prefix(verb, "STATUS ")) {
		g_autofree char *name = g_strndup(verb + 7, strcspn(verb + 7, " "));
		g_autoptr(GString) out = g_string_new("* STATUS ");
		g_string_append_printf(out, "%s ", name);
		put_status(out, name, verb);
		g_string_append(out, ")\r\n");
		say(t, out->str);
	} else if (g_str_has_prefix(verb, "ENABLE")) {
		g_autofree char *line = g_strdup_printf("* ENABLED%s\r\n", verb + 6);
		say(t, line);
	}
}

static inline void
end(Talk *t, const char *tag, const char *text)
{
	g_autofree char *line = g_strdup_printf("%s %s\r\n", tag, text);
	say(t, line);
}

/* False: the connection ends. */
static inline bool
one_command(Talk *t, const char *tag, const char *verb, View *v)
{
	if (!offered(verb)) {
		mbox.refused++;
		end(t, tag, "BAD not offered");
		return true;
	}
	if (g_str_has_prefix(verb, "AUTHENTICATE")) {
		g_autofree char *caps = mbox.refuse_sign_in ? g_strdup_printf("NO %s", mbox.refuse_sign_in) :
			g_strdup_printf("OK [CAPABILITY IMAP4rev1 %s] in", mbox.caps);
		end(t, tag, caps);
		return true;
	}
	v->qresync |= g_str_has_prefix(verb, "ENABLE") && strstr(verb, "QRESYNC");
	if (g_str_has_prefix(verb, "SELECT ") || g_str_has_prefix(verb, "EXAMINE ")) {
		do_select_box(t, tag, verb, v);
		return true;
	}
	if (g_str_has_prefix(verb, "LIST")) {
		do_list_names(t, verb);
	} else if (g_str_has_prefix(verb, "UID FETCH ") || g_str_has_prefix(verb, "FETCH ")) {
		bool uid = *verb == 'U';
		if (!v->selected || (mbox.no_preview && strstr(verb, "PREVIEW")) || (mbox.no_early_page && strstr(verb, ":* (UID FLAGS INTERNALDATE"))) {
			end(t, tag, "BAD not now");
			return true;
		}
		if (v->box)
			do_fetch_set(t, v->box, verb + (uid ? 10 : 6), uid);
	} else if (g_str_has_prefix(verb, "UID SEARCH")) {
		do_search_set(t, v->box, tag, verb + 10);
	} else if (g_str_has_prefix(verb, "NOTIFY") && mbox.refuse_notify) {
		end(t, tag, mbox.refuse_notify);
		return true;
	} else if (g_str_has_prefix(verb, "IDLE")) {
		say(t, "+ idling\r\n");
		g_autofree char *done = next_line(t);
		if (!done || mbox.mute)
			return done != NULL;
	} else if (g_str_has_prefix(verb, "NOOP") && v->inbox) {
		g_autofree char *exists = g_strdup_printf("* %u EXISTS\r\n", mbox.inbox->len);
		say(t, exists);
	} else if (g_str_has_prefix(verb, "LOGOUT")) {
		say(t, "* BYE bye\r\n");
		end(t, tag, "OK bye");
		return false;
	} else {
		do_about_account(t, verb);
	}
	end(t, tag, "OK done");
	if (g_str_has_prefix(verb, "NOTIFY") && mbox.events)
		say(t, mbox.events);
	return true;
}

/* Sequence numbers must stay what they are while a FETCH by them is on its way (RFC 9051, 7.5.1). Yours; NULL: nothing. */
static inline char *
meddled_with(const char *verb, const View *v)
{
	if (mbox.meddle_at > 1)
		mbox.meddle_at--;
	if (mbox.meddle_at != 1 || g_str_has_prefix(verb, "FETCH") || g_str_has_prefix(verb, "AUTH"))
		return NULL;
	mbox.meddle_at = 0;
	g_autofree char *news = mbox.meddle(mbox.meddle_kind, v->qresync);
	return v->selected && v->inbox ? g_steal_pointer(&news) : NULL;
}

static inline bool
held(const char *verb)
{
	const char *hold = __atomic_load_n(&mbox.hold, __ATOMIC_RELAXED);
	return hold && g_str_has_prefix(verb, hold);
}

static inline gpointer
mailbox_talk(gpointer user)
{
	Talk *t = user;
	View v = { 0 };
	bool going = true;

	lock(t->s);
	mbox.fd = t->fd;
	unlock(t->s);
	g_autofree char *greeting = g_strdup_printf("* OK [CAPABILITY IMAP4rev1 AUTH=%s SASL-IR] hello\r\n", mbox.mechanism ? mbox.mechanism : "PLAIN");
	say(t, greeting);
	while (going) {
		g_autofree char *line = next_line(t);
		char *verb = line ? strchr(line, ' ') : NULL;
		if (!verb)
			break;
		*verb++ = '\0';
		lock(t->s);
		g_string_append_printf(t->s->log, "%u: %s\n", t->number, g_str_has_prefix(verb, "AUTHENTICATE") ? "(a secret)" : verb);
		bool mute = mbox.mute;
		g_autofree char *news = meddled_with(verb, &v);
		unlock(t->s);
		if (news)
			say(t, news);
		while (held(verb))
			g_usleep(2000);
		if (!mute)
			going = one_command(t, line, verb, &v);
	}
	close(t->fd);
	g_free(t);
	return NULL;
}

static inline Server *
mailbox_start(void)
{
	Server *s = g_new0(Server, 1);
	mbox.inbox = g_array_new(FALSE, TRUE, sizeof(Msg));
	server_listen(s, NULL, mailbox_talk);
	return s;
}

static inline void
mailbox_reset(Server *s, const char *caps, guint n)
{
	server_reset(s);
	GArray *inbox = mbox.inbox;
	for (guint i = 0; i < mbox.n_others; i++)
		g_array_unref(mbox.others[i].messages);
	memset(&mbox, 0, sizeof mbox);
	mbox.inbox = inbox;
	mbox.caps = caps;
	mbox.uidvalidity = 7;
	mbox.modseq = 10;
	g_array_set_size(inbox, 0);
	for (guint uid = 1; uid <= n; uid++) {
		Msg m = { uid, SEEN, 10 };
		g_array_append_val(inbox, m);
	}
}

/* A folder of `names` with so many messages, all read. */
static inline void
put_other(const char *name, guint n)
{
	Other *o = &mbox.others[mbox.n_others++];

	*o = (Other){ name, g_array_new(FALSE, TRUE, sizeof(Msg)), 10 };
	for (guint uid = 1; uid <= n; uid++) {
		Msg m = { uid, SEEN, 10 };
		g_array_append_val(o->messages, m);
	}
}

static inline void
set_other_flags(const char *name, guint uid, guint flags)
{
	Other *o = other_box(name);
	Msg *m = &g_array_index(o->messages, Msg, uid - 1);

	m->flags = flags;
	m->modseq = ++o->modseq;
}

static inline Msg *
message(guint uid)
{
	for (guint i = 0; i < mbox.inbox->len; i++)
		if (g_array_index(mbox.inbox, Msg, i).uid == uid)
			return &g_array_index(mbox.inbox, Msg, i);
	g_assert_not_reached();
}

static inline void
set_flags(guint uid, guint flags)
{
	message(uid)->flags = flags;
	message(uid)->modseq = ++mbox.modseq;
}

static inline void
take_out(guint uid)
{
	g_array_remove_index(mbox.inbox, (guint)(message(uid) - (Msg *)(void *)mbox.inbox->data));
	mbox.modseq++;
}

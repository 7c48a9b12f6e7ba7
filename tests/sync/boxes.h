/* boxes.h - an IMAP server with folders, whose messages are flagged, moved, copied and expunged; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What it offers is `boxes.caps`; a command that it does not offer is BAD and counted. One mailbox for all connections. */
#pragma once

#include "servers.h"

#include <stdlib.h>

enum { BOX_SEEN = 1, BOX_FLAGGED = 2, BOX_DELETED = 4, BOX_WORK = 8 };
typedef struct { guint uid, id, flags; } BoxMessage;
typedef struct { char *name; guint uidvalidity, uidnext; bool subscribed; GArray *messages; /* of BoxMessage, by uid */ } Box;

static struct {
	const char *caps;
	int refuse_move, refuse_store;	/* count down */
	const char *refuse_words;
	GPtrArray *all;		/* owned, of Box */
	guint bad;
	guint n_uidvalidity;
	guint meddle_at, meddle_step, meddled;	/* another client does something before command meddle_at, and each meddle_step behind it; 0: never */
	const char *meddle_kind;	/* NULL: new mail, a flag, a message taken out, in turn; else of BOX_VICTIM: "flag", "take" */
} boxes;

enum { BOX_VICTIM = 2 };	/* the message that another client has its eye on */
typedef struct { Box *box; } BoxView;

static inline void
box_free(gpointer p)
{
	Box *b = p;
	g_free(b->name);
	g_array_unref(b->messages);
	g_free(b);
}

static inline Box *
box_named(const char *name)
{
	for (guint i = 0; i < boxes.all->len; i++) {
		Box *b = boxes.all->pdata[i];
		if (!strcmp(b->name, name))
			return b;
	}
	return NULL;
}

static inline Box *
box_make(const char *name)
{
	Box *b = g_new0(Box, 1);
	b->name = g_strdup(name);
	b->uidvalidity = ++boxes.n_uidvalidity;
	b->uidnext = 1;
	b->subscribed = true;
	b->messages = g_array_new(FALSE, FALSE, sizeof(BoxMessage));
	g_ptr_array_add(boxes.all, b);
	return b;
}

static inline guint
box_put(Box *b, guint id, guint flags)
{
	BoxMessage m = { b->uidnext++, id, flags };
	g_array_append_val(b->messages, m);
	return m.uid;
}

/* "1:Sf 3:-" by id; with the lock held. Yours. */
static inline char *
box_text(const Box *b)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < b->messages->len; i++) {
		const BoxMessage *m = &g_array_index(b->messages, BoxMessage, i);
		g_string_append_printf(out, "%u:%s%s%s%s ", m->id, m->flags & BOX_SEEN ? "S" : "", m->flags & BOX_FLAGGED ? "F" : "",
			m->flags & BOX_DELETED ? "D" : "", m->flags & BOX_WORK ? "w" : "");
	}
	return g_string_free(out, FALSE);
}

static inline bool
box_offers(const char *capability)
{
	g_auto(GStrv) words = g_strsplit(boxes.caps, " ", -1);
	return g_strv_contains((const char *const *)words, capability);
}

/* ---- words of a line ---- */

/* The next argument, unquoted; *at goes behind it. Yours. */
static inline char *
box_word(const char **at)
{
	GString *out = g_string_new(NULL);
	const char *p = *at;

	while (*p == ' ')
		p++;
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++)
			g_string_append_c(out, *p == '\\' ? *++p : *p);
		p += *p == '"';
	} else {
		while (*p && *p != ' ')
			g_string_append_c(out, *p++);
	}
	*at = p;
	return g_string_free(out, FALSE);
}

static inline bool
box_in_set(const char *set, guint uid, guint last)
{
	g_auto(GStrv) parts = g_strsplit(set, ",", -1);
	for (char **p = parts; *p; p++) {
		char *end;
		guint64 lo = g_ascii_strtoull(*p, &end, 10), hi = lo;
		if (**p == '*')
			lo = hi = last, end = *p + 1;
		if (*end == ':')
			hi = end[1] == '*' ? MAX(last, lo) : g_ascii_strtoull(end + 1, NULL, 10);
		if (uid >= lo && uid <= hi)
			return true;
	}
	return false;
}

static inline guint
box_last(const Box *b)
{
	return b->messages->len ? g_array_index(b->messages, BoxMessage, b->messages->len - 1).uid : 0;
}

static inline guint
box_flags(const char *text)
{
	return (strstr(text, "\\Seen") ? BOX_SEEN : 0) | (strstr(text, "\\Flagged") ? BOX_FLAGGED : 0) |
		(strstr(text, "\\Deleted") ? BOX_DELETED : 0) | (strstr(text, "work") ? BOX_WORK : 0);
}

/* ---- answers ---- */

static inline void
box_fetch(GString *out, guint seq, const BoxMessage *m, const char *items)
{
	g_string_append_printf(out, "* %u FETCH (UID %u FLAGS (%s%s%s%s)", seq, m->uid, m->flags & BOX_SEEN ? "\\Seen " : "",
		m->flags & BOX_FLAGGED ? "\\Flagged " : "", m->flags & BOX_DELETED ? "\\Deleted " : "", m->flags & BOX_WORK ? "work" : "");
	if (strstr(items, "INTERNALDATE"))
		g_string_append_printf(out, " INTERNALDATE \"01-Jan-2026 10:%02u:%02u +0000\" RFC822.SIZE %u", m->id / 60 % 60, m->id % 60, 100 + m->id);
	if (strstr(items, "ENVELOPE"))
		g_string_append_printf(out, " ENVELOPE (NIL \"m%u\" NIL NIL NIL NIL NIL NIL NIL \"<m%u@example.org>\")", m->id, m->id);
	if (strstr(items, "BODYSTRUCTURE"))
		g_string_append(out, " BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1)");
	if (strstr(items, "HEADER.FIELDS"))
		g_string_append(out, " BODY[HEADER.FIELDS (REFERENCES)] {2}\r\n\r\n");
	g_string_append(out, ")\r\n");
}

static inline void
box_expunge(GString *out, Box *b, const char *set)
{
	guint last = box_last(b);
	for (guint i = 0; i < b->messages->len;) {
		const BoxMessage *m = &g_array_index(b->messages, BoxMessage, i);
		if (!(m->flags & BOX_DELETED) || (set && !box_in_set(set, m->uid, last))) {
			i++;
			continue;
		}
		g_array_remove_index(b->messages, i);
		g_string_append_printf(out, "* %u EXPUNGE\r\n", i + 1);
	}
}

/* The code, or "": copies, and for a move takes away. */
static inline char *
box_copy(Box *from, Box *to, const char *set)
{
	g_autoptr(GString) src = g_string_new(NULL), dst = g_string_new(NULL);
	guint last = box_last(from), n = from->messages->len;

	for (guint i = 0; i < n; i++) {
		const BoxMessage m = g_array_index(from->messages, BoxMessage, i);
		if (!box_in_set(set, m.uid, last))
			continue;
		guint uid = box_put(to, m.id, m.flags & ~(guint)BOX_DELETED);
		g_string_append_printf(src, "%s%u", src->len ? "," : "", m.uid);
		g_string_append_printf(dst, "%s%u", dst->len ? "," : "", uid);
	}
	return src->len && box_offers("UIDPLUS") ? g_strdup_printf("[COPYUID %u %s %s] ", to->uidvalidity, src->str, dst->str) : g_strdup("");
}

static inline void
box_search(GString *out, const Box *b, const char *criteria)
{
	const char *uid = strstr(criteria, "UID "), *wanted = criteria;
	g_autofree char *set = uid ? g_strndup(uid + 4, strcspn(uid + 4, " ")) : g_strdup("1:*");
	guint last = box_last(b);

	g_string_append(out, "* SEARCH");
	for (guint i = 0; i < b->messages->len; i++) {
		const BoxMessage *m = &g_array_index(b->messages, BoxMessage, i);
		bool fits = box_in_set(set, m->uid, last) && (!strstr(wanted, "DELETED") || (m->flags & BOX_DELETED)) &&
			(!strstr(wanted, "UNSEEN") || !(m->flags & BOX_SEEN)) && (!strstr(wanted, "FLAGGED") || (m->flags & BOX_FLAGGED));
		if (fits)
			g_string_append_printf(out, " %u", m->uid);
	}
	g_string_append(out, "\r\n");
}

static inline void
box_select(GString *out, const Box *b)
{
	g_string_append_printf(out, "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted work)\r\n* OK [PERMANENTFLAGS (\\Seen \\Flagged \\Deleted \\*)] ok\r\n"
		"* %u EXISTS\r\n* OK [UIDVALIDITY %u] ok\r\n* OK [UIDNEXT %u] ok\r\n", b->messages->len, b->uidvalidity, b->uidnext);
}

static inline void
box_store(GString *out, Box *b, const char *set, const char *rest)
{
	guint bits = box_flags(rest), last = box_last(b);
	for (guint i = 0; i < b->messages->len; i++) {
		BoxMessage *m = &g_array_index(b->messages, BoxMessage, i);
		if (!box_in_set(set, m->uid, last))
			continue;
		m->flags = strchr(rest, '+') ? m->flags | bits : m->flags & ~bits;
		if (!strstr(rest, ".SILENT"))
			box_fetch(out, i + 1, m, "");
	}
}

static inline const char *
box_uid(GString *out, BoxView *v, const char *verb, const char *at, char **code)
{
	g_autofree char *set = box_word(&at);
	Box *to;

	if (!v->box)
		return "BAD nothing is selected";
	if (!strcmp(verb, "SEARCH")) {
		if (strstr(at, "RETURN") || !strcmp(set, "RETURN"))
			return "BAD no ESEARCH here";
		g_autofree char *whole = g_strconcat(set, at, NULL);
		box_search(out, v->box, whole);
		return "OK searched";
	}
	if (!strcmp(verb, "FETCH")) {
		for (guint i = 0; i < v->box->messages->len; i++) {
			const BoxMessage *m = &g_array_index(v->box->messages, BoxMessage, i);
			if (box_in_set(set, m->uid, box_last(v->box)))
				box_fetch(out, i + 1, m, at);
		}
		return "OK fetched";
	}
	if (!strcmp(verb, "STORE")) {
		if (boxes.refuse_store > 0 && boxes.refuse_store--)
			return "NO not here";
		box_store(out, v->box, set, at);
		return "OK stored";
	}
	if (!strcmp(verb, "EXPUNGE")) {
		if (!box_offers("UIDPLUS"))
			return "BAD no UIDPLUS";
		box_expunge(out, v->box, set);
		return "OK expunged";
	}
	bool move = !strcmp(verb, "MOVE");
	if ((!move && strcmp(verb, "COPY")) || (move && !box_offers("MOVE")))
		return "BAD what?";
	if (boxes.refuse_move > 0 && boxes.refuse_move--)
		return boxes.refuse_words;
	g_autofree char *name = box_word(&at);
	if (!(to = box_named(name)))
		return "NO [TRYCREATE] no such mailbox";
	*code = box_copy(v->box, to, set);
	if (!move)
		return "OK copied";
	if (**code)
		g_string_append_printf(out, "* OK %smoved\r\n", *code);
	g_clear_pointer(code, g_free);
	for (guint i = 0; i < v->box->messages->len;) {
		if (box_in_set(set, g_array_index(v->box->messages, BoxMessage, i).uid, box_last(v->box))) {
			g_array_remove_index(v->box->messages, i);
			g_string_append_printf(out, "* %u EXPUNGE\r\n", i + 1);
			if (i == v->box->messages->len)
				break;
		} else {
			i++;
		}
	}
	return "OK moved";
}

/* `line` behind APPEND; its messages are those whose subject is m<number>. */
static inline bool
box_append(Talk *t, BoxView *v, const char *line, char **said)
{
	const char *at = line;
	g_autofree char *name = box_word(&at), *flags = g_strdup(at);
	g_autoptr(GString) uids = g_string_new(NULL);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(BoxMessage));

	for (;;) {
		const char *size = strrchr(flags, '{');
		g_autoptr(GString) whole = g_string_new(NULL);
		if (!size || !strchr(size, '+') || !read_chunk(t, whole, (gsize)g_ascii_strtoull(size + 1, NULL, 10)))
			return false;
		const char *subject = strstr(whole->str, "Subject: m");
		BoxMessage m = { 0, subject ? (guint)atoi(subject + 10) : 0, box_flags(flags) };
		g_array_append_val(all, m);
		g_free(flags);
		if (!(flags = next_line(t)))
			return false;
		if (!*flags)
			break;
	}
	g_mutex_lock(&t->s->lock);
	Box *b = box_named(name);
	for (guint i = 0; b && i < all->len; i++) {
		const BoxMessage *m = &g_array_index(all, BoxMessage, i);
		g_string_append_printf(uids, "%s%u", i ? "," : "", box_put(b, m->id, m->flags));
	}
	*said = !b ? g_strdup("NO [TRYCREATE] no such mailbox") : all->len > 1 && !box_offers("MULTIAPPEND") ? g_strdup("BAD only one") :
		box_offers("UIDPLUS") ? g_strdup_printf("OK [APPENDUID %u %s] appended", b->uidvalidity, uids->str) : g_strdup("OK appended");
	g_mutex_unlock(&t->s->lock);
	return true;
}

/* A folder, made, renamed or deleted. */
static inline const char *
box_folder(BoxView *v, const char *verb, const char *at)
{
	g_autofree char *name = box_word(&at), *other = box_word(&at);
	Box *b = box_named(name);

	if (!strcmp(verb, "CREATE"))
		return b ? "NO [ALREADYEXISTS] there is one" : box_make(name) ? "OK created" : "";
	if (!b)
		return "NO [NONEXISTENT] no such mailbox";
	if (!strcmp(verb, "DELETE")) {
		if (v->box == b)
			v->box = NULL;
		g_ptr_array_remove(boxes.all, b);
		return "OK deleted";
	}
	if (!strcmp(verb, "RENAME")) {
		if (box_named(other))
			return "NO [ALREADYEXISTS] there is one";
		g_autofree char *below = g_strconcat(name, ".", NULL);
		for (guint i = 0; i < boxes.all->len; i++) {
			Box *child = boxes.all->pdata[i];
			if (child != b && !g_str_has_prefix(child->name, below))
				continue;
			char *renamed = g_strconcat(other, child->name + strlen(name), NULL);
			if (child == b) {	/* name itself is b's */
				g_free(b->name);
				b->name = renamed;
			} else {
				g_free(child->name);
				child->name = renamed;
			}
		}
		return "OK renamed";
	}
	b->subscribed = *verb == 'S';
	return "OK noted";
}

static inline const char *
box_line(GString *out, BoxView *v, const char *line, char **code)
{
	const char *at = line;
	g_autofree char *verb = box_word(&at);

	if (!strcmp(verb, "CAPABILITY")) {
		g_string_append_printf(out, "* CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN SASL-IR %s\r\n", boxes.caps);
	} else if (!strcmp(verb, "LSUB")) {	/* nothing is: then all is shown */
	} else if (!strcmp(verb, "LIST")) {
		for (guint i = 0; i < boxes.all->len; i++)
			g_string_append_printf(out, "* LIST (\\HasNoChildren) \".\" \"%s\"\r\n", ((Box *)boxes.all->pdata[i])->name);
	} else if (!strcmp(verb, "STATUS")) {
		g_autofree char *name = box_word(&at);
		const Box *b = box_named(name);
		if (!b)
			return "NO [NONEXISTENT] no such mailbox";
		g_string_append_printf(out, "* STATUS \"%s\" (MESSAGES %u UIDNEXT %u UIDVALIDITY %u UNSEEN 0)\r\n", name, b->messages->len, b->uidnext, b->uidvalidity);
	} else if (!strcmp(verb, "SELECT") || !strcmp(verb, "EXAMINE")) {
		g_autofree char *name = box_word(&at);
		v->box = box_named(name);
		if (!v->box)
			return "NO [NONEXISTENT] no such mailbox";
		box_select(out, v->box);
		return "OK [READ-WRITE] selected";
	} else if (!strcmp(verb, "UID")) {
		g_autofree char *second = box_word(&at);
		return box_uid(out, v, second, at, code);
	} else if (!strcmp(verb, "FETCH") && v->box) {
		g_autofree char *set = box_word(&at);
		for (guint i = 0; i < v->box->messages->len; i++)
			if (box_in_set(set, i + 1, v->box->messages->len))
				box_fetch(out, i + 1, &g_array_index(v->box->messages, BoxMessage, i), at);
	} else if (!strcmp(verb, "EXPUNGE") && v->box) {
		box_expunge(out, v->box, NULL);
	} else if (!strcmp(verb, "CREATE") || !strcmp(verb, "DELETE") || !strcmp(verb, "RENAME") || !strcmp(verb, "SUBSCRIBE") || !strcmp(verb, "UNSUBSCRIBE")) {
		return box_folder(v, verb, at);
	} else if (!strcmp(verb, "NOOP") && v->box) {	/* what was appended is told only now */
		g_string_append_printf(out, "* %u EXISTS\r\n", v->box->messages->len);
	} else if (strcmp(verb, "NOOP") && strcmp(verb, "AUTHENTICATE") && strcmp(verb, "LOGOUT")) {
		return "BAD what?";
	}
	return "OK done";
}

/* It is flagged, or taken out, wherever it lies; from one place if it lies in two. */
static inline void
box_meddle_with_victim(GString *out, const BoxView *v)
{
	for (guint i = 0; i < boxes.all->len; i++) {
		Box *b = boxes.all->pdata[i];
		for (guint k = 0; k < b->messages->len; k++) {
			BoxMessage *m = &g_array_index(b->messages, BoxMessage, k);
			if (m->id != BOX_VICTIM)
				continue;
			bool take = !strcmp(boxes.meddle_kind, "take");
			m->flags |= BOX_FLAGGED;
			if (take)
				g_array_remove_index(b->messages, k);
			if (v->box == b && take)
				g_string_append_printf(out, "* %u EXPUNGE\r\n", k + 1);
			else if (v->box == b)
				box_fetch(out, k + 1, m, "");
			return;
		}
	}
}

/* What another client does, in turn; said to the connection that has the folder open, as far as sequence numbers allow. */
static inline void
box_meddle(GString *out, const BoxView *v, const char *line)
{
	if (boxes.meddle_at == 0 || --boxes.meddle_at > 0)
		return;
	boxes.meddle_at = 1;
	if (g_str_has_prefix(line, "FETCH") || !boxes.all->len)
		return;
	boxes.meddle_at = boxes.meddle_step;
	if (boxes.meddle_kind) {
		boxes.meddled++;
		box_meddle_with_victim(out, v);
		return;
	}
	guint turn = boxes.meddled++, at = boxes.all->len > 1 && turn % 4 == 3 ? 1 : 0;
	Box *b = boxes.all->pdata[at];
	bool told = v->box == b;
	switch (turn % 3) {
	case 0:
		box_put(b, 200 + turn, 0);
		if (told)
			g_string_append_printf(out, "* %u EXISTS\r\n", b->messages->len);
		return;
	case 1:
		for (guint i = 0; i < b->messages->len; i++) {
			BoxMessage *m = &g_array_index(b->messages, BoxMessage, (i + turn) % b->messages->len);
			if (m->flags & (BOX_FLAGGED | BOX_DELETED))
				continue;
			m->flags |= BOX_FLAGGED;
			if (told)
				box_fetch(out, (i + turn) % b->messages->len + 1, m, "");
			return;
		}
		return;
	default:
		for (guint i = b->messages->len; i-- > 0;)
			if (g_array_index(b->messages, BoxMessage, i).id % 2) {	/* only the odd ones: the test counts the others */
				g_array_remove_index(b->messages, i);
				if (told)
					g_string_append_printf(out, "* %u EXPUNGE\r\n", i + 1);
				return;
			}
	}
}

static inline gpointer
box_talk(gpointer user)
{
	Talk *t = user;
	BoxView view = { NULL };

	g_mutex_lock(&t->s->lock);
	bool going = !t->s->down;
	g_mutex_unlock(&t->s->lock);
	if (going)
		say(t, "* OK hello\r\n");
	while (going) {
		g_autofree char *line = next_line(t), *code = NULL;
		char *verb = line ? strchr(line, ' ') : NULL;
		if (!verb)
			break;
		*verb++ = '\0';
		g_autoptr(GString) out = g_string_new(NULL);
		g_autofree char *appended = NULL;
		if (g_str_has_prefix(verb, "APPEND ") && !box_append(t, &view, verb + 7, &appended))
			break;
		g_mutex_lock(&t->s->lock);
		g_string_append_printf(t->s->log, "imap %u: %s\n", t->number, g_str_has_prefix(verb, "AUTHENTICATE") ? "(a secret)" : verb);
		box_meddle(out, &view, verb);
		/* the box that was deleted by another connection */
		const char *said = view.box && !g_ptr_array_find(boxes.all, view.box, NULL) ? "NO it is gone" : appended ? appended : box_line(out, &view, verb, &code);
		bool dead = doomed(t->s, true);
		boxes.bad += g_str_has_prefix(said, "BAD");
		going = !dead && !g_str_has_prefix(verb, "LOGOUT");
		g_string_append_printf(out, "%s %.*s %s%s\r\n", line, (int)strcspn(said, " "), said, code ? code : "", said + strcspn(said, " ") + 1);
		g_mutex_unlock(&t->s->lock);
		if (!dead)
			say(t, out->str);
	}
	close(t->fd);
	g_free(t);
	return NULL;
}

/* As if it had been restored from a backup: other numbers for all that is in it. With the lock held. */
static inline void
box_renumber(Box *b)
{
	b->uidvalidity = boxes.n_uidvalidity += 90;
	for (guint i = 0; i < b->messages->len; i++)
		g_array_index(b->messages, BoxMessage, i).uid += 1000;
	b->uidnext += 1000;
}

/* INBOX with eight messages, Archive with one, Trash and Work empty, Work.Old with one. */
static inline void
boxes_reset(Server *s, const char *caps)
{
	server_reset(s);
	g_mutex_lock(&s->lock);
	g_ptr_array_set_size(boxes.all, 0);
	boxes.caps = caps;
	boxes.refuse_move = boxes.refuse_store = 0;
	boxes.refuse_words = "NO not you";
	boxes.bad = boxes.n_uidvalidity = boxes.meddle_at = boxes.meddle_step = boxes.meddled = 0;
	boxes.meddle_kind = NULL;
	Box *inbox = box_make("INBOX");
	for (guint id = 1; id <= 8; id++)
		box_put(inbox, id, id % 2 ? BOX_SEEN : 0);
	box_put(box_make("Archive"), 20, BOX_SEEN);
	box_make("Trash");
	box_make("Work");
	box_put(box_make("Work.Old"), 30, 0);
	g_mutex_unlock(&s->lock);
}

static inline Server *
boxes_start(void)
{
	Server *s = g_new0(Server, 1);
	boxes.all = g_ptr_array_new_with_free_func(box_free);
	server_listen(s, NULL, box_talk);
	return s;
}

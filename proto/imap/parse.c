/* parse.c - one whole response into a struct.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Untagged lines that can't be read are skipped: one server sends a vendor line
 * after each EXISTS, and dropping the connection for a line that nobody asked
 * for helped nobody. Tagged lines are strict. */
#include "config.h"
#include "proto/imap/token.h"
#include "proto/imap/set.h"
#include "base/limits.h"

#include <string.h>

bool
imap_parse_u63(const char *text, gsize len, guint64 *n)
{
	guint64 v = 0;
	if (len == 0 || len > 20)
		return false;
	for (gsize i = 0; i < len; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
		guint digit = (guint)(text[i] - '0');
		if (v > ((guint64)G_MAXINT64 - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*n = v;
	return true;
}

bool
imap_parse_u32(const char *text, gsize len, guint32 *n)
{
	guint64 v;
	if (!imap_parse_u63(text, len, &v) || v > G_MAXUINT32)
		return false;
	*n = (guint32)v;
	return true;
}

static bool
two_digits(const char *p, int *n)
{
	if (!g_ascii_isdigit(p[1]) || !(g_ascii_isdigit(p[0]) || p[0] == ' '))
		return false;
	*n = (p[0] == ' ' ? 0 : (p[0] - '0') * 10) + p[1] - '0';
	return true;
}

/* Days since 1970-01-01 of a civil date (Gregorian). */
static gint64
days(int y, int m, int d)
{
	y -= m <= 2;
	gint64 era = (y >= 0 ? y : y - 399) / 400;
	int yoe = (int)(y - era * 400), doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + (yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

bool
imap_parse_internal_date(const char *s, gint64 *when)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int d, h, mi, sec, zh, zm, cent, yy, m;

	if (strlen(s) != 26 || s[2] != '-' || s[6] != '-' || s[11] != ' ' || s[14] != ':' || s[17] != ':' || s[20] != ' ' ||
		(s[21] != '+' && s[21] != '-') || !two_digits(s, &d) || !two_digits(s + 7, &cent) || !two_digits(s + 9, &yy) ||
		!two_digits(s + 12, &h) || !two_digits(s + 15, &mi) || !two_digits(s + 18, &sec) || !two_digits(s + 22, &zh) ||
		!two_digits(s + 24, &zm))
		return false;
	for (m = 0; m < 12 && g_ascii_strncasecmp(s + 3, months + 3 * m, 3); m++)
		;
	if (m == 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60 || zh > 23 || zm > 59)
		return false;
	*when = days(cent * 100 + yy, m + 1, d) * 86400 + h * 3600 + mi * 60 + sec -
		(s[21] == '-' ? -1 : 1) * (zh * 3600 + zm * 60);
	return true;
}

/* ---- words ---- */

static char **
words_to_end(Tokens *t, bool upper, char stop)
{
	GPtrArray *all = g_ptr_array_new();
	for (;;) {
		token_spaces(t);
		const char *start = t->p;
		while (t->p < t->end && *t->p != ' ' && *t->p != stop)
			t->p++;
		if (t->p == start)
			break;
		gssize n = (gssize)(t->p - start);
		g_ptr_array_add(all, upper ? g_ascii_strup(start, n) : g_strndup(start, (gsize)n));
	}
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static const struct { const char *word; ImapCode code; } codes[] = {
	{ "ALERT", IMAP_CODE_ALERT }, { "BADCHARSET", IMAP_CODE_BADCHARSET }, { "CAPABILITY", IMAP_CODE_CAPABILITY },
	{ "PARSE", IMAP_CODE_PARSE }, { "PERMANENTFLAGS", IMAP_CODE_PERMANENTFLAGS }, { "READ-ONLY", IMAP_CODE_READ_ONLY },
	{ "READ-WRITE", IMAP_CODE_READ_WRITE }, { "TRYCREATE", IMAP_CODE_TRYCREATE }, { "UIDNEXT", IMAP_CODE_UIDNEXT },
	{ "UIDVALIDITY", IMAP_CODE_UIDVALIDITY }, { "UNSEEN", IMAP_CODE_UNSEEN }, { "UIDNOTSTICKY", IMAP_CODE_UIDNOTSTICKY },
	{ "APPENDUID", IMAP_CODE_APPENDUID }, { "COPYUID", IMAP_CODE_COPYUID }, { "HIGHESTMODSEQ", IMAP_CODE_HIGHESTMODSEQ },
	{ "NOMODSEQ", IMAP_CODE_NOMODSEQ }, { "MODIFIED", IMAP_CODE_MODIFIED }, { "CLOSED", IMAP_CODE_CLOSED },
	{ "UNAVAILABLE", IMAP_CODE_UNAVAILABLE }, { "AUTHENTICATIONFAILED", IMAP_CODE_AUTHENTICATIONFAILED },
	{ "AUTHORIZATIONFAILED", IMAP_CODE_AUTHORIZATIONFAILED }, { "EXPIRED", IMAP_CODE_EXPIRED },
	{ "PRIVACYREQUIRED", IMAP_CODE_PRIVACYREQUIRED }, { "CONTACTADMIN", IMAP_CODE_CONTACTADMIN }, { "NOPERM", IMAP_CODE_NOPERM },
	{ "INUSE", IMAP_CODE_INUSE }, { "EXPUNGEISSUED", IMAP_CODE_EXPUNGEISSUED }, { "CORRUPTION", IMAP_CODE_CORRUPTION },
	{ "SERVERBUG", IMAP_CODE_SERVERBUG }, { "CLIENTBUG", IMAP_CODE_CLIENTBUG }, { "CANNOT", IMAP_CODE_CANNOT },
	{ "LIMIT", IMAP_CODE_LIMIT }, { "OVERQUOTA", IMAP_CODE_OVERQUOTA }, { "ALREADYEXISTS", IMAP_CODE_ALREADYEXISTS },
	{ "NONEXISTENT", IMAP_CODE_NONEXISTENT }, { "HASCHILDREN", IMAP_CODE_HASCHILDREN }, { "NOTSAVED", IMAP_CODE_NOTSAVED },
	{ "UNKNOWN-CTE", IMAP_CODE_UNKNOWN_CTE }, { "NOTIFICATIONOVERFLOW", IMAP_CODE_NOTIFICATIONOVERFLOW },
	{ "BADEVENT", IMAP_CODE_BADEVENT }, { "COMPRESSIONACTIVE", IMAP_CODE_COMPRESSIONACTIVE }, { "USEATTR", IMAP_CODE_USEATTR },
	{ "TOOBIG", IMAP_CODE_TOOBIG }, { "MAILBOXID", IMAP_CODE_MAILBOXID },
};

static void
code_arguments(Tokens *c, ImapResponse *r)
{
	token_spaces(c);
	switch (r->code) {
	case IMAP_CODE_CAPABILITY:
		r->words = words_to_end(c, true, ']');
		break;
	case IMAP_CODE_PERMANENTFLAGS:
		imap_parse_flags(c, &r->flags);
		break;
	case IMAP_CODE_UIDNEXT: case IMAP_CODE_UIDVALIDITY: case IMAP_CODE_UNSEEN:
		r->code_number = token_u32(c);
		break;
	case IMAP_CODE_HIGHESTMODSEQ:
		r->code_number = token_u63(c);
		break;
	case IMAP_CODE_APPENDUID: case IMAP_CODE_COPYUID:
		r->code_number = token_u32(c);
		token_spaces(c);
		/* the first of one is the first of the other: a set keeps no order */
		r->code_set = token_set_in_order(c);
		token_spaces(c);
		if (r->code == IMAP_CODE_COPYUID)
			r->code_set2 = token_set_in_order(c);
		break;
	case IMAP_CODE_MODIFIED:
		r->code_set = token_set(c);
		break;
	case IMAP_CODE_MAILBOXID:
		r->object_id = token_object_id(c);
		break;
	default:
		break;
	}
}

/* "[CODE arguments] text". A code with arguments that can't be read counts as IMAP_CODE_OTHER (P4). */
static void
code_and_text(Tokens *t, ImapResponse *r)
{
	token_spaces(t);
	if (token_is(t, '[')) {
		const char *end = memchr(t->p, ']', (gsize)(t->end - t->p));
		if (end) {
			Tokens c = { .p = t->p + 1, .end = end };
			r->code = IMAP_CODE_OTHER;
			r->code_text = g_strndup(t->p + 1, (gsize)(end - t->p - 1));
			for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
				if (token_word(&c, codes[i].word)) {
					r->code = codes[i].code;
					break;
				}
			}
			code_arguments(&c, r);
			if (c.bad)
				r->code = IMAP_CODE_OTHER;
			t->p = end + 1;
		}
	}
	token_spaces(t);
	r->text = g_strndup(t->p, (gsize)(t->end - t->p));
	t->p = t->end;
}

static bool
status_word(Tokens *t, ImapStatus *status)
{
	static const char *const words[] = { "OK", "NO", "BAD", "BYE", "PREAUTH" };
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		if (token_word(t, words[i])) {
			*status = (ImapStatus)i;
			return true;
		}
	}
	return false;
}

/* ---- data ---- */

static void
parse_id(Tokens *t, ImapResponse *r)
{
	GPtrArray *all = g_ptr_array_new();
	token_spaces(t);
	if (token_open(t)) {
		while (!t->bad && !token_close(t)) {
			token_spaces(t);
			char *s = token_string(t);
			g_ptr_array_add(all, s ? s : g_strdup(""));
		}
	}
	g_ptr_array_add(all, NULL);
	r->words = (char **)g_ptr_array_free(all, FALSE);
}

static char
delimiter(Tokens *t)
{
	token_spaces(t);
	g_autofree char *s = token_string(t);
	return s ? s[0] : '\0';
}

static void
namespace_free(gpointer p)
{
	g_free(((ImapNamespace *)p)->prefix);
	g_free(p);
}

static GPtrArray *
namespaces(Tokens *t)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(namespace_free);
	token_spaces(t);
	if (token_word(t, "NIL") || !token_open(t))
		return all;
	while (!t->bad && !token_close(t)) {
		token_spaces(t);
		if (!token_open(t)) {
			t->bad = true;
			break;
		}
		ImapNamespace *n = g_new0(ImapNamespace, 1);
		g_ptr_array_add(all, n);
		n->prefix = token_string(t);
		if (!n->prefix)
			n->prefix = g_strdup("");
		n->delimiter = delimiter(t);
		while (!t->bad && !token_close(t))
			token_skip(t);
	}
	return all;
}

static const struct { const char *name; guint32 bit; } attributes[] = {
	{ "\\Noinferiors", IMAP_ATTR_NOINFERIORS }, { "\\Noselect", IMAP_ATTR_NOSELECT }, { "\\Marked", IMAP_ATTR_MARKED },
	{ "\\Unmarked", IMAP_ATTR_UNMARKED }, { "\\NonExistent", IMAP_ATTR_NONEXISTENT | IMAP_ATTR_NOSELECT },
	{ "\\Subscribed", IMAP_ATTR_SUBSCRIBED }, { "\\Remote", IMAP_ATTR_REMOTE }, { "\\HasChildren", IMAP_ATTR_HASCHILDREN },
	{ "\\HasNoChildren", IMAP_ATTR_HASNOCHILDREN }, { "\\All", IMAP_ATTR_ALL }, { "\\AllMail", IMAP_ATTR_ALL },
	{ "\\Archive", IMAP_ATTR_ARCHIVE }, { "\\Drafts", IMAP_ATTR_DRAFTS }, { "\\Flagged", IMAP_ATTR_FLAGGED },
	{ "\\Starred", IMAP_ATTR_FLAGGED }, { "\\Junk", IMAP_ATTR_JUNK }, { "\\Spam", IMAP_ATTR_JUNK }, { "\\Sent", IMAP_ATTR_SENT },
	{ "\\Trash", IMAP_ATTR_TRASH }, { "\\Important", IMAP_ATTR_IMPORTANT },
};

/* What LIST-EXTENDED says behind the name: only OLDNAME means something to us. What can't be read there harms nothing. */
static void
list_extended(Tokens *t, ImapResponse *r)
{
	Tokens at = *t;

	token_spaces(&at);
	if (t->bad || !token_open(&at))
		return;
	while (!at.bad && !token_close(&at)) {
		token_spaces(&at);
		g_autofree char *tag = token_string(&at);
		token_spaces(&at);
		if (tag && !g_ascii_strcasecmp(tag, "OLDNAME") && token_open(&at)) {
			token_spaces(&at);
			g_free(r->list.old_name);
			r->list.old_name = token_string(&at);
			if (!token_close(&at))
				at.bad = true;
		} else {
			token_skip(&at);
		}
	}
}

static void
parse_list(Tokens *t, ImapResponse *r)
{
	token_spaces(t);
	if (!token_open(t))
		t->bad = true;
	while (!t->bad && !token_close(t)) {
		gsize len;
		token_spaces(t);
		const char *a = token_atom(t, &len);
		if (len == 0)
			t->bad = true;
		for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++)
			if (strlen(attributes[i].name) == len && !g_ascii_strncasecmp(attributes[i].name, a, len))
				r->list.attrs |= attributes[i].bit;
	}
	r->list.delimiter = delimiter(t);
	token_spaces(t);
	r->list.name = token_string(t);
	if (!r->list.name)
		t->bad = true;
	list_extended(t, r);
}

/* The name may hold spaces without quotes (SERVERS fact 5): then it ends at the "(" of the list that ends the line. */
static char *
status_name(Tokens *t)
{
	if (token_is(t, '"') || token_is(t, '{'))
		return token_string(t);
	const char *p = t->end;
	int depth = 0;	/* MAILBOXID has brackets of its own */
	while (p > t->p) {
		p--;
		if (*p == '(' && --depth <= 0)
			break;
		depth += *p == ')';
	}
	const char *end = p;
	while (end > t->p && end[-1] == ' ')
		end--;
	if (end == t->p) {
		t->bad = true;
		return NULL;
	}
	char *name = g_strndup(t->p, (gsize)(end - t->p));
	t->p = p;
	return name;
}

static void
parse_mailbox_status(Tokens *t, ImapResponse *r)
{
	ImapMailboxStatus *m = &r->mailbox;

	token_spaces(t);
	m->name = status_name(t);
	token_spaces(t);
	if (!token_open(t)) {
		t->bad = true;
		return;
	}
	while (!t->bad && !token_close(t)) {
		static const struct { const char *word; guint bit; } items[] = {
			{ "MESSAGES", IMAP_ST_MESSAGES }, { "UIDNEXT", IMAP_ST_UIDNEXT }, { "UIDVALIDITY", IMAP_ST_UIDVALIDITY },
			{ "UNSEEN", IMAP_ST_UNSEEN }, { "RECENT", IMAP_ST_RECENT },
		};
		guint32 *into[] = { &m->messages, &m->uidnext, &m->uidvalidity, &m->unseen, &m->recent };
		guint i = 0;
		token_spaces(t);
		while (i < G_N_ELEMENTS(items) && !token_word(t, items[i].word))
			i++;
		bool modseq = i == G_N_ELEMENTS(items) && token_word(t, "HIGHESTMODSEQ");
		bool size = !modseq && i == G_N_ELEMENTS(items) && token_word(t, "SIZE");
		bool limit = !modseq && !size && i == G_N_ELEMENTS(items) && token_word(t, "APPENDLIMIT");
		if (i < G_N_ELEMENTS(items)) {
			token_spaces(t);
			*into[i] = token_u32(t);
			m->has |= items[i].bit;
		} else if (modseq || size) {
			token_spaces(t);
			*(modseq ? &m->highestmodseq : &m->size) = token_u63(t);
			m->has |= modseq ? IMAP_ST_MODSEQ : IMAP_ST_SIZE;
		} else if (limit) {
			token_spaces(t);
			if (!token_word(t, "NIL")) {
				m->append_limit = token_u63(t);
				m->has |= IMAP_ST_APPENDLIMIT;
			}
		} else if (token_word(t, "MAILBOXID")) {
			token_spaces(t);
			g_free(m->mailbox_id);
			m->mailbox_id = token_object_id(t);
		} else {
			token_skip(t);
			token_skip(t);
		}
	}
}

static void
parse_search(Tokens *t, ImapResponse *r)
{
	r->set = imap_set_new();
	for (;;) {
		token_spaces(t);
		if (t->p == t->end || t->bad)
			break;
		if (token_open(t)) {
			if (token_word(t, "MODSEQ")) {
				token_spaces(t);
				r->es_modseq = token_u63(t);
			}
			while (!t->bad && !token_close(t))
				token_skip(t);
			continue;
		}
		guint32 n = token_u32(t);
		if (n)
			imap_set_gather(r->set, n, n);	/* servers may name them in any order */
	}
	imap_set_settle(r->set);
}

static void
es_partial(Tokens *t, ImapResponse *r)
{
	token_spaces(t);
	if (!token_open(t)) {
		t->bad = true;
		return;
	}
	token_skip(t);
	token_spaces(t);
	r->es_has |= IMAP_ES_PARTIAL;
	if (r->set)
		g_array_unref(r->set);
	r->set = token_word(t, "NIL") ? imap_set_new() : token_set(t);
	if (!token_close(t))
		t->bad = true;
}

static void
parse_esearch(Tokens *t, ImapResponse *r)
{
	token_spaces(t);
	if (token_open(t)) {
		if (token_word(t, "TAG")) {
			token_spaces(t);
			r->tag = token_string(t);
		}
		while (!t->bad && !token_close(t))
			token_skip(t);
	}
	for (;;) {
		token_spaces(t);
		if (t->p == t->end || t->bad)
			return;
		if (token_word(t, "UID")) {
			r->uid = true;
		} else if (token_word(t, "MIN")) {
			token_spaces(t);
			r->es_min = token_u32(t);
			r->es_has |= IMAP_ES_MIN;
		} else if (token_word(t, "MAX")) {
			token_spaces(t);
			r->es_max = token_u32(t);
			r->es_has |= IMAP_ES_MAX;
		} else if (token_word(t, "COUNT")) {
			token_spaces(t);
			r->es_count = token_u32(t);
			r->es_has |= IMAP_ES_COUNT;
		} else if (token_word(t, "MODSEQ")) {
			token_spaces(t);
			r->es_modseq = token_u63(t);
			r->es_has |= IMAP_ES_MODSEQ;
		} else if (token_word(t, "ALL")) {
			token_spaces(t);
			r->set = token_set(t);
			r->es_has |= IMAP_ES_ALL;
		} else if (token_word(t, "PARTIAL")) {	/* RFC 9394: "(-1:-100 200:250,252:300)", or NIL for the set */
			es_partial(t, r);
		} else {
			token_skip(t);
			token_skip(t);
		}
	}
}

static void
parse_vanished(Tokens *t, ImapResponse *r)
{
	token_spaces(t);
	if (token_open(t)) {
		r->earlier = token_word(t, "EARLIER");
		if (!token_close(t))
			t->bad = true;
	}
	token_spaces(t);
	r->set = token_set(t);
}

static void
parse_numbered(Tokens *t, ImapResponse *r)
{
	r->number = token_u32(t);
	token_spaces(t);
	if (token_word(t, "EXISTS")) {
		r->kind = IMAP_RESP_EXISTS;
	} else if (token_word(t, "RECENT")) {
		r->kind = IMAP_RESP_RECENT;
	} else if (token_word(t, "EXPUNGE")) {
		r->kind = IMAP_RESP_EXPUNGE;
		if (r->number == 0)
			t->bad = true;
	} else if (token_word(t, "FETCH")) {
		r->kind = IMAP_RESP_FETCH;
		r->fetch = g_new0(ImapFetch, 1);
		r->fetch->seq = r->number;
		token_spaces(t);
		imap_parse_fetch(t, r->fetch);
	} else {
		t->bad = true;
	}
}

static void
parse_untagged(Tokens *t, ImapResponse *r)
{
	if (t->p < t->end && g_ascii_isdigit(*t->p)) {
		parse_numbered(t, r);
	} else if (status_word(t, &r->status)) {
		r->kind = IMAP_RESP_STATUS;
		code_and_text(t, r);
	} else if (token_word(t, "CAPABILITY")) {
		r->kind = IMAP_RESP_CAPABILITY;
		r->words = words_to_end(t, true, '\0');
	} else if (token_word(t, "ENABLED")) {
		r->kind = IMAP_RESP_ENABLED;
		r->words = words_to_end(t, true, '\0');
	} else if ((r->list.lsub = token_word(t, "LSUB")) || token_word(t, "LIST")) {
		r->kind = IMAP_RESP_LIST;
		parse_list(t, r);
	} else if (token_word(t, "STATUS")) {
		r->kind = IMAP_RESP_MAILBOX_STATUS;
		parse_mailbox_status(t, r);
	} else if (token_word(t, "FLAGS")) {
		r->kind = IMAP_RESP_FLAGS;
		token_spaces(t);
		imap_parse_flags(t, &r->flags);
	} else if (token_word(t, "SEARCH")) {
		r->kind = IMAP_RESP_SEARCH;
		parse_search(t, r);
	} else if (token_word(t, "ESEARCH")) {
		r->kind = IMAP_RESP_ESEARCH;
		parse_esearch(t, r);
	} else if (token_word(t, "VANISHED")) {
		r->kind = IMAP_RESP_VANISHED;
		parse_vanished(t, r);
	} else if (token_word(t, "ID")) {
		r->kind = IMAP_RESP_ID;
		parse_id(t, r);
	} else if (token_word(t, "NAMESPACE")) {
		r->kind = IMAP_RESP_NAMESPACE;
		r->personal = namespaces(t);
		r->other_users = namespaces(t);
		r->shared = namespaces(t);
	} else if (!imap_parse_right(t, r)) {
		t->bad = true;
	}
}

ImapResponse *
imap_parse(const char *line, gsize len, const ImapLiteral *literals, gsize n_literals)
{
	Tokens t = { .p = line, .end = line + len, .literals = literals, .n_literals = n_literals };
	ImapResponse *r = g_new0(ImapResponse, 1);

	if (token_take(&t, '+')) {
		r->kind = IMAP_RESP_CONTINUE;
		token_take(&t, ' ');
		r->text = g_strndup(t.p, (gsize)(t.end - t.p));
		return r;
	}
	if (token_take(&t, '*')) {
		token_spaces(&t);
		parse_untagged(&t, r);
		if (t.bad)
			r->kind = IMAP_RESP_SKIP;
		return r;
	}
	gsize n;
	const char *tag = token_atom(&t, &n);
	token_spaces(&t);
	if (n == 0 || !status_word(&t, &r->status) || r->status > IMAP_BAD) {
		r->kind = IMAP_RESP_BAD;
		return r;
	}
	r->kind = IMAP_RESP_STATUS;
	r->tag = g_strndup(tag, n);
	code_and_text(&t, r);
	return r;
}

void
imap_response_free(ImapResponse *r)
{
	if (!r)
		return;
	g_free(r->tag);
	g_free(r->code_text);
	g_free(r->text);
	GArray *sets[] = { r->code_set, r->code_set2, r->set };
	for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
		if (sets[i])
			g_array_unref(sets[i]);
	imap_flags_clear(&r->flags);
	g_strfreev(r->words);
	GPtrArray *spaces[] = { r->personal, r->other_users, r->shared };
	for (gsize i = 0; i < G_N_ELEMENTS(spaces); i++)
		if (spaces[i])
			g_ptr_array_unref(spaces[i]);
	g_free(r->list.name);
	g_free(r->list.old_name);
	g_free(r->mailbox.name);
	g_free(r->mailbox.mailbox_id);
	g_free(r->object_id);
	g_free(r->quota.root);
	g_free(r->rights);
	imap_fetch_free(r->fetch);
	g_free(r);
}

/* imapd.h - an IMAP server with an inbox and a Sent folder, that does what the test tells it; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It knows what eilpost says when it files a copy, and no more. Its Server is that of servers.h, so that a process can be
 * killed at a line of it. */
#pragma once

#include "servers.h"

typedef struct { char *data, *flags, *date; } Copy;	/* owned strings */

static struct {
	/* what it shall do; numbers count down */
	const char *sent;	/* the name of the Sent folder; NULL: there is none until CREATE */
	const char *beside;	/* one more folder */
	bool special_use, kill_stored;
	int refuse_append, cut_append, cut_stored, refuse_create;
	guint limit;		/* it tells as APPENDLIMIT; 0: none */
	int blind;		/* searches that find nothing, whatever lies there */
	Server *files;		/* what this SMTP server takes is filed here by itself */

	GPtrArray *copies;	/* owned: of Copy */
	guint filed;		/* of what files took */
	char *created;		/* owned */
} box;

static inline void
copy_free(gpointer p)
{
	Copy *c = p;
	g_free(c->data);
	g_free(c->flags);
	g_free(c->date);
	g_free(c);
}

static inline void
copy_add(const char *data, const char *flags, const char *date)
{
	Copy *c = g_new0(Copy, 1);
	c->data = g_strdup(data);
	c->flags = g_strdup(flags);
	c->date = g_strdup(date);
	g_ptr_array_add(box.copies, c);
}

static inline void
file_by_itself(Server *s)
{
	if (!box.files)
		return;
	g_mutex_lock(&box.files->lock);
	g_mutex_lock(&s->lock);
	for (; box.filed < box.files->taken->len; box.filed++)
		copy_add(((Taken *)box.files->taken->pdata[box.filed])->data, "\\Seen", "-");
	g_mutex_unlock(&s->lock);
	g_mutex_unlock(&box.files->lock);
}

static inline const char *
sent_name(void)
{
	return box.sent ? box.sent : box.created;
}

static inline void
answer(Talk *t, const char *tag, const char *text)
{
	g_autofree char *line = g_strdup_printf("%s %s\r\n", tag, text);
	say(t, line);
}

/* The first argument: an atom, or quoted. */
static inline char *
word_of(const char *text)
{
	const char *end = *text == '"' ? strchr(text + 1, '"') : text + strcspn(text, " ");
	return *text == '"' ? g_strndup(text + 1, (gsize)(end - text - 1)) : g_strndup(text, (gsize)(end - text));
}

static inline void
do_list(Talk *t)
{
	say(t, "* LIST (\\HasNoChildren) \".\" INBOX\r\n");
	if (box.beside) {
		g_autofree char *line = g_strdup_printf("* LIST (\\HasNoChildren) \".\" \"%s\"\r\n", box.beside);
		say(t, line);
	}
	if (sent_name()) {
		g_autofree char *line = g_strdup_printf("* LIST (\\HasNoChildren%s) \".\" \"%s\"\r\n", box.special_use ? " \\Sent" : "", sent_name());
		say(t, line);
	}
}

static inline void
do_select(Talk *t, const char *tag, const char *name)
{
	guint n = g_strcmp0(name, sent_name()) ? 0 : box.copies->len;
	g_autofree char *head = g_strdup_printf("* FLAGS (\\Seen \\Answered)\r\n* %u EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %u] ok\r\n", n, n + 1);
	say(t, head);
	answer(t, tag, "OK [READ-WRITE] selected");
}

static inline void
do_fetch(Talk *t, bool sent)
{
	for (guint i = 0; sent && i < box.copies->len; i++) {
		const Copy *c = box.copies->pdata[i];
		g_autofree char *line = g_strdup_printf("* %u FETCH (UID %u FLAGS (%s) INTERNALDATE \"01-Jan-2026 10:00:00 +0000\" RFC822.SIZE %u "
			"ENVELOPE (NIL \"copy\" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1) "
			"BODY[HEADER.FIELDS (REFERENCES)] {2}\r\n\r\n)\r\n", i + 1, i + 1, c->flags, (guint)strlen(c->data));
		say(t, line);
	}
}

static inline void
do_search(Talk *t, const char *line)
{
	const char *id = strchr(line, '<');
	g_autofree char *wanted = id ? g_strndup(id, strcspn(id, "\" ")) : NULL;
	g_autoptr(GString) out = g_string_new("* SEARCH");
	bool blind = take_one(t->s, &box.blind);

	for (guint i = 0; wanted && !blind && i < box.copies->len; i++)
		if (strstr(((Copy *)box.copies->pdata[i])->data, wanted))
			g_string_append_printf(out, " %u", i + 1);
	g_string_append(out, "\r\n");
	say(t, out->str);
}

/* False: the connection ends. */
static inline bool
do_append(Talk *t, const char *tag, const char *rest)
{
	Server *s = t->s;
	g_autofree char *name = word_of(rest), *flags = NULL, *date = NULL;
	g_autoptr(GString) data = g_string_new(NULL);
	const char *brace = strrchr(rest, '{'), *open = strchr(rest, '('), *quote = open ? strchr(open, '"') : NULL;
	bool dead;

	g_assert_nonnull(brace);
	if (!strchr(brace, '+'))
		say(t, "+ go on\r\n");
	if (!read_chunk(t, data, (gsize)g_ascii_strtoull(brace + 1, NULL, 10)) || take_one(s, &box.cut_append))
		return false;
	g_free(next_line(t));
	if (take_one(s, &box.refuse_append)) {
		answer(t, tag, "NO [OVERQUOTA] the box is full");
		return true;
	}
	if (g_strcmp0(name, sent_name())) {
		answer(t, tag, "NO [TRYCREATE] no such folder");
		return true;
	}
	flags = open ? g_strndup(open + 1, strcspn(open + 1, ")")) : g_strdup("");
	date = quote ? g_strndup(quote + 1, strcspn(quote + 1, "\"")) : g_strdup("");
	g_mutex_lock(&s->lock);
	copy_add(data->str, flags, date);
	dead = box.kill_stored && doomed(s, s->kill_after);
	g_mutex_unlock(&s->lock);
	if (dead || take_one(s, &box.cut_stored))
		return false;
	answer(t, tag, "OK [APPENDUID 7 1] filed");
	return true;
}

/* False: the connection ends. */
static inline bool
imap_line(Talk *t, const char *tag, const char *verb, bool *in_sent)
{
	Server *s = t->s;

	file_by_itself(s);
	if (g_str_has_prefix(verb, "CAPABILITY")) {
		g_autofree char *limit = box.limit ? g_strdup_printf(" APPENDLIMIT=%u", box.limit) : g_strdup("");
		g_autofree char *line = g_strdup_printf("* CAPABILITY IMAP4rev1 UIDPLUS LITERAL+ AUTH=PLAIN SASL-IR%s\r\n", limit);
		say(t, line);
	} else if (g_str_has_prefix(verb, "AUTHENTICATE")) {
		s->signed_in++;
	} else if (g_str_has_prefix(verb, "LIST")) {
		do_list(t);
	} else if (g_str_has_prefix(verb, "SELECT ") || g_str_has_prefix(verb, "EXAMINE ")) {
		g_autofree char *name = word_of(strchr(verb, ' ') + 1);
		*in_sent = g_strcmp0(name, sent_name()) == 0;
		do_select(t, tag, name);
		return true;
	} else if (g_str_has_prefix(verb, "UID SEARCH")) {
		do_search(t, verb);
	} else if (g_str_has_prefix(verb, "UID FETCH") || g_str_has_prefix(verb, "FETCH")) {
		do_fetch(t, *in_sent);
	} else if (g_str_has_prefix(verb, "APPEND ")) {
		return do_append(t, tag, verb + 7);
	} else if (g_str_has_prefix(verb, "CREATE ")) {
		if (take_one(s, &box.refuse_create)) {
			answer(t, tag, "NO [NOPERM] not you");
			return true;
		}
		g_free(box.created);
		box.created = word_of(verb + 7);
	} else if (g_str_has_prefix(verb, "LOGOUT")) {
		say(t, "* BYE bye\r\n");
		answer(t, tag, "OK bye");
		return false;
	}
	answer(t, tag, "OK done");
	return true;
}

static inline void
imap_note(Talk *t, const char *text)
{
	g_mutex_lock(&t->s->lock);
	g_string_append_printf(t->s->log, "imap %u: %s\n", t->number, text);
	g_mutex_unlock(&t->s->lock);
}

static inline gpointer
imap_talk(gpointer user)
{
	Talk *t = user;
	bool going = !t->s->down, in_sent = false;

	if (going)
		say(t, "* OK hello\r\n");
	while (going) {
		g_autofree char *line = next_line(t);
		char *verb = line ? strchr(line, ' ') : NULL;
		if (!verb)
			break;
		*verb++ = '\0';
		imap_note(t, g_str_has_prefix(verb, "AUTHENTICATE") ? "(a secret)" : verb);
		going = imap_line(t, line, verb, &in_sent);
	}
	close(t->fd);
	g_free(t);
	return NULL;
}

static inline Server *
imap_start(void)
{
	Server *s = g_new0(Server, 1);
	box.copies = g_ptr_array_new_with_free_func(copy_free);
	server_listen(s, NULL, imap_talk);
	return s;
}

static inline void
imap_reset(Server *s)
{
	server_reset(s);
	g_mutex_lock(&s->lock);
	g_ptr_array_set_size(box.copies, 0);
	g_clear_pointer(&box.created, g_free);
	box.sent = "Sent";
	box.beside = NULL;
	box.special_use = box.kill_stored = false;
	box.refuse_append = box.cut_append = box.cut_stored = box.refuse_create = box.blind = 0;
	box.files = NULL;
	box.limit = 0;
	box.filed = 0;
	g_mutex_unlock(&s->lock);
}

static inline guint
imap_n_copies(Server *s)
{
	g_mutex_lock(&s->lock);
	guint n = box.copies->len;
	g_mutex_unlock(&s->lock);
	return n;
}

/* servers.h - an SMTP and a POP3 server that do what the test tells them; for tests/sync.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One thread a connection, blocking, on free loopback ports. What was said to it, and which mails it took, is kept. */
#pragma once

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct { char *data, *recipients; guint connection; bool answered; } Taken;	/* owned strings */

typedef struct { char *uidl, *data; bool deleted, gone; } Mail;	/* owned strings; deleted: in the session that is open */

typedef struct {
	/* what it shall do; numbers count down */
	bool chunking, down;
	int refuse_auth, later_mail, refuse_mail, later_data, refuse_data, cut_mail, cut_data, cut_end;
	const char *no_user, *later_user;	/* recipients with this in them: 550, 451 */
	const char *auth_later;		/* answer to AUTH instead */
	guint rest_ms;			/* a large mail comes in a few pieces, so far apart */
	bool no_capa, no_uidl, no_top, cut_quit_done;
	const char *huge;		/* a mail with this in it is said to have a gigabyte */
	int cut_retr, cut_quit, refuse_quit, in_use, log_out;
	/* a process that ends by SIGKILL when so many lines have come (at the end of a mail: before or after it was taken) */
	guint kill_line;
	bool kill_after;
	pid_t victim;

	int listener;
	guint16 port;
	GThreadFunc talks;	/* one connection: takes a Talk, which it frees */
	GMutex lock;
	GPtrArray *taken;	/* owned: of Taken */
	GPtrArray *mails, *old;	/* owned: of Mail: what lies in the box; lay there in earlier stories */
	GString *log;		/* owned: a line each, "smtp 1: EHLO" */
	guint turns;		/* something came after something was said */
	guint connections, signed_in, refused, lines;
	bool pop;
} Server;

typedef struct {
	Server *s;
	int fd;
	guint number;
	char room[4096];
	gsize at, len;
	GPtrArray *box;		/* owned: of Mail*, borrowed: what lay there at the beginning */
	bool spoke;		/* since something came */
} Talk;

static inline void
taken_free(gpointer p)
{
	Taken *t = p;
	g_free(t->data);
	g_free(t->recipients);
	g_free(t);
}

static inline bool
take_one(Server *s, int *count)
{
	g_mutex_lock(&s->lock);
	bool yes = *count != 0;
	if (*count > 0)
		--*count;
	g_mutex_unlock(&s->lock);
	return yes;
}

static inline void
say(Talk *t, const char *text)
{
	t->spoke = true;
	if (send(t->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		shutdown(t->fd, SHUT_RDWR);
}

static inline int
next_byte(Talk *t)
{
	if (t->at == t->len) {
		ssize_t n = recv(t->fd, t->room, sizeof t->room, 0);
		if (n <= 0)
			return -1;
		if (t->spoke)
			__atomic_fetch_add(&t->s->turns, 1, __ATOMIC_RELAXED);
		t->spoke = false;
		t->at = 0;
		t->len = (gsize)n;
	}
	return (guchar)t->room[t->at++];
}

static inline bool
doomed(Server *s, bool after)
{
	bool now = s->victim && s->kill_line && s->lines >= s->kill_line && after == s->kill_after;
	if (now) {
		kill(s->victim, SIGKILL);
		s->victim = 0;
	}
	return now;
}

/* A line without its end; NULL: closed. */
static inline char *
next_line(Talk *t)
{
	GString *line = g_string_new(NULL);
	int c;

	while ((c = next_byte(t)) >= 0 && c != '\n')
		g_string_append_c(line, (char)c);
	g_mutex_lock(&t->s->lock);
	if (c >= 0)
		t->s->lines++;
	bool dead = doomed(t->s, false);
	g_mutex_unlock(&t->s->lock);
	if (c < 0 || dead) {
		g_string_free(line, TRUE);
		return NULL;
	}
	if (line->len && line->str[line->len - 1] == '\r')
		g_string_truncate(line, line->len - 1);
	return g_string_free(line, FALSE);
}

static inline void
note(Talk *t, const char *text)
{
	g_mutex_lock(&t->s->lock);
	g_string_append_printf(t->s->log, "%s %u: %s\n", t->s->pop ? "pop" : "smtp", t->number, text);
	g_mutex_unlock(&t->s->lock);
}

/* ---- SMTP ---- */

/* A mail is here as a whole. False: the connection ends. */
static inline bool
mail_ends(Talk *t, GString *data, GString *recipients)
{
	Server *s = t->s;
	bool cut = take_one(s, &s->cut_end);

	if (!cut && take_one(s, &s->later_data)) {
		say(t, "451 4.3.0 not now\r\n");
		return true;
	}
	if (!cut && take_one(s, &s->refuse_data)) {
		say(t, "554 5.7.1 that looks like spam\r\n");
		return true;
	}
	Taken *one = g_new0(Taken, 1);
	one->data = g_strdup(data->str);
	one->recipients = g_strdup(recipients->str);
	one->connection = t->number;
	one->answered = !cut;
	g_mutex_lock(&s->lock);
	g_ptr_array_add(s->taken, one);
	bool dead = doomed(s, true);
	g_mutex_unlock(&s->lock);
	note(t, "(taken)");
	if (cut || dead)
		return false;
	say(t, "250 2.0.0 queued\r\n");
	return true;
}

static inline bool
read_dot(Talk *t, GString *data)
{
	for (;;) {
		g_autofree char *line = next_line(t);
		if (!line)
			return false;
		if (!strcmp(line, "."))
			return true;
		g_string_append_printf(data, "%s\r\n", *line == '.' ? line + 1 : line);
	}
}

static inline bool
read_chunk(Talk *t, GString *data, gsize n)
{
	for (; n > 0; n--) {
		int c = next_byte(t);
		if (c < 0)
			return false;
		g_string_append_c(data, (char)c);
	}
	return true;
}

static inline bool
do_data(Talk *t, const char *line, GString *data, GString *recipients)
{
	Server *s = t->s;
	bool bdat = g_ascii_strncasecmp(line, "BDAT", 4) == 0;

	if (recipients->len == 0 && !bdat) {
		say(t, "554 5.5.1 no recipients\r\n");
		return true;
	}
	if (take_one(s, &s->cut_data))
		return false;
	if (!bdat) {
		say(t, "354 go on\r\n");
		if (!read_dot(t, data))
			return false;
	} else {
		if (!read_chunk(t, data, (gsize)g_ascii_strtoull(line + 5, NULL, 10)))
			return false;
		if (recipients->len == 0) {
			say(t, "554 5.5.1 no recipients\r\n");
			return true;
		}
		if (!strstr(line, "LAST")) {
			say(t, "250 more\r\n");
			return true;
		}
	}
	bool goes_on = mail_ends(t, data, recipients);
	g_string_truncate(data, 0);
	g_string_truncate(recipients, 0);
	return goes_on;
}

static inline void
do_auth(Talk *t, const char *line)
{
	Server *s = t->s;

	if (s->auth_later) {
		say(t, s->auth_later);
	} else if (take_one(s, &s->refuse_auth)) {
		s->refused++;
		say(t, "535 5.7.8 wrong\r\n");
	} else {
		/* "\0alice\0secret" */
		s->signed_in += strstr(line, "AGFsaWNlAHNlY3JldA==") != NULL;
		say(t, strstr(line, "AGFsaWNlAHNlY3JldA==") ? "235 2.7.0 welcome\r\n" : "535 5.7.8 wrong\r\n");
	}
}

static inline void
do_recipient(Talk *t, const char *line, GString *recipients)
{
	Server *s = t->s;
	const char *open = strchr(line, '<'), *close = open ? strchr(open, '>') : NULL;

	if (s->no_user && strstr(line, s->no_user)) {
		say(t, "550 5.1.1 no such user\r\n");
	} else if (s->later_user && strstr(line, s->later_user)) {
		say(t, "451 4.2.1 box is busy\r\n");
	} else {
		g_string_append_printf(recipients, "%s%.*s", recipients->len ? " " : "", (int)(close - open - 1), open + 1);
		say(t, "250 2.1.5 ok\r\n");
	}
}

/* False: the connection ends. */
static inline bool
smtp_line(Talk *t, const char *line, GString *data, GString *recipients)
{
	Server *s = t->s;

	if (!g_ascii_strncasecmp(line, "EHLO", 4)) {
		say(t, "250-test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 10000000\r\n250-ENHANCEDSTATUSCODES\r\n");
		say(t, s->chunking ? "250-CHUNKING\r\n250 AUTH PLAIN LOGIN\r\n" : "250 AUTH PLAIN LOGIN\r\n");
	} else if (!g_ascii_strncasecmp(line, "AUTH", 4)) {
		do_auth(t, line);
	} else if (!g_ascii_strncasecmp(line, "MAIL", 4)) {
		g_string_truncate(data, 0);
		g_string_truncate(recipients, 0);
		if (take_one(s, &s->cut_mail))
			return false;
		say(t, take_one(s, &s->later_mail) ? "451 4.3.0 not now\r\n" : take_one(s, &s->refuse_mail) ? "550 5.7.1 not you\r\n" : "250 2.1.0 ok\r\n");
	} else if (!g_ascii_strncasecmp(line, "RCPT", 4)) {
		do_recipient(t, line, recipients);
	} else if (!g_ascii_strncasecmp(line, "DATA", 4) || !g_ascii_strncasecmp(line, "BDAT", 4)) {
		return do_data(t, line, data, recipients);
	} else if (!g_ascii_strncasecmp(line, "QUIT", 4)) {
		say(t, "221 2.0.0 bye\r\n");
		return false;
	} else {
		say(t, "250 2.0.0 ok\r\n");
	}
	return true;
}

/* ---- POP3 ---- */

static inline void
mail_free(gpointer p)
{
	Mail *m = p;
	g_free(m->uidl);
	g_free(m->data);
	g_free(m);
}

static inline void
server_deliver(Server *s, const char *uidl, const char *data)
{
	Mail *m = g_new0(Mail, 1);
	m->uidl = g_strdup(uidl);
	m->data = g_strdup(data);
	g_mutex_lock(&s->lock);
	g_ptr_array_add(s->mails, m);
	g_mutex_unlock(&s->lock);
}

static inline void
open_box(Talk *t)
{
	t->box = g_ptr_array_new();
	g_mutex_lock(&t->s->lock);
	for (guint i = 0; i < t->s->mails->len; i++) {
		Mail *m = t->s->mails->pdata[i];
		m->deleted = false;
		if (!m->gone)
			g_ptr_array_add(t->box, m);
	}
	g_mutex_unlock(&t->s->lock);
}

static inline Mail *
mail_of(Talk *t, const char *line)
{
	guint64 n = g_ascii_strtoull(line + 5, NULL, 10);
	Mail *m = n >= 1 && n <= t->box->len ? t->box->pdata[n - 1] : NULL;
	return m && !m->deleted ? m : NULL;
}

static inline void
say_list(Talk *t, bool uidl)
{
	g_autoptr(GString) out = g_string_new("+OK\r\n");
	for (guint i = 0; i < t->box->len; i++) {
		const Mail *m = t->box->pdata[i];
		if (m->deleted)
			continue;
		if (uidl)
			g_string_append_printf(out, "%u %s\r\n", i + 1, m->uidl);
		else
			g_string_append_printf(out, "%u %u\r\n", i + 1, t->s->huge && strstr(m->data, t->s->huge) ? 1000000000 : (guint)strlen(m->data));
	}
	g_string_append(out, ".\r\n");
	say(t, out->str);
}

/* False: the connection breaks in the middle. */
static inline bool
say_mail(Talk *t, const Mail *m, bool only_header)
{
	g_autoptr(GString) out = g_string_new("+OK\r\n");
	g_auto(GStrv) lines = g_strsplit(m->data, "\r\n", -1);
	for (char **l = lines; *l && (l[1] || **l); l++) {
		if (only_header && !**l)
			break;
		g_string_append_printf(out, "%s%s\r\n", **l == '.' ? "." : "", *l);
	}
	g_string_append(out, ".\r\n");
	if (!only_header && take_one(t->s, &t->s->cut_retr)) {
		g_string_truncate(out, out->len / 2);
		say(t, out->str);
		return false;
	}
	gsize piece = MAX(out->len / 4, 20000);
	while (!only_header && t->s->rest_ms && out->len > piece) {
		g_autofree char *some = g_strndup(out->str, piece);
		say(t, some);
		g_usleep(t->s->rest_ms * 1000);
		g_string_erase(out, 0, (gssize)piece);
	}
	say(t, out->str);
	return true;
}

static inline bool
do_quit(Talk *t)
{
	Server *s = t->s;
	if (take_one(s, &s->cut_quit) && !s->cut_quit_done)
		return false;
	if (take_one(s, &s->refuse_quit)) {
		say(t, "-ERR some deleted messages not removed\r\n");
		return false;
	}
	g_mutex_lock(&s->lock);
	for (guint i = 0; i < t->box->len; i++) {
		Mail *m = t->box->pdata[i];
		m->gone |= m->deleted;
	}
	g_mutex_unlock(&s->lock);
	if (!s->cut_quit_done)
		say(t, "+OK bye\r\n");
	s->cut_quit_done = false;
	return false;
}

static inline bool
pop_line(Talk *t, const char *line)
{
	Server *s = t->s;
	Mail *m;

	if (!t->box)
		open_box(t);
	if (!g_ascii_strncasecmp(line, "CAPA", 4)) {
		say(t, s->no_capa ? "-ERR what?\r\n" : "+OK\r\nUSER\r\nRESP-CODES\r\nPIPELINING\r\n");
		if (!s->no_capa) {
			say(t, s->no_uidl ? "" : "UIDL\r\n");
			say(t, s->no_top ? ".\r\n" : "TOP\r\n.\r\n");
		}
	} else if (!g_ascii_strncasecmp(line, "PASS", 4)) {
		if (take_one(s, &s->refuse_auth)) {
			s->refused++;
			say(t, "-ERR [AUTH] wrong\r\n");
		} else if (take_one(s, &s->in_use)) {
			say(t, "-ERR [IN-USE] somebody else is here\r\n");
		} else {
			s->signed_in++;
			say(t, take_one(s, &s->log_out) ? "+OK\r\n-ERR logged out\r\n" : "+OK\r\n");
		}
	} else if (!g_ascii_strncasecmp(line, "STAT", 4)) {
		g_autofree char *answer = g_strdup_printf("+OK %u 0\r\n", t->box->len);
		say(t, answer);
	} else if (!g_ascii_strncasecmp(line, "UIDL", 4) && s->no_uidl) {
		say(t, "-ERR what?\r\n");
	} else if (!g_ascii_strncasecmp(line, "UIDL", 4) || !g_ascii_strncasecmp(line, "LIST", 4)) {
		say_list(t, *line == 'U' || *line == 'u');
	} else if (!g_ascii_strncasecmp(line, "RETR ", 5) || (!g_ascii_strncasecmp(line, "TOP ", 4) && !s->no_top)) {
		bool top = *line == 'T' || *line == 't';
		if (!(m = mail_of(t, top ? line - 1 : line)))
			say(t, "-ERR no such message\r\n");
		else
			return say_mail(t, m, top);
	} else if (!g_ascii_strncasecmp(line, "DELE ", 5)) {
		m = mail_of(t, line);
		if (m)
			m->deleted = true;
		say(t, m ? "+OK\r\n" : "-ERR no such message\r\n");
	} else if (!g_ascii_strncasecmp(line, "QUIT", 4)) {
		return do_quit(t);
	} else {
		say(t, g_ascii_strncasecmp(line, "TOP", 3) ? "+OK\r\n" : "-ERR what?\r\n");
	}
	return true;
}

static inline gpointer
talk(gpointer user)
{
	Talk *t = user;
	Server *s = t->s;
	g_autoptr(GString) data = g_string_new(NULL), recipients = g_string_new(NULL);
	bool going = !s->down;

	note(t, "(connected)");
	if (going)
		say(t, s->pop ? "+OK hello\r\n" : "220 test ESMTP\r\n");
	while (going) {
		g_autofree char *line = next_line(t);
		if (!line)
			break;
		note(t, g_ascii_strncasecmp(line, "AUTH", 4) && g_ascii_strncasecmp(line, "PASS", 4) ? line : "(a secret)");
		going = s->pop ? pop_line(t, line) : smtp_line(t, line, data, recipients);
	}
	close(t->fd);
	if (t->box)
		g_ptr_array_unref(t->box);
	g_free(t);
	return NULL;
}

static inline gpointer
listen_for_ever(gpointer user)
{
	Server *s = user;

	for (;;) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL;
		Talk *t = g_new0(Talk, 1);
		t->s = s;
		t->fd = fd;
		g_mutex_lock(&s->lock);
		t->number = ++s->connections;
		g_mutex_unlock(&s->lock);
		g_thread_unref(g_thread_new("talk", s->talks, t));
	}
}

/* A free port of the loopback. */
static inline void
server_listen(Server *s, GString *log, GThreadFunc talks)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;

	s->talks = talks;
	s->log = log ? log : g_string_new(NULL);
	s->taken = g_ptr_array_new_with_free_func(taken_free);
	s->mails = g_ptr_array_new_with_free_func(mail_free);
	s->old = g_ptr_array_new_with_free_func(mail_free);
	g_mutex_init(&s->lock);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(s->listener, (struct sockaddr *)&a, sizeof a), ==, 0);
	g_assert_cmpint(listen(s->listener, 50), ==, 0);
	g_assert_cmpint(getsockname(s->listener, (struct sockaddr *)&a, &len), ==, 0);
	s->port = ntohs(a.sin_port);
	g_thread_unref(g_thread_new("server", listen_for_ever, s));
}

/* Lives until the end of the program: its threads may still look at it. */
static inline Server *
server_start(bool pop, GString *log)
{
	Server *s = g_new0(Server, 1);
	s->pop = pop;
	server_listen(s, log, talk);
	return s;
}

static inline guint
server_n_taken(Server *s)
{
	g_mutex_lock(&s->lock);
	guint n = s->taken->len;
	g_mutex_unlock(&s->lock);
	return n;
}

/* How often a command was said. */
static inline guint
server_n_said(Server *s, const char *command)
{
	g_autofree char *wanted = g_strdup_printf(": %s", command);
	guint n = 0;
	g_mutex_lock(&s->lock);
	for (const char *p = s->log->str; (p = strstr(p, wanted)); p++)
		n++;
	g_mutex_unlock(&s->lock);
	return n;
}

static inline guint
server_n_mails(Server *s)
{
	guint n = 0;
	g_mutex_lock(&s->lock);
	for (guint i = 0; i < s->mails->len; i++)
		n += !((Mail *)s->mails->pdata[i])->gone;
	g_mutex_unlock(&s->lock);
	return n;
}

static inline guint
server_n_connections(Server *s)
{
	g_mutex_lock(&s->lock);
	guint n = s->connections;
	g_mutex_unlock(&s->lock);
	return n;
}

/* For the next story: what it took and heard is forgotten, and all its orders. */
static inline void
server_reset(Server *s)
{
	g_mutex_lock(&s->lock);
	g_ptr_array_set_size(s->taken, 0);
	g_string_truncate(s->log, 0);
	/* a session that just ends may still look at them */
	while (s->mails->len)
		g_ptr_array_add(s->old, g_ptr_array_steal_index(s->mails, s->mails->len - 1));
	s->no_capa = s->no_uidl = s->no_top = s->cut_quit_done = false;
	s->huge = NULL;
	s->cut_retr = s->cut_quit = s->refuse_quit = s->in_use = s->log_out = 0;
	s->chunking = s->down = s->kill_after = false;
	s->refuse_auth = s->later_mail = s->refuse_mail = s->later_data = s->refuse_data = s->cut_mail = s->cut_data = s->cut_end = 0;
	s->no_user = s->later_user = s->auth_later = NULL;
	s->kill_line = s->lines = s->connections = s->signed_in = s->refused = 0;
	s->victim = 0;
	g_mutex_unlock(&s->lock);
}

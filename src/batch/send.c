/* send.c - a message on standard input goes out: `eilpost send`, and what is called as sendmail.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It is in the outbox, committed, before anything else is tried: whatever happens then, the mail is not lost, and the
 * exit status EX_TEMPFAIL says that it is there. */
#include "config.h"
#include "batch/batch_private.h"
#include "base/intl.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	char *sender;		/* owned */
	const char *account;	/* borrowed */
	GPtrArray *recipients;	/* owned, of borrowed char* */
	bool from_header;
} SendOptions;

/* The rest of the argument, or the next one; *i moves on. */
static const char *
value_of(char **args, guint *i, const char *rest)
{
	if (*rest)
		return rest;
	return args[*i + 1] ? args[++*i] : NULL;
}

/* One argument of letters, as getopt takes them: -ti, -oi, -FCronDaemon. What is sendmail's own and says nothing here is
 * passed over with its value: -odb, -i, -bm, -F name, -N dsn, -R ret, -V id, -B type ... */
static bool
read_letters(SendOptions *o, char **args, guint *i, char **problem)
{
	const char *a = args[*i];

	for (const char *p = a + 1; *p; p++) {
		if (*p == 't') {
			o->from_header = true;
		} else if (*p == 'f' || *p == 'r') {
			g_free(o->sender);
			o->sender = g_strdup(value_of(args, i, p + 1));
			return true;
		} else if (*p == 'A') {
			o->account = value_of(args, i, p + 1);
			return true;
		} else if (strchr("FNRVBLOhXpC", *p)) {
			value_of(args, i, p + 1);
			return true;
		} else if (*p == 'b' && p[1] != 'm') {
			*problem = g_strdup_printf(_("“%s” is not offered; only mail is taken (-bm)."), a);
			return false;
		} else if (strchr("obeqd", *p)) {	/* their value is never apart */
			return true;
		} else if (!strchr("ivmnUGs", *p)) {
			*problem = g_strdup_printf(_("The option “%s” is not known."), a);
			return false;
		}
	}
	if (!a[1])
		*problem = g_strdup_printf(_("The option “%s” is not known."), a);
	return a[1] != '\0';
}

static bool
read_args(SendOptions *o, char **args, char **problem)
{
	bool only_addresses = false;

	for (guint i = 0; args && args[i]; i++) {
		const char *a = args[i];
		if (only_addresses || a[0] != '-')
			g_ptr_array_add(o->recipients, (gpointer)a);
		else if (!strcmp(a, "--"))
			only_addresses = true;
		else if (!read_letters(o, args, &i, problem))
			return false;
	}
	return true;
}

/* An argument is one address, whatever a calling program was made to put into it (P16): the engine joins them by lines. */
static bool
one_line_each(const SendOptions *o, char **problem)
{
	for (guint i = 0; i < o->recipients->len; i++)
		for (const char *c = g_ptr_array_index(o->recipients, i); *c; c++)
			if (g_ascii_iscntrl(*c)) {
				*problem = g_strdup(_("An address with a control character in it is not taken."));
				return false;
			}
	return true;
}

static GBytes *
read_message(void)
{
	GByteArray *all = g_byte_array_new();
	guint8 buffer[64 * 1024];
	ssize_t n;
	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0 && all->len + (gsize)n <= LIMIT_MESSAGE_STORED)
		g_byte_array_append(all, buffer, (guint)n);
	if (n != 0 || all->len == 0) {
		g_byte_array_unref(all);
		return NULL;
	}
	return g_byte_array_free_to_bytes(all);
}

/* The account whose address the message is from: the header is the person's own, so a look at it here is no parsing of
 * foreign bytes. */
static char *
from_of(GBytes *message)
{
	gsize len;
	const char *at = g_bytes_get_data(message, &len);
	const char *end = at + MIN(len, LIMIT_HEADER);
	GString *from = NULL;
	for (const char *line = at; line < end && *line != '\n' && *line != '\r';) {
		const char *stop = memchr(line, '\n', (gsize)(end - line));
		if (!stop)
			stop = end;
		bool more = *line == ' ' || *line == '\t';
		if (from && !more)
			break;
		if (from)	/* a field may go on in the next line */
			g_string_append_len(from, line, stop - line);
		else if (stop - line > 5 && !g_ascii_strncasecmp(line, "From:", 5))
			from = g_string_new_len(line + 5, stop - line - 5);
		line = stop + 1;
	}
	return from ? g_string_free(from, FALSE) : NULL;
}

/* The whole address, not the end of a longer one. */
static bool
names(const char *from, const char *address)
{
	static const char local[] = "!#$%&'*+-/=?^_`{|}~.@";
	g_autofree char *low = g_ascii_strdown(from, -1), *own = g_ascii_strdown(address, -1);
	gsize n = strlen(own);

	for (const char *p = low; n && (p = strstr(p, own)); p++) {
		char before = p > low ? p[-1] : ' ', after = p[n];
		bool goes_on = g_ascii_isalnum(after) || (after && strchr("-._@", after)) || (guchar)after >= 0x80;
		if (!g_ascii_isalnum(before) && !strchr(local, before) && (guchar)before < 0x80 && !goes_on)
			return true;
	}
	return false;
}

/* By its address, its other-addresses or an identity of its own. */
static bool
is_from(const Conf *conf, const Account *a, const char *from)
{
	g_autofree char *section = g_strconcat("account ", a->name, NULL);
	const char *others = conf_text(conf, section, "other-addresses");
	g_auto(GStrv) words = g_strsplit_set(others ? others : "", ", ", -1), identities = conf_sections(conf, "identity");
	bool found = names(from, a->address);

	for (char **w = words; *w && !found; w++)
		found = names(from, *w);
	for (char **s = identities; *s && !found; s++) {
		const char *address = conf_text(conf, *s, "address");
		found = address && !g_strcmp0(conf_text(conf, *s, "account"), a->name) && names(from, address);
	}
	return found;
}

static Account *
choose_account(const Batch *h, const SendOptions *o, GBytes *message, char **problem)
{
	const GPtrArray *accounts = conf_accounts(h->conf);
	const char *name = o->account ? o->account : h->account;
	g_autofree char *from = o->sender ? g_strdup(o->sender) : from_of(message);
	Account *first = NULL;

	if (name) {
		Account *a = batch_account(h, name);
		if (!a)
			*problem = g_strdup_printf(_("There is no account “%s” in %s."), name, h->places->config);
		return a;
	}
	for (guint i = 0; i < accounts->len; i++) {
		Account *a = g_ptr_array_index(accounts, i);
		if (a->send.scheme == SCHEME_NONE)
			continue;
		if (from && is_from(h->conf, a, from))
			return a;
		if (!first)
			first = a;
	}
	if (!first)
		*problem = g_strdup(_("No account can send: none has a line “send”."));
	return first;
}

/* ---- on its way ---- */

typedef struct { gint64 row; bool decided, whole /* the trouble says all */; int status; gint64 until; } Way;

/* The others have it: who does not, and in the server's words why. */
static char *
refusals(Job *j, gint64 row)
{
	g_autoptr(GArray) all = outbox_recipients(j->db, row, NULL);
	GString *s = g_string_new(NULL);
	for (guint i = 0; all && i < all->len; i++) {
		const OutRecipient *r = &g_array_index(all, OutRecipient, i);
		if (r->state == 2)
			g_string_append_printf(s, "%s%s (%u %s)", s->len ? ", " : "", r->address, r->code, r->reply ? r->reply : "");
	}
	return g_string_free(s, FALSE);
}

static void
look_at_sent(Job *j, Way *w, const OutRow *row)
{
	w->status = EXIT_DONE;	/* what is left is its copy: that is waited for a little */
	w->decided = !row || row->state == OUT_FILED;
	if (!row || !row->n_refused)
		return;
	g_autofree char *who = refusals(j, row->id);
	w->status = EXIT_EX_UNAVAILABLE;
	w->whole = true;
	g_free(j->trouble);
	j->trouble = g_strdup_printf(_("The mail was sent, but not to all: %s."), who);
}

static void
look_at_row(Job *j, Way *w)
{
	g_autoptr(OutRow) row = outbox_get(j->db, w->row, NULL);
	if (!row || row->state == OUT_FILED || row->state == OUT_SENT) {
		look_at_sent(j, w, row);
		return;
	}
	if (row->state == OUT_FAILED || row->state == OUT_DRAFT) {
		w->decided = true;
		w->status = EXIT_EX_UNAVAILABLE;
	} else if (row->state == OUT_UNKNOWN || (row->state == OUT_QUEUED && row->last_error)) {
		w->decided = true;
		w->whole = row->state == OUT_UNKNOWN && row->last_error;
	}
	if (row->last_error) {
		g_free(j->trouble);
		j->trouble = g_strdup(row->last_error);
	}
}

static void
send_letter(Job *j, Way *w, const Letter *l)
{
	if (l->kind == LETTER_DRAFT) {
		w->row = l->message;
		if (l->failed) {
			w->decided = true;
			w->status = EXIT_EX_DATA;
			j->trouble = g_strdup(l->text2);
			return;
		}
		Request *r = request_new(REQ_OUT_NOW);
		r->message = w->row;
		engine_post(j->engine, r);
	} else if (l->kind == LETTER_TROUBLE && letter_is_news(l, j->trouble)) {
		g_free(j->trouble);
		j->trouble = g_strdup(l->text);
	} else if (l->kind == LETTER_ASK_SIGN_IN) {
		engine_post(j->engine, request_new(REQ_SIGNED_IN));
		w->decided = true;
		g_free(j->trouble);
		j->trouble = ask_sign_in_words(l->text, j->account);
	} else if (l->kind == LETTER_ASK_SECRET && l->text) {
		Request *r = request_new(REQ_SECRET);
		r->message = l->message;
		engine_post(j->engine, r);	/* standard input is the message: nobody can be asked */
		w->decided = true;
		j->trouble = g_strdup(_("It needs a password, and nobody can be asked for it here (password-command gives it)."));
	}
	if (w->row && (l->kind == LETTER_OUTBOX || l->kind == LETTER_TROUBLE || l->kind == LETTER_DRAFT))
		look_at_row(j, w);
}

static int
wait_for_it(const Batch *h, Job *j, Chan *letters, bool *whole)
{
	enum { PATIENCE_S = 300, COPY_S = 20 };
	Way w = { .status = EXIT_EX_TEMPORARY, .until = g_get_monotonic_time() + (gint64)PATIENCE_S * G_USEC_PER_SEC };

	while (!w.decided && g_get_monotonic_time() < w.until) {
		Letter *l;
		letters_wait(h, letters, 500);
		auth_letters_take(h, false);	/* standard input is the message */
		while ((l = chan_take(letters))) {
			send_letter(j, &w, l);
			letter_free(l);
		}
		if (w.status != EXIT_EX_TEMPORARY)
			w.until = MIN(w.until, g_get_monotonic_time() + (gint64)COPY_S * G_USEC_PER_SEC);
	}
	*whole = w.whole;
	return w.status;
}

static void
say_result(const Job *j, int status, bool whole)
{
	const char *why = j->trouble ? j->trouble : "";
	if (whole)
		fprintf(stderr, "eilpost: %s\n", why);
	else if (status == EXIT_EX_TEMPORARY)
		fprintf(stderr, _("eilpost: The mail waits in the outbox of %s and leaves later. %s\n"), j->account->name, why);
	else if (status != EXIT_DONE)
		fprintf(stderr, _("eilpost: The mail could not be sent. %s\n"), why);
}

int
batch_send_message(const Batch *h, Account *a, GBytes *message, const char *const *to, const char *sender)
{
	g_autoptr(Chan) letters = chan_new((GDestroyNotify)letter_free);
	g_autoptr(GError) err = NULL;
	Job j = { 0 };
	int status = EXIT_EX_TEMPORARY;

	if (job_start(&j, h, a, 0, letters, &err)) {
		Request *r = request_new(REQ_SEND_RAW);
		r->data = g_bytes_ref(message);
		r->text = to ? g_strjoinv("\n", (char **)to) : g_strdup("");
		r->text2 = g_strdup(sender);
		r->when = 1;
		engine_post(j.engine, r);
		bool whole = false;
		status = wait_for_it(h, &j, letters, &whole);
		say_result(&j, status, whole);
	} else if (!err && door_queue(j.socket, message, to, sender, &err)) {
		status = EXIT_DONE;	/* the eilpost that is open has it in its outbox and shows what becomes of it */
	} else {
		fprintf(stderr, "eilpost: %s\n", err ? err->message : "?");
		status = g_error_matches(err, EIL_ERROR, EIL_REFUSED) || g_error_matches(err, EIL_ERROR, EIL_ASK_USER) ? EXIT_EX_DATA : EXIT_EX_UNAVAILABLE;
	}
	job_clear(&j);
	return status;
}

int
batch_send(const Batch *h, char **args)
{
	SendOptions o = { .recipients = g_ptr_array_new() };
	g_autofree char *problem = NULL;
	int status = EXIT_EX_USAGE;

	if (read_args(&o, args, &problem) && one_line_each(&o, &problem)) {
		g_autoptr(GBytes) message = read_message();
		Account *a = message ? choose_account(h, &o, message, &problem) : NULL;
		if (!message) {
			problem = g_strdup(_("There is no message on the standard input."));
			status = EXIT_EX_DATA;
		} else if (!a) {
			status = EXIT_EX_CONFIG;
		} else if (h->read_only) {
			problem = g_strdup(_("Nothing was sent: eilpost runs read-only (-R)."));
			status = EXIT_EX_NO_PERMISSION;
		} else {
			if (o.recipients->len == 0)
				o.from_header = true;
			g_ptr_array_add(o.recipients, NULL);
			status = batch_send_message(h, a, message, o.from_header ? NULL : (const char *const *)o.recipients->pdata, o.sender);
		}
	}
	if (problem)
		fprintf(stderr, "eilpost: %s\n", problem);
	g_ptr_array_unref(o.recipients);
	g_free(o.sender);
	return status;
}

/* write.c - `eilpost -s SUBJECT ADDRESS < text`: a mail without a screen, as with mutt and mail.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "batch/batch_private.h"
#include "base/intl.h"
#include "mail/reply.h"
#include "render/compose.h"

#include <stdio.h>
#include <unistd.h>

enum { TEXT_MAX = 8 * 1024 * 1024 };

/* Behind the text of -i, if there is one. */
static bool
read_text(Draft *d, GError **err)
{
	g_autoptr(GString) text = g_string_new(d->body);
	char buffer[64 * 1024];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0 &&
		text->len + (gsize)n <= TEXT_MAX)
		g_string_append_len(text, buffer, n);
	if (n != 0) {
		g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER,
			n < 0 ? _("The standard input can't be read.") :
				_("The text is too long for a mail."));
		return false;
	}
	g_free(d->body);
	d->body = g_utf8_make_valid(text->str, (gssize)text->len);
	d->flowed = false;	/* lines of a program are meant as they are */
	return true;
}

static Account *
sender_of(const Batch *h)
{
	const GPtrArray *accounts = conf_accounts(h->conf);
	if (h->account)
		return batch_account(h, h->account);
	for (guint i = 0; i < accounts->len; i++) {
		Account *a = g_ptr_array_index(accounts, i);
		if (a->send.scheme != SCHEME_NONE)
			return a;
	}
	return NULL;
}

int
batch_write(const Batch *h, Draft *d)
{
	g_autoptr(GError) err = NULL;
	Account *a = sender_of(h);
	int status = EXIT_FAILED;

	if (h->read_only)
		err = g_error_new_literal(EIL_ERROR, EIL_REFUSED,
			_("Nothing was sent: eilpost runs read-only (-R)."));
	else if (!a || a->send.scheme == SCHEME_NONE)
		err = g_error_new_literal(
			EIL_ERROR, EIL_ASK_USER, _("No account can send: none has a line “send”."));
	if (!err && read_text(d, &err) && draft_check(d, &err)) {
		g_autofree char *from = reply_mailbox(a->full_name, a->address);
		g_autoptr(Composed) mail = compose_message(d, from, &err);
		if (mail)
			status = batch_send_message(h, a, mail->message,
				(const char *const *)mail->recipients, mail->sender);
		/* in the outbox it is done: who tried again would send it twice */
		if (mail)
			status = status == EXIT_DONE || status == EXIT_EX_TEMPORARY ? EXIT_DONE :
										      EXIT_FAILED;
	}
	if (err)
		fprintf(stderr, "eilpost: %s\n", err->message);
	return status;
}

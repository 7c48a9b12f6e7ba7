/* oauth.c - signing in at a provider from the shell.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The same flows as on the screen: the code with its address and a QR code, or the address for a browser and a line to
 * paste what it ended at. */
#include "config.h"
#include "batch/batch_private.h"
#include "base/intl.h"
#include "base/qr.h"
#include "base/utf8.h"
#include "conf/oauth.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct { const Batch *h; Account *a; bool done, saved, ok, lost /* it could not be written down */, pasting; } Going;

/* ---- what every command without a screen does with them ---- */

char *
ask_sign_in_words(const char *why, const Account *a)
{
	return g_strdup_printf(_("%s Sign in with: eilpost oauth %s"), why, a->oauth.name);
}

static void
answer_key(const Batch *h, const AuthLetter *l, bool may_ask)
{
	g_autofree char *first = NULL, *again = NULL;

	if (l->text)
		fprintf(stderr, "%s\n", l->text);
	if (may_ask && isatty(STDIN_FILENO)) {
		first = ask_password(l->fresh ? _("Choose a passphrase that encrypts the sign-ins (nothing: they are forgotten at the end)") : _("Passphrase of the stored sign-ins"));
		if (l->fresh && first && *first) {
			again = ask_password(_("The same once more"));
			if (again && strcmp(first, again)) {
				fprintf(stderr, "%s\n", _("The two differ; please once more."));
				explicit_bzero(first, strlen(first));
				explicit_bzero(again, strlen(again));
				answer_key(h, &(AuthLetter){ .fresh = true }, may_ask);
				return;
			}
		}
	} else {
		fprintf(stderr, "%s\n", _("The stored sign-ins need a passphrase, and nobody can be asked for it here (token-key-command gives it)."));
	}
	vault_key(h->vault, first);
	if (first)
		explicit_bzero(first, strlen(first));
	if (again)
		explicit_bzero(again, strlen(again));
}

void
auth_letters_take(const Batch *h, bool may_ask)
{
	AuthLetter *l;

	while ((l = chan_take(h->auth_letters))) {
		if (l->kind == AUTH_ASK_KEY) {
			progress_end();
			answer_key(h, l, may_ask);
		} else if (l->kind == AUTH_NOTE || ((l->kind == AUTH_SAVED || l->kind == AUTH_KEPT) && !l->ok)) {
			fprintf(stderr, "eilpost: %s\n", l->text);
		}
		auth_letter_free(l);
	}
}

/* ---- the sign-in ---- */

static void
print_qr(const char *text)
{
	static Qr q;

	if (!isatty(STDOUT_FILENO) || !qr_encode(&q, text))
		return;
	for (int i = 0; i < qr_rows(&q); i++) {
		g_autofree char *row = qr_row(&q, i);
		printf("  \033[97;40m%s\033[0m\n", row);	/* light on dark, whatever the terminal's own colours are */
	}
}

static void
show_code(const AuthLetter *l)
{
	gint64 left = MAX((l->until - g_get_monotonic_time()) / G_USEC_PER_SEC, 0);

	printf(_("Open this page in any browser, here or on another device:\n\n    %s\n\nand type this code there:\n\n    %s\n\n"), l->address, l->code);
	print_qr(l->direct ? l->direct : l->address);
	printf(_("The code is good for another %d:%02d minutes; eilpost waits (Ctrl-C leaves).\n"), (int)(left / 60), (int)(left % 60));
	fflush(stdout);
}

static void
show_address(Going *g, const AuthLetter *l)
{
	printf(_("Open this page in a browser and sign in as %s:\n\n%s\n\n"), g->a->oauth.hint, l->address);
	g->pasting = isatty(STDIN_FILENO);
	if (g->pasting)
		printf("%s\n", _("If the browser runs on another computer, it says at the end that it can't reach the page: copy the address it shows and paste it here."));
	fflush(stdout);
}

static void
going_letter(Going *g, const AuthLetter *l)
{
	switch (l->kind) {
	case AUTH_ASK_KEY:
		answer_key(g->h, l, true);
		break;
	case AUTH_CODE:
		show_code(l);
		break;
	case AUTH_ADDRESS:
		show_address(g, l);
		break;
	case AUTH_NOTE:
		fprintf(stderr, "%s\n", l->text);
		break;
	case AUTH_DONE:
		g->done = true;
		g->ok = l->ok;
		g->pasting = false;
		if (!l->ok)
			fprintf(stderr, "eilpost: %s\n", l->text);
		break;
	case AUTH_SAVED:
		g->saved = true;
		g->lost = !l->ok;
		if (!l->ok)
			fprintf(stderr, "eilpost: %s\n", l->text);
		else if (l->text)
			printf(_("%s is signed in at %s; the sign-in is kept %s.\n"), g->a->oauth.name, g->a->oauth.provider, l->text);
		break;
	case AUTH_KEPT: case AUTH_MOVED:
		break;
	}
}

static void
read_paste(const Going *g)
{
	char line[8192];
	ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);

	if (n <= 0)
		return;
	line[n] = 0;
	vault_paste(g->h->vault, g->a->oauth.name, line);
	explicit_bzero(line, sizeof line);
}

static int
go(Going *g)
{
	while (!g->saved && !(g->done && !g->ok)) {
		struct pollfd p[2] = { { .fd = chan_fd(g->h->auth_letters), .events = POLLIN }, { .fd = g->pasting ? STDIN_FILENO : -1, .events = POLLIN } };
		AuthLetter *l;
		poll(p, 2, 1000);
		if (p[1].revents)
			read_paste(g);
		while ((l = chan_take(g->h->auth_letters))) {
			going_letter(g, l);
			auth_letter_free(l);
		}
	}
	return g->ok && !g->lost ? EXIT_DONE : EXIT_FAILED;
}

/* ---- the command ---- */

static bool
signs_in(const Account *a)
{
	return a->auth == AUTH_OAUTH2 && !a->password_command;
}

static int
list(const Batch *h)
{
	const GPtrArray *accounts = conf_accounts(h->conf);

	for (guint i = 0; i < accounts->len; i++) {
		const Account *a = g_ptr_array_index(accounts, i);
		if (!signs_in(a))
			printf(_("%s: signs in with a password\n"), a->name);
		else if (strcmp(a->oauth.name, a->name))
			printf(_("%s: uses the sign-in of %s at %s\n"), a->name, a->oauth.name, a->oauth.provider);
		else
			printf(_("%s: signs in at %s (eilpost oauth %s)\n"), a->name, a->oauth.provider, a->name);
	}
	return EXIT_DONE;
}

static int
usage(void)
{
	fprintf(stderr, "%s\n", _("usage: eilpost oauth [ACCOUNT [code | browser | forget]]"));
	return EXIT_USAGE;
}

static int
forget(const Batch *h, Account *a)
{
	Going g = { .h = h, .a = a, .ok = true };

	vault_forget(h->vault, a);
	while (!g.saved) {
		AuthLetter *l;
		letters_wait(h, h->auth_letters, 1000);
		while ((l = chan_take(h->auth_letters))) {
			g.saved |= l->kind == AUTH_SAVED;
			g.ok &= l->kind != AUTH_SAVED || l->ok;
			if (l->kind == AUTH_ASK_KEY)
				answer_key(h, l, true);
			else if (l->kind == AUTH_SAVED && !l->ok)
				fprintf(stderr, "eilpost: %s\n", l->text);
			auth_letter_free(l);
		}
	}
	if (g.ok)
		printf(_("The sign-in of %s is forgotten on this computer; at %s it can be ended too.\n"), a->oauth.name, a->oauth.provider);
	return g.ok ? EXIT_DONE : EXIT_FAILED;
}

int
batch_oauth(const Batch *h, char **args)
{
	guint n = g_strv_length(args);
	Account *a = n ? batch_account(h, args[0]) : NULL;
	const char *how = n > 1 ? args[1] : "";
	g_autofree char *problem = NULL;
	static const char *const ways[] = { "", "code", "browser", "forget", NULL };

	if (n == 0)
		return list(h);
	if (n > 2 || !g_strv_contains(ways, how))
		return usage();
	if (!a) {
		fprintf(stderr, _("There is no account “%s” in %s.\n"), args[0], h->places->config);
		return EXIT_USAGE;
	}
	if (!signs_in(a)) {
		fprintf(stderr, _("%s does not sign in at a provider (auth = oauth2).\n"), a->name);
		return EXIT_USAGE;
	}
	if (!strcmp(how, "forget"))
		return forget(h, a);
	if (!oauth_check(a, &problem)) {
		fprintf(stderr, "eilpost: %s\n", problem);
		return EXIT_FAILED;
	}
	const Oauth *o = &a->oauth;
	bool device = !strcmp(how, "code") || (!strcmp(how, "") && o->way != OAUTH_WAY_BROWSER && (o->device_url || !o->authorize_url));
	Going g = { .h = h, .a = a };
	vault_sign_in(h->vault, a, device);
	return go(&g);
}

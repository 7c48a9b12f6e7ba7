/* setupform.c - values of an account that is being made: what follows from what, and how they are written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/view/setupform.h"

#include <locale.h>

static SetupForm *
form_of(const char *address, const char *id)
{
	const Provider *p = provider_by_id(NULL, id);
	Found *f = g_new0(Found, 1);
	g_autoptr(Conf) conf = conf_of_text("", "");
	SetupForm *form = setupform_new(address);

	f->source = SOURCE_PROVIDER;
	f->provider = p;
	f->name = g_strdup(p->name);
	f->imap = g_strdup(p->imap);
	f->pop3 = g_strdup(p->pop3);
	f->smtp = g_strdup(p->smtp);
	f->user = provider_user_name(p, address);
	f->sign_in = p->sign_in;
	setupform_take(form, f, conf);
	return form;
}

static char *
written(const SetupForm *f)
{
	g_autofree char *section = NULL;
	g_autoptr(GArray) all = setupform_changes(f, &section);
	GString *s = g_string_new(section);
	for (guint i = 0; i < all->len; i++) {
		const ConfChange *c = &g_array_index(all, ConfChange, i);
		g_string_append_printf(s, "\n%s = %s", c->name, c->value);
	}
	return g_string_free(s, FALSE);
}

/* S12, S3: exactly those three; OAuth, whatever one tries. */
static void
test_exchange(void)
{
	g_autoptr(SetupForm) f = form_of("alice@contoso.example", "exchange");
	g_autofree char *why = NULL;

	g_assert_cmpstr(f->value[FIELD_RECEIVE], ==, "imaps://outlook.office365.com:993");
	g_assert_cmpstr(f->value[FIELD_SEND], ==, "smtp://smtp.office365.com:587");
	setupform_set(f, FIELD_KIND, "pop3");
	g_assert_cmpstr(f->value[FIELD_RECEIVE], ==, "pop3s://outlook.office365.com:995");
	setupform_set(f, FIELD_AUTH, "password");
	g_assert_true(setupform_is_oauth(f));
	g_assert_false(setupform_shows(f, FIELD_PASSWORD_COMMAND));
	g_assert_true(setupform_shows(f, FIELD_TENANT));
	g_assert_null(setupform_account(f, &why));	/* the client id is missing, and it is said */
	g_assert_nonnull(strstr(why, "oauth-client-id"));
	setupform_set(f, FIELD_CLIENT_ID, "1234");
	g_autofree char *none = NULL;
	g_autoptr(Account) a = setupform_account(f, &none);
	g_assert_null(none);
	g_assert_cmpint(a->auth, ==, AUTH_OAUTH2);
	/* its own endpoints are known by the host: not copied into the file */
	g_autofree char *text = written(f);
	g_assert_null(strstr(text, "oauth-token-url"));
	g_assert_nonnull(strstr(text, "keep-on-server = yes"));
}

/* The server decides, not where its name came from. */
static void
test_server_decides(void)
{
	g_autoptr(SetupForm) f = form_of("alice@posteo.de", "posteo");
	g_assert_false(setupform_is_oauth(f));
	setupform_set(f, FIELD_RECEIVE, "imaps://outlook.office365.com");
	g_assert_true(setupform_is_oauth(f));
}

static void
test_user_and_name(void)
{
	g_autoptr(SetupForm) f = form_of("alice@riseup.net", "riseup");
	g_autoptr(Conf) conf = conf_of_text("", "[account Riseup]\naddress = a@b.c\nreceive = imaps://b.c\n");

	g_assert_cmpstr(f->value[FIELD_RECEIVE], ==, "imaps://alice@mail.riseup.net:993");
	g_assert_cmpstr(f->value[FIELD_ACCOUNT], ==, "Riseup");
	setupform_take(f, g_steal_pointer(&f->found), conf);
	g_assert_cmpstr(f->value[FIELD_ACCOUNT], ==, "Riseup 2");
	setupform_set(f, FIELD_ACCOUNT, "a]b");
	g_autofree char *why = NULL;
	g_assert_null(setupform_account(f, &why));
	g_assert_nonnull(why);
}

/* What files its own copies is told so; push is not offered where there is none. */
static void
test_written(void)
{
	g_autoptr(SetupForm) f = form_of("alice@gmail.com", "gmail");
	g_autofree char *imap = written(f);

	g_assert_nonnull(strstr(imap, "sent = no copy"));
	g_assert_null(strstr(imap, "check ="));
	g_assert_null(strstr(imap, "auth ="));
	setupform_set(f, FIELD_KIND, "pop3");
	g_autofree char *pop = written(f);
	g_assert_null(strstr(pop, "sent ="));
	g_assert_nonnull(strstr(pop, "check = startup, every 5 minutes"));
	g_assert_true(setupform_may_password(f));
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setupform/S12/exchange", test_exchange);
	g_test_add_func("/setupform/S3/server-decides", test_server_decides);
	g_test_add_func("/setupform/user-and-name", test_user_and_name);
	g_test_add_func("/setupform/written", test_written);
	return g_test_run();
}

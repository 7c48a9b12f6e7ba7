/* identity.c - the persons one can write as.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/identity.h"
#include "mail/reply.h"

#include <string.h>

enum { SIGNATURE_MAX = 64 * 1024 };

static void
identity_free(gpointer p)
{
	Identity *i = p;
	g_free(i->name);
	g_free(i->address);
	g_free(i->full_name);
	g_free(i->from);
	g_free(i->reply_to);
	g_free(i->signature);
	g_strfreev(i->others);
	g_free(i);
}

static char *
read_signature(const char *path)
{
	g_autofree char *text = NULL;
	gsize len;

	if (!path || !g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
		!g_file_get_contents(path, &text, &len, NULL) || !len || len > SIGNATURE_MAX)
		return NULL;
	char *valid = g_strchomp(g_utf8_make_valid(text, (gssize)len));
	/* files often bring the line */
	const char *own = g_str_has_prefix(valid, "-- \n") ? valid + 4 : valid;
	char *signature = *own ? g_strdup(own) : NULL;
	g_free(valid);
	return signature;
}

static Identity *
add(GPtrArray *all, guint account, const char *name, const char *full_name, const char *address,
	const char *signature)
{
	Identity *i = g_new0(Identity, 1);
	i->account = account;
	i->name = g_strdup(name);
	i->full_name = g_strdup(full_name ? full_name : "");
	i->address = g_strdup(address);
	i->from = reply_mailbox(i->full_name, address);
	i->signature = read_signature(signature);
	g_ptr_array_add(all, i);
	return i;
}

static guint
account_named(const Conf *conf, const char *name)
{
	const GPtrArray *accounts = conf_accounts(conf);
	for (guint i = 0; name && i < accounts->len; i++)
		if (!strcmp(((Account *)g_ptr_array_index(accounts, i))->name, name))
			return i;
	return 0;
}

guint
identities_named(const GPtrArray *all, guint account, const char *name)
{
	guint own = 0;
	for (guint i = 0; i < all->len; i++) {
		const Identity *id = g_ptr_array_index(all, i);
		if (id->account != account)
			continue;
		if (name && !g_strcmp0(id->name, name))
			return i;
		if (!id->name)
			own = i;
	}
	return own;
}

static bool
is_other(const Identity *own, const char *address)
{
	g_autofree char *folded = g_ascii_strdown(address, -1);

	for (char **o = own->others; o && *o; o++) {
		g_autofree char *pattern = g_ascii_strdown(*o, -1);
		if (g_pattern_match_simple(pattern, folded))
			return true;
	}
	return false;
}

static bool
is_known(const GPtrArray *all, guint account, const char *address)
{
	for (guint i = 0; i < all->len; i++) {
		const Identity *id = g_ptr_array_index(all, i);
		if (id->account == account && !g_ascii_strcasecmp(id->address, address))
			return true;
	}
	return false;
}

void
identities_meet(GPtrArray *all, guint account, const char *list)
{
	g_auto(GStrv) entries = reply_addresses(list);
	const Identity *own = g_ptr_array_index(all, identities_named(all, account, NULL));

	for (char **e = entries; *e; e++) {
		if (strchr(*e, '*') || is_known(all, account, *e) || !is_other(own, *e))
			continue;
		Identity *met = add(all, account, *e, own->full_name, *e, NULL);
		met->signature = g_strdup(own->signature);
	}
}

GPtrArray *
identities_read(const Conf *conf)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(identity_free);
	const GPtrArray *accounts = conf_accounts(conf);
	g_auto(GStrv) sections = conf_sections(conf, "identity");

	for (guint i = 0; i < accounts->len; i++) {
		const Account *a = g_ptr_array_index(accounts, i);
		g_autofree char *section = g_strconcat("account ", a->name, NULL);
		g_autofree char *signature = conf_path(conf, section, "signature-file");
		const char *others = conf_text(conf, section, "other-addresses");
		Identity *own = add(all, i, NULL, a->full_name, a->address, signature);
		own->others = others ? draft_split_addresses(others) : NULL;
	}
	for (char **s = sections; accounts->len && *s; s++) {
		guint account = account_named(conf, conf_text(conf, *s, "account"));
		const Identity *own = g_ptr_array_index(all, account);
		const char *address = conf_text(conf, *s, "address"),
			   *name = conf_text(conf, *s, "full-name");
		g_autofree char *signature = conf_path(conf, *s, "signature-file");
		Identity *i = add(all, account, *s + strlen("identity "),
			name ? name : own->full_name, address ? address : own->address, signature);
		i->reply_to = g_strdup(conf_text(conf, *s, "reply-to"));
		if (!signature)
			i->signature = g_strdup(own->signature);
	}
	for (guint i = 0; i < accounts->len; i++) {
		g_autofree char *section = g_strconcat(
			"account ", ((Account *)g_ptr_array_index(accounts, i))->name, NULL);
		identities_meet(all, i, conf_text(conf, section, "other-addresses"));
	}
	return all;
}

/* alice+shop@example.org is alice@example.org, unless somebody is exactly that. */
static bool
is_of(const char *to, const char *address, bool plus)
{
	const char *sign = strchr(to, '+'), *at = strrchr(to, '@'), *own_at = strrchr(address, '@');

	if (!plus)
		return !g_ascii_strcasecmp(to, address);
	return sign && at && own_at && sign < at && sign - to == own_at - address && !g_ascii_strncasecmp(to, address, (gsize)(sign - to)) &&
		!g_ascii_strcasecmp(at, own_at);
}

static bool
has_address(const char *list, const char *address, bool plus)
{
	g_auto(GStrv) entries = reply_addresses(list);

	for (char **e = entries; *e; e++)
		if (is_of(*e, address, plus))
			return true;
	return false;
}

guint
identities_find(const GPtrArray *all, guint account, const char *const *lists, guint n_lists, guint n_envelopes)
{
	guint own = identities_named(all, account, NULL);

	for (guint l = 0; l < n_lists; l++)
		for (guint pass = 0; pass < 2; pass++)
			for (guint i = 0; i < all->len; i++) {
				const Identity *id = g_ptr_array_index(all, i);
				bool mailbox = !g_ascii_strcasecmp(id->address, ((const Identity *)g_ptr_array_index(all, own))->address);
				if (id->account == account && !(mailbox && l < n_envelopes) && has_address(lists[l], id->address, pass == 1))
					return i;
			}
	return own;
}

char **
identities_addresses(const GPtrArray *all)
{
	GPtrArray *out = g_ptr_array_new();
	for (guint i = 0; i < all->len; i++) {
		const Identity *id = g_ptr_array_index(all, i);
		g_ptr_array_add(out, g_strdup(id->address));
		for (char **o = id->others; o && *o; o++)
			g_ptr_array_add(out, g_strdup(*o));
	}
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

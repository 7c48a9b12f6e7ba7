/* tokenstore.c - where tokens are kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An entry is a few lines, field and value with a tab between; the file holds the entries of all accounts, each line with
 * its account's name before it. It is read anew before each use, as another eilpost may have written it. */
#include "config.h"
#include "auth/tokenstore.h"
#include "auth/keyring.h"
#include "auth/seal.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct TokenStore {
	TokenKeep keep;		/* never KEEP_AUTO after the first look */
	char *file;		/* owned */
	guint rounds;
	Seal *seal;		/* owned; NULL: not unlocked */
	bool declined;
	GHashTable *memory;	/* owned: name -> Secret*, of KEEP_MEMORY and of who declined */
	int lock;		/* -1: not held */
};

static void
secret_free_void(gpointer p)
{
	secret_free(p);
}

TokenStore *
token_store_new(TokenKeep keep, const char *file, guint rounds)
{
	TokenStore *s = g_new0(TokenStore, 1);
	s->keep = keep;
	s->file = g_strdup(file);
	s->rounds = rounds;
	s->lock = -1;
	s->memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, secret_free_void);
	return s;
}

void
token_store_free(TokenStore *s)
{
	if (!s)
		return;
	token_store_unlock_file(s);
	seal_free(s->seal);
	g_hash_table_unref(s->memory);
	g_free(s->file);
	g_free(s);
}

/* A file that is there was chosen once: it goes before a keyring that appeared later. */
static void
settle(TokenStore *s)
{
	if (s->keep == KEEP_AUTO)
		s->keep = g_file_test(s->file, G_FILE_TEST_EXISTS) || !keyring_here() ? KEEP_FILE : KEEP_KEYRING;
}

TokenState
token_store_state(TokenStore *s)
{
	settle(s);
	if (s->keep != KEEP_FILE || s->seal)
		return TOKENS_OPEN;
	if (s->declined)
		return TOKENS_DECLINED;
	return g_file_test(s->file, G_FILE_TEST_EXISTS) ? TOKENS_LOCKED : TOKENS_FRESH;
}

bool
token_store_shut(TokenStore *s)
{
	return token_store_state(s) == TOKENS_DECLINED && g_file_test(s->file, G_FILE_TEST_EXISTS);
}

const char *
token_store_where(TokenStore *s)
{
	settle(s);
	return s->keep == KEEP_KEYRING ? _("in the keyring of the desktop") :
		s->keep == KEEP_FILE && !s->declined ? _("in a file that your passphrase encrypts") : _("in memory, until eilpost ends");
}

bool
token_store_lasts(TokenStore *s)
{
	settle(s);
	return s->keep == KEEP_KEYRING || (s->keep == KEEP_FILE && !s->declined);
}

/* ---- as text ---- */

static void
put_entry(GString *out, const Tokens *t)
{
	const struct { const char *name, *value; } fields[] = {
		{ "access", t->access }, { "refresh", t->refresh }, { "client", t->client_id }, { "url", t->token_url },
	};
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].value)
			g_string_append_printf(out, "%s\t%s\n", fields[i].name, fields[i].value);
	g_string_append_printf(out, "obtained\t%" G_GINT64_FORMAT "\nexpires\t%" G_GINT64_FORMAT "\n", t->obtained, t->expires);
}

static void
set_text(char **field, const char *value, gsize len)
{
	secret_wipe_string(*field);
	*field = g_strndup(value, len);
}

static void
take_field(Tokens *t, const char *name, gsize name_len, const char *value, gsize len)
{
	const struct { const char *name; char **field; } texts[] = {
		{ "access", &t->access }, { "refresh", &t->refresh }, { "client", &t->client_id }, { "url", &t->token_url },
	};
	const struct { const char *name; gint64 *field; } numbers[] = { { "obtained", &t->obtained }, { "expires", &t->expires } };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strlen(texts[i].name) == name_len && !strncmp(name, texts[i].name, name_len))
			set_text(texts[i].field, value, len);
	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (strlen(numbers[i].name) == name_len && !strncmp(name, numbers[i].name, name_len))
			*numbers[i].field = g_ascii_strtoll(value, NULL, 10);
}

static void
get_entry(const char *text, Tokens *t)
{
	for (const char *line = text; *line; ) {
		gsize len = strcspn(line, "\n"), n = strcspn(line, "\t\n");
		if (n < len)
			take_field(t, line, n, line + n + 1, len - n - 1);
		line += len + (line[len] == '\n');
	}
}

/* The name is the person's: it must not break a line. */
static char *
line_head(const char *name)
{
	g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
	return g_strconcat(escaped, "\t", NULL);
}

static void
wipe(GString *s)
{
	explicit_bzero(s->str, s->allocated_len);
	g_string_free(s, TRUE);
}

/* ---- the file ---- */

static bool
disk_failed(const TokenStore *s, GError **err)
{
	g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The file of the sign-ins, %s, can't be used: %s"), s->file, g_strerror(errno));
	return false;
}

/* False with err NULL: there is none. */
static bool
read_file(const TokenStore *s, Seal *seal, Secret **text, GError **err)
{
	g_autofree char *data = NULL;
	gsize len = 0;
	struct stat st;

	if (g_lstat(s->file, &st) != 0)
		return errno == ENOENT ? false : disk_failed(s, err);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size > (off_t)LIMIT_TOKEN_FILE) {
		errno = EPERM;
		return disk_failed(s, err);
	}
	if (!g_file_get_contents(s->file, &data, &len, NULL))
		return disk_failed(s, err);
	if (!seal_is(data, len)) {
		g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("%s is not a file of sign-ins that eilpost wrote. Move it away, then sign in once more."), s->file);
		return false;
	}
	*text = seal_open(seal, data, len);
	if (*text)
		return true;
	g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, _("That is not the passphrase of the stored sign-ins (or their file is damaged)."));
	return false;
}

static bool
write_file(const TokenStore *s, GBytes *data, GError **err)
{
	g_autofree char *fresh = g_strdup_printf("%s.%d", s->file, (int)getpid()), *folder = g_path_get_dirname(s->file);
	gsize len;
	const char *bytes = g_bytes_get_data(data, &len);

	g_mkdir_with_parents(folder, 0700);
	g_unlink(fresh);
	int fd = g_open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return disk_failed(s, err);
	bool ok = write_whole(fd, bytes, len) && fsync(fd) == 0;
	ok &= close(fd) == 0;
	ok = ok && g_rename(fresh, s->file) == 0;
	if (!ok) {
		int why = errno;
		g_unlink(fresh);
		errno = why;
		return disk_failed(s, err);
	}
	int dir = g_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir >= 0) {
		fsync(dir);
		close(dir);
	}
	return true;
}

/* The lines of one name in the file, without the name (own), or those of all others as they are. */
static void
sort_out(const char *text, const char *head, bool own, GString *out)
{
	gsize skip = strlen(head);

	for (const char *line = text; *line; ) {
		gsize len = strcspn(line, "\n");
		len += line[len] == '\n';
		bool is_own = !strncmp(line, head, skip);
		if (is_own == own)
			g_string_append_len(out, own ? line + skip : line, (gssize)(own ? len - skip : len));
		line += len;
	}
}

static bool
load_from_file(const TokenStore *s, const char *name, Secret **text, GError **err)
{
	g_autofree char *head = line_head(name);
	g_autoptr(Secret) all = NULL;

	if (!read_file(s, s->seal, &all, err))
		return false;
	GString *own = g_string_sized_new(strlen(secret_peek(all)));	/* never grows, as below: no pieces are left behind */
	sort_out(secret_peek(all), head, true, own);
	bool found = own->len > 0;
	if (found)
		*text = secret_new(own->str, (gssize)own->len);
	wipe(own);
	return found;
}

/* Another program may write it too: between reading and writing nobody else does. */
static bool
lock_for_saving(TokenStore *s)
{
	if (s->lock >= 0)
		return false;
	for (guint i = 0; i < 100 && !token_store_try_lock(s); i++)
		g_usleep(20 * 1000);
	return true;
}

static bool
save_to_file(TokenStore *s, const char *name, const char *text, GError **err)
{
	g_autofree char *head = line_head(name);
	g_autoptr(Secret) was = NULL;
	GError *why = NULL;
	bool locked = lock_for_saving(s);
	GString *all = g_string_sized_new(LIMIT_TOKEN_FILE);

	if (read_file(s, s->seal, &was, &why))
		sort_out(secret_peek(was), head, false, all);
	for (const char *line = text; !why && line && *line; ) {
		gsize len = strcspn(line, "\n");
		g_string_append(all, head);
		g_string_append_len(all, line, (gssize)len);
		g_string_append_c(all, '\n');
		line += len + (line[len] == '\n');
	}
	bool ok = !why;
	if (ok) {
		g_autoptr(GBytes) data = seal_close(s->seal, all->str, all->len);
		ok = write_file(s, data, err);
	} else {
		g_propagate_error(err, why);
	}
	wipe(all);
	if (locked)
		token_store_unlock_file(s);
	return ok;
}

bool
token_store_unlock(TokenStore *s, const char *passphrase, GError **err)
{
	g_autoptr(Secret) text = NULL;
	GError *why = NULL;

	if (!passphrase || !*passphrase) {
		s->declined = true;
		return true;
	}
	Seal *seal = seal_new(passphrase, s->rounds);
	if (!read_file(s, seal, &text, &why) && why) {
		seal_free(seal);
		g_propagate_error(err, why);
		return false;
	}
	seal_free(s->seal);
	s->seal = seal;
	s->declined = false;
	return true;
}

/* ---- the door ---- */

bool
token_store_load_text(TokenStore *s, const char *name, Secret **text, GError **err)
{
	settle(s);
	const Secret *kept = g_hash_table_lookup(s->memory, name);
	if (kept) {
		*text = secret_new(secret_peek(kept), -1);
		return true;
	}
	if (s->keep == KEEP_KEYRING)
		return keyring_get(s->file, name, text, err);
	return s->keep == KEEP_FILE && s->seal && load_from_file(s, name, text, err);
}

bool
token_store_save_text(TokenStore *s, const char *name, const char *label, const char *text, GError **err)
{
	settle(s);
	g_hash_table_remove(s->memory, name);
	if (s->keep == KEEP_KEYRING)
		return text ? keyring_put(s->file, name, label, text, err) : keyring_remove(s->file, name, err);
	if (s->keep == KEEP_FILE && s->seal)
		return save_to_file(s, name, text, err);
	if (text)
		g_hash_table_insert(s->memory, g_strdup(name), secret_new(text, -1));
	return true;
}

bool
token_store_load(TokenStore *s, const char *name, Tokens *t, GError **err)
{
	g_autoptr(Secret) text = NULL;

	tokens_clear(t);
	if (!token_store_load_text(s, name, &text, err))
		return false;
	get_entry(secret_peek(text), t);
	return true;
}

bool
token_store_save(TokenStore *s, const char *name, const Tokens *t, GError **err)
{
	if (!t)
		return token_store_save_text(s, name, NULL, NULL, err);
	g_autofree char *label = g_strdup_printf(_("eilpost: sign-in of %s"), name);
	GString *text = g_string_sized_new(3 * LIMIT_TOKEN);
	put_entry(text, t);
	bool ok = token_store_save_text(s, name, label, text->str, err);
	wipe(text);
	return ok;
}

bool
token_store_try_lock(TokenStore *s)
{
	g_autofree char *path = g_strconcat(s->file, ".lock", NULL), *folder = g_path_get_dirname(s->file);

	settle(s);
	if (s->keep == KEEP_MEMORY || s->lock >= 0)
		return true;
	g_mkdir_with_parents(folder, 0700);
	int fd = g_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return true;	/* a folder that can't be written to: saving will say it */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return false;
	}
	s->lock = fd;
	return true;
}

void
token_store_unlock_file(TokenStore *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

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
	GHashTable *memory;	/* owned: name -> Tokens*, of KEEP_MEMORY and of who declined */
	int lock;		/* -1: not held */
};

static void
tokens_free(gpointer p)
{
	tokens_clear(p);
	g_free(p);
}

TokenStore *
token_store_new(TokenKeep keep, const char *file, guint rounds)
{
	TokenStore *s = g_new0(TokenStore, 1);
	s->keep = keep;
	s->file = g_strdup(file);
	s->rounds = rounds;
	s->lock = -1;
	s->memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tokens_free);
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

const char *
token_store_where(TokenStore *s)
{
	settle(s);
	return s->keep == KEEP_KEYRING ? _("in the keyring of the desktop") :
		s->keep == KEEP_FILE && !s->declined ? _("in a file that your passphrase encrypts") : _("in memory, until eilpost ends");
}

/* ---- as text ---- */

static void
put_entry(GString *out, const char *before, const Tokens *t)
{
	const struct { const char *name, *value; } fields[] = {
		{ "access", t->access }, { "refresh", t->refresh }, { "client", t->client_id }, { "url", t->token_url },
	};
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].value)
			g_string_append_printf(out, "%s%s\t%s\n", before, fields[i].name, fields[i].value);
	g_string_append_printf(out, "%sobtained\t%" G_GINT64_FORMAT "\n%sexpires\t%" G_GINT64_FORMAT "\n", before, t->obtained, before, t->expires);
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

/* The lines that begin with `before`. False: there are none. */
static bool
get_entry(const char *text, const char *before, Tokens *t)
{
	bool found = false;
	gsize skip = strlen(before);

	for (const char *line = text; *line; ) {
		gsize len = strcspn(line, "\n");
		if (len > skip && !strncmp(line, before, skip)) {
			const char *name = line + skip;
			gsize left = len - skip, n = strcspn(name, "\t\n");
			found = true;
			if (n < left)
				take_field(t, name, n, name + n + 1, left - n - 1);
		}
		line += len + (line[len] == '\n');
	}
	return found;
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
	gsize len, done = 0;
	const char *bytes = g_bytes_get_data(data, &len);

	g_mkdir_with_parents(folder, 0700);
	g_unlink(fresh);
	int fd = g_open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return disk_failed(s, err);
	while (done < len) {
		gssize n = write(fd, bytes + done, len - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (gsize)n : 0;
	}
	bool ok = done == len && fsync(fd) == 0;
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

/* What is in the file, without one account. */
static bool
others(const TokenStore *s, const char *head, GString *out, GError **err)
{
	g_autoptr(Secret) text = NULL;
	GError *why = NULL;

	if (!read_file(s, s->seal, &text, &why)) {
		if (why)
			g_propagate_error(err, why);
		return !why;
	}
	for (const char *line = secret_peek(text); *line; ) {
		gsize len = strcspn(line, "\n") + 1;
		len = MIN(len, strlen(line));
		if (strncmp(line, head, strlen(head)))
			g_string_append_len(out, line, (gssize)len);
		line += len;
	}
	return true;
}

static bool
save_to_file(TokenStore *s, const char *name, const Tokens *t, GError **err)
{
	g_autofree char *head = line_head(name);
	GString *all = g_string_sized_new(LIMIT_TOKEN_FILE);	/* never grows: no pieces are left behind */
	bool ok = others(s, head, all, err);

	if (ok && t)
		put_entry(all, head, t);
	if (ok) {
		g_autoptr(GBytes) data = seal_close(s->seal, all->str, all->len);
		ok = write_file(s, data, err);
	}
	wipe(all);
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

static bool
load_from_keyring(const TokenStore *s, const char *name, Tokens *t, GError **err)
{
	g_autoptr(Secret) text = NULL;
	return keyring_get(s->file, name, &text, err) && get_entry(secret_peek(text), "", t);
}

static bool
save_to_keyring(const TokenStore *s, const char *name, const Tokens *t, GError **err)
{
	if (!t)
		return keyring_remove(s->file, name, err);
	g_autofree char *label = g_strdup_printf(_("eilpost: sign-in of %s"), name);
	GString *text = g_string_sized_new(3 * LIMIT_TOKEN);
	put_entry(text, "", t);
	bool ok = keyring_put(s->file, name, label, text->str, err);
	wipe(text);
	return ok;
}

bool
token_store_load(TokenStore *s, const char *name, Tokens *t, GError **err)
{
	const Tokens *kept = g_hash_table_lookup(s->memory, name);

	settle(s);
	tokens_clear(t);
	if (kept) {
		tokens_copy(t, kept);
		return true;
	}
	if (s->keep == KEEP_KEYRING)
		return load_from_keyring(s, name, t, err);
	if (s->keep != KEEP_FILE || !s->seal)
		return false;
	g_autofree char *head = line_head(name);
	g_autoptr(Secret) text = NULL;
	return read_file(s, s->seal, &text, err) && get_entry(secret_peek(text), head, t);
}

bool
token_store_save(TokenStore *s, const char *name, const Tokens *t, GError **err)
{
	settle(s);
	if (s->keep == KEEP_KEYRING || (s->keep == KEEP_FILE && s->seal)) {
		g_hash_table_remove(s->memory, name);
		return s->keep == KEEP_KEYRING ? save_to_keyring(s, name, t, err) : save_to_file(s, name, t, err);
	}
	g_hash_table_remove(s->memory, name);
	if (t) {
		Tokens *copy = g_new0(Tokens, 1);
		tokens_copy(copy, t);
		g_hash_table_insert(s->memory, g_strdup(name), copy);
	}
	return true;
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

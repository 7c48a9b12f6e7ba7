/* seal.c - text that only who knows a passphrase can read or change.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The salt is made once for a Seal, so that closing again costs no second; the nonce is new each time: with 96 random
 * bits and one write per refresh of a token no two ever meet. */
#include "config.h"
#include "auth/seal.h"

#include <nettle/chacha-poly1305.h>
#include <nettle/pbkdf2.h>
#include <string.h>
#include <sys/random.h>

static const char MAGIC[] = "eilpost sealed 1\n";

enum {
	MAGIC_SIZE = sizeof MAGIC - 1, SALT = 16, ROUNDS_MAX = 20000000,
	HEAD = MAGIC_SIZE + 4 + SALT + CHACHA_POLY1305_NONCE_SIZE,
};

struct Seal {
	Secret *passphrase, *key;	/* owned; key NULL: not made yet */
	guint8 salt[SALT];
	guint rounds;
};

Seal *
seal_new(const char *passphrase, guint rounds)
{
	Seal *s = g_new0(Seal, 1);
	s->passphrase = secret_new(passphrase, -1);
	s->rounds = rounds;
	return s;
}

void
seal_free(Seal *s)
{
	if (!s)
		return;
	secret_free(s->passphrase);
	secret_free(s->key);
	g_free(s);
}

static void
fill_with_chance(guint8 *data, gsize len)
{
	gsize n = 0;
	while (n < len) {
		gssize got = getrandom(data + n, len - n, 0);
		if (got > 0)
			n += (gsize)got;
	}
}

static void
make_key(Seal *s, const guint8 *salt, guint rounds)
{
	guint8 key[CHACHA_POLY1305_KEY_SIZE];
	const char *words = secret_peek(s->passphrase);

	if (s->key && s->rounds == rounds && !memcmp(s->salt, salt, SALT))
		return;
	pbkdf2_hmac_sha256(strlen(words), (const guint8 *)words, rounds, SALT, salt, sizeof key, key);
	secret_free(s->key);
	s->key = secret_new((const char *)key, sizeof key);
	explicit_bzero(key, sizeof key);
	memmove(s->salt, salt, SALT);
	s->rounds = rounds;
}

static void
begin(struct chacha_poly1305_ctx *c, const Seal *s, const guint8 *head)
{
	chacha_poly1305_set_key(c, (const guint8 *)secret_peek(s->key));
	chacha_poly1305_set_nonce(c, head + HEAD - CHACHA_POLY1305_NONCE_SIZE);
	chacha_poly1305_update(c, HEAD, head);
}

GBytes *
seal_close(Seal *s, const char *text, gsize len)
{
	struct chacha_poly1305_ctx c;
	gsize size = HEAD + len + CHACHA_POLY1305_DIGEST_SIZE;
	guint8 *out = g_malloc(size), salt[SALT];

	if (!s->key) {
		fill_with_chance(salt, SALT);
		make_key(s, salt, s->rounds);
	}
	memcpy(out, MAGIC, MAGIC_SIZE);
	for (int i = 0; i < 4; i++)
		out[MAGIC_SIZE + i] = (guint8)(s->rounds >> (24 - 8 * i));
	memcpy(out + MAGIC_SIZE + 4, s->salt, SALT);
	fill_with_chance(out + HEAD - CHACHA_POLY1305_NONCE_SIZE, CHACHA_POLY1305_NONCE_SIZE);
	begin(&c, s, out);
	chacha_poly1305_encrypt(&c, len, out + HEAD, (const guint8 *)text);
	chacha_poly1305_digest(&c, CHACHA_POLY1305_DIGEST_SIZE, out + HEAD + len);
	explicit_bzero(&c, sizeof c);
	return g_bytes_new_take(out, size);
}

bool
seal_is(const void *data, gsize len)
{
	return len >= HEAD + CHACHA_POLY1305_DIGEST_SIZE && !memcmp(data, MAGIC, MAGIC_SIZE);
}

Secret *
seal_open(Seal *s, const void *data, gsize len)
{
	struct chacha_poly1305_ctx c;
	const guint8 *in = data;
	guint8 tag[CHACHA_POLY1305_DIGEST_SIZE], differs = 0;
	guint rounds = 0;

	if (!seal_is(data, len))
		return NULL;
	for (int i = 0; i < 4; i++)
		rounds = rounds << 8 | in[MAGIC_SIZE + i];
	if (rounds == 0 || rounds > ROUNDS_MAX)	/* the rounds are not under a tag before they are done */
		return NULL;
	make_key(s, in + MAGIC_SIZE + 4, rounds);
	gsize n = len - HEAD - sizeof tag;
	g_autofree guint8 *text = g_malloc(n + 1);
	begin(&c, s, in);
	chacha_poly1305_decrypt(&c, n, text, in + HEAD);
	chacha_poly1305_digest(&c, sizeof tag, tag);
	explicit_bzero(&c, sizeof c);
	for (gsize i = 0; i < sizeof tag; i++)
		differs |= (guint8)(tag[i] ^ in[HEAD + n + i]);
	Secret *plain = differs ? NULL : secret_new((const char *)text, (gssize)n);
	explicit_bzero(text, n);
	return plain;
}

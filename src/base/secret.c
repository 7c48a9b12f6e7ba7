/* secret.c - memory for passwords and tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A secret has pages of its own, so that mlock and MADV_DONTDUMP cover it and
 * nothing else. Where RLIMIT_MEMLOCK forbids the lock it works unlocked. */
#include "config.h"
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct Secret {
	gsize pages_size;
	char text[];
};

Secret *
secret_new(const char *text, gssize len)
{
	gsize n = len < 0 ? strlen(text) : (gsize)len;
	gsize page = (gsize)sysconf(_SC_PAGESIZE);
	gsize size = (sizeof(Secret) + n + 1 + page - 1) / page * page;
	Secret *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	g_assert(s != MAP_FAILED);
	(void)mlock(s, size);
	(void)madvise(s, size, MADV_DONTDUMP);
	s->pages_size = size;
	memcpy(s->text, text, n);
	s->text[n] = '\0';
	return s;
}

const char *
secret_peek(const Secret *s)
{
	return s->text;
}

void
secret_free(Secret *s)
{
	if (!s)
		return;
	gsize size = s->pages_size;
	explicit_bzero(s, size);
	munmap(s, size);
}

void
secret_wipe_string(char *text)
{
	if (!text)
		return;
	explicit_bzero(text, strlen(text));
	g_free(text);
}

void
secret_process_hardening(void)
{
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

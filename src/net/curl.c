/* curl.c - libcurl, brought in when something is first asked of a web server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It stays until the end: GnuTLS and Kerberos below it keep threads' data that can't be taken back. */
#include "config.h"
#include "net/curl.h"
#include "base/intl.h"

#include <dlfcn.h>

static const char *file = CURL_LIBRARY;	/* its soname, found by configure */

void
curl_set_file(const char *other)
{
	file = other;
}

static bool
find(void *library, const char *name, void *into)
{
	void *at = dlsym(library, name);

	memcpy(into, &at, sizeof at);	/* ISO C has no cast from one kind of pointer to the other */
	return at != NULL;
}

static gpointer
bring(gpointer why)
{
	static Curl curl;
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		*(char **)why = g_strdup(dlerror());
		return NULL;
	}
#define X(name) \
	if (!find(library, "curl_" #name, &curl.name)) { \
		*(char **)why = g_strdup(dlerror()); \
		return NULL; \
	}
	CURL_FUNCTIONS(X)
#undef X
	curl.global_init(CURL_GLOBAL_DEFAULT);
	return &curl;
}

const Curl *
curl_get(GError **err)
{
	static GOnce once = G_ONCE_INIT;
	static char *why;	/* owned, for ever */
	const Curl *curl = g_once(&once, bring, &why);

	if (!curl)
		g_set_error(err, EIL_ERROR, EIL_LATER, _("Web servers can't be asked anything here, because libcurl is missing (%s)."), why);
	return curl;
}

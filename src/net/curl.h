/* curl.h - libcurl, brought in when something is first asked of a web server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * It brings twenty libraries along: 3 MiB and a third of the program's start, for what an account with a password never
 * needs. Named in src/net only. */
#pragma once

#include "base/error.h"

#define CURL_DISABLE_TYPECHECK	/* its macros know the functions by their names */
#include <curl/curl.h>

#define CURL_FUNCTIONS(X) \
	X(global_init) X(getdate) X(easy_init) X(easy_cleanup) X(easy_getinfo) X(easy_setopt) X(easy_strerror) \
	X(multi_init) X(multi_cleanup) X(multi_setopt) X(multi_add_handle) X(multi_remove_handle) X(multi_info_read) X(multi_socket_action)

typedef struct {
#define X(name) __typeof__(curl_##name) *name;
	CURL_FUNCTIONS(X)
#undef X
} Curl;

/* The same each time. NULL: it is not on this computer, and err says so. Any thread. */
const Curl *curl_get(GError **err);
/* For tests: another file than the one it was built with; before the first curl_get. */
void curl_set_file(const char *file);

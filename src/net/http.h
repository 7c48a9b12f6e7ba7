/* http.h - questions to web servers, in one GMainContext and without waiting.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * By libcurl, with the same manners as the mail connections: the peer is verified, an answer has a limit and a deadline,
 * plain http goes to this computer only. What is sent and what comes may be secret: it is wiped, and the log gets host,
 * path and status. Proxies as the environment says (https_proxy). One thread. */
#pragma once

#include "base/error.h"

typedef struct Http Http;

typedef struct {	/* borrowed for the call, all of it */
	const char *url;
	const char *form;	/* application/x-www-form-urlencoded, by POST; NULL: GET */
	const char *ca_file;	/* PEM, beside the system's store; NULL: none */
	guint redirects;	/* so many are followed, encrypted ones only; of a GET */
	guint timeout_ms;	/* 0: DEADLINE_HTTP_MS */
} HttpRequest;

typedef struct {
	int status;
	const char *body;	/* borrowed for the call; NUL behind it */
	gsize len;
	gint64 date;		/* Unix seconds, by the server's clock; 0: not said */
} HttpAnswer;

/* Called once, in the context. No answer: err. EIL_LATER: no network, server down; EIL_REFUSED: its certificate; EIL_BROKEN:
 * an answer beyond the limit. */
typedef void (*HttpDone)(void *user, const HttpAnswer *answer, const GError *err);

Http *http_new(GMainContext *context);
void http_free(Http *h);	/* what is under way ends without a word */
guint http_start(Http *h, const HttpRequest *r, HttpDone done, void *user);	/* a number for http_cancel; done is never called in it */
void http_cancel(Http *h, guint number);	/* done is not called */

/* https with a host and no user in it, or http to 127.0.0.0/8, ::1, localhost. */
bool http_url_good(const char *url);
char *http_url_host(const char *url);	/* for sentences: "login.example.com"; yours */

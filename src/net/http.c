/* http.c - questions to web servers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * libcurl's (curl.h) multi interface with its sockets and its timer as sources of the context. curl forbids calls into itself
 * from its callbacks, so answers are only given out after it returned. */
#include "config.h"
#include "net/http.h"
#include "net/curl.h"
#include "base/intl.h"
#include "base/limits.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <string.h>

typedef struct {
	Http *http;		/* borrowed */
	guint number;
	CURL *easy;		/* owned */
	char *host, *form;	/* owned; form is wiped */
	char error[CURL_ERROR_SIZE];
	GByteArray *body;	/* owned; wiped */
	bool too_long;
	gint64 date;
	HttpDone done;
	void *user;
	GSource *failed;	/* owned: it could not even begin */
} Question;

typedef struct { curl_socket_t fd; GSource *source; /* owned */ } Watch;

struct Http {
	GMainContext *context;	/* a reference */
	const Curl *curl;	/* NULL: it is missing, and why says so to each question */
	GError *missing;	/* owned */
	CURLM *multi;		/* owned */
	GSource *timer;		/* owned; NULL: not set */
	GArray *watches;	/* owned, of Watch */
	GPtrArray *questions;	/* owned, of Question* */
	guint numbers;
};

/* ---- addresses ---- */

static bool
is_here(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (!g_ascii_strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool
http_url_good(const char *url)
{
	g_autoptr(GUri) uri = url ? g_uri_parse(url, G_URI_FLAGS_NONE, NULL) : NULL;

	if (!uri || !g_uri_get_host(uri) || !*g_uri_get_host(uri) || g_uri_get_userinfo(uri))
		return false;
	return !strcmp(g_uri_get_scheme(uri), "https") || (!strcmp(g_uri_get_scheme(uri), "http") && is_here(g_uri_get_host(uri)));
}

char *
http_url_host(const char *url)
{
	g_autoptr(GUri) uri = url ? g_uri_parse(url, G_URI_FLAGS_NONE, NULL) : NULL;
	return g_strdup(uri && g_uri_get_host(uri) ? g_uri_get_host(uri) : url ? url : "");
}

/* ---- one question ---- */

static void
question_free(gpointer p)
{
	Question *q = p;

	if (q->easy) {
		q->http->curl->multi_remove_handle(q->http->multi, q->easy);
		q->http->curl->easy_cleanup(q->easy);
	}
	if (q->failed) {
		g_source_destroy(q->failed);
		g_source_unref(q->failed);
	}
	explicit_bzero(q->body->data, q->body->len);
	g_byte_array_unref(q->body);
	if (q->form)
		explicit_bzero(q->form, strlen(q->form));
	g_free(q->form);
	g_free(q->host);
	g_free(q);
}

/* A growing array would leave copies behind: its room is taken once. */
static size_t
on_body(char *data, size_t size, size_t n, void *user)
{
	Question *q = user;

	if (q->body->len + n > LIMIT_HTTP_ANSWER) {
		q->too_long = true;
		return 0;
	}
	g_byte_array_append(q->body, (const guint8 *)data, (guint)n);
	return n;
}

static size_t
on_header(char *data, size_t size, size_t n, void *user)
{
	Question *q = user;

	if (n > 5 && n < 100 && !g_ascii_strncasecmp(data, "date:", 5)) {
		g_autofree char *value = g_strndup(data + 5, n - 5);
		q->date = (gint64)q->http->curl->getdate(g_strstrip(value), NULL);
	}
	return n;
}

static GError *
why(const Question *q, CURLcode code)
{
	if (!q->http->curl)
		return g_error_copy(q->http->missing);
	const char *words = *q->error ? q->error : q->http->curl->easy_strerror(code);

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CACERT_BADFILE: case CURLE_SSL_ISSUER_ERROR:
		return g_error_new(EIL_ERROR, EIL_REFUSED,
			_("%s could not prove who it is, so nothing was sent to it (%s). Is the clock of this computer right?"), q->host, words);
	case CURLE_UNSUPPORTED_PROTOCOL: case CURLE_URL_MALFORMAT:
		return g_error_new(EIL_ERROR, EIL_ASK_USER, _("“%s” is no web address that eilpost may ask: it must begin with https://."), q->host);
	default:
		if (q->too_long)
			return g_error_new(EIL_ERROR, EIL_BROKEN, _("The answer of %s is far too long."), q->host);
		return g_error_new(EIL_ERROR, EIL_LATER, _("%s can't be reached (%s)."), q->host, words);
	}
}

static void
answer(Http *h, Question *q, CURLcode code)
{
	long status = 0;
	g_autoptr(GError) err = NULL;

	if (q->easy)
		h->curl->easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
	g_byte_array_append(q->body, (const guint8 *)"", 1);
	HttpAnswer a = { .status = (int)status, .body = (const char *)q->body->data, .len = q->body->len - 1, .date = q->date };
	if (code != CURLE_OK)
		err = why(q, code);
	if (err)
		log_line(LOG_INFO, "http", "%s %s: %s", q->form ? "POST" : "GET", q->host, err->message);
	else
		log_line(LOG_INFO, "http", "%s %s: status %d, %u bytes", q->form ? "POST" : "GET", q->host, a.status, (guint)a.len);
	/* whoever asked may ask again, or cancel others, in this call */
	g_ptr_array_remove_fast(h->questions, q);
	q->done(q->user, err ? NULL : &a, err);
	question_free(q);
}

static void
look_for_ends(Http *h)
{
	CURLMsg *m;
	int left;

	while ((m = h->curl->multi_info_read(h->multi, &left))) {
		Question *q = NULL;
		CURLcode code = m->data.result;
		if (m->msg != CURLMSG_DONE)
			continue;
		h->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &q);
		h->curl->multi_remove_handle(h->multi, q->easy);
		answer(h, q, code);
	}
}

/* ---- curl's sockets and timer ---- */

static gboolean
on_ready(gint fd, GIOCondition condition, gpointer user)
{
	Http *h = user;
	int what = (condition & G_IO_IN ? CURL_CSELECT_IN : 0) | (condition & G_IO_OUT ? CURL_CSELECT_OUT : 0) |
		(condition & (G_IO_ERR | G_IO_HUP) ? CURL_CSELECT_ERR | CURL_CSELECT_IN : 0), running;

	h->curl->multi_socket_action(h->multi, fd, what, &running);
	look_for_ends(h);
	return G_SOURCE_CONTINUE;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *unused)
{
	Http *h = user;

	for (guint i = 0; i < h->watches->len; i++) {
		Watch *w = &g_array_index(h->watches, Watch, i);
		if (w->fd == fd) {
			g_source_destroy(w->source);
			g_source_unref(w->source);
			g_array_remove_index_fast(h->watches, i);
			break;
		}
	}
	if (what == CURL_POLL_REMOVE)
		return 0;
	Watch w = { fd, g_unix_fd_source_new(fd, (what & CURL_POLL_IN ? G_IO_IN : 0) | (what & CURL_POLL_OUT ? G_IO_OUT : 0) | G_IO_HUP | G_IO_ERR) };
	g_source_set_callback(w.source, G_SOURCE_FUNC(on_ready), h, NULL);
	g_source_attach(w.source, h->context);
	g_array_append_val(h->watches, w);
	return 0;
}

static void
clear_timer(Http *h)
{
	if (h->timer) {
		g_source_destroy(h->timer);
		g_source_unref(h->timer);
		h->timer = NULL;
	}
}

static gboolean
on_time(gpointer user)
{
	Http *h = user;
	int running;

	clear_timer(h);
	h->curl->multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_for_ends(h);
	return G_SOURCE_REMOVE;
}

static int
on_timer(CURLM *multi, long ms, void *user)
{
	Http *h = user;

	clear_timer(h);
	if (ms < 0)
		return 0;
	h->timer = g_timeout_source_new((guint)MIN(ms, 60000));
	g_source_set_callback(h->timer, on_time, h, NULL);
	g_source_attach(h->timer, h->context);
	return 0;
}

/* ---- the door ---- */

Http *
http_new(GMainContext *context)
{
	Http *h = g_new0(Http, 1);

	h->curl = curl_get(&h->missing);
	h->context = g_main_context_ref(context);
	h->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
	h->questions = g_ptr_array_new();
	if (!h->curl)
		return h;
	h->multi = h->curl->multi_init();
	h->curl->multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	h->curl->multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	h->curl->multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	h->curl->multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return h;
}

void
http_free(Http *h)
{
	if (!h)
		return;
	while (h->questions->len)
		question_free(g_ptr_array_steal_index_fast(h->questions, 0));
	if (h->curl)
		h->curl->multi_cleanup(h->multi);
	g_clear_error(&h->missing);
	clear_timer(h);
	for (guint i = 0; i < h->watches->len; i++) {
		GSource *s = g_array_index(h->watches, Watch, i).source;
		g_source_destroy(s);
		g_source_unref(s);
	}
	g_array_unref(h->watches);
	g_ptr_array_unref(h->questions);
	g_main_context_unref(h->context);
	g_free(h);
}

static gboolean
failed_later(gpointer user)
{
	Question *q = user;
	answer(q->http, q, CURLE_URL_MALFORMAT);
	return G_SOURCE_REMOVE;
}

static void
set_up(Question *q, const HttpRequest *r)
{
	const Curl *curl = q->http->curl;
	CURL *c = q->easy;
	long ms = r->timeout_ms ? (long)r->timeout_ms : DEADLINE_HTTP_MS;

	curl->easy_setopt(c, CURLOPT_URL, r->url);
	curl->easy_setopt(c, CURLOPT_PRIVATE, q);
	curl->easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(c, CURLOPT_ERRORBUFFER, q->error);
	curl->easy_setopt(c, CURLOPT_TIMEOUT_MS, ms);
	curl->easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, MIN(ms, (long)DEADLINE_CONNECT_MS));
	curl->easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl->easy_setopt(c, CURLOPT_WRITEDATA, q);
	curl->easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(c, CURLOPT_HEADERDATA, q);
	curl->easy_setopt(c, CURLOPT_USERAGENT, PACKAGE "/" PACKAGE_VERSION);
	/* no .netrc, no cookies, nothing of the person's that the request does not say */
	curl->easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl->easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl->easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");	/* http_url_good saw it already */
	curl->easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
	curl->easy_setopt(c, CURLOPT_PROTOCOLS, CURLPROTO_HTTPS | CURLPROTO_HTTP);
	curl->easy_setopt(c, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTPS);
#endif
	if (r->ca_file)	/* the folder of the system's certificates stays in force beside it */
		curl->easy_setopt(c, CURLOPT_CAINFO, r->ca_file);
	if (q->form) {
		curl->easy_setopt(c, CURLOPT_POST, 1L);
		curl->easy_setopt(c, CURLOPT_POSTFIELDS, q->form);
		curl->easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(q->form));
	} else if (r->redirects) {
		curl->easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
		curl->easy_setopt(c, CURLOPT_MAXREDIRS, (long)r->redirects);
	}
}

guint
http_start(Http *h, const HttpRequest *r, HttpDone done, void *user)
{
	Question *q = g_new0(Question, 1);

	q->http = h;
	q->number = ++h->numbers;
	q->easy = h->curl ? h->curl->easy_init() : NULL;
	q->form = g_strdup(r->form);
	q->body = g_byte_array_sized_new(LIMIT_HTTP_ANSWER + 1);
	q->done = done;
	q->user = user;
	g_ptr_array_add(h->questions, q);
	if (!h->curl || !http_url_good(r->url)) {
		q->host = h->curl ? g_strdup(r->url ? r->url : "") : http_url_host(r->url);
		q->failed = g_idle_source_new();
		g_source_set_callback(q->failed, failed_later, q, NULL);
		g_source_attach(q->failed, h->context);
		return q->number;
	}
	q->host = http_url_host(r->url);
	set_up(q, r);
	h->curl->multi_add_handle(h->multi, q->easy);
	return q->number;
}

void
http_cancel(Http *h, guint number)
{
	for (guint i = 0; i < h->questions->len; i++) {
		Question *q = g_ptr_array_index(h->questions, i);
		if (q->number == number) {
			g_ptr_array_remove_index_fast(h->questions, i);
			question_free(q);
			return;
		}
	}
}

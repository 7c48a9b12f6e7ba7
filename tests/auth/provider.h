/* provider.h - an OAuth provider in a thread, scripted: each request takes the next answer of its path.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Answers are queued with provider_will(p, "/token", 200, "{...}"); the last one of a path stays in force. Status 0: the
 * connection is cut. What was asked is kept in provider_asked(p, n) as "POST /token grant_type=...". */
#pragma once

#include "base/error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct { char *path, *body, *date; int status; guint delay_ms; } ProviderAnswer;
typedef struct {
	int fd, port;
	GThread *thread;
	GMutex lock;
	GPtrArray *answers, *asked;
	char *url;
	bool ending;
} Provider;

static inline void
provider_answer_free(gpointer p)
{
	ProviderAnswer *a = p;
	g_free(a->path);
	g_free(a->body);
	g_free(a->date);
	g_free(a);
}

static inline char *
provider_read(int fd)
{
	GString *in = g_string_new(NULL);
	char buffer[4096];
	gsize want = 0;
	for (;;) {
		gssize n = read(fd, buffer, sizeof buffer);
		if (n <= 0)
			break;
		g_string_append_len(in, buffer, n);
		char *end = strstr(in->str, "\r\n\r\n");
		if (!end)
			continue;
		char *length = strcasestr(in->str, "\r\ncontent-length:");
		want = (gsize)(end + 4 - in->str) + (length && length < end ? (gsize)g_ascii_strtoull(length + 17, NULL, 10) : 0);
		if (in->len >= want)
			break;
	}
	return g_string_free(in, FALSE);
}

static inline ProviderAnswer *
provider_take(Provider *p, const char *path)
{
	ProviderAnswer *found = NULL;
	guint left = 0, at = 0;
	for (guint i = 0; i < p->answers->len; i++) {
		ProviderAnswer *a = g_ptr_array_index(p->answers, i);
		if (strcmp(a->path, path))
			continue;
		if (!found) {
			found = a;
			at = i;
		}
		left++;
	}
	if (!found)
		return NULL;
	ProviderAnswer *copy = g_new0(ProviderAnswer, 1);
	*copy = (ProviderAnswer){ g_strdup(found->path), g_strdup(found->body), g_strdup(found->date), found->status, found->delay_ms };
	if (left > 1)
		g_ptr_array_remove_index(p->answers, at);
	return copy;
}

static inline gpointer
provider_run(gpointer user)
{
	Provider *p = user;
	for (;;) {
		int fd = accept(p->fd, NULL, NULL);
		g_mutex_lock(&p->lock);
		bool ending = p->ending;
		g_mutex_unlock(&p->lock);
		if (fd < 0 || ending) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
		g_autofree char *request = provider_read(fd);
		g_auto(GStrv) words = g_strsplit(request, " ", 3);
		if (g_strv_length(words) < 3) {
			close(fd);
			continue;
		}
		char *body = strstr(request, "\r\n\r\n");
		g_autofree char *path = g_strndup(words[1], strcspn(words[1], "?"));
		g_mutex_lock(&p->lock);
		g_ptr_array_add(p->asked, g_strdup_printf("%s %s %s", words[0], words[1], body ? body + 4 : ""));
		ProviderAnswer *a = provider_take(p, path);
		g_mutex_unlock(&p->lock);
		if (a && a->delay_ms)
			g_usleep(a->delay_ms * 1000);
		if (!a || a->status) {
			const char *text = a ? a->body : "nothing here";
			g_autofree char *answer = g_strdup_printf("HTTP/1.1 %d x\r\nContent-Type: application/json\r\n%s%s%sContent-Length: %u\r\nConnection: close\r\n\r\n%s",
				a ? a->status : 404, a && a->date ? "Date: " : "", a && a->date ? a->date : "", a && a->date ? "\r\n" : "", (guint)strlen(text), text);
			(void)!write(fd, answer, strlen(answer));
		}
		if (a)
			provider_answer_free(a);
		close(fd);
	}
}

static inline Provider *
provider_new(void)
{
	Provider *p = g_new0(Provider, 1);
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof here;
	g_mutex_init(&p->lock);
	p->answers = g_ptr_array_new_with_free_func(provider_answer_free);
	p->asked = g_ptr_array_new_with_free_func(g_free);
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(p->fd, (struct sockaddr *)&here, len), ==, 0);
	g_assert_cmpint(listen(p->fd, 16), ==, 0);
	getsockname(p->fd, (struct sockaddr *)&here, &len);
	p->port = ntohs(here.sin_port);
	p->url = g_strdup_printf("http://127.0.0.1:%d", p->port);
	p->thread = g_thread_new("provider", provider_run, p);
	return p;
}

static inline void
provider_free(Provider *p)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((guint16)p->port) };
	g_mutex_lock(&p->lock);
	p->ending = true;
	g_mutex_unlock(&p->lock);
	int knock = socket(AF_INET, SOCK_STREAM, 0);
	(void)!connect(knock, (struct sockaddr *)&here, sizeof here);
	g_thread_join(p->thread);
	close(knock);
	close(p->fd);
	g_ptr_array_unref(p->answers);
	g_ptr_array_unref(p->asked);
	g_mutex_clear(&p->lock);
	g_free(p->url);
	g_free(p);
}

static inline void
provider_will_at(Provider *p, const char *path, int status, const char *body, const char *date, guint delay_ms)
{
	ProviderAnswer *a = g_new0(ProviderAnswer, 1);
	*a = (ProviderAnswer){ g_strdup(path), g_strdup(body), g_strdup(date), status, delay_ms };
	g_mutex_lock(&p->lock);
	g_ptr_array_add(p->answers, a);
	g_mutex_unlock(&p->lock);
}

static inline void
provider_will(Provider *p, const char *path, int status, const char *body)
{
	provider_will_at(p, path, status, body, NULL, 0);
}

static inline guint
provider_count(Provider *p, const char *beginning)
{
	guint n = 0;
	g_mutex_lock(&p->lock);
	for (guint i = 0; i < p->asked->len; i++)
		n += g_str_has_prefix(g_ptr_array_index(p->asked, i), beginning);
	g_mutex_unlock(&p->lock);
	return n;
}

static inline char *
provider_asked(Provider *p, guint n)
{
	g_mutex_lock(&p->lock);
	char *text = n < p->asked->len ? g_strdup(g_ptr_array_index(p->asked, n)) : NULL;
	g_mutex_unlock(&p->lock);
	return text;
}

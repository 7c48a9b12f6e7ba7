/* mailto.c - a mailto: link as a draft (RFC 6068).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Links come from strangers: an attachment, a From or a header of their choice is none of their
 * business. */
#include "config.h"
#include "mail/mailto.h"
#include "base/intl.h"
#include "base/limits.h"

#include <string.h>

void
mailto_add_address(Draft *d, DraftField field, const char *addresses)
{
	const char *there = d->fields[field];
	if (!*addresses)
		return;
	g_autofree char *all =
		*there ? g_strconcat(there, ", ", addresses, NULL) : g_strdup(addresses);
	draft_set(d, field, all);
}

/* %XX undone; NULL: a byte that stands for nothing, or no UTF-8. */
static char *
unescape(const char *text, gsize len)
{
	char *plain = g_uri_unescape_segment(text, text + len, "");
	if (plain && !g_utf8_validate(plain, -1, NULL))
		g_clear_pointer(&plain, g_free);
	return plain;
}

static void
add_body(Draft *d, const char *text)
{
	GString *body = g_string_new(d->body);
	for (const char *p = text; *p; p++)	/* line ends are %0D%0A there */
		if (*p != '\r')
			g_string_append_c(body, *p);
	if (body->len && body->str[body->len - 1] != '\n')
		g_string_append_c(body, '\n');
	g_free(d->body);
	d->body = g_string_free(body, FALSE);
}

static void
take_field(Draft *d, const char *name, const char *value)
{
	static const struct { const char *name; DraftField field; } lists[] = {
		{ "to", DRAFT_TO }, { "cc", DRAFT_CC }, { "bcc", DRAFT_BCC },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (!g_ascii_strcasecmp(name, lists[i].name))
			mailto_add_address(d, lists[i].field, value);
	if (!g_ascii_strcasecmp(name, "subject")) {
		draft_set(d, DRAFT_SUBJECT, value);
	} else if (!g_ascii_strcasecmp(name, "body")) {
		add_body(d, value);
	} else if (!g_ascii_strcasecmp(name, "in-reply-to") && value[0] == '<' &&
		!strpbrk(value + 1, "<\r\n\t ")) {
		g_free(d->in_reply_to);
		d->in_reply_to = g_strdup(value);
	}
}

static bool
no(char **problem, const char *uri)
{
	*problem = g_strdup_printf(_("“%.200s” is not a mailto: link that can be read."), uri);
	return false;
}

bool
mailto_add(Draft *d, const char *uri, char **problem)
{
	if (g_ascii_strncasecmp(uri, "mailto:", 7) || strlen(uri) > LIMIT_HEADER)
		return no(problem, uri);
	const char *p = uri + 7;
	gsize n = strcspn(p, "?#");
	g_autofree char *to = unescape(p, n);
	if (!to)
		return no(problem, uri);
	mailto_add_address(d, DRAFT_TO, to);
	for (p += n; *p == '?' || *p == '&'; p += n) {
		p++;
		n = strcspn(p, "&#");
		const char *equal = memchr(p, '=', n);
		if (!equal)
			continue;
		g_autofree char *name = unescape(p, (gsize)(equal - p)),
				*value = unescape(equal + 1, n - (gsize)(equal + 1 - p));
		if (!name || !value)
			return no(problem, uri);
		take_field(d, name, value);
	}
	return true;
}

/* refusals.c - finds the row of what a server said, and fills its words in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "conf/refusals.h"
#include "base/intl.h"

#include <string.h>

static const Refusal TABLE[] = {
#include "conf/refusals.def"
};

typedef struct { const char *id, *german, *english; } Plea;

static const Plea PLEAS[] = {
#include "conf/pleas.def"
};

const Refusal *
refusals_table(gsize *n)
{
	*n = G_N_ELEMENTS(TABLE);
	return TABLE;
}

/* ---- finding ---- */

static const char *
find_part(const char *text, const char *part, gsize len, bool exact)
{
	for (const char *p = text; strlen(p) >= len; p++) {
		if (exact ? strncmp(p, part, len) : g_ascii_strncasecmp(p, part, len))
			continue;
		/* 5.7.1 is not 5.7.139, and AADSTS50034 not AADSTS500341 */
		if (g_ascii_isdigit(part[0]) && p > text && (g_ascii_isdigit(p[-1]) || p[-1] == '.'))
			continue;
		if (g_ascii_isdigit(part[len - 1]) && g_ascii_isdigit(p[len]))
			continue;
		return p + len;
	}
	return NULL;
}

static bool
alternative_fits(const char *alternative, gsize len, const char *said)
{
	bool exact = len && *alternative == '=';
	const char *end = alternative + len;

	for (const char *p = alternative + exact; p < end; ) {
		const char *star = memchr(p, '*', (gsize)(end - p));
		gsize n = (gsize)((star ? star : end) - p);
		if (n && !(said = find_part(said, p, n, exact)))
			return false;
		p += n + 1;
	}
	return len > 0;
}

static bool
fits(const char *alternatives, const char *said)
{
	for (const char *p = alternatives; ; ) {
		gsize n = strcspn(p, "|");
		if (alternative_fits(p, n, said))
			return true;
		if (!p[n])
			return false;
		p += n + 1;
	}
}

const Refusal *
refusal_find(RefusalBy by, bool token, const char *said)
{
	for (gsize i = 0; said && i < G_N_ELEMENTS(TABLE); i++) {
		const Refusal *r = &TABLE[i];
		if (!(r->by & by) || (r->with == WITH_TOKEN && !token) || (r->with == WITH_PASSWORD && token))
			continue;
		if (fits(r->said, said))
			return r;
	}
	return NULL;
}

const Refusal *
refusal_by_id(const char *id)
{
	for (gsize i = 0; i < G_N_ELEMENTS(TABLE); i++)
		if (!strcmp(TABLE[i].id, id))
			return &TABLE[i];
	return NULL;
}

/* ---- words ---- */

const char *
refusal_protocol(RefusalBy by)
{
	return by == SAYS_IMAP ? "IMAP" : by == SAYS_POP3 ? "POP3" : by == SAYS_SMTP ? "SMTP" : "OAuth 2.0";
}

static char *
filled(const char *text, const RefusalPlace *p)
{
	const struct { const char *name, *value; } holes[] = {
		{ "{user}", p->user }, { "{host}", p->host }, { "{protocol}", refusal_protocol(p->by) }, { "{said}", p->said },
	};
	GString *out = g_string_new(NULL);

	while (*text) {
		gsize n = 0;
		for (guint i = 0; i < G_N_ELEMENTS(holes) && !n; i++) {
			if (!g_str_has_prefix(text, holes[i].name))
				continue;
			n = strlen(holes[i].name);
			g_string_append(out, holes[i].value ? holes[i].value : "?");
		}
		if (!n)
			g_string_append_c(out, *text);
		text += n ? n : 1;
	}
	return g_string_free(out, FALSE);
}

char *
refusal_sentence(const Refusal *r, const RefusalPlace *p)
{
	return filled(_(r->sentence), p);
}

char *
refusal_advice(const Refusal *r, const RefusalPlace *p)
{
	return r->advice ? filled(_(r->advice), p) : NULL;
}

const char *
refusal_whom(RefusalWhom whom)
{
	return whom == WHOM_ADMINISTRATOR ? _("your administrator") : whom == WHOM_PROVIDER ? _("the provider") : _("nobody: you can do it yourself");
}

char *
refusal_plea(const Refusal *r, const RefusalPlace *p)
{
	for (gsize i = 0; r->plea && i < G_N_ELEMENTS(PLEAS); i++) {
		if (strcmp(PLEAS[i].id, r->plea))
			continue;
		g_autofree char *german = filled(PLEAS[i].german, p), *english = filled(PLEAS[i].english, p);
		return g_strdup_printf("%s\n\n%s", german, english);
	}
	return NULL;
}

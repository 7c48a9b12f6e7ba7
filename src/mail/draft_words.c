/* draft_words.c - a mail that speaks of an attachment and has none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A table of words for each language; compared folded, as beginnings of words. Quoted lines and the signature are the
 * words of others. */
#include "config.h"
#include "mail/draft.h"
#include "base/utf8.h"

#include <string.h>

static const char *const WORDS[] = {
	/* English */ "attached", "attachment", "attaching", "enclosed", "enclosure", "i attach",
	/* German */ "anhang", "anhänge", "angehängt", "angehangen", "anbei", "beigefügt", "beiliegend", "anlage", "anlagen",
	/* French */ "pièce jointe", "pièces jointes", "ci-joint",
	/* Spanish */ "adjunto", "adjuntos", "adjunta", /* Italian */ "allegato", "allegati", "allego",
	/* Dutch */ "bijlage", "bijgevoegd", /* Polish */ "załącznik", "załączam", /* Portuguese */ "anexo", "em anexo",
	/* Swedish */ "bifogad", "bifogar", "bilaga", /* Danish */ "vedhæftet", "vedhæfter", /* Czech */ "příloha", "příloze",
	/* Russian */ "вложение", "вложении", "прикрепил", "во вложении",
};
/* words that only look so: "anlage" is also a plant or an investment in a compound */
static const char *const WHOLE[] = { "anlage", "anlagen", "anexo", "bilaga", "anhang" };

static bool
ends_word(const char *p, const char *word)
{
	gunichar c = g_utf8_get_char(p);
	if (!*p || !g_unichar_isalnum(c))
		return true;
	return !g_strv_contains((const char *const[]){ WHOLE[0], WHOLE[1], WHOLE[2], WHOLE[3], WHOLE[4], NULL }, word);
}

static char *
find_word(const char *line)
{
	g_autofree char *folded = utf8_fold(line, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++) {
		g_autofree char *word = utf8_fold(WORDS[i], -1);
		for (const char *at = folded; (at = strstr(at, word)); at++) {
			const char *before = at > folded ? g_utf8_find_prev_char(folded, at) : NULL;
			if (before && g_unichar_isalnum(g_utf8_get_char(before)))
				continue;
			if (ends_word(at + strlen(word), WORDS[i]))
				return g_strdup(WORDS[i]);
		}
	}
	return NULL;
}

/* As reply.c writes it, in whatever language. */
static bool
begins_forward(const char *line)
{
	return g_str_has_prefix(line, "---------- ") && g_str_has_suffix(line, " ----------");
}

char *
draft_forgot_attachment(const Draft *d)
{
	g_auto(GStrv) lines = g_strsplit(d->body, "\n", -1);

	if (d->attachments->len || d->kind == DRAFT_BOUNCE)
		return NULL;
	char *word = d->kind == DRAFT_NEW || d->kind == DRAFT_EDIT ? find_word(d->fields[DRAFT_SUBJECT]) : NULL;
	for (char **l = lines; *l && !word; l++) {
		if (!strcmp(*l, "-- ") || (d->kind == DRAFT_FORWARD && begins_forward(*l)))
			break;
		if (**l != '>')
			word = find_word(*l);
	}
	return word;
}

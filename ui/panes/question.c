/* question.c - a question in whole sentences with a few answers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/question.h"
#include "ui/theme.h"

#include <string.h>

typedef struct {
	Clean *text;		/* owned */
	Clean *choices[QUESTION_CHOICES];	/* owned */
	char *letters[QUESTION_CHOICES];	/* owned; may be NULL */
	guint n, selected;
	int top;	/* first line of the text that is shown: on small screens it scrolls */
	QuestionAnswered answered;
	gpointer user;		/* owned if there is a free_user */
	GDestroyNotify free_user;
} Question;

static void
question_free(void *self)
{
	Question *q = self;
	clean_free(q->text);
	for (guint i = 0; i < q->n; i++) {
		clean_free(q->choices[i]);
		g_free(q->letters[i]);
	}
	if (q->free_user && q->user)
		q->free_user(q->user);
	g_free(q);
}

static Where
where(void *self)
{
	return IN_QUESTION;
}

static guint
text_lines(const Question *q, int columns)
{
	const char *at = clean_peek(q->text);
	gsize left = strlen(at), next;
	guint n = 0;
	while (left > 0) {
		utf8_wrap(at, left, columns, &next);
		at += next;
		left -= next;
		n++;
	}
	return n;
}

static void
draw_text(const Question *q, Canvas *c, Rect r)
{
	const char *at = clean_peek(q->text);
	gsize left = strlen(at), next;
	for (int line = 0; left > 0; line++) {
		gsize len = utf8_wrap(at, left, MAX(r.w, 4), &next);
		if (line >= q->top && line < q->top + r.h)
			canvas_put_part(c, r.y + line - q->top, r.x, r.w, STYLE_NORMAL, q->text,
				(gsize)(at - clean_peek(q->text)), len);
		at += next;
		left -= next;
	}
}

static void
draw(void *self, Canvas *c, Rect body, bool focused)
{
	Question *q = self;
	int columns = MAX(body.w - 2, 4), lines = (int)text_lines(q, columns);
	/* the answers are always seen; the line above them goes first, then the text scrolls */
	int rule = body.h > (int)q->n + 1, shown = CLAMP(body.h - rule - (int)q->n, 0, lines);
	int h = MIN(rule + shown + (int)q->n, body.h), y = body.y + body.h - h;

	canvas_fill(c, (Rect){ y, body.x, h, body.w }, STYLE_NORMAL);
	if (rule)
		canvas_hline(c, y, body.x, body.w, STYLE_BORDER);
	q->top = CLAMP(q->top, 0, lines - shown);
	draw_text(q, c, (Rect){ y + rule, body.x + 1, shown, columns });
	y += rule + shown;
	for (guint i = 0; i < q->n && y < body.y + body.h; i++, y++) {
		char digit[8];
		g_snprintf(digit, sizeof digit, "%u", i + 1);
		canvas_put(c, y, body.x + 2, 2, STYLE_HELP_KEY, PUT_CUT, clean_ours(digit));
		canvas_put(c, y, body.x + 5, body.w - 5, STYLE_NORMAL, PUT_CUT, q->choices[i]);
		if (i == q->selected) {
			canvas_style_row(c, y, body.x, body.w,
				focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
			if (focused)
				canvas_cursor(c, y, body.x, true);
		}
	}
}

static void
move(void *self, int rows)
{
	Question *q = self;
	q->selected = (guint)CLAMP((int)q->selected + rows, 0, (int)q->n - 1);
}

static void
page(void *self, int halves, int height)
{
	((Question *)self)->top += halves;
}

static void
answer(App *a, Question *q, int n)
{
	QuestionAnswered answered = q->answered;
	gpointer user = g_steal_pointer(&q->user);
	GDestroyNotify free_user = q->free_user;
	over_pop(a);
	answered(a, n, user);
	if (free_user && user)
		free_user(user);
}

static bool
key(App *a, void *self, Key k, const char *paste)
{
	Question *q = self;
	if (k >= '1' && k < '1' + q->n) {
		answer(a, q, (int)(k - '1'));
		return true;
	}
	for (guint i = 0; i < q->n; i++)
		if (k > ' ' && k < 0x7f && q->letters[i] && strchr(q->letters[i], (int)k)) {
			answer(a, q, (int)i);
			return true;
		}
	return false;
}

static bool
close_it(App *a, void *self)
{
	answer(a, self, -1);
	return false;	/* it is gone already */
}

static const OverFace FACE = {
	.where = where,
	.draw = draw,
	.move = move,
	.page = page,
	.key = key,
	.close = close_it,
	.free = question_free,
};

void
question_ask(App *a, const char *text, const QuestionChoice *choices, guint n, guint selected,
	QuestionAnswered answered, gpointer user, GDestroyNotify free_user)
{
	Question *q = g_new0(Question, 1);
	g_assert(n > 0 && n <= QUESTION_CHOICES);
	q->text = clean_new(text, -1, CLEAN_TEXT);
	for (guint i = 0; i < n; i++) {
		q->choices[i] = clean_new(choices[i].text, -1, CLEAN_LINE);
		q->letters[i] = g_strdup(choices[i].letters);
	}
	q->n = n;
	q->selected = MIN(selected, n - 1);
	q->answered = answered;
	q->user = user;
	q->free_user = free_user;
	over_push(a, &FACE, q);
}

bool
question_is_open(App *a)
{
	return over_self(a, &FACE) != NULL;
}

bool
question_take(App *a)
{
	Question *q = over_self(a, &FACE);
	if (q)
		answer(a, q, (int)q->selected);
	return q != NULL;
}

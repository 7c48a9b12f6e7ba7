/* report.c - a pane of plain text: what the doctor finds out, and the connection log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Both come as letters, from the doctor's thread or the engine's, so nothing here waits for a server. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/report.h"
#include "base/intl.h"
#include "doctor/doctor.h"

#include <glib-unix.h>
#include <string.h>

typedef struct { Clean *text; CellStyle style; } ReportLine;
typedef struct { guint line; int indent; gsize at, len; } ReportRow;	/* of the picture */

typedef struct {
	App *app;		/* borrowed */
	guint account;
	Clean *title;		/* owned */
	GArray *lines;		/* owned, of ReportLine */
	GArray *rows;		/* owned, of ReportRow */
	int top, width, height;
	bool stale;		/* rows are those of other lines */
	char *needle;		/* owned, folded; NULL: nothing was searched for */
	int hit;		/* the line that was found; -1: none */

	Doctor *doctor;		/* owned; NULL: a log */
	Chan *letters;		/* owned; of the doctor */
	GSource *source;	/* owned */
	char *asks;		/* owned: the password is wanted; NULL: it is not */
	bool is_log, at_work;
	char *shown;		/* owned: the log as it came last */
} ReportPane;

static const OverFace FACE;

/* ---- lines ---- */

static void
line_clear(gpointer p)
{
	clean_free(((ReportLine *)p)->text);
}

static void
add(ReportPane *p, CellStyle style, const char *text)
{
	g_auto(GStrv) all = g_strsplit(text, "\n", -1);

	for (char **l = all; *l || l == all; l++) {	/* an empty text is an empty line */
		ReportLine line = { clean_new(*l ? *l : "", -1, CLEAN_LINE), style };
		g_array_append_val(p->lines, line);
		if (!*l)
			break;
	}
	p->stale = true;
}

static bool
at_end(const ReportPane *p)
{
	return p->top + p->height >= (int)p->rows->len;
}

static void
make_rows(ReportPane *p, int width)
{
	if (!p->stale && p->width == width)
		return;
	bool follow = p->is_log && at_end(p);
	p->stale = false;
	p->width = width;
	g_array_set_size(p->rows, 0);
	for (guint i = 0; i < p->lines->len; i++) {
		const char *text = clean_peek(g_array_index(p->lines, ReportLine, i).text);
		gsize left = strlen(text), at = 0, next = 0;
		int hanging = g_str_has_prefix(text, "  ") && width > 30 ? 6 : 0;
		do {
			int indent = at ? hanging : 0;
			ReportRow row = { i, indent, at, left ? utf8_wrap(text + at, left, MAX(width - indent, 4), &next) : 0 };
			g_array_append_val(p->rows, row);
			at += next;
			left -= MIN(next, left);
		} while (left > 0);
	}
	if (follow)
		p->top = MAX((int)p->rows->len - p->height, 0);
}

static void
scroll(ReportPane *p, int rows)
{
	p->top = CLAMP(p->top + rows, 0, MAX((int)p->rows->len - p->height, 0));
}

static void
draw(void *self, Canvas *c, Rect r, bool focused)
{
	ReportPane *p = self;

	canvas_fill(c, r, STYLE_NORMAL);
	if (p->at_work && r.h > 3) {
		r.h--;
		canvas_put(c, r.y + r.h, r.x + 1, r.w - 2, STYLE_PROGRESS, PUT_CUT, clean_ours(_("looking … C-g stops")));
	}
	make_rows(p, r.w - 2);
	p->height = r.h;
	scroll(p, 0);
	for (int y = 0; y < r.h && p->top + y < (int)p->rows->len; y++) {
		const ReportRow *row = &g_array_index(p->rows, ReportRow, p->top + y);
		const ReportLine *line = &g_array_index(p->lines, ReportLine, row->line);
		canvas_put_part(c, r.y + y, r.x + 1 + row->indent, r.w - 2 - row->indent, (int)row->line == p->hit ? STYLE_SEARCH_CURRENT : line->style, line->text, row->at, row->len);
	}
	if (focused)
		canvas_cursor(c, r.y, r.x, true);
}

/* ---- the doctor ---- */

static CellStyle
style_of(DoctorOutcome o)
{
	return o == DOCTOR_FAILED ? STYLE_ERROR : o == DOCTOR_NOTE ? STYLE_WARN : o == DOCTOR_SKIPPED ? STYLE_NOTE : STYLE_NORMAL;
}

static void
add_field(ReportPane *p, CellStyle style, const char *format, const char *text)
{
	g_autofree char *whole = text ? g_strdup_printf("%s %s", format, text) : NULL;
	if (whole)
		add(p, style, whole);
}

static void
verdict(ReportPane *p, const DoctorLetter *l)
{
	add(p, STYLE_NORMAL, "");
	add_field(p, STYLE_ERROR, _("What is wrong:"), l->text);
	add_field(p, STYLE_NORMAL, _("Whom to ask:"), l->whom);
	add_field(p, STYLE_NORMAL, _("What to do:"), l->advice);
	add(p, STYLE_NORMAL, "");
	if (!l->plea)
		return;
	add(p, STYLE_HEADLINE, _("A text for the administrator, in German and English:"));
	add(p, STYLE_NORMAL, "");
	add(p, STYLE_NORMAL, l->plea);
	add(p, STYLE_NORMAL, "");
}

static void
secret_typed(App *a, const char *text)
{
	ReportPane *p = over_self(a, &FACE);
	if (p && p->doctor)
		doctor_secret(p->doctor, text);
}

static void
ask_secret(ReportPane *p)
{
	if (!p->asks || p->app->prompt || over_self(p->app, &FACE) != p)
		return;
	g_autofree char *label = g_strdup_printf("%s: ", p->asks);
	g_clear_pointer(&p->asks, g_free);
	app_ask_line(p->app, PROMPT_PASSWORD, label, NULL, secret_typed);
}

static void
heard(ReportPane *p, const DoctorLetter *l)
{
	g_autofree char *line = NULL;

	switch (l->kind) {
	case DOCTOR_SERVER:
		add(p, STYLE_HEADLINE, l->text);
		break;
	case DOCTOR_STEP:
		line = doctor_line(l);
		add(p, style_of(l->outcome), line);
		break;
	case DOCTOR_ASK_SECRET:
		p->asks = g_strdup(l->text);
		break;
	case DOCTOR_VERDICT:
		verdict(p, l);
		break;
	case DOCTOR_ENDED:
		p->at_work = false;
		if (l->outcome == DOCTOR_OK) {
			add(p, STYLE_NORMAL, "");
			add(p, STYLE_HEADLINE, _("All is well."));
		}
		break;
	}
}

static gboolean
letters_ready(gint fd, GIOCondition condition, gpointer user)
{
	ReportPane *p = user;
	DoctorLetter *l;

	while ((l = chan_take(p->letters))) {
		heard(p, l);
		doctor_letter_free(l);
	}
	ask_secret(p);
	app_dirty(p->app, 0);
	return G_SOURCE_CONTINUE;
}

static void
stop_doctor(ReportPane *p)
{
	if (p->source) {
		g_source_destroy(p->source);
		g_source_unref(p->source);
		p->source = NULL;
	}
	g_clear_pointer(&p->doctor, doctor_free);
	g_clear_pointer(&p->letters, chan_free);
	g_clear_pointer(&p->asks, g_free);
	p->at_work = false;
}

static void
begin(ReportPane *p)
{
	AppAccount *acc = app_account_of(p->app, p->account);

	stop_doctor(p);
	g_array_set_size(p->lines, 0);
	p->stale = true;
	p->top = 0;
	p->hit = -1;
	p->letters = chan_new((GDestroyNotify)doctor_letter_free);
	DoctorSetup setup = { .account = acc->account, .vault = p->app->setup->vault, .letters = p->letters };
	p->source = g_unix_fd_source_new(chan_fd(p->letters), G_IO_IN);
	g_source_set_callback(p->source, G_SOURCE_FUNC(letters_ready), p, NULL);
	g_source_attach(p->source, NULL);
	p->doctor = doctor_new(&setup);
	p->at_work = true;
	if (acc->trouble) {	/* whole: the bottom line may have had no room for its end */
		add(p, STYLE_WARN, clean_peek(acc->trouble));
		add(p, STYLE_NORMAL, "");
	}
}

/* ---- the log ---- */

static void
ask_log(ReportPane *p)
{
	app_post(p->app, p->account, request_new(REQ_TRACE));
}

static void
log_came(ReportPane *p, const char *text)
{
	if (!g_strcmp0(p->shown, text))
		return;
	g_free(p->shown);
	p->shown = g_strdup(text);
	g_array_set_size(p->lines, 0);
	g_auto(GStrv) all = g_strsplit(text, "\n", -1);
	for (char **l = all; *l; l++)
		if (**l)
			add(p, strstr(*l, " - ") ? STYLE_NOTE : strstr(*l, " > ") ? STYLE_QUOTE1 : STYLE_NORMAL, *l);
	if (p->lines->len == 0)
		add(p, STYLE_NOTE, _("Nothing was said yet since the program began."));
}

/* ---- the face ---- */

static Where
where(void *self)
{
	return IN_REPORT;
}

static void
move(void *self, int rows)
{
	scroll(self, rows);
}

static void
page(void *self, int halves, int height)
{
	scroll(self, halves * MAX(height / 2, 1));
}

static void
ends(void *self, bool last)
{
	scroll(self, last ? G_MAXINT / 2 : -(G_MAXINT / 2));
}

static void
letter(App *a, void *self, const Letter *l)
{
	ReportPane *p = self;
	if (p->is_log && l->kind == LETTER_TRACE && l->account == p->account)
		log_came(p, l->text);
}

static void
tick(App *a, void *self)
{
	ReportPane *p = self;
	if (p->is_log)
		ask_log(p);
	else
		ask_secret(p);
}

static void
pane_free(void *self)
{
	ReportPane *p = self;
	stop_doctor(p);
	g_array_unref(p->lines);
	g_array_unref(p->rows);
	clean_free(p->title);
	g_free(p->needle);
	g_free(p->shown);
	g_free(p);
}

static const Clean *
title(void *self)
{
	return ((ReportPane *)self)->title;
}

static const OverFace FACE = {
	.where = where, .draw = draw, .move = move, .page = page, .ends = ends, .letter = letter, .tick = tick, .free = pane_free, .title = title,
};

/* ---- the door ---- */

static ReportPane *
open_pane(App *a, guint account, char *title /* taken */)
{
	if (over_self(a, &FACE))
		over_pop(a);
	ReportPane *p = g_new0(ReportPane, 1);
	p->app = a;
	p->account = account;
	p->hit = -1;
	p->lines = g_array_new(FALSE, TRUE, sizeof(ReportLine));
	g_array_set_clear_func(p->lines, line_clear);
	p->rows = g_array_new(FALSE, TRUE, sizeof(ReportRow));
	p->title = clean_new(title, -1, CLEAN_LINE);
	g_free(title);
	over_push(a, &FACE, p);
	return p;
}

void
report_doctor(App *a, guint account)
{
	ReportPane *p = open_pane(a, account, g_strdup_printf(_("Why %s does not connect"), app_account_of(a, account)->account->name));
	begin(p);
}

void
report_log(App *a, guint account)
{
	ReportPane *p = open_pane(a, account, g_strdup_printf(_("Connection log of %s"), app_account_of(a, account)->account->name));
	p->is_log = true;
	if (app_account_of(a, account)->engine)
		ask_log(p);
	else
		add(p, STYLE_NOTE, _("Another eilpost has this account; its log is there."));
}

bool
report_scroll(App *a, int lines)
{
	ReportPane *p = over_self(a, &FACE);
	if (p)
		scroll(p, lines);
	return p != NULL;
}

static int
row_of(const ReportPane *p, int line)
{
	for (guint i = 0; i < p->rows->len; i++)
		if ((int)g_array_index(p->rows, ReportRow, i).line == line)
			return (int)i;
	return 0;
}

bool
report_search(App *a, const char *text, bool backwards, bool *found)
{
	ReportPane *p = over_self(a, &FACE);
	if (!p)
		return false;
	if (text) {
		g_free(p->needle);
		p->needle = utf8_fold(text, -1);
	}
	int n = (int)p->lines->len, from = p->hit >= 0 ? p->hit : backwards ? n : -1;
	*found = false;
	for (int step = 1; p->needle && *p->needle && step <= n && !*found; step++) {
		int i = ((backwards ? from - step : from + step) % n + n) % n;
		g_autofree char *folded = utf8_fold(clean_peek(g_array_index(p->lines, ReportLine, i).text), -1);
		if (!strstr(folded, p->needle))
			continue;
		p->hit = i;
		p->top = row_of(p, i);
		scroll(p, -p->height / 3);
		*found = true;
	}
	return true;
}

bool
report_again(App *a)
{
	ReportPane *p = over_self(a, &FACE);
	if (p && p->is_log)
		ask_log(p);
	else if (p)
		begin(p);
	return p != NULL;
}

bool
report_stop(App *a)
{
	ReportPane *p = over_self(a, &FACE);
	if (!p || !p->at_work)
		return false;
	stop_doctor(p);
	add(p, STYLE_NOTE, _("Stopped."));
	return true;
}

char *
report_text(App *a)
{
	ReportPane *p = over_self(a, &FACE);
	if (!p)
		return NULL;
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < p->lines->len; i++)
		g_string_append_printf(out, "%s\n", clean_peek(g_array_index(p->lines, ReportLine, i).text));
	return g_string_free(out, FALSE);
}

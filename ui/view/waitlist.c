/* waitlist.c - all that is on its way, of all accounts, as one list in sections.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * An entry is as tall as its reasons need: the server's words are never cut. Lines are made for the
 * width at hand at each picture; there are few. */
#include "config.h"
#include "ui/view/waitlist_private.h"
#include "base/intl.h"
#include "ui/theme.h"
#include "store/folders.h"

#include <string.h>

enum { NARROW = 72, WIDE = 100 };

typedef enum { LINE_HEAD, LINE_BLANK, LINE_NOTE, LINE_ENTRY, LINE_WORDS, LINE_DETAIL } LineKind;
typedef struct {
	LineKind kind;
	guint entry;
	WaitSection section;	/* LINE_HEAD, LINE_NOTE */
	const char *text;	/* borrowed: of a detail */
	gsize len;
} Line;

struct WaitList {
	GTimeZone *zone;	/* borrowed */
	GPtrArray *entries;	/* owned, of WaitEntry*, in the order of the sections */
	GArray *lines;		/* owned, of Line: of the last picture */
	guint selected;
	gint64 top;		/* line */
	guint n_accounts;
	guint more[WAIT_SECTIONS];	/* not shown */
};

static void
entry_free(gpointer p)
{
	WaitEntry *e = p;
	clean_free(e->words);
	clean_free(e->who);
	clean_free(e->what);
	clean_free(e->account_name);
	g_ptr_array_unref(e->details);
	g_free(e);
}

WaitList *
waitlist_new(GTimeZone *zone)
{
	WaitList *l = g_new0(WaitList, 1);
	l->zone = zone;
	l->entries = g_ptr_array_new_with_free_func(entry_free);
	l->lines = g_array_new(FALSE, FALSE, sizeof(Line));
	return l;
}

void
waitlist_free(WaitList *l)
{
	if (!l)
		return;
	g_ptr_array_unref(l->entries);
	g_array_unref(l->lines);
	g_free(l);
}

/* ---- filling ---- */

static WaitEntry *
add(WaitList *l, WaitSection section, const WaitAccount *acc, gint64 id, const char *words,
	const char *who, const char *what)
{
	WaitEntry *e = g_new0(WaitEntry, 1);
	e->section = section;
	e->account = acc->number;
	e->id = id;
	e->words = clean_new(words, -1, CLEAN_LINE);
	e->who = clean_new(who ? who : "", -1, CLEAN_LINE);
	e->what = clean_new(what ? what : "", -1, CLEAN_LINE);
	e->account_name = clean_new(acc->account->name, -1, CLEAN_LINE);
	e->details = g_ptr_array_new_with_free_func((GDestroyNotify)clean_free);
	g_ptr_array_add(l->entries, e);
	return e;
}

static void
detail(WaitEntry *e, const char *text)
{
	if (text && *text)
		g_ptr_array_add(e->details, clean_new(text, -1, CLEAN_LINE));
}

/* Why, then who was refused; a sentence that only lists the refused is not needed beside them. */
static void
add_reasons(WaitEntry *e, Db *db, const char *error)
{
	g_autoptr(GArray) all = outbox_recipients(db, e->id, NULL);
	bool listed = false;
	for (guint i = 0; all && error && i < all->len; i++) {
		const OutRecipient *r = &g_array_index(all, OutRecipient, i);
		listed |= r->state == 2 && strstr(error, r->address);
	}
	if (!listed)
		detail(e, error);
	for (guint i = 0; all && i < all->len; i++) {
		const OutRecipient *r = &g_array_index(all, OutRecipient, i);
		if (r->state != 2)
			continue;
		bool coded = r->code && r->reply && g_ascii_strtoull(r->reply, NULL, 10) != r->code;
		g_autofree char *text = coded ?
			g_strdup_printf(_("refused %s: %u %s"), r->address, r->code, r->reply) :
			g_strdup_printf(_("refused %s: %s"), r->address, r->reply ? r->reply : "");
		detail(e, text);
	}
}

static void
add_mail(WaitList *l, const WaitAccount *acc, const OutRow *r, gint64 now)
{
	WaitSection mail = r->state == OUT_SENT ? WAIT_FILING : WAIT_OUTBOX;
	WaitSection section = r->state == OUT_DRAFT ? WAIT_DRAFTS : mail;
	g_autofree char *words = waitlist_mail_words(r, acc, now, l->zone),
			*who = waitlist_people(r->to);
	WaitEntry *e = add(l, section, acc, r->id, words, who,
		r->subject && *r->subject ? r->subject : _("(no subject)"));
	e->state = r->state;
	e->needs_person =
		r->state == OUT_UNKNOWN || r->state == OUT_FAILED || r->state == OUT_FILED;
	if (r->not_before > now && r->not_before - now <= 61)
		e->counts_to = r->not_before;
	add_reasons(e, acc->db, r->last_error);
	if (r->state == OUT_UNKNOWN && !r->last_error)
		detail(e,
			_("The connection broke before the server confirmed this mail. It is not sent again by itself; Enter asks what to do."));
}

static void
add_mails(WaitList *l, const WaitAccount *acc, bool drafts, gint64 now, WaitSection only)
{
	g_autoptr(GPtrArray) rows = acc->db ? outbox_list(acc->db, drafts, NULL) : NULL;
	for (guint i = 0; rows && i < rows->len; i++) {
		const OutRow *r = g_ptr_array_index(rows, i);
		if (drafts || (r->state == OUT_SENT) == (only == WAIT_FILING))
			add_mail(l, acc, r, now);
	}
}

static void
add_wish(WaitList *l, const WaitAccount *acc, const Wish *w, gint64 now)
{
	MessageRow row = { 0 };
	g_autofree char *words = wait_wish_words(w, now, l->zone);
	bool known = w->message && messages_row(acc->db, w->message, &row, NULL);
	const char *subject = row.subject && *row.subject ? row.subject : _("(no subject)");
	Folder *folder = w->kind == WISH_FOLDER ? folders_get(acc->db, w->folder, NULL) : NULL;
	WaitEntry *e = add(l, WAIT_WISHES, acc, w->id, words, wish_kind_words(w),
		folder ? folder->name : known ? subject : _("(a message that is gone)"));
	e->needs_person = w->state == WISH_FAILED;
	if (w->not_before > now && w->not_before - now <= 61)
		e->counts_to = w->not_before;
	detail(e, w->last_error);
	message_row_clear(&row);
	folder_free(folder);
}

static void
add_wishes(WaitList *l, const WaitAccount *acc, gint64 now)
{
	g_autoptr(GPtrArray) wishes = acc->db ? journal_list(acc->db, NULL) : NULL;
	guint shown = 0;
	/* those that need the person are never among the uncounted */
	for (int pass = 0; pass < 2; pass++)
		for (guint i = 0; wishes && i < wishes->len; i++) {
			const Wish *w = g_ptr_array_index(wishes, i);
			if ((w->state == WISH_FAILED) != (pass == 0))
				continue;
			if (shown++ < WAIT_WISHES_SHOWN)
				add_wish(l, acc, w, now);
			else
				l->more[WAIT_WISHES]++;
		}
}

static void
add_download(WaitList *l, const WaitAccount *acc)
{
	g_autofree char *words = NULL;
	if (acc->progress && acc->how_far)
		words = g_strdup(acc->how_far);
	else if (acc->progress && acc->total > 1)
		words = g_strdup_printf(_("%'llu of %'llu"), (unsigned long long)acc->done,
			(unsigned long long)acc->total);
	else if (acc->progress)
		words = g_strdup(_("goes on"));
	else if (acc->state == ENGINE_CONNECTING || acc->state == ENGINE_SIGNING_IN)
		words = g_strdup(_("connecting"));
	else
		return;
	g_autofree char *paused = acc->paused ? g_strdup_printf(_("%s, paused"), words) : NULL;
	WaitEntry *e = add(l, WAIT_DOWNLOADS, acc, 0, paused ? paused : words, acc->account->name,
		acc->progress ? acc->progress : acc->state_text);
	e->paused = acc->paused;
}

static void
add_account(WaitList *l, const WaitAccount *acc, gint64 now)
{
	g_autofree char *words = wait_account_words(acc, now, l->zone),
			*schedule = wait_account_schedule(acc, now, l->zone);
	WaitEntry *e = add(l, WAIT_ACCOUNTS, acc, 0, words, acc->account->name, schedule);
	e->needs_person = acc->stopped || acc->state == ENGINE_BLOCKED || acc->removal_n;
	e->paused = acc->schedule_paused;
	if (acc->removal_n) {
		g_autofree char *removal = g_strdup_printf(ngettext("%u mail may be removed from the "
			"server by your setting; Enter shows it.", "%u mails may be removed from the "
			"server by your setting; Enter shows them.", acc->removal_n), acc->removal_n);
		detail(e, removal);
	}
	if (acc->trouble)
		detail(e, acc->trouble);
	else if ((acc->state == ENGINE_WAITING || acc->state == ENGINE_BLOCKED) && acc->state_text)
		detail(e, acc->state_text);
	else if (acc->stopped)
		detail(e,
			_("The sign-in was refused; nothing is tried again by itself. r tries once more."));
}

static bool
same(const WaitEntry *a, WaitSection section, guint account, gint64 id)
{
	return a->section == section && a->account == account && a->id == id;
}

void
waitlist_fill(WaitList *l, const WaitAccount *accounts, guint n, gint64 now)
{
	const WaitEntry *was = waitlist_current(l);
	WaitSection section = was ? was->section : WAIT_OUTBOX;
	guint account = was ? was->account : 0;
	gint64 id = was ? was->id : -1;

	g_ptr_array_set_size(l->entries, 0);
	g_array_set_size(l->lines, 0);
	memset(l->more, 0, sizeof l->more);
	l->n_accounts = n;
	for (int s = 0; s < WAIT_SECTIONS; s++)
		for (guint i = 0; i < n; i++) {
			const WaitAccount *acc = &accounts[i];
			if (s == WAIT_WISHES)
				add_wishes(l, acc, now);
			else if (s == WAIT_DOWNLOADS)
				add_download(l, acc);
			else if (s == WAIT_ACCOUNTS)
				add_account(l, acc, now);
			else
				add_mails(l, acc, s == WAIT_DRAFTS, now, (WaitSection)s);
		}
	l->selected = MIN(l->selected, MAX(l->entries->len, 1) - 1);
	for (guint i = 0; i < l->entries->len; i++)
		if (same(g_ptr_array_index(l->entries, i), section, account, id))
			l->selected = i;
}

bool
waitlist_counts(const WaitList *l)
{
	for (guint i = 0; i < l->entries->len; i++)
		if (((WaitEntry *)g_ptr_array_index(l->entries, i))->counts_to)
			return true;
	return false;
}

guint
waitlist_count(const WaitList *l, WaitSection section)
{
	guint n = l->more[section];
	for (guint i = 0; i < l->entries->len; i++)
		n += ((WaitEntry *)g_ptr_array_index(l->entries, i))->section == section;
	return n;
}

/* ---- moving ---- */

const WaitEntry *
waitlist_current(const WaitList *l)
{
	return l->selected < l->entries->len ? g_ptr_array_index(l->entries, l->selected) : NULL;
}

void
waitlist_move(WaitList *l, int entries)
{
	gint64 last = MAX((gint64)l->entries->len - 1, 0);
	l->selected = (guint)CLAMP((gint64)l->selected + entries, 0, last);
}

void
waitlist_select(WaitList *l, WaitSection section)
{
	for (guint i = l->entries->len; i > 0; i--)
		if (((WaitEntry *)g_ptr_array_index(l->entries, i - 1))->section == section)
			l->selected = i - 1;
}

/* ---- drawing ---- */

static void
add_wrapped(WaitList *l, guint entry, LineKind kind, const Clean *text, int columns)
{
	const char *at = clean_peek(text);
	gsize left = strlen(at), next;
	while (left > 0) {
		gsize len = utf8_wrap(at, left, MAX(columns, 4), &next);
		Line line = { kind, entry, 0, at, len };
		g_array_append_val(l->lines, line);
		at += next;
		left -= next;
	}
}

static int
detail_x(int w)
{
	return w >= NARROW ? 4 : 3;
}

static void
make_lines(WaitList *l, int w, bool airy)
{
	guint i = 0;

	g_array_set_size(l->lines, 0);
	for (int s = 0; s < WAIT_SECTIONS; s++) {
		guint n = waitlist_count(l, (WaitSection)s);
		if (n == 0 && s != WAIT_OUTBOX)
			continue;
		if (airy && l->lines->len)
			g_array_append_val(l->lines, ((Line){ .kind = LINE_BLANK }));
		g_array_append_val(
			l->lines, ((Line){ .kind = LINE_HEAD, .section = (WaitSection)s }));
		for (; i < l->entries->len; i++) {
			const WaitEntry *e = g_ptr_array_index(l->entries, i);
			if (e->section != (WaitSection)s)
				break;
			g_array_append_val(l->lines, ((Line){ .kind = LINE_ENTRY, .entry = i }));
			if (w < NARROW && *clean_peek(e->words))
				add_wrapped(l, i, LINE_WORDS, e->words, w - detail_x(w));
			for (guint k = 0; k < e->details->len; k++)
				add_wrapped(l, i, LINE_DETAIL, g_ptr_array_index(e->details, k),
					w - detail_x(w) - 1);
		}
		if (n == 0 || l->more[s])
			g_array_append_val(
				l->lines, ((Line){ .kind = LINE_NOTE, .section = (WaitSection)s }));
	}
}

static void
draw_head(const WaitList *l, Canvas *c, int y, Rect r, WaitSection s)
{
	const char *const names[WAIT_SECTIONS] = {
		_("Outbox"),
		_("Sent, not filed yet"),
		_("Drafts"),
		_("Changes on their way"),
		_("Going on"),
		_("Accounts"),
	};
	guint n = waitlist_count(l, s);
	Clean *text = s == WAIT_ACCOUNTS || s == WAIT_DOWNLOADS || n == 0 ?
		clean_printf(" %s", names[s]) :
		clean_printf(" %s  %u", names[s], n);
	canvas_put(c, y, r.x, r.w, STYLE_HEADING, PUT_PAD, text);
	clean_free(text);
}

static void
draw_entry(const WaitList *l, Canvas *c, int y, Rect r, const WaitEntry *e)
{
	CellStyle style = e->needs_person ? STYLE_ERROR : STYLE_NORMAL;
	int x = r.x + 2, end = r.x + r.w;

	if (e->needs_person)
		canvas_put_char(c, y, r.x, STYLE_ERROR, '!');
	if (r.w < NARROW) {
		Clean *both = *clean_peek(e->who) && *clean_peek(e->what) ?
			clean_join(e->who, ": ", e->what) :
			clean_dup(*clean_peek(e->who) ? e->who : e->what);
		canvas_put(c, y, x, end - x, style, PUT_CUT, both);
		clean_free(both);
		return;
	}
	if (e->section > WAIT_WISHES) {
		int name_w = r.w >= WIDE ? 24 : 14;
		Clean *rest = *clean_peek(e->what) ? clean_join(e->words, " · ", e->what) :
						     clean_dup(e->words);
		canvas_put(c, y, x, name_w - 1, style, PUT_CUT, e->who);
		canvas_put(c, y, x + name_w, end - x - name_w, style, PUT_CUT, rest);
		clean_free(rest);
		return;
	}
	int words_w = r.w >= WIDE ? 30 : 27, who_w = r.w >= WIDE ? 24 : 20;
	int account_w = l->n_accounts > 1 && r.w >= WIDE ? 14 : 0;
	canvas_put(c, y, x, words_w - 1, style, PUT_CUT, e->words);
	canvas_put(c, y, x + words_w, who_w - 1, style, PUT_CUT, e->who);
	canvas_put(c, y, x + words_w + who_w, end - account_w - (x + words_w + who_w) - 1, style,
		PUT_CUT, e->what);
	if (account_w)
		canvas_put(c, y, end - account_w, account_w - 1, STYLE_FOLDER_DIM,
			PUT_PAD | PUT_RIGHT, e->account_name);
}

static void
draw_line(const WaitList *l, Canvas *c, int y, Rect r, const Line *line)
{
	if (line->kind == LINE_HEAD) {
		draw_head(l, c, y, r, line->section);
	} else if (line->kind == LINE_NOTE) {
		Clean *note = l->more[line->section] ?
			clean_printf(ngettext("and %u more", "and %u more", l->more[line->section]),
				l->more[line->section]) :
			clean_new(_("No mail waits."), -1, CLEAN_LINE);
		canvas_put(c, y, r.x + 2, r.w - 2, STYLE_NOTE, PUT_CUT, note);
		clean_free(note);
	} else if (line->kind == LINE_ENTRY) {
		draw_entry(l, c, y, r, g_ptr_array_index(l->entries, line->entry));
	} else if (line->kind != LINE_BLANK) {
		Clean *text = clean_new(line->text, (gssize)line->len, CLEAN_LINE);
		const WaitEntry *e = g_ptr_array_index(l->entries, line->entry);
		CellStyle words = e->needs_person ? STYLE_ERROR : STYLE_NORMAL;
		CellStyle style = line->kind == LINE_WORDS ? words : STYLE_NOTE;
		canvas_put(c, y, r.x + detail_x(r.w), r.w - detail_x(r.w), style, PUT_CUT, text);
		clean_free(text);
	}
}

/* The selected entry whole, with the head of its section where it is the first. */
static void
scroll(WaitList *l, int h)
{
	gint64 first = 0, last = 0;
	for (guint i = 0; i < l->lines->len; i++) {
		const Line *line = &g_array_index(l->lines, Line, i);
		if (line->kind < LINE_ENTRY || line->entry != l->selected)
			continue;
		if (line->kind == LINE_ENTRY)
			first = i;
		last = i;
	}
	gint64 head = first;
	while (head > 0 && g_array_index(l->lines, Line, head - 1).kind < LINE_ENTRY)
		head--;
	if (last >= l->top + h)
		l->top = last - h + 1;
	if (first < l->top)
		l->top = first;
	if (head < l->top && last - head < h)
		l->top = head;
	l->top = CLAMP(l->top, 0, MAX((gint64)l->lines->len - h, 0));
}

void
waitlist_draw(WaitList *l, Canvas *c, Rect r, bool focused)
{
	canvas_fill(c, r, STYLE_NORMAL);
	if (rect_empty(r))
		return;
	make_lines(l, r.w, r.h >= 16);
	scroll(l, r.h);
	for (int i = 0; i < r.h && l->top + i < l->lines->len; i++) {
		const Line *line = &g_array_index(l->lines, Line, l->top + i);
		draw_line(l, c, r.y + i, r, line);
		if (line->kind == LINE_ENTRY && line->entry == l->selected) {
			canvas_style_row(c, r.y + i, r.x, r.w,
				focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
			if (focused)
				canvas_cursor(c, r.y + i, r.x, true);
		}
	}
}

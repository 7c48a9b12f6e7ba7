/* signin.c - the pane that signs an account in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * One question, then one thing to do: the code is drawn large and as a QR code beside its address, so that a phone does it
 * as well as another window; the address of the browser's way can be copied through SSH, and what it ends at pasted back. */
#include "config.h"
#include "ui/app_private.h"
#include "ui/panes/signin.h"
#include "ui/view/bigtext.h"
#include "base/intl.h"
#include "base/qr.h"
#include "conf/oauth.h"

#include <string.h>

typedef enum { STEP_ASK, STEP_BEGINS, STEP_CODE, STEP_ADDRESS, STEP_FAILED } Step;

typedef struct {
	App *app;		/* borrowed */
	Account *config;	/* shared */
	Step step;
	bool device;
	Clean *title, *why;	/* owned; why: the question, or what went wrong */
	Clean *note;		/* owned; NULL: none */
	char *code, *address;	/* owned; made of graphic ASCII by the vault */
	Qr qr;
	bool has_qr, copied, ended;
	gint64 until;		/* monotonic microseconds */
} SignInPane;

/* ---- what is at hand ---- */

static bool
browser_here(void)
{
	const char *x = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY"), *browser = g_getenv("BROWSER");
	bool far = g_getenv("SSH_CONNECTION") != NULL;
	return (browser && *browser) || (!far && ((x && *x) || (wayland && *wayland)));
}

static bool
by_device(const Account *a, SignInWay way)
{
	const Oauth *o = &a->oauth;
	bool can_device = o->device_url || o->issuer, can_browse = o->authorize_url || o->issuer;

	if (way != SIGNIN_BEST)
		return way == SIGNIN_BY_CODE;
	if (o->way != OAUTH_WAY_AUTO)
		return o->way == OAUTH_WAY_DEVICE;
	/* an issuer that told no endpoint yet may have no codes */
	return can_device && (!can_browse || !browser_here()) && (o->device_url || !can_browse || !o->authorize_url);
}

/* ---- drawing ---- */

typedef struct { const App *app; Canvas *c; Rect r; int y; } Paper;

static void
write_text(Paper *p, CellStyle style, const Clean *text)
{
	const char *at = clean_peek(text);
	gsize left = strlen(at), next;

	for (; left > 0 && p->y < p->r.y + p->r.h; p->y++) {
		gsize len = utf8_wrap(at, left, MAX(p->r.w, 4), &next);
		canvas_put_part(p->c, p->y, p->r.x, p->r.w, style, text, (gsize)(at - clean_peek(text)), len);
		at += next;
		left -= next;
	}
}

static void
write_line(Paper *p, CellStyle style, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void
write_line(Paper *p, CellStyle style, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	Clean *clean = clean_new(text, -1, CLEAN_LINE);
	write_text(p, style, clean);
	clean_free(clean);
}

/* An address is cut at the edge and not at its slashes: who selects it with the mouse gets it whole. */
static void
write_address(Paper *p, const char *address)
{
	for (gsize len = strlen(address), at = 0; at < len && p->y < p->r.y + p->r.h; at += (gsize)MAX(p->r.w, 4), p->y++) {
		g_autofree char *piece = g_strndup(address + at, (gsize)MAX(p->r.w, 4));
		Clean *clean = clean_new(piece, -1, CLEAN_LINE);
		canvas_put(p->c, p->y, p->r.x, p->r.w, STYLE_LINK, PUT_HARD, clean);
		clean_free(clean);
	}
}

static void
put_blocks(Paper *p, CellStyle style, char *text /* taken */)
{
	Clean *clean = clean_new(text, -1, CLEAN_LINE);
	if (p->y < p->r.y + p->r.h)
		canvas_put(p->c, p->y++, p->r.x, p->r.w, style, PUT_HARD, clean);
	clean_free(clean);
	g_free(text);
}

/* As many characters to a row as fit, rather broken at the hyphen. */
static void
write_code(Paper *p, const char *code, int spare_rows)
{
	gsize len = strlen(code), fits = (gsize)MAX(p->r.w / BIGTEXT_COLUMNS, 1);
	const char *hyphen = strchr(code, '-');
	gsize first = len <= fits ? len : hyphen ? (gsize)(hyphen - code) : fits, skip = first < len && hyphen ? 1 : 0;
	int pieces = first < len ? 2 : 1;
	bool big = bigtext_can(code) && first <= fits && len - first - skip <= fits &&
		p->y + pieces * (BIGTEXT_ROWS + 1) + spare_rows <= p->r.y + p->r.h;

	if (big)
		for (int piece = 0; piece < pieces; piece++, p->y++)
			for (int row = 0; row < BIGTEXT_ROWS; row++)
				put_blocks(p, STYLE_HEADLINE, piece ? bigtext_row(code + first + skip, len - first - skip, row) : bigtext_row(code, first, row));
	write_line(p, STYLE_HEADLINE, "%s", code);
}

static void
write_key(Paper *p, CommandId id, const char *what)
{
	g_autofree char *key = keymap_first_key(p->app->keymap, IN_SIGNIN, id);
	if (key && p->y < p->r.y + p->r.h) {
		Clean *name = clean_new(key, -1, CLEAN_LINE);
		canvas_put(p->c, p->y, p->r.x + 1, 8, STYLE_HELP_KEY, PUT_CUT, name);
		canvas_put(p->c, p->y++, p->r.x + 10, p->r.w - 10, STYLE_NORMAL, PUT_CUT, clean_ours(what));
		clean_free(name);
	}
}

static void
write_ways(Paper *p, const SignInPane *s)
{
	const Oauth *o = &s->config->oauth;

	write_key(p, CMD_sign_in_begin, s->step == STEP_FAILED ? _("try again") : by_device(s->config, SIGNIN_BEST) ? _("sign in, with a code for any browser or telephone") :
		browser_here() ? _("sign in, in the browser of this computer") : _("sign in, in any browser; its last address is pasted here"));
	if (o->device_url || o->issuer)
		write_key(p, CMD_sign_in_code, _("with a code for any browser or telephone"));
	if (o->authorize_url || o->issuer)
		write_key(p, CMD_sign_in_browser, browser_here() ? _("in the browser of this computer") : _("in any browser; its last address is pasted here"));
	write_key(p, CMD_close, _("not now; no mail is fetched or sent meanwhile"));
}

static void
write_left(Paper *p, const SignInPane *s)
{
	gint64 left = MAX((s->until - g_get_monotonic_time()) / G_USEC_PER_SEC, 0);
	write_line(p, STYLE_NOTE, _("The code is good for another %d:%02d minutes; eilpost waits."), (int)(left / 60), (int)(left % 60));
}

static void
draw_code(Paper *p, const SignInPane *s)
{
	write_line(p, STYLE_NORMAL, _("1. Open this page in any browser, here or on another device:"));
	write_address(p, s->address);
	p->y++;
	write_line(p, STYLE_NORMAL, _("2. Type this code there and sign in as %s:"), s->config->oauth.hint);
	write_code(p, s->code, 6);
	p->y++;
	write_left(p, s);
	if (s->note)
		write_text(p, STYLE_WARN, s->note);
	if (p->y < p->r.y + p->r.h)
		p->y++;
	write_key(p, CMD_sign_in_copy, s->copied ? _("copied (if your terminal allows it)") : _("copy the code"));
	if (browser_here())
		write_key(p, CMD_sign_in_open, _("open the page in the browser of this computer"));
	write_key(p, CMD_close, _("leave the sign-in"));
}

static void
draw_address(Paper *p, const SignInPane *s)
{
	if (browser_here())
		write_line(p, STYLE_NORMAL, _("Sign in as %s in the browser; eilpost waits until it comes back. The page is:"), s->config->oauth.hint);
	else
		write_line(p, STYLE_NORMAL, _("1. Open this page in a browser of yours and sign in as %s:"), s->config->oauth.hint);
	p->y++;
	write_address(p, s->address);
	p->y++;
	if (!browser_here())
		write_line(p, STYLE_NORMAL, _("2. At the end the browser says that it can't reach %s: that is as it should be. Copy the address it shows, come back and paste it here."),
			s->config->oauth.redirect);
	if (s->note)
		write_text(p, STYLE_WARN, s->note);
	if (p->y < p->r.y + p->r.h)
		p->y++;
	write_key(p, CMD_sign_in_copy, s->copied ? _("copied (if your terminal allows it)") : _("copy the address of the page"));
	write_key(p, CMD_sign_in_open, _("open the page in the browser of this computer"));
	write_key(p, CMD_sign_in_paste, _("paste the address that the browser ended at"));
	write_key(p, CMD_close, _("leave the sign-in"));
}

static void
draw_qr(Canvas *c, Rect r, const Qr *q)
{
	for (int row = 0; row < qr_rows(q) && row < r.h; row++) {
		g_autofree char *text = qr_row(q, row);
		Clean *clean = clean_new(text, -1, CLEAN_LINE);
		canvas_put(c, r.y + row, r.x, r.w, STYLE_QR, PUT_HARD, clean);
		clean_free(clean);
	}
}

static void
draw(void *self, Canvas *c, Rect body, bool focused)
{
	enum { LEAST_TEXT = 40 };
	SignInPane *s = self;
	Paper p = { .app = s->app, .c = c, .r = { body.y + 1, body.x + 2, MAX(body.h - 1, 0), MAX(body.w - 4, 1) }, .y = body.y + 1 };

	canvas_fill(c, body, STYLE_NORMAL);
	if (s->step == STEP_CODE && s->has_qr && body.w - 4 >= LEAST_TEXT + 2 + qr_columns(&s->qr) && body.h >= qr_rows(&s->qr)) {
		int w = qr_columns(&s->qr);
		draw_qr(c, (Rect){ body.y, body.x + body.w - w, body.h, w }, &s->qr);
		p.r.w = body.w - 4 - w - 1;
	}
	if (s->why) {
		write_text(&p, s->step == STEP_FAILED ? STYLE_ERROR : STYLE_NORMAL, s->why);
		p.y++;
	}
	switch (s->step) {
	case STEP_ASK: case STEP_FAILED:
		if (s->note)
			write_text(&p, STYLE_WARN, s->note);
		write_ways(&p, s);
		break;
	case STEP_BEGINS:
		write_line(&p, STYLE_PROGRESS, _("Asking %s …"), s->config->oauth.provider);
		if (s->note)
			write_text(&p, STYLE_WARN, s->note);
		break;
	case STEP_CODE:
		draw_code(&p, s);
		break;
	case STEP_ADDRESS:
		draw_address(&p, s);
		break;
	}
	if (focused)
		canvas_cursor(c, body.y + 1, body.x, true);
}

/* ---- the face ---- */

static Where
where(void *self)
{
	return IN_SIGNIN;
}

static const Clean *
title(void *self)
{
	return ((SignInPane *)self)->title;
}

static bool
key(App *a, void *self, Key k, const char *paste)
{
	SignInPane *s = self;
	if (k != K_PASTE || s->step != STEP_ADDRESS)
		return false;
	vault_paste(a->setup->vault, s->config->oauth.name, paste);
	return true;
}

/* All accounts that use this sign-in. */
static void
answer_engines(App *a, const char *name, bool on)
{
	for (guint i = 0; i < a->accounts->len; i++) {
		AppAccount *acc = g_ptr_array_index(a->accounts, i);
		if (g_strcmp0(acc->account->oauth.name, name) || (!on && !acc->sign_in_why))
			continue;
		g_clear_pointer(&acc->sign_in_why, g_free);
		if (on)
			g_clear_pointer(&acc->trouble, clean_free);
		Request *r = request_new(REQ_SIGNED_IN);
		r->on = on;
		app_post(a, i, r);
	}
}

static bool
close_it(App *a, void *self)
{
	SignInPane *s = self;
	if (a->setup->vault && s->step != STEP_ASK && s->step != STEP_FAILED)
		vault_stop(a->setup->vault, s->config->oauth.name);
	answer_engines(a, s->config->oauth.name, false);
	return true;
}

static void
free_pane(void *self)
{
	SignInPane *s = self;
	account_unref(s->config);
	clean_free(s->title);
	clean_free(s->why);
	clean_free(s->note);
	g_free(s->code);
	g_free(s->address);
	g_free(s);
}

static const OverFace FACE = {
	.where = where, .draw = draw, .key = key, .close = close_it, .free = free_pane, .title = title,
};

/* ---- letters of the vault ---- */

static void
set_clean(Clean **field, const char *text)
{
	clean_free(*field);
	*field = text ? clean_new(text, -1, CLEAN_LINE) : NULL;
}

static void
set_text(char **field, const char *text)
{
	g_free(*field);
	*field = g_strdup(text);
}

static void
show_code(SignInPane *s, const AuthLetter *l)
{
	s->step = STEP_CODE;
	s->until = l->until;
	set_text(&s->code, l->code);
	set_text(&s->address, l->address);
	s->has_qr = qr_encode(&s->qr, l->direct ? l->direct : l->address);
	set_clean(&s->why, NULL);
}

static void
ended(App *a, SignInPane *s, const AuthLetter *l)
{
	if (!l->ok) {
		s->step = STEP_FAILED;
		set_clean(&s->why, l->text);
		return;
	}
	app_say(a, STYLE_STATUS, _("Signed in: %s may use %s."), s->config->oauth.name, s->config->oauth.provider);
	over_pop(a);
}

void
signin_came(App *a, const AuthLetter *l)
{
	SignInPane *s = over_self(a, &FACE);

	if (l->kind == AUTH_DONE && l->ok)
		answer_engines(a, l->name, true);
	if (l->kind == AUTH_SAVED && !l->ok)
		app_say(a, STYLE_WARN, "%s", l->text);
	if (!s || g_strcmp0(l->name, s->config->oauth.name)) {
		if (l->kind == AUTH_NOTE)
			app_say(a, STYLE_WARN, "%s", l->text);
		return;
	}
	switch (l->kind) {
	case AUTH_CODE:
		show_code(s, l);
		break;
	case AUTH_ADDRESS:
		s->step = STEP_ADDRESS;
		set_text(&s->address, l->address);
		set_clean(&s->why, NULL);
		if (browser_here())
			signin_browse(a);
		break;
	case AUTH_NOTE:
		set_clean(&s->note, l->text);
		break;
	case AUTH_DONE:
		ended(a, s, l);
		break;
	case AUTH_ASK_KEY: case AUTH_SAVED: case AUTH_KEPT: case AUTH_MOVED:
		break;
	}
}

/* ---- the door ---- */

bool
signin_is_open(App *a)
{
	return over_has(a, &FACE);
}

bool
signin_pane_begin(App *a, SignInWay way)
{
	SignInPane *s = over_self(a, &FACE);
	g_autofree char *problem = NULL;

	if (!s || (way == SIGNIN_BEST && s->step != STEP_ASK && s->step != STEP_FAILED))
		return false;
	s->copied = false;
	set_clean(&s->note, NULL);
	if (!a->setup->vault || !oauth_check(s->config, &problem)) {
		s->step = STEP_FAILED;
		set_clean(&s->why, problem ? problem : _("There is nothing here that could sign in."));
		return true;
	}
	s->device = by_device(s->config, way);
	s->step = STEP_BEGINS;
	set_clean(&s->why, NULL);
	vault_sign_in(a->setup->vault, s->config, s->device);
	return true;
}

static void
open_for(App *a, Account *config, const char *why)
{
	if (signin_is_open(a))
		return;
	SignInPane *s = g_new0(SignInPane, 1);
	s->app = a;
	s->config = account_ref(config);
	s->title = clean_printf(_("Sign-in of %s at %s"), s->config->oauth.name, s->config->oauth.provider);
	set_clean(&s->why, why);
	over_push(a, &FACE, s);
	if (!why)
		signin_pane_begin(a, SIGNIN_BEST);
}

void
signin_open(App *a, guint account, const char *why)
{
	AppAccount *acc = app_account_of(a, account);
	if (acc)
		open_for(a, acc->account, why);
}

void
signin_open_for(App *a, Account *config)
{
	open_for(a, config, NULL);
}

bool
signin_copy(App *a)
{
	SignInPane *s = over_self(a, &FACE);

	if (!s || (s->step != STEP_CODE && s->step != STEP_ADDRESS))
		return false;
	screen_copy(a->screen, s->step == STEP_CODE ? s->code : s->address);
	s->copied = true;
	return true;
}

/* The address holds no secret: the code that comes back is worth nothing without the verifier, which stays here. */
bool
signin_browse(App *a)
{
	SignInPane *s = over_self(a, &FACE);
	const char *named = g_getenv("BROWSER");
	g_autofree char *program = g_strdup(named && *named && !strchr(named, '%') ? named : "xdg-open");
	g_autoptr(GError) err = NULL;

	if (!s || (s->step != STEP_CODE && s->step != STEP_ADDRESS))
		return false;
	program[strcspn(program, ":")] = 0;	/* a list of browsers */
	char *argv[] = { program, s->address, NULL };
	if (g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, &err))
		app_say(a, STYLE_STATUS, "%s", _("The page was given to your browser."));
	else
		app_say(a, STYLE_WARN, _("No browser could be started (%s): copy the address."), err->message);
	return true;
}

static void
pasted(App *a, const char *text)
{
	SignInPane *s = over_self(a, &FACE);
	if (s && s->step == STEP_ADDRESS && text && *text)
		vault_paste(a->setup->vault, s->config->oauth.name, text);
}

bool
signin_paste_asked(App *a)
{
	SignInPane *s = over_self(a, &FACE);

	if (!s || s->step != STEP_ADDRESS)
		return false;
	app_ask_line(a, PROMPT_PASSWORD, _("Address that the browser ended at: "), NULL, pasted);
	return true;
}

/* options.c - THE table of settings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A setting that is not a row here does not exist: reading, checking, help, manual and tests go by this table. */
#include "config.h"
#include "conf/options.h"
#include "conf/accounts.h"
#include "conf/hours.h"
#include "conf/pins.h"
#include "base/extensions.h"
#include "base/intl.h"

#include <string.h>

#define ACCOUNT(name, type, value, touch, help) { "account", name, type, 0, 0, value, NULL, false, touch, help }

static const Option TABLE[] = {
	{ "account", "address", OPT_ADDRESS, 0, 0, NULL, NULL, true, TOUCH_ENGINE, N_("The account's mail address") },
	ACCOUNT("full-name", OPT_TEXT, NULL, TOUCH_NOTHING, N_("Your name as others see it")),
	{ "account", "receive", OPT_URL, 0, 0, NULL, NULL, true, TOUCH_ENGINE,
		N_("Where mail is received: imaps://user@host, imap:// (STARTTLS), pop3s://, pop3:// (STARTTLS). IMAP keeps mail and folders on the server, where all your devices see the same. POP3 only fetches the inbox to this computer; it has no folders, no flags and no shared folders on the server.") },
	ACCOUNT("send", OPT_URL, NULL, TOUCH_ENGINE, N_("Where mail is sent: smtp://user@host:587 (STARTTLS) or smtps://")),
	{ "account", "auth", OPT_CHOICE, 0, 0, "password", "password oauth2 certificate", false, TOUCH_ENGINE, N_("How to sign in") },
	ACCOUNT("oauth-client-id", OPT_TEXT, NULL, TOUCH_ENGINE, N_("auth = oauth2: the id that the provider gave to your eilpost; the manual says how to get one")),
	ACCOUNT("oauth-client-secret", OPT_TEXT, NULL, TOUCH_ENGINE, N_("auth = oauth2: what some providers (Google) give together with the id; it is not your password")),
	ACCOUNT("oauth-tenant", OPT_TEXT, "common", TOUCH_ENGINE, N_("auth = oauth2 at Microsoft: the tenant's name or number; common, organizations or consumers")),
	ACCOUNT("oauth-scope", OPT_TEXT, NULL, TOUCH_ENGINE, N_("auth = oauth2: what is asked for, separated by spaces; without it what mail needs at that provider")),
	{ "account", "oauth-flow", OPT_CHOICE, 0, 0, "auto", "auto device browser", false, TOUCH_NOTHING,
		N_("auth = oauth2: how to sign in: with a code that you type on any device, in the browser of this computer, or auto: whatever is at hand") },
	ACCOUNT("oauth-issuer", OPT_WEB, NULL, TOUCH_ENGINE, N_("auth = oauth2: the address of an OpenID provider, which tells the three addresses below itself")),
	ACCOUNT("oauth-authorize-url", OPT_WEB, NULL, TOUCH_ENGINE, N_("auth = oauth2: where the browser goes to sign in; {tenant} stands for oauth-tenant")),
	ACCOUNT("oauth-token-url", OPT_WEB, NULL, TOUCH_ENGINE, N_("auth = oauth2: where tokens are fetched; {tenant} stands for oauth-tenant")),
	ACCOUNT("oauth-device-url", OPT_WEB, NULL, TOUCH_ENGINE, N_("auth = oauth2: where a code for another device is fetched; {tenant} stands for oauth-tenant")),
	ACCOUNT("oauth-redirect", OPT_WEB, NULL, TOUCH_ENGINE, N_("auth = oauth2: where the browser comes back to, as it was registered; without a port eilpost takes a free one")),
	ACCOUNT("oauth-account", OPT_TEXT, NULL, TOUCH_ENGINE, N_("auth = oauth2: another account whose sign-in is used here too (a shared mailbox)")),
	ACCOUNT("password-command", OPT_COMMAND, NULL, TOUCH_ENGINE, N_("A command that writes the password to its output; without it the keyring is asked, then you")),
	ACCOUNT("send-password-command", OPT_COMMAND, NULL, TOUCH_ENGINE, N_("The same for sending, if that has another password")),
	{ "account", "keep-password", OPT_CHOICE, 0, 0, "ask", "ask yes no", false, TOUCH_NOTHING,
		N_("Whether a password that you typed is kept for the next start, once it was accepted; token-store says where") },
	ACCOUNT("ca-file", OPT_FILE, NULL, TOUCH_ENGINE, N_("Certificates to be trusted beside those of the system (PEM)")),
	ACCOUNT("client-certificate", OPT_FILE, NULL, TOUCH_ENGINE,
		N_("Your own certificate (PEM), shown to servers that ask for it; with auth = certificate it signs you in without a password (SASL EXTERNAL)")),
	ACCOUNT("client-key", OPT_FILE, NULL, TOUCH_ENGINE,
		N_("The private key of client-certificate (PEM), which nobody else may read; without it the key is in the same file. If it has a passphrase you are asked for that")),
	ACCOUNT("pins", OPT_PINS, NULL, TOUCH_ENGINE,
		N_("Keys of servers that you accepted after comparing their fingerprints, although something was wrong with the certificate; the certificate pane writes them, and each has a last day")),
	ACCOUNT("check", OPT_CHECK, "startup, push", TOUCH_ENGINE,
		N_("When mail is sent and received: startup (once when the program starts), manual (only on your command), every N minutes, push (the server tells of new mail); several, separated by commas. Always connected: choose an interval; not always connected: choose manual.")),
	{ "account", "send-when", OPT_CHOICE, 0, 0, "at once", "at once|with check|manual", false, TOUCH_ENGINE, N_("When a written mail leaves") },
	ACCOUNT("keep-on-server", OPT_KEEP, "yes", TOUCH_ENGINE, N_("POP3: what stays on the server after it was fetched: yes (all), no, N days, or until deleted here. If you read your mail on several devices, keep a copy on the server.")),
	ACCOUNT("offline", OPT_DAYS, "90 days", TOUCH_ENGINE, N_("IMAP: which texts are kept on this computer: headers, N days, all")),
	{ "account", "connections", OPT_INT, 1, 2, "1", NULL, false, TOUCH_ENGINE,
		N_("IMAP: 2: large attachments, and many texts that “offline” asks for, come over a second connection, and reading goes on meanwhile; where the server allows no second one, the first does it all") },
	{ "account", "fetch-ahead", OPT_INT, 0, 1000000, "500", NULL, false, TOUCH_ENGINE,
		N_("IMAP: MiB a day, in each network, that are fetched before you open them: texts near the cursor, and what “offline” says; 0: none") },
	ACCOUNT("signature-file", OPT_FILE, NULL, TOUCH_NOTHING, N_("A file whose text stands at the end of your mails, below “-- ”")),
	ACCOUNT("other-addresses", OPT_TEXT, NULL, TOUCH_NOTHING,
		N_("Further addresses of yours, separated by commas, * for anything: not written to in a reply to all, and answered from")),
	{ "account", "disabled", OPT_BOOL, 0, 0, "no", NULL, false, TOUCH_ENGINE, N_("The account is switched off: not shown, not fetched; its mail stays on this computer") },
	ACCOUNT("notify", OPT_TEXT, NULL, TOUCH_NOTHING,
		N_("Folders of this account whose new mail is told, written as “folders” in [notify]; “none”: of none; without it as said there")),
	ACCOUNT("sent", OPT_TEXT, NULL, TOUCH_ENGINE, N_("The folder for copies of sent mail, or “no copy”")),
	ACCOUNT("drafts", OPT_TEXT, NULL, TOUCH_ENGINE, N_("IMAP: the folder for copies of drafts that are put aside, or “no copy”; without it the one that is there for drafts")),
	ACCOUNT("disable", OPT_EXTENSIONS, NULL, TOUCH_ENGINE,
		N_("Extensions that are not used although a server offers them, for servers that do them wrong: COMPRESS NOTIFY QRESYNC CHUNKING ...; eilpost(1) lists them all")),

	{ "identity", "account", OPT_TEXT, 0, 0, NULL, NULL, false, TOUCH_NOTHING, N_("The account that sends mail of this identity; without it the first one") },
	{ "identity", "address", OPT_ADDRESS, 0, 0, NULL, NULL, false, TOUCH_NOTHING, N_("The address of this identity; without it the account's") },
	{ "identity", "full-name", OPT_TEXT, 0, 0, NULL, NULL, false, TOUCH_NOTHING, N_("The name of this identity as others see it; without it the account's") },
	{ "identity", "reply-to", OPT_ADDRESS, 0, 0, NULL, NULL, false, TOUCH_NOTHING, N_("Where answers to this identity shall go, if not to its address") },
	{ "identity", "signature-file", OPT_FILE, 0, 0, NULL, NULL, false, TOUCH_NOTHING, N_("The signature of this identity; without it the account's") },

	{ "compose", "attribution", OPT_TEXT, 0, 0, NULL, NULL, false, TOUCH_NOTHING,
		/* xgettext:no-c-format */
		N_("The line before quoted text: %d the date, %n the name, %a the address, %s the subject; without it one in your language") },
	{ "compose", "signature-above", OPT_BOOL, 0, 0, "no", NULL, false, TOUCH_NOTHING, N_("In a reply the signature stands above the quoted text, and you write there") },
	{ "compose", "quote-wrap", OPT_INT, 0, 500, "0", NULL, false, TOUCH_NOTHING, N_("Wrap quoted text at this column; 0: the receiver's program wraps it") },
	{ "compose", "flowed", OPT_BOOL, 0, 0, "yes", NULL, false, TOUCH_NOTHING, N_("Long lines may be wrapped anew by the receiver's program (format=flowed)") },

	{ "general", "undo-send", OPT_INT, 0, 600, "10", NULL, false, TOUCH_NOTHING, N_("Seconds before a written mail leaves, in which it can be taken back") },
	{ "general", "token-store", OPT_CHOICE, 0, 0, "auto", "auto keyring file memory", false, TOUCH_RESTART,
		N_("Where passwords and sign-ins by OAuth are kept: in the desktop's keyring, in a file that a passphrase of yours encrypts, or in memory until the program ends; auto: the keyring if there is one, else the file") },
	{ "general", "token-key-command", OPT_COMMAND, 0, 0, NULL, NULL, false, TOUCH_RESTART,
		N_("A command that writes the passphrase of that file to its output; without it you are asked") },
	{ "general", "save-folder", OPT_FILE, 0, 0, NULL, NULL, false, TOUCH_NOTHING, N_("Where attachments are saved; without it where eilpost was started") },
	{ "notify", "folders", OPT_TEXT, 0, 0, NULL, NULL, false, TOUCH_NOTHING,
		N_("Folders whose new mail is told: names, with * and ? for anything, separated by commas, ! before one excludes it; without it all but Sent, Drafts, Junk, Trash and Archive") },
	{ "notify", "quiet", OPT_HOURS, 0, 0, NULL, NULL, false, TOUCH_NOTHING,
		N_("Times of the day without notices: 22:00-07:00; several, separated by commas") },
	{ "notify", "command", OPT_COMMAND, 0, 0, NULL, NULL, false, TOUCH_NOTHING,
		N_("A command that is run for new mail; it gets title and text as $1 and $2, and more as $EILPOST_...") },
	{ "notify", "terminal", OPT_CHOICE, 0, 0, "off", "off osc9 osc777", false, TOUCH_NOTHING,
		N_("Let the terminal show a notice of new mail: osc9 (iTerm2, kitty, Windows Terminal, foot), osc777 (urxvt, foot, Ghostty, VTE)") },
	{ "notify", "bell", OPT_BOOL, 0, 0, "no", NULL, false, TOUCH_NOTHING, N_("Ring the terminal's bell for new mail") },
	{ "notify", "status", OPT_BOOL, 0, 0, "yes", NULL, false, TOUCH_NOTHING, N_("Say new mail in the bottom line, also in quiet times") },
	{ "notify", "per-minute", OPT_INT, 1, 60, "6", NULL, false, TOUCH_NOTHING,
		N_("At most so many notices in a minute; what comes meanwhile is told together") },
	{ "ui", "theme", OPT_CHOICE, 0, 0, "auto", "auto mono", false, TOUCH_SCREEN, N_("Colours, or none") },
	{ "ui", "folders-width", OPT_INT, 0, 60, "0", NULL, false, TOUCH_SCREEN, N_("Columns of the folder pane; 0: by the width of the screen") },
	{ "ui", "index-height", OPT_INT, 10, 90, "40", NULL, false, TOUCH_SCREEN, N_("Percent of the height for the list while a message is open") },
	{ "ui", "dates", OPT_CHOICE, 0, 0, "relative", "relative absolute", false, TOUCH_LIST, N_("Dates in the list: relative to today, or in full") },
	{ "ui", "prefer-html", OPT_BOOL, 0, 0, "no", NULL, false, TOUCH_READER, N_("Show the HTML of a message that has both") },
	{ "ui", "mark-read", OPT_BOOL, 0, 0, "yes", NULL, false, TOUCH_READER, N_("Opening a message marks it as read") },
	{ "ui", "wrap", OPT_INT, 0, 500, "0", NULL, false, TOUCH_READER, N_("Wrap text at this column; 0: at the width of the pane") },
};

const Option *
options_table(gsize *n)
{
	*n = G_N_ELEMENTS(TABLE);
	return TABLE;
}

const Option *
option_find(const char *section, const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(TABLE); i++)
		if (!strcmp(TABLE[i].section, section) && !strcmp(TABLE[i].name, name))
			return &TABLE[i];
	return NULL;
}

guint
option_distance(const char *a, const char *b)
{
	gsize n = strlen(b);
	guint row[64];

	if (n >= G_N_ELEMENTS(row) || strlen(a) >= G_N_ELEMENTS(row))
		return G_MAXUINT;
	for (guint k = 0; k <= n; k++)
		row[k] = k;
	for (guint i = 1; a[i - 1]; i++) {
		guint diagonal = row[0];
		row[0] = i;
		for (guint k = 1; k <= n; k++) {
			guint same = diagonal + (a[i - 1] != b[k - 1]);
			diagonal = row[k];
			row[k] = MIN(same, MIN(row[k], row[k - 1]) + 1);
		}
	}
	return row[n];
}

/* "a b c", or "a|b c|d" where a choice has spaces in it. */
static bool
is_choice(const Option *o, const char *value)
{
	g_auto(GStrv) all = g_strsplit(o->choices, strchr(o->choices, '|') ? "|" : " ", -1);
	return g_strv_contains((const char *const *)all, value);
}

static bool
say(char **problem, char *sentence)
{
	if (problem)
		*problem = sentence;
	else
		g_free(sentence);
	return false;
}

static bool
check_int(const Option *o, const char *value, char **problem)
{
	gint64 n;
	if (g_ascii_string_to_signed(value, 10, o->min, o->max, &n, NULL))
		return true;
	return say(problem, g_strdup_printf(_("“%s” is not a number from %d to %d."), value, (int)o->min, (int)o->max));
}

static bool
check_choice(const Option *o, const char *value, char **problem)
{
	if (is_choice(o, value))
		return true;
	g_auto(GStrv) all = g_strsplit(o->choices, strchr(o->choices, '|') ? "|" : " ", -1);
	g_autofree char *list = g_strjoinv(", ", all);
	return say(problem, g_strdup_printf(_("“%s” is none of: %s."), value, list));
}

static bool
check_address(const char *value, char **problem)
{
	const char *at = strrchr(value, '@');
	if (at && at > value && at[1] && !strpbrk(value, " <>,;\t"))
		return true;
	return say(problem, g_strdup_printf(_("“%s” is not a mail address; it should look like alice@example.org."), value));
}

static bool
check_url(const char *value, char **problem)
{
	ServerUrl url = { 0 };
	bool ok = server_url_parse(value, &url, problem);
	server_url_clear(&url);
	return ok;
}

/* Secrets go there: encrypted, or not beyond this computer. */
static bool
check_web(const char *value, char **problem)
{
	g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_PARSE_RELAXED, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;

	if (host && *host && !g_uri_get_userinfo(uri) && (!strcmp(g_uri_get_scheme(uri), "https") ||
	    (!strcmp(g_uri_get_scheme(uri), "http") && host_is_here(host))))
		return true;
	return say(problem, g_strdup_printf(_("“%s” is not a web address with https:// (http:// is for this computer only)."), value));
}

static bool
check_extension(const char *word, char **problem)
{
	gsize n;
	const Extension *table = extensions_table(&n), *meant = NULL;
	g_autofree char *upper = g_ascii_strup(word, -1);
	guint least = 4;

	if (!*word)
		return true;
	for (Protocol p = 0; p < N_PROTOCOLS; p++)
		if (extension_named(p, word))
			return true;
	for (gsize i = 0; i < n; i++) {
		guint d = option_distance(upper, table[i].name);
		if (d < least) {
			least = d;
			meant = &table[i];
		}
	}
	return say(problem, meant ? g_strdup_printf(_("There is no extension “%s”; is “%s” meant?"), word, meant->name) :
		g_strdup_printf(_("There is no extension “%s” that eilpost knows; eilpost(1) lists them."), word));
}

static bool
check_extensions(const char *value, char **problem)
{
	g_auto(GStrv) words = g_strsplit_set(value, " ,\t", -1);

	for (char **w = words; *w; w++)
		if (!check_extension(*w, problem))
			return false;
	return true;
}

bool
option_check(const Option *o, const char *value, char **problem)
{
	guint bits, minutes;
	KeepKind keep;
	int days;

	if (!g_utf8_validate(value, -1, NULL))
		return say(problem, g_strdup(_("The value is not UTF-8 text.")));
	switch (o->type) {
	case OPT_INT:
		return check_int(o, value, problem);
	case OPT_CHOICE:
		return check_choice(o, value, problem);
	case OPT_ADDRESS:
		return check_address(value, problem);
	case OPT_URL:
		return check_url(value, problem);
	case OPT_WEB:
		return check_web(value, problem);
	case OPT_CHECK:
		return account_parse_check(value, &bits, &minutes, problem);
	case OPT_KEEP:
		return account_parse_keep(value, &keep, &days, problem);
	case OPT_DAYS:
		return account_parse_days(value, &days, problem);
	case OPT_EXTENSIONS:
		return check_extensions(value, problem);
	case OPT_HOURS:
		return hours_parse(value, NULL, problem);
	case OPT_PINS:
		return pins_parse(value, NULL, problem);
	case OPT_BOOL:
		if (!strcmp(value, "yes") || !strcmp(value, "no") || !strcmp(value, "true") || !strcmp(value, "false"))
			return true;
		return say(problem, g_strdup_printf(_("“%s” is neither yes nor no."), value));
	case OPT_TEXT: case OPT_FILE: case OPT_COMMAND: case OPT_COLOR: case OPT_KEYS:
		break;
	}
	if (*value)
		return true;
	return say(problem, g_strdup(_("The value is empty.")));
}

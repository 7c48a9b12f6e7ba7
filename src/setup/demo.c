/* demo.c - a profile to look around in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Its account is one of POP3, whose folders are all local: reading, flagging, filing and deleting work to the end without a server.
 * The caller runs it without a network (AppSetup.offline). */
#include "config.h"
#include "setup/demo.h"
#include "base/intl.h"
#include "conf/conf.h"
#include "store/bodies.h"
#include "store/folders.h"
#include "store/local.h"
#include "store/threads.h"

#include <glib/gstdio.h>
#include <string.h>

static const char CONFIG[] =
	"# made by the demo; it goes when the demo ends\n"
	"[account Demo]\n"
	"address = you@demo.example\n"
	"full-name = Demo\n"
	"receive = pop3s://demo.example\n"
	"check = manual\n";

enum { DEMO_HTML = 1, DEMO_FILE = 2 };

typedef struct {
	FolderRole role;	/* where it lies */
	guint hours;		/* ago */
	guint32 flags;
	guint form;		/* DEMO_ bits */
	const char *id, *answers;	/* left part of the Message-ID; NULL: it answers none */
	const char *name, *address;	/* of the sender */
	const char *subject, *text;	/* N_() */
} Sample;

static const Sample SAMPLES[] = {
	{ ROLE_INBOX, 1, 0, 0, "wall3", "wall2", "Anna Weber", "anna@demo.example", N_("Re: The garden wall"),
		N_("Then let us take the red ones after all.\n\n> I measured again: it is 4.20, not 4.02.\n>\n>> Are you sure about the length?\n\nSee you on Saturday\nAnna\n") },
	{ ROLE_INBOX, 2, 0, 0, "welcome", NULL, "eilpost", "demo@demo.example", N_("Welcome: what can be tried here"),
		N_("This is a demo: the mails are samples, nothing is fetched and nothing leaves this computer. All of it goes when you leave.\n\n"
		"Try this:\n\n  Enter   opens a message, Esc goes back\n  j k     the next and the previous one\n  F       marks it, N makes it unread again\n"
		"  d       deletes it; u takes the last act back\n  l       shows only what fits: type “anna”\n  r       answers\n  :       lists all commands with their keys\n"
		"  ?       all keys that work where you are\n  q       leaves\n\nThen choose “Add an account”, and your own mail is here.\n") },
	{ ROLE_INBOX, 5, 0, DEMO_HTML, "news", NULL, "Autumn News", "news@demo.example", N_("Hiking in the mountains"),
		N_("<h2>Hiking in the mountains</h2><p>Three tours for <b>October</b>:</p><ul><li>The long ridge, six hours</li><li>Around the lake, three hours</li>"
		"<li>To the old mill, <i>for all ages</i></li></ul><p><a href=\"https://demo.example/tours\">All tours</a></p>") },
	{ ROLE_INBOX, 20, FLAG_SEEN | FLAG_FLAGGED, DEMO_FILE, "numbers", NULL, "Bob Meyer", "bob@demo.example", N_("Quarterly numbers"),
		N_("The figures are in the attachment; v lists it, s saves it.\n\nBob\n") },
	{ ROLE_INBOX, 26, FLAG_SEEN, 0, "wall2", "wall1", "Anna Weber", "anna@demo.example", N_("Re: The garden wall"),
		N_("I measured again: it is 4.20, not 4.02.\n\n> Are you sure about the length?\n") },
	{ ROLE_INBOX, 28, FLAG_SEEN | FLAG_ANSWERED, 0, "wall1", NULL, "Tomas Novak", "tomas@demo.example", N_("The garden wall"), N_("Are you sure about the length?\n\nTomas\n") },
	{ ROLE_INBOX, 75, FLAG_SEEN, 0, "train", NULL, "Iva Horvath", "iva@demo.example", N_("Train on Friday?"), N_("The train leaves at nine from platform three. Shall I buy the tickets?\n\nIva\n") },
	{ ROLE_ARCHIVE, 400, FLAG_SEEN, 0, "lake", NULL, "Tomas Novak", "tomas@demo.example", N_("Pictures from the lake"), N_("They are too large for a mail; I bring them along on Saturday.\n\nTomas\n") },
	{ ROLE_SENT, 27, FLAG_SEEN, 0, "sent1", "wall1", "Demo", "you@demo.example", N_("Re: The garden wall"), N_("Quite sure, but I will measure once more.\n") },
};

static char *
header_of(const Sample *s, gint64 when)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_local(when);
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const char *subject = _(s->subject);
	g_autofree char *zone = g_date_time_format(t, "%z"), *word = g_base64_encode((const guchar *)subject, strlen(subject));
	g_autofree char *answers = s->answers ? g_strdup_printf("In-Reply-To: <%s@demo.example>\r\nReferences: <%s@demo.example>\r\n", s->answers, s->answers) : g_strdup("");

	return g_strdup_printf("Date: %s, %d %s %d %02d:%02d:%02d %s\r\nFrom: %s <%s>\r\nTo: Demo <you@demo.example>\r\nSubject: =?UTF-8?B?%s?=\r\n"
		"Message-ID: <%s@demo.example>\r\n%sMIME-Version: 1.0\r\n", days[g_date_time_get_day_of_week(t) - 1], g_date_time_get_day_of_month(t),
		months[g_date_time_get_month(t) - 1], g_date_time_get_year(t), g_date_time_get_hour(t), g_date_time_get_minute(t), g_date_time_get_second(t), zone,
		s->name, s->address, word, s->id, answers);
}

static GBytes *
raw_of(const Sample *s, gint64 when)
{
	g_autofree char *header = header_of(s, when);
	g_auto(GStrv) lines = g_strsplit(_(s->text), "\n", -1);
	g_autofree char *text = g_strjoinv("\r\n", lines);
	const char *type = s->form & DEMO_HTML ? "html" : "plain";
	char *raw = s->form & DEMO_FILE ?
		g_strdup_printf("%sContent-Type: multipart/mixed; boundary=demo\r\n\r\n--demo\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n"
			"--demo\r\nContent-Type: text/csv; name=\"numbers.csv\"\r\nContent-Disposition: attachment; filename=\"numbers.csv\"\r\n\r\n"
			"quarter,numbers\r\n1,1200\r\n2,1430\r\n3,1385\r\n--demo--\r\n", header, text) :
		g_strdup_printf("%sContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n", header, type, text);
	return g_bytes_new_take(raw, strlen(raw));
}

static bool
put_sample(Db *db, const Sample *s, gint64 now, GError **err)
{
	gint64 folder = local_folder(db, s->role, NULL, err), when = now - (gint64)s->hours * 3600;
	g_autoptr(GBytes) raw = raw_of(s, when);
	g_autoptr(Message) m = message_new();

	m->flags = m->server_flags = s->flags;
	m->received = m->sent = when;
	m->size = g_bytes_get_size(raw);
	m->traits = s->form & DEMO_FILE ? TRAIT_ATTACHMENT : s->form & DEMO_HTML ? TRAIT_HTML_ONLY : 0;
	m->subject = g_strdup(_(s->subject));
	m->from_name = g_strdup(s->name);
	m->from_address = g_strdup(s->address);
	m->to = g_strdup("Demo <you@demo.example>");
	m->message_id = g_strdup_printf("<%s@demo.example>", s->id);
	m->in_reply_to = s->answers ? g_strdup_printf("<%s@demo.example>", s->answers) : NULL;
	m->references = g_strdup(m->in_reply_to);
	return folder && local_add(db, folder, m, raw, err) && folders_set_checked(db, folder, now, err);
}

static bool
fill(Db *db, GError **err)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	bool left = false, good = db_begin(db, err);

	for (gsize i = G_N_ELEMENTS(SAMPLES); good && i > 0; i--)
		good = put_sample(db, &SAMPLES[i - 1], now, err);
	good = good && threads_fill(db, G_N_ELEMENTS(SAMPLES), NULL, NULL, &left, err) && db_commit(db, err);
	return good;
}

/* A demo has no folders in folders but those of the program: a few levels. */
static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		remove_tree(below);
	}
	g_remove(path);
}

void
demo_remove(const char *folder)
{
	remove_tree(folder);
}

char *
demo_make(GError **err)
{
	g_autofree char *folder = g_dir_make_tmp("eilpost-demo-XXXXXX", err);
	if (!folder)
		return NULL;
	Places *places = places_new(folder, NULL);
	bool good = g_file_set_contents(places->config, CONFIG, -1, err);
	g_autoptr(Conf) conf = good ? conf_read(places->config) : NULL;
	g_autofree char *store = good && conf_accounts(conf)->len ? places_store(places, g_ptr_array_index(conf_accounts(conf), 0)) : NULL;
	g_autoptr(Db) db = store ? db_open(store, DB_WRITER, err) : NULL;

	good = db && fill(db, err);
	places_free(places);
	if (!good) {
		g_clear_pointer(&db, db_close);
		remove_tree(folder);
		return NULL;
	}
	return g_steal_pointer(&folder);
}

/* main.c - the command line, the locale, the rooms, the run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/intl.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/providers.h"
#include "setup/demo.h"
#include "ui/app.h"
#include "ui/commands.h"
#include "ui/settings.h"
#include "batch/batch.h"
#include "batch/writing.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	char *config, *profile, *account, *folder, *log_file;
	char **commands, **rest;
	Writing writing;
	gboolean read_only, offline, version, list_commands, list_options, check_config;
	int log_level;
} Options;

static void
options_clear(Options *o)
{
	g_free(o->config);
	g_free(o->profile);
	g_free(o->account);
	g_free(o->folder);
	g_free(o->log_file);
	g_strfreev(o->commands);
	g_strfreev(o->rest);
	writing_clear(&o->writing);
}

static bool
parse(int *argc, char ***argv, Options *o, GError **err)
{
	/* all as the bytes that they are: GLib refuses “Grüße” where no locale is set, as in a crontab */
	const GOptionEntry entries[] = {
		{ "config", 'F', 0, G_OPTION_ARG_FILENAME, &o->config, N_("Another configuration file"), N_("FILE") },
		{ "profile", 'P', 0, G_OPTION_ARG_FILENAME, &o->profile, N_("Everything (configuration, store, log) in one folder"), N_("FOLDER") },
		{ "account", 'A', 0, G_OPTION_ARG_FILENAME, &o->account, N_("Start in this account"), N_("NAME") },
		{ "folder", 'f', 0, G_OPTION_ARG_FILENAME, &o->folder, N_("Start in this folder"), N_("NAME") },
		{ "read-only", 'R', 0, G_OPTION_ARG_NONE, &o->read_only, N_("Change nothing on any server"), NULL },
		{ "offline", 0, 0, G_OPTION_ARG_NONE, &o->offline, N_("Do not connect; show what is on this computer"), NULL },
		{ "command", 'y', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->commands, N_("Run a command after the start, as typed at “:”"), N_("COMMAND") },
		{ "subject", 's', 0, G_OPTION_ARG_FILENAME, &o->writing.subject, N_("Write a mail with this subject"), N_("SUBJECT") },
		{ "cc", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->writing.cc, N_("Write a mail with a copy to this address"), N_("ADDRESS") },
		{ "bcc", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->writing.bcc, N_("Write a mail with a copy that others do not see"), N_("ADDRESS") },
		{ "attach", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->writing.attach, N_("Write a mail with this file; more files may follow up to “--”"), N_("FILE") },
		{ "include", 'i', 0, G_OPTION_ARG_FILENAME, &o->writing.body_file, N_("Write a mail that begins with the text of this file"), N_("FILE") },
		{ "draft", 'H', 0, G_OPTION_ARG_FILENAME, &o->writing.template_file, N_("Write a mail that begins with the header lines and the text of this file"), N_("FILE") },
		{ "debug", 'd', 0, G_OPTION_ARG_INT, &o->log_level, N_("Write a log up to this level (0 to 4); secrets never get into it"), N_("LEVEL") },
		{ "log", 'l', 0, G_OPTION_ARG_FILENAME, &o->log_file, N_("The file for the log"), N_("FILE") },
		{ "list-commands", 0, 0, G_OPTION_ARG_NONE, &o->list_commands, N_("List all commands with their keys"), NULL },
		{ "list-options", 0, 0, G_OPTION_ARG_NONE, &o->list_options, N_("List all options of the configuration file"), NULL },
		{ "check-config", 0, 0, G_OPTION_ARG_NONE, &o->check_config, N_("Read the configuration file and name its mistakes"), NULL },
		{ "version", 'v', 0, G_OPTION_ARG_NONE, &o->version, N_("Say the version"), NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->rest, NULL, NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(_("- a mail reader for the terminal"));
	o->log_level = -1;
	g_option_context_set_strict_posix(context, TRUE);	/* what follows a subcommand is its own */
	g_option_context_set_summary(context, _(
		"Commands without a screen:\n"
		"  sync [ACCOUNT]...                 Send and receive once\n"
		"  send < MESSAGE                    Send, as sendmail does\n"
		"  status [ACCOUNT]...               Say what is unread and what waits\n"
		"  list [ACCOUNT [FOLDER]]           List messages, the newest first\n"
		"  search PATTERN...                 List those that the pattern fits\n"
		"  show ID...                        Write messages out as text\n"
		"  verify [ACCOUNT]...               Compare what is here with the server\n"
		"  doctor [ACCOUNT]...               Say why it does not connect\n"
		"  export FORMAT ACCOUNT FOLDER TO   Write a folder out: mbox, maildir or eml\n"
		"  import ACCOUNT FOLDER FILE...     Put mails of mbox, Maildir or .eml into it\n"
		"  oauth [ACCOUNT]                   Sign in at a provider"));
	g_option_context_add_main_entries(context, entries, PACKAGE);
	return g_option_context_parse(context, argc, argv, err);
}

/* Names of files stay as they are. */
static void
as_text(Options *o)
{
	char **one[] = { &o->account, &o->folder, &o->writing.subject };
	char **several[] = { o->commands, o->writing.cc, o->writing.bcc };

	for (guint i = 0; i < G_N_ELEMENTS(one); i++)
		if (*one[i]) {
			g_autofree char *raw = *one[i];
			*one[i] = intl_text(raw);
		}
	for (guint i = 0; i < G_N_ELEMENTS(several); i++)
		for (char **p = several[i]; p && *p; p++) {
			g_autofree char *raw = *p;
			*p = intl_text(raw);
		}
}

static void
list_commands(void)
{
	for (CommandId id = 0; id < N_COMMANDS; id++)
		printf("%-20s %-40s %s\n", command_row(id)->name, command_row(id)->keys, command_help(id));
}

static void
list_options(void)
{
	gsize n;
	const Option *table = options_table(&n);
	for (gsize i = 0; i < n; i++)
		printf("[%s] %-18s %-14s %s\n", table[i].section, table[i].name, table[i].value ? table[i].value : "-", _(table[i].help));
}

/* True: some account can't be used. */
static bool
tell_problems(const Conf *conf)
{
	bool fatal = false;
	for (guint i = 0; i < conf_problems(conf)->len; i++) {
		const ConfProblem *p = g_ptr_array_index(conf_problems(conf), i);
		fprintf(stderr, "%s:%u: %s\n", p->file, p->line, p->text);
		fatal |= p->fatal;
	}
	return fatal;
}

/* The file beside it, with a site's own rows, is read by the setup only, which has no place to say it. */
static void
tell_providers(const Places *places)
{
	g_autofree char *folder = g_path_get_dirname(places->config), *file = g_build_filename(folder, "providers", NULL), *problem = NULL;

	g_ptr_array_unref(providers_read_site(file, &problem));
	if (problem)
		fprintf(stderr, "%s: %s\n", file, problem);
}

static void
tell_no_account(const char *file)
{
	fprintf(stderr, _("There is no account yet. Write this into %s, with your own names:\n"), file);
	fputs("\n\t[account work]\n\taddress = alice@example.org\n\tfull-name = Alice Example\n\treceive = imaps://alice@imap.example.org\n\n", stderr);
}

static bool
has_account(const Conf *conf, const char *name)
{
	for (guint i = 0; i < conf_accounts(conf)->len; i++)
		if (!strcmp(((Account *)g_ptr_array_index(conf_accounts(conf), i))->name, name))
			return true;
	return false;
}

/* 0: it is none of them. */
typedef int (*Subcommand)(const Batch *h, char **args);
static Subcommand
subcommand(char **rest)
{
	if (!rest || !rest[0])
		return NULL;
	static const struct { const char *name; Subcommand run; } table[] = {
		{ "export", batch_export },
		{ "import", batch_import },
		{ "doctor", batch_doctor },
		{ "list", batch_list },
		{ "oauth", batch_oauth },
		{ "search", batch_search },
		{ "send", batch_send },
		{ "show", batch_show },
		{ "status", batch_status },
		{ "sync", batch_sync },
		{ "verify", batch_verify },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (!strcmp(rest[0], table[i].name))
			return table[i].run;
	return NULL;
}

/* There is nothing yet, and somebody sits there: the screen asks. */
static bool
first_start(const Options *o, const Conf *conf)
{
	return conf_problems(conf)->len == 0 && (!o->rest || !o->rest[0]) && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static int
screen_of(const Options *o, const Batch *h, const Draft *write, bool demo)
{
	g_autoptr(GError) err = NULL;
	AppSetup setup = {
		.conf = h->conf, .places = h->places, .vault = h->vault, .auth_letters = h->auth_letters, .account = demo ? NULL : o->account,
		.folder = demo ? NULL : o->folder, .read_only = o->read_only, .offline = o->offline || demo, .write = write,
		.commands = demo ? NULL : (const char *const *)o->commands, .demo = demo,
	};
	int status = app_run(&setup, &err);
	if (err)
		fprintf(stderr, "eilpost: %s\n", err->message);
	return status;
}

/* A profile of its own, which nothing is left of. */
static int
run_demo(const Options *o)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *folder = demo_make(&err);

	if (!folder) {
		fprintf(stderr, "eilpost: %s\n", err->message);
		return EXIT_FAILED;
	}
	Places *places = places_new(folder, NULL);
	g_autoptr(Conf) conf = conf_read(places->config);
	Batch h = { .places = places, .conf = conf };
	int status = screen_of(o, &h, NULL, true);
	places_free(places);
	demo_remove(folder);
	return status;
}

static int
run_screen(const Options *o, const Batch *h, const Draft *write)
{
	int status = screen_of(o, h, write, false);
	/* who looked around comes back to the first screen */
	while (status == APP_WANTS_DEMO && (status = run_demo(o)) == 0)
		status = screen_of(o, h, write, false);
	return status == 0 || status == APP_TERMINATED ? EXIT_DONE : EXIT_FAILED;
}

static Vault *
open_vault(const Places *places, const Conf *conf, Chan *letters)
{
	g_autofree char *file = g_build_filename(places->data, "tokens", NULL);
	VaultSetup setup = { .file = file, .keep = conf_text(conf, "general", "token-store"), .key_command = conf_text(conf, "general", "token-key-command"),
		.letters = letters };
	return vault_new(&setup);
}

static bool
open_log(const Options *o, const Places *places, GError **err)
{
	g_autofree char *usual = g_build_filename(places->state, "log", NULL);

	if (!o->log_file)
		g_mkdir_with_parents(places->state, 0700);
	return log_open(o->log_file ? o->log_file : usual, (LogLevel)MIN(o->log_level, LOG_DEBUG), err);
}

static int
run(const Options *o)
{
	g_autoptr(GError) err = NULL;
	Places *places = places_new(o->profile, o->config);
	g_autoptr(Conf) conf = conf_read(places->config);
	bool sends = subcommand(o->rest) == batch_send;
	int status = EXIT_FAILED;

	if (o->check_config) {
		settings_check(conf);
		bool fatal = tell_problems(conf);
		tell_providers(places);
		status = fatal || conf_accounts(conf)->len == 0 ? EXIT_FAILED : EXIT_DONE;
		if (conf_accounts(conf)->len == 0 && conf_problems(conf)->len == 0)
			tell_no_account(places->config);
		if (status == EXIT_DONE)
			printf(ngettext("%s: %u account can be used\n", "%s: %u accounts can be used\n", conf_accounts(conf)->len), places->config,
				conf_accounts(conf)->len);
	} else if (conf_accounts(conf)->len == 0 && !first_start(o, conf)) {
		if (!tell_problems(conf) && conf_problems(conf)->len == 0)
			tell_no_account(places->config);
		status = sends ? EXIT_EX_CONFIG : EXIT_FAILED;
	} else if (o->account && !has_account(conf, o->account)) {
		fprintf(stderr, _("There is no account “%s” in %s.\n"), o->account, places->config);
		status = sends ? EXIT_EX_CONFIG : EXIT_USAGE;
	} else if (o->log_level >= 0 && !open_log(o, places, &err)) {
		fprintf(stderr, "%s\n", err->message);
	} else {
		g_autoptr(Chan) auth_letters = chan_new((GDestroyNotify)auth_letter_free);
		Batch h = { .places = places, .conf = conf, .read_only = o->read_only, .account = o->account, .folder = o->folder, .auth_letters = auth_letters,
			.vault = open_vault(places, conf, auth_letters) };
		Subcommand command = subcommand(o->rest);
		bool fatal = command && tell_problems(conf);	/* the screen says it itself */
		g_autoptr(Draft) write = command ? NULL : writing_draft(&o->writing, o->rest, &err);
		if (err)
			fprintf(stderr, "%s\n", err->message);
		status = command ? command(&h, o->rest + 1) : err ? EXIT_USAGE : write && !isatty(STDIN_FILENO) ? batch_write(&h, write) : run_screen(o, &h, write);
		if (fatal && status == EXIT_DONE && (command == batch_sync || command == batch_verify))
			status = EXIT_FAILED;	/* not all accounts */
		vault_end(h.vault);
		h.vault = NULL;
	}
	log_close();
	places_free(places);
	return status;
}

/* What nobody could read is not done; the screen is no such output. */
static bool
all_was_said(void)
{
	if (isatty(STDOUT_FILENO) || (fflush(stdout) == 0 && !ferror(stdout)))
		return true;
	fprintf(stderr, _("The standard output can't be written: %s\n"), g_strerror(errno));
	return false;
}

int
main(int argc, char **argv)
{
	Options o = { 0 };
	g_autoptr(GError) err = NULL;
	int status;

	secret_process_hardening();
	signal(SIGPIPE, SIG_IGN);
	if (!setlocale(LC_ALL, ""))
		intl_letters();
	intl_start();
	g_autofree char *called = g_path_get_basename(argc > 0 ? argv[0] : "");
	if (!strcmp(called, "sendmail")) {	/* all options are sendmail's */
		o.log_level = -1;
		o.rest = g_new0(char *, (gsize)argc + 1);
		o.rest[0] = g_strdup("send");
		for (int i = 1; i < argc; i++)
			o.rest[i] = g_strdup(argv[i]);
	} else if (!parse(&argc, &argv, &o, &err)) {
		fprintf(stderr, _("%s. “eilpost --help” lists what there is.\n"), err->message);
		return EXIT_USAGE;
	}
	as_text(&o);
	if (o.version) {
		puts("eilpost " PACKAGE_VERSION);
		status = EXIT_DONE;
	} else if (o.list_commands || o.list_options) {
		if (o.list_commands)
			list_commands();
		else
			list_options();
		status = EXIT_DONE;
	} else {
		status = run(&o);
	}
	options_clear(&o);
	return all_was_said() ? status : status == EXIT_DONE ? EXIT_FAILED : status;
}

/* setupform.h - the values of an account that is being made: where they come from, which are shown, how they are written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Knows neither a screen nor the network. The password is not among them: it never becomes text of a form. */
#pragma once

#include "base/secret.h"
#include "conf/conf.h"
#include "setup/found.h"

typedef enum {
	FIELD_ADDRESS, FIELD_FULL_NAME, FIELD_KIND /* "imap" or "pop3" */, FIELD_RECEIVE, FIELD_SEND, FIELD_AUTH, FIELD_PASSWORD_COMMAND, FIELD_CLIENT_ID,
	FIELD_CLIENT_SECRET, FIELD_TENANT, FIELD_KEEP, FIELD_SENT, FIELD_CA_FILE, FIELD_ACCOUNT /* its name */, N_FIELDS,
} SetupField;

typedef struct {
	char *value[N_FIELDS];	/* owned; never NULL */
	Found *found;		/* owned; NULL: nobody was asked */
} SetupForm;

SetupForm *setupform_new(const char *address);
void setupform_free(SetupForm *f);
/* What was found becomes the values; IMAP first. conf: for a name that no account has. Takes found. */
void setupform_take(SetupForm *f, Found *found, const Conf *conf);
/* A value of the person's (cleaned of blanks at its ends). FIELD_KIND changes the servers with it; a server that takes no passwords
 * changes FIELD_AUTH (S3). */
void setupform_set(SetupForm *f, SetupField field, const char *value);
bool setupform_is_pop(const SetupForm *f);
bool setupform_is_oauth(const SetupForm *f);
bool setupform_may_password(const SetupForm *f);	/* a password may be offered for this server */
bool setupform_has_both(const SetupForm *f);	/* IMAP and POP3 were found */
bool setupform_shows(const SetupForm *f, SetupField field);
const char *setupform_label(SetupField field);	/* translated */
const char *setupform_option(SetupField field);	/* the option it is written as; NULL: none of its own */
const char *setupform_hint(const SetupForm *f);	/* the provider's, translated; NULL: none */
/* The lines as conf_write_all takes them; sections and values borrow from f and *section (yours). Of ConfChange; yours. */
GArray *setupform_changes(const SetupForm *f, char **section);
/* The account as the program would read it from its file. NULL: *problem gets a translated sentence (yours). */
Account *setupform_account(const SetupForm *f, char **problem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SetupForm, setupform_free)

/* keyring.c - the desktop's keyring.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auth/keyring.h"
#include "base/intl.h"
#include "base/log.h"

#ifdef HAVE_LIBSECRET
#include <libsecret/secret.h>

static const SecretSchema SCHEMA = {
	"org.eilpost.SignIn", SECRET_SCHEMA_NONE,
	{ { "owner", SECRET_SCHEMA_ATTRIBUTE_STRING }, { "name", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

/* Without a bus GDBus would start one of its own, which nobody else looks at. */
static bool
bus_here(void)
{
	g_autofree char *usual = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
	const char *named = g_getenv("DBUS_SESSION_BUS_ADDRESS");
	return (named && *named) || g_file_test(usual, G_FILE_TEST_EXISTS);
}

bool
keyring_here(void)
{
	g_autoptr(GError) err = NULL;

	if (!bus_here())
		return false;
	g_autoptr(SecretService) service = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, NULL, &err);
	if (!service)
		log_line(LOG_INFO, "auth", "no keyring: %s", err->message);
	return service != NULL;
}

static bool
failed(GError *from /* taken; may be NULL */, GError **err)
{
	g_set_error(err, EIL_ERROR, EIL_ASK_USER, _("The keyring of the desktop did not do it: %s"), from ? from->message : _("unknown error"));
	g_clear_error(&from);
	return false;
}

bool
keyring_get(const char *owner, const char *name, Secret **text, GError **err)
{
	GError *why = NULL;
	char *found = secret_password_lookup_sync(&SCHEMA, NULL, &why, "owner", owner, "name", name, NULL);

	if (why)
		return failed(why, err);
	if (!found)
		return false;
	*text = secret_new(found, -1);
	secret_password_free(found);
	return true;
}

bool
keyring_put(const char *owner, const char *name, const char *label, const char *text, GError **err)
{
	GError *why = NULL;
	if (secret_password_store_sync(&SCHEMA, SECRET_COLLECTION_DEFAULT, label, text, NULL, &why, "owner", owner, "name", name, NULL))
		return true;
	return failed(why, err);
}

bool
keyring_remove(const char *owner, const char *name, GError **err)
{
	GError *why = NULL;
	secret_password_clear_sync(&SCHEMA, NULL, &why, "owner", owner, "name", name, NULL);
	return why ? failed(why, err) : true;
}

#else

static bool
none(GError **err)
{
	g_set_error_literal(err, EIL_ERROR, EIL_ASK_USER, _("This eilpost was built without the desktop's keyring."));
	return false;
}

bool
keyring_here(void)
{
	return false;
}

bool
keyring_get(const char *owner, const char *name, Secret **text, GError **err)
{
	return none(err);
}

bool
keyring_put(const char *owner, const char *name, const char *label, const char *text, GError **err)
{
	return none(err);
}

bool
keyring_remove(const char *owner, const char *name, GError **err)
{
	return none(err);
}
#endif

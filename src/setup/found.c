/* found.c - settings for an address.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "setup/found.h"

void
found_free(Found *f)
{
	if (!f)
		return;
	g_free(f->name);
	g_free(f->imap);
	g_free(f->pop3);
	g_free(f->smtp);
	g_free(f->user);
	g_free(f);
}

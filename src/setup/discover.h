/* discover.h - from a mail address to its servers: all that may know is asked at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * A thread of its own, which tells what it finds by letters. Nothing but the domain leaves this computer, and the address where
 * the domain itself is asked (autoconfig); never a secret. For tests three variables of the environment name other places, on
 * this computer only: EILPOST_DNS (setup/dns.h), EILPOST_AUTOCONFIG (http://127.0.0.1:8080, in place of both hosts) and
 * EILPOST_GUESS ("imaps://localhost:1993 smtps://localhost:1465", in place of the likely names). */
#pragma once

#include "setup/found.h"

typedef struct Discover Discover;

typedef enum { DISCOVER_ASKS, DISCOVER_YES, DISCOVER_NO } DiscoverState;
typedef struct {
	FoundSource source;	/* what this is about */
	DiscoverState state;
	Found *found;		/* owned: the end: what is believed, with what others add; else NULL. Its source may be SOURCE_NONE */
} DiscoverLetter;
void discover_letter_free(DiscoverLetter *l);

typedef struct {	/* borrowed for the call */
	const char *address;	/* one with a domain (address_domain) */
	const char *site_file;	/* rows of providers of one's own; NULL: none */
	const char *ca_file;	/* PEM, beside the system's; NULL: none */
} DiscoverSetup;

/* The letter with `found` comes within some 15 s and is the last one. What is found borrows rows of a site from the Discover: they
 * live as long as the program. */
Discover *discover_start(const DiscoverSetup *setup);
int discover_fd(const Discover *d);	/* readable while letters wait */
DiscoverLetter *discover_take(Discover *d);	/* yours; NULL: none waits */
void discover_end(Discover *d);	/* also in the middle: it does not wait for the network */

const char *found_source_words(FoundSource source);	/* translated: "the domain's own description (autoconfig)" */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiscoverLetter, discover_letter_free)

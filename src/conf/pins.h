/* pins.h - the option `pins` of an account: keys of servers that the person accepted after comparing them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * "mail.example.org:993 sha256:0f3a… until 2027-11-28 for untrusted+wrong-name", several separated by commas; the part
 * with "for" is missing where nothing was wrong. The day counts to its end (UTC). */
#pragma once

#include "base/peer.h"

#define PIN_DAYS 365		/* an exception ends after so many days, if nothing else is said */
#define PIN_DAYS_MOST 1825

/* pins (may be NULL) gets an array of Pin*, yours. False: *problem gets a sentence (yours; may be NULL). The servers of
 * known providers have certificates that everybody trusts: a pin for one is a mistake. */
bool pins_parse(const char *text, GPtrArray **pins, char **problem);
char *pins_text(const GPtrArray *pins);	/* NULL if there are none; yours */
/* The text with that pin in place of those for the same server; key NULL: without them. yours; NULL: none are left. */
char *pins_changed(const GPtrArray *pins /* may be NULL */, const char *host, guint16 port, const char *key, gint64 until, guint waives);
gint64 pin_until(gint64 now_s, guint days);	/* the end of that day */
char *pin_day(const Pin *p);	/* "2027-11-28": its last day; yours */
bool pins_same(const GPtrArray *a, const GPtrArray *b);	/* NULL: none */
/* The provider whose server it is, for a sentence; NULL: of none that is known, or of a program on this computer. */
const char *pin_provider(const char *host);

/* dns.h - MX and SRV records (RFC 1035, 2782), asked in a thread of their own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The C library's resolver does the asking; reading the answer is ours, strict and bounded. The environment variable
 * EILPOST_DNS (127.0.0.1:5353) names another server, for tests. */
#pragma once

#include "base/error.h"

typedef enum { DNS_MX = 15, DNS_SRV = 33 } DnsKind;
typedef struct { guint16 priority, weight, port; char *target; /* owned; "." : there is no such service */ } DnsRecord;

/* Of DnsRecord*, first to be tried first; yours. Empty: there are none. NULL: no DNS answer, or a broken one. */
GPtrArray *dns_parse(const guint8 *answer, gsize len, DnsKind kind);

typedef struct DnsQuery DnsQuery;
/* records: borrowed for the call; NULL: no answer. Called once, in the context; then the query is gone. */
typedef void (*DnsDone)(void *user, const GPtrArray *records);
DnsQuery *dns_query(const char *name, DnsKind kind, GMainContext *context, DnsDone done, void *user);
void dns_cancel(DnsQuery *q);	/* done is not called any more */

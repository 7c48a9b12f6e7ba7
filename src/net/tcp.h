/* tcp.h - a connection to a host and port, by whichever address answers first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * The resolver runs in a thread of its own (getaddrinfo can't be stopped); everything else in the given context. RFC 8305:
 * families take turns, the next address is tried 250 ms later, the first that answers wins. */
#pragma once

#include "net/filter.h"

typedef struct TcpConnect TcpConnect;

/* fd >= 0: yours. Else -1 and err (EIL_LATER) in a whole sentence. Called once, never from tcp_connect itself. */
typedef void (*TcpDone)(void *user, int fd, const GError *err);
TcpConnect *tcp_connect(const char *host, guint16 port, GMainContext *context, TcpDone done, void *user);
/* Only its addresses, as literals in the order in which they are tried; NULL: err. As above; the list is borrowed. */
typedef void (*TcpFound)(void *user, const char *const *addresses, const GError *err);
TcpConnect *tcp_lookup(const char *host, GMainContext *context, TcpFound found, void *user);
void tcp_cancel(TcpConnect *c);	/* done is not called any more; frees */

Filter *tcp_filter_new(int fd);	/* takes fd */

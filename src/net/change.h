/* change.h - tells when this computer's addresses change: another network, a cable pulled, a VPN.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Only on Linux (rtnetlink); elsewhere, and where the kernel refuses, nothing is told and the deadlines do the work. One
 * context. */
#pragma once

#include <glib.h>

typedef struct NetChange NetChange;

/* changed: addresses came or went; several at once are one call. */
NetChange *net_change_new(GMainContext *context, void (*changed)(void *user), void *user);
void net_change_free(NetChange *n);
/* Tells networks apart: by the ways out of this computer. Yours; the same for the same network, also tomorrow. Any thread. */
char *net_change_network(void);
void net_change_tell(NetChange *n);	/* tests: as if the kernel had spoken; any thread */

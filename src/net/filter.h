/* filter.h - a layer of the connection: socket, TLS, compression.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Nothing here blocks. Bytes may wait inside a layer while the socket is silent: who sleeps asks filter_pending of the
 * whole chain first. */
#pragma once

#include "base/error.h"

#include <sys/types.h>

enum { FILTER_EOF = 0, FILTER_AGAIN = -1, FILTER_ERROR = -2 };

typedef struct Filter Filter;
struct Filter {
	Filter *below;		/* owned; NULL: the socket itself */
	/* > 0: bytes; else one of the above, err set with FILTER_ERROR */
	gssize (*read)(Filter *f, void *buffer, gsize size, GError **err);
	gssize (*write)(Filter *f, const void *data, gsize len, GError **err);
	/* 1: done; FILTER_AGAIN; FILTER_ERROR. NULL: none needed */
	int (*handshake)(Filter *f, GError **err);
	bool (*pending)(Filter *f);	/* decoded bytes wait in this layer; NULL: never */
	bool (*unflushed)(Filter *f);	/* bytes taken by write wait for the layer below; NULL: never */
	void (*free)(Filter *f);	/* this layer only */
};

static inline bool
filter_pending(Filter *f)
{
	for (; f; f = f->below)
		if (f->pending && f->pending(f))
			return true;
	return false;
}

static inline bool
filter_unflushed(Filter *f)
{
	for (; f; f = f->below)
		if (f->unflushed && f->unflushed(f))
			return true;
	return false;
}

static inline void
filter_free(Filter *f)
{
	while (f) {
		Filter *below = f->below;
		f->free(f);
		f = below;
	}
}

/* qr.h - a text as a QR code (ISO/IEC 18004), to be photographed off the screen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Bytes, versions 1 to 20, error correction M where it makes the code no larger, else L. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { QR_VERSION_MAX = 20, QR_SIZE_MAX = QR_VERSION_MAX * 4 + 17, QR_QUIET = 2 };

typedef struct {
	int size;		/* modules in a row */
	int version, mask;
	bool medium;		/* correction M, else L */
	guint8 dark[QR_SIZE_MAX][QR_SIZE_MAX];	/* [y][x] */
} Qr;

bool qr_encode(Qr *q, const char *text);	/* false: too long */
/* With the quiet zone around it, two modules to a row of the screen: how many rows and columns. */
int qr_rows(const Qr *q);
int qr_columns(const Qr *q);
/* A row of half blocks: what is drawn is light, what is left out is dark. Yours. */
char *qr_row(const Qr *q, int row);

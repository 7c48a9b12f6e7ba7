/* files.h - choosing files of this computer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Typing filters the names; Enter opens a folder or takes a file (or those that are marked). */
#pragma once

#include "ui/over.h"

typedef struct FilesPane FilesPane;
extern const OverFace files_face;

/* paths (of char*, absolute) are borrowed for the call; the pane is gone then. */
typedef void (*FilesTaken)(struct App *a, const GPtrArray *paths);
void files_open(struct App *a, FilesTaken taken);

void files_take(FilesPane *f);	/* Enter */
void files_mark(FilesPane *f);	/* and goes to the next */
void files_up(FilesPane *f);	/* or takes a letter of the filter away */
void files_toggle_hidden(FilesPane *f);
/* a folder is opened, a file taken; false: it is neither (a sentence was said) */
bool files_go(FilesPane *f, const char *path);

/* composer.h - what `eilpost-render compose` and the one who starts it agree about.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

enum { COMPOSER_DRAFT = 1, COMPOSER_RAW };	/* the request */
enum { COMPOSER_DONE = 1, COMPOSER_ERROR };	/* the answer */
#define COMPOSER_MESSAGE_FD 3

int composer_main(void);	/* the program's exit status */

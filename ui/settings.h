/* settings.h - keys and colours of the configuration file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "conf/conf.h"
#include "ui/keys.h"
#include "ui/theme.h"

/* Takes [keys.*] and [colors] over. Mistakes join conf's problems, with their line, once. */
void settings_take(Conf *conf, Keymap *keymap, Theme *theme);
void settings_check(Conf *conf);	/* only the mistakes */

/* journal_words.c - wishes in words for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "store/journal.h"
#include "base/intl.h"

const char *
wish_kind_words(const Wish *w)
{
	switch (w->kind) {
	case WISH_FLAG:
		switch (w->flag) {
		case FLAG_SEEN:		return w->on ? _("mark as read") : _("mark as unread");
		case FLAG_FLAGGED:	return w->on ? _("flag") : _("take the flag away");
		case FLAG_ANSWERED:
			return w->on ? _("mark as answered") : _("mark as not answered");
		case FLAG_DELETED:	return w->on ? _("mark as deleted") : _("bring back");
		case FLAG_FORWARDED:
			return w->on ? _("mark as forwarded") : _("mark as not forwarded");
		default:		return _("change a flag");
		}
	case WISH_MOVE:		return _("move");
	case WISH_COPY:		return _("copy");
	case WISH_DELETE:	return _("delete");
	case WISH_APPEND:	return _("file a copy");
	case WISH_FOLDER:
		switch ((FolderWish)w->flag) {
		case FOLDER_CREATE:	return _("make the folder");
		case FOLDER_RENAME:	return _("rename the folder");
		case FOLDER_DELETE:	return _("delete the folder");
		case FOLDER_SUBSCRIBE:	return w->on ? _("subscribe to the folder") : _("unsubscribe from the folder");
		}
		return _("change a folder");
	case WISH_KEYWORD:	return w->on ? _("set a label") : _("take a label away");
	}
	return "";
}

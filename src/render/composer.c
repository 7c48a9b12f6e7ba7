/* composer.c - `eilpost-render compose`: builds one message, in a process that may run out of memory alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Started by src/render/compose.c: the request on descriptor 0 (a file: bytes, then the list, then where the list
 * begins), the answer's list on 1, the message on 3. Not sealed: it works on the person's own text and must read the
 * files that are attached. */
#include "config.h"
#include "render/composer.h"
#include "mail/compose.h"
#include "render/wire.h"
#include "base/error.h"
#include "base/whole.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int
tell_error(const GError *err)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	wire_put_number(out, COMPOSER_ERROR);
	wire_put_number(out, (guint64)(err && err->domain == EIL_ERROR ? err->code : EIL_BROKEN));
	wire_put_text(out, err ? err->message : "");
	return write_whole(1, out->data, out->len) ? 0 : 1;
}

static int
tell_envelope(const Envelope *e, const char *message_id)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	wire_put_number(out, COMPOSER_DONE);
	wire_put_text(out, e->sender);
	wire_put_number(out, e->recipients->len);
	for (guint i = 0; i < e->recipients->len; i++)
		wire_put_text(out, e->recipients->pdata[i]);
	wire_put_number(out, e->has_8bit);
	wire_put_number(out, e->needs_utf8);
	wire_put_text(out, e->subject);
	wire_put_text(out, e->to);
	wire_put_text(out, message_id);
	return write_whole(1, out->data, out->len) ? 0 : 1;
}

static const char *
text_or_null(WireReader *r)
{
	const char *text = wire_text(r);
	return *text ? text : NULL;
}

static bool
do_draft(WireReader *r, const char *data, gsize len, GTimeZone *zone, Envelope *e, char **message_id, GError **err)
{
	const char *from = text_or_null(r);
	g_autoptr(GBytes) bytes = g_bytes_new_static(data, len);
	g_autoptr(Draft) d = r->bad ? NULL : draft_read(bytes);

	if (!d || !d->message_id) {
		g_set_error_literal(err, EIL_ERROR, EIL_BROKEN, "not a whole draft");
		return false;
	}
	*message_id = g_strdup(d->message_id);
	return compose_write(d, from, zone, COMPOSER_MESSAGE_FD, e, err);
}

static bool
do_raw(WireReader *r, const char *data, gsize len, GTimeZone *zone, Envelope *e, char **message_id, GError **err)
{
	RawMail in = { .from = text_or_null(r), .from_header = wire_number(r) != 0, .message_id = wire_text(r),
		.date = (gint64)wire_number(r), .zone = zone };
	g_autoptr(GPtrArray) recipients = g_ptr_array_new();

	for (guint64 n = wire_number(r); n > 0 && !r->bad; n--)
		g_ptr_array_add(recipients, (gpointer)(guintptr)wire_text(r));
	g_ptr_array_add(recipients, NULL);
	in.recipients = (const char *const *)recipients->pdata;
	return compose_write_raw(data, len, &in, COMPOSER_MESSAGE_FD, e, message_id, err);
}

static int
work(const guint8 *data, gsize len)
{
	WireReader end = { data + len - 8, 8, false };
	guint64 list = wire_number(&end);
	g_autoptr(GError) err = NULL;
	g_autoptr(GTimeZone) zone = g_time_zone_new_local();
	g_autofree char *message_id = NULL;
	Envelope e;

	if (list > len - 8)
		return tell_error(NULL);
	WireReader r = { data + list, len - 8 - list, false };
	guint64 kind = wire_number(&r), at = wire_number(&r), size = wire_number(&r);
	if (r.bad || at > list || size > list - at)
		return tell_error(NULL);
	envelope_init(&e);
	bool fine = (kind == COMPOSER_DRAFT ? do_draft : do_raw)(&r, (const char *)data + at, size, zone, &e, &message_id, &err);
	int rc = fine ? tell_envelope(&e, message_id) : tell_error(err);
	envelope_clear(&e);
	return rc;
}

int
composer_main(void)
{
	struct stat st;

	if (fstat(0, &st) != 0 || st.st_size < 8)
		return 2;
	gsize len = (gsize)st.st_size;
	void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, 0, 0);
	if (map == MAP_FAILED)
		return 1;
	int rc = work(map, len);
	munmap(map, len);
	return rc;
}

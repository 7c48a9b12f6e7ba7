/* set.c - sets of UIDs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/set.h"

#include <string.h>

#define MAX_RANGES 1000000u

#define RANGE(set, i) g_array_index((set), ImapRange, (i))

GArray *
imap_set_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(ImapRange));
}

/* The index of the first range whose hi >= n. */
static guint
find(const GArray *set, guint32 n)
{
	guint lo = 0, hi = set->len;
	while (lo < hi) {
		guint mid = lo + (hi - lo) / 2;
		if (RANGE(set, mid).hi < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
imap_set_add(GArray *set, guint32 lo, guint32 hi)
{
	if (lo > hi) {
		guint32 t = lo;
		lo = hi;
		hi = t;
	}
	guint at = find(set, lo > 1 ? lo - 1 : lo);	/* neighbours join */
	guint last = at;
	while (last < set->len && RANGE(set, last).lo <= (hi == G_MAXUINT32 ? hi : hi + 1)) {
		lo = MIN(lo, RANGE(set, last).lo);
		hi = MAX(hi, RANGE(set, last).hi);
		last++;
	}
	ImapRange r = { lo, hi };
	if (last > at) {
		RANGE(set, at) = r;
		if (last > at + 1)
			g_array_remove_range(set, at + 1, last - at - 1);
	} else {
		g_array_insert_val(set, at, r);
	}
}

void
imap_set_gather(GArray *set, guint32 lo, guint32 hi)
{
	ImapRange r = { MIN(lo, hi), MAX(lo, hi) };
	ImapRange *last = set->len > 0 ? &RANGE(set, set->len - 1) : NULL;

	if (last && r.lo > 1 && last->hi == r.lo - 1)
		last->hi = r.hi;
	else
		g_array_append_val(set, r);
}

static gint
by_lo(gconstpointer a, gconstpointer b)
{
	const ImapRange *x = a, *y = b;
	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

void
imap_set_settle(GArray *set)
{
	guint n = 0;

	g_array_sort(set, by_lo);
	for (guint i = 0; i < set->len; i++) {
		ImapRange r = RANGE(set, i);
		ImapRange *last = n > 0 ? &RANGE(set, n - 1) : NULL;
		if (last && r.lo <= (last->hi == G_MAXUINT32 ? last->hi : last->hi + 1))
			last->hi = MAX(last->hi, r.hi);
		else
			RANGE(set, n++) = r;
	}
	g_array_set_size(set, n);
}

bool
imap_set_has(const GArray *set, guint32 n)
{
	guint i = find(set, n);
	return i < set->len && RANGE(set, i).lo <= n;
}

guint64
imap_set_count(const GArray *set)
{
	guint64 n = 0;
	for (guint i = 0; i < set->len; i++)
		n += (guint64)RANGE(set, i).hi - RANGE(set, i).lo + 1;
	return n;
}

static void
subtract_range(GArray *set, guint32 lo, guint32 hi)
{
	guint i = find(set, lo);
	while (i < set->len && RANGE(set, i).lo <= hi) {
		ImapRange r = RANGE(set, i);
		if (r.lo < lo && r.hi > hi) {
			ImapRange right = { hi + 1, r.hi };
			RANGE(set, i).hi = lo - 1;
			g_array_insert_val(set, i + 1, right);
			return;
		}
		if (r.lo < lo) {
			RANGE(set, i).hi = lo - 1;
			i++;
		} else if (r.hi > hi) {
			RANGE(set, i).lo = hi + 1;
			return;
		} else {
			g_array_remove_index(set, i);
		}
	}
}

void
imap_set_subtract(GArray *set, const GArray *other)
{
	for (guint i = 0; i < other->len; i++)
		subtract_range(set, RANGE(other, i).lo, RANGE(other, i).hi);
}

static void
append_number(GString *s, guint32 n)
{
	if (n == G_MAXUINT32)
		g_string_append_c(s, '*');
	else
		g_string_append_printf(s, "%" G_GUINT32_FORMAT, n);
}

char *
imap_set_next_text(const GArray *set, guint *index, gsize max)
{
	GString *s = g_string_new(NULL);
	while (*index < set->len) {
		gsize before = s->len;
		if (s->len)
			g_string_append_c(s, ',');
		append_number(s, RANGE(set, *index).lo);
		if (RANGE(set, *index).hi != RANGE(set, *index).lo) {
			g_string_append_c(s, ':');
			append_number(s, RANGE(set, *index).hi);
		}
		if (s->len > max && before) {
			g_string_truncate(s, before);
			break;
		}
		(*index)++;
	}
	return g_string_free(s, s->len == 0);
}

char *
imap_set_text(const GArray *set)
{
	guint i = 0;
	return imap_set_next_text(set, &i, G_MAXSIZE);
}

static bool
number(const char **p, const char *end, guint32 *n)
{
	if (*p < end && **p == '*') {
		(*p)++;
		*n = G_MAXUINT32;
		return true;
	}
	const char *start = *p;
	while (*p < end && g_ascii_isdigit(**p))
		(*p)++;
	return imap_parse_u32(start, (gsize)(*p - start), n) && *n != 0;
}

GArray *
imap_set_parse(const char *text, gsize len)
{
	g_autoptr(GArray) set = imap_set_new();
	const char *p = text, *end = text + len;
	guint ranges = 0;

	for (;;) {
		guint32 lo, hi;
		if (!number(&p, end, &lo))
			return NULL;
		hi = lo;
		if (p < end && *p == ':') {
			p++;
			if (!number(&p, end, &hi))
				return NULL;
		}
		if (++ranges > MAX_RANGES)
			return NULL;
		imap_set_gather(set, lo, hi);
		if (p == end) {
			imap_set_settle(set);
			return g_steal_pointer(&set);
		}
		if (*p++ != ',')
			return NULL;
	}
}

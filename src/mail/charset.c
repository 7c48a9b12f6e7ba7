/* charset.c - bytes of any charset, rightly or wrongly labelled, to UTF-8.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * What senders say and what they mean differ in known ways: Latin-1 is windows-1252, GB2312 is
 * GB18030, KS C 5601 is UHC, US-ASCII with eight bits is UTF-8 if it can be and windows-1252 else.
 * The converters are opened once and stay open, because the worker can't load modules after it is
 * sealed. */
#include "config.h"
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* What a label means for us, if it is not iconv's own name for it. */
static const struct { const char *label, *means; } aliases[] = {
	{ "utf8", "utf-8" }, { "unicode-1-1-utf-8", "utf-8" }, { "utf-8mb4", "utf-8" }, { "utf8mb4", "utf-8" },
	{ "x-utf-8", "utf-8" }, { "unicode", "utf-16" }, { "ucs-2", "utf-16" },
	{ "unicode-1-1-utf-7", "utf-7" }, { "x-unicode-2-0-utf-7", "utf-7" }, { "csunicode11utf7", "utf-7" },
	{ "ascii", "us-ascii" }, { "ansi_x3.4-1968", "us-ascii" }, { "iso646-us", "us-ascii" }, { "us", "us-ascii" },
	{ "default", "us-ascii" }, { "unknown-8bit", "us-ascii" }, { "x-unknown", "us-ascii" }, { "8bit", "us-ascii" },
	{ "7bit", "us-ascii" }, { "_autodetect", "us-ascii" }, { "_autodetect_all", "us-ascii" }, { "none", "us-ascii" },
	{ "iso-8859-1", "windows-1252" }, { "iso8859-1", "windows-1252" }, { "iso_8859-1", "windows-1252" },
	{ "latin1", "windows-1252" }, { "latin-1", "windows-1252" }, { "l1", "windows-1252" }, { "8859_1", "windows-1252" },
	{ "iso-8859-1-windows-3.1-latin-1", "windows-1252" }, { "iso88591", "windows-1252" }, { "iso8859_1", "windows-1252" },
	{ "iso-8859-1:1987", "windows-1252" }, { "iso_8859-1:1987", "windows-1252" }, { "iso-8859_1", "windows-1252" },
	{ "cp1252", "windows-1252" }, { "ansi", "windows-1252" }, { "x-ansi", "windows-1252" }, { "win-1252", "windows-1252" },
	{ "windows1252", "windows-1252" }, { "cp-1252", "windows-1252" }, { "x-cp1252", "windows-1252" },
	{ "iso-8859-9", "windows-1254" }, { "latin5", "windows-1254" }, { "iso8859-9", "windows-1254" },
	{ "iso-8859-11", "windows-874" }, { "tis-620", "windows-874" }, { "iso-8859-8-i", "iso-8859-8" },
	{ "iso-8859-8-e", "iso-8859-8" }, { "visual", "iso-8859-8" }, { "logical", "iso-8859-8" },
	{ "iso-8859-6-i", "iso-8859-6" }, { "cp1250", "windows-1250" }, { "cp1251", "windows-1251" }, { "win-1251", "windows-1251" },
	{ "windows1251", "windows-1251" }, { "x-cp1251", "windows-1251" }, { "x-cp1250", "windows-1250" },
	{ "cp1253", "windows-1253" }, { "cp1254", "windows-1254" }, { "cp1255", "windows-1255" }, { "cp1256", "windows-1256" },
	{ "cp1257", "windows-1257" }, { "cp1258", "windows-1258" }, { "cp874", "windows-874" },
	{ "gb2312", "gb18030" }, { "gbk", "gb18030" }, { "gb_2312-80", "gb18030" }, { "gb2312-80", "gb18030" },
	{ "gb-2312", "gb18030" }, { "x-gbk", "gb18030" }, { "cp936", "gb18030" }, { "euc-cn", "gb18030" }, { "x-euc-cn", "gb18030" },
	{ "windows-936", "gb18030" }, { "cn-gb", "gb18030" }, { "chinese", "gb18030" }, { "hz", "hz-gb-2312" },
	{ "big5", "big5-hkscs" }, { "big-5", "big5-hkscs" }, { "cn-big5", "big5-hkscs" }, { "x-big5", "big5-hkscs" },
	{ "cp950", "big5-hkscs" }, { "big5hkscs", "big5-hkscs" },
	{ "ks_c_5601-1987", "uhc" }, { "ks_c_5601", "uhc" }, { "ksc5601", "uhc" }, { "ks_c_5601_1987", "uhc" }, { "ksc_5601", "uhc" },
	{ "euc-kr", "uhc" }, { "euckr", "uhc" }, { "x-windows-949", "uhc" }, { "windows-949", "uhc" }, { "cp949", "uhc" }, { "korean", "uhc" },
	{ "ks_c_5601-1989", "uhc" }, { "x-uhc", "uhc" }, { "5601", "uhc" },
	{ "shift_jis", "cp932" }, { "shift-jis", "cp932" }, { "sjis", "cp932" }, { "x-sjis", "cp932" }, { "ms_kanji", "cp932" },
	{ "windows-31j", "cp932" }, { "ms932", "cp932" }, { "x-ms-cp932", "cp932" }, { "shift_jisx0213", "cp932" },
	{ "euc-jp", "euc-jp-ms" }, { "eucjp", "euc-jp-ms" }, { "x-euc-jp", "euc-jp-ms" }, { "x-euc", "euc-jp-ms" }, { "ujis", "euc-jp-ms" },
	{ "iso2022jp", "iso-2022-jp" }, { "jis", "iso-2022-jp" }, { "csiso2022jp", "iso-2022-jp" }, { "iso-2022-jp-ms", "iso-2022-jp" },
	{ "iso-2022-jp-1", "iso-2022-jp-2" }, { "koi8", "koi8-r" }, { "koi", "koi8-r" }, { "koi8_r", "koi8-r" }, { "koi8-ru", "koi8-u" },
	{ "x-mac-roman", "macintosh" }, { "mac", "macintosh" }, { "x-macroman", "macintosh" }, { "macroman", "macintosh" },
	{ "x-mac-cyrillic", "mac-cyrillic" }, { "cp850", "ibm850" }, { "cp437", "ibm437" }, { "cp866", "ibm866" }, { "cp852", "ibm852" },
	{ "dos-866", "ibm866" },
};

/* Opened at the start; others count as unknown. */
static const struct { const char *name, *iconv_name; } modules[] = {
	{ "utf-7", "UTF-7" }, { "utf-16", "UTF-16" }, { "utf-16le", "UTF-16LE" }, { "utf-16be", "UTF-16BE" },
	{ "utf-32", "UTF-32" }, { "utf-32le", "UTF-32LE" }, { "utf-32be", "UTF-32BE" },
	{ "iso-8859-2", "ISO-8859-2" }, { "iso-8859-3", "ISO-8859-3" }, { "iso-8859-4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" }, { "iso-8859-6", "ISO-8859-6" }, { "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-8", "ISO-8859-8" }, { "iso-8859-10", "ISO-8859-10" }, { "iso-8859-13", "ISO-8859-13" },
	{ "iso-8859-14", "ISO-8859-14" }, { "iso-8859-15", "ISO-8859-15" }, { "iso-8859-16", "ISO-8859-16" },
	{ "windows-1250", "CP1250" }, { "windows-1251", "CP1251" }, { "windows-1253", "CP1253" },
	{ "windows-1254", "CP1254" }, { "windows-1255", "CP1255" }, { "windows-1256", "CP1256" },
	{ "windows-1257", "CP1257" }, { "windows-1258", "CP1258" }, { "windows-874", "CP874" },
	{ "koi8-r", "KOI8-R" }, { "koi8-u", "KOI8-U" }, { "koi8-t", "KOI8-T" }, { "macintosh", "MACINTOSH" },
	{ "mac-cyrillic", "MAC-CYRILLIC" }, { "ibm437", "IBM437" }, { "ibm850", "IBM850" }, { "ibm852", "IBM852" },
	{ "ibm855", "IBM855" }, { "ibm857", "IBM857" }, { "ibm862", "IBM862" }, { "ibm864", "IBM864" }, { "ibm866", "IBM866" },
	{ "gb18030", "GB18030" }, { "big5-hkscs", "BIG5-HKSCS" }, { "euc-tw", "EUC-TW" }, { "uhc", "UHC" },
	{ "johab", "JOHAB" }, { "iso-2022-kr", "ISO-2022-KR" }, { "cp932", "CP932" }, { "euc-jp-ms", "EUC-JP-MS" },
	{ "iso-2022-jp", "ISO-2022-JP" }, { "iso-2022-jp-2", "ISO-2022-JP-2" }, { "iso-2022-jp-3", "ISO-2022-JP-3" },
	{ "iso-2022-cn", "ISO-2022-CN" }, { "viscii", "VISCII" }, { "tcvn", "TCVN" }, { "armscii-8", "ARMSCII-8" },
	{ "georgian-ps", "GEORGIAN-PS" }, { "hp-roman8", "HP-ROMAN8" }, { "ebcdic-us", "EBCDIC-US" },
};
static iconv_t converters[G_N_ELEMENTS(modules)];	/* (iconv_t)-1: not on this system */
static bool ready;

/* windows-1252, 0x80 to 0x9f; its five holes are C1 controls and read as U+FFFD. */
static const guint16 cp1252[32] = {
	0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
	0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
};

void
charset_init(void)
{
	if (ready)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(modules); i++)
		converters[i] = iconv_open("UTF-8", modules[i].iconv_name);
	ready = true;
}

static iconv_t
converter_of(const char *name)
{
	charset_init();
	for (gsize i = 0; i < G_N_ELEMENTS(modules); i++)
		if (strcmp(modules[i].name, name) == 0)
			return converters[i];
	return (iconv_t)-1;
}

static bool
is_builtin(const char *name)
{
	return strcmp(name, "utf-8") == 0 || strcmp(name, "us-ascii") == 0 ||
		strcmp(name, "windows-1252") == 0 ||
		strcmp(name, "hz-gb-2312") == 0;
}

/* The label in lower case, without quotes, spaces and a trailing language; then what it means. */
static char *
normal_label(const char *label)
{
	while (*label && strchr(" \t\"'", *label))
		label++;
	g_autofree char *low = g_ascii_strdown(label, (gssize)strcspn(label, " \t\"';*()"));
	bool cs = g_str_has_prefix(low, "cs") && g_str_has_prefix(low + 2, "iso");
	char *pure = cs ? low + 2 : low;
	if (is_builtin(pure))	/* nearly all */
		return g_strdup(pure);
	for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++)
		if (strcmp(aliases[i].label, pure) == 0)
			return g_strdup(aliases[i].means);
	if (g_str_has_prefix(pure, "iso8859") || g_str_has_prefix(pure, "iso_8859")) {
		const char *rest = pure + (pure[3] == '_' ? 8 : 7);
		return g_strdup_printf("iso-8859-%s", rest + strspn(rest, "-_"));
	}
	return g_strdup(pure);
}

bool
charset_known(const char *label)
{
	g_autofree char *name = normal_label(label);
	return is_builtin(name) || converter_of(name) != (iconv_t)-1;
}

/* How the bytes look: counts of sequences beyond ASCII. */
typedef struct { gsize eight_bit, multi, broken; bool jis; } Look;

static Look
look_at(const char *bytes, gsize len)
{
	Look look = { 0 };

	for (gsize i = 0; i < len; ) {
		guchar c = (guchar)bytes[i];
		if (c < 0x80) {
			if (c == 0x1b && len - i > 2 &&
				(bytes[i + 1] == '$' || bytes[i + 1] == '(') &&
				strchr("B@J", bytes[i + 2]) && bytes[i + 2])
				look.jis = true;
			i++;
			continue;
		}
		look.eight_bit++;
		gunichar u = g_utf8_get_char_validated(bytes + i, (gssize)MIN(len - i, 6));
		if (u == (gunichar)-1 || u == (gunichar)-2) {
			look.broken++;
			i++;
		} else {
			look.multi++;
			i += (gsize)g_utf8_skip[c];
		}
	}
	return look;
}

static char *
from_cp1252(const char *bytes, gsize len, gsize max)
{
	GString *out = g_string_sized_new(MIN(len, max) + 16);
	for (gsize i = 0; i < len && out->len < max; i++) {
		guchar c = (guchar)bytes[i];
		if (c == 0)
			continue;
		if (c < 0x80)
			g_string_append_c(out, (char)c);
		else
			g_string_append_unichar(out, c < 0xa0 ? cp1252[c - 0x80] : c);
	}
	return g_string_free(out, FALSE);
}

static char *
from_utf8(const char *bytes, gsize len, gsize max)
{
	GString *out = g_string_sized_new(MIN(len, max) + 16);
	for (gsize i = 0; i < len && out->len < max; ) {
		gsize run = i;
		while (run < len && (guchar)bytes[run] < 0x80 && bytes[run])
			run++;
		g_string_append_len(out, bytes + i, (gssize)(run - i));
		i = run;
		if (i >= len)
			break;
		if (!bytes[i]) {
			i++;
			continue;
		}
		gunichar u = g_utf8_get_char_validated(bytes + i, (gssize)MIN(len - i, 6));
		if (u == (gunichar)-1 || u == (gunichar)-2) {
			g_string_append(out, "\xef\xbf\xbd");
			i++;
		} else {
			g_string_append_unichar(out, u);
			i += (gsize)g_utf8_skip[(guchar)bytes[i]];
		}
	}
	return g_string_free(out, FALSE);
}

static char *
from_iconv(iconv_t cd, const char *bytes, gsize len, gsize max, gsize *errors)
{
	GString *out = g_string_sized_new(MIN(len, max) + 64);
	char *in = (char *)(guintptr)bytes, chunk[4096];
	gsize left = len;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0 && out->len < max) {
		char *to = chunk;
		gsize room = sizeof chunk;
		gsize r = iconv(cd, &in, &left, &to, &room);
		for (char *p = chunk; p < to; p++)
			if (*p)
				g_string_append_c(out, *p);
		if (r != (gsize)-1 || errno == E2BIG)
			continue;
		g_string_append(out, "\xef\xbf\xbd");
		(*errors)++;
		if (errno != EILSEQ)
			break;
		in++;
		left--;
	}
	char *to = chunk;
	gsize room = sizeof chunk;
	/* a base character that waits for its mark (CP1255, CP1258, TCVN) */
	iconv(cd, NULL, NULL, &to, &room);
	g_string_append_len(out, chunk, to - chunk);
	/* UTF-7 and UTF-16 of glibc can give lone surrogates */
	if (!g_utf8_validate(out->str, (gssize)out->len, NULL)) {
		char *valid = g_utf8_make_valid(out->str, (gssize)out->len);
		g_string_free(out, TRUE);
		return valid;
	}
	return g_string_free(out, FALSE);
}

/* RFC 1843: GB 2312 in seven bits; glibc has no module for it. */
static char *
from_hz(const char *bytes, gsize len, gsize max, gsize *errors)
{
	GString *gb = g_string_sized_new(len);
	bool chinese = false;

	for (gsize i = 0; i < len; i++) {
		char next = i + 1 < len ? bytes[i + 1] : 0;
		if (bytes[i] == '~' && next && strchr("{}~\n", next)) {
			chinese = next == '{' || (chinese && next != '}');
			if (next == '~')
				g_string_append_c(gb, '~');
			i++;
		} else if (bytes[i] == '\n') {
			chinese = false;
			g_string_append_c(gb, '\n');
		} else {
			g_string_append_c(gb, chinese &&
				(guchar)bytes[i] > 0x20 ? (char)(bytes[i] | 0x80) : bytes[i]);
		}
	}
	iconv_t cd = converter_of("gb18030");
	char *out = cd == (iconv_t)-1 ? from_cp1252(gb->str, gb->len, max) :
		from_iconv(cd, gb->str, gb->len, max, errors);
	g_string_free(gb, TRUE);
	return out;
}

/* No label, or one that says nothing. */
static char *
guess(const char *bytes, gsize len, const Look *look, gsize max)
{
	gsize errors = 0;
	iconv_t jis = look->jis ? converter_of("iso-2022-jp") : (iconv_t)-1;

	if (jis != (iconv_t)-1)
		return from_iconv(jis, bytes, len, max, &errors);
	/* mostly UTF-8 with a cut character is still UTF-8 */
	if (look->broken == 0 || look->multi > 4 * look->broken)
		return from_utf8(bytes, len, max);
	return from_cp1252(bytes, len, max);
}

static bool
is_latin(const char *name)
{
	return strcmp(name, "windows-1252") == 0 || strcmp(name, "iso-8859-15") == 0 ||
		strcmp(name, "windows-1254") == 0 ||
		strcmp(name, "iso-8859-2") == 0 || strcmp(name, "windows-1250") == 0;
}

char *
charset_to_utf8(const char *bytes, gsize len, const char *label, gsize max, CharsetVerdict *verdict)
{
	CharsetVerdict ignored;
	CharsetVerdict *v = verdict ? verdict : &ignored;
	g_autofree char *name = normal_label(label ? label : "us-ascii");
	Look look = look_at(bytes, len);
	gsize errors = 0;

	*v = CHARSET_FINE;
	if (!*name || strcmp(name, "us-ascii") == 0)
		return guess(bytes, len, &look, max);
	if (strcmp(name, "utf-8") == 0) {
		if (look.broken == 0)
			return look.jis && look.eight_bit == 0 ? guess(bytes, len, &look, max) :
				from_utf8(bytes, len, max);
		*v = CHARSET_WRONG;
		return guess(bytes, len, &look, max);
	}
	if (is_latin(name) && look.multi > 0 && look.broken == 0)
		return from_utf8(bytes, len, max);
	if (strcmp(name, "windows-1252") == 0)
		return look.jis && look.eight_bit == 0 ? guess(bytes, len, &look, max) :
			from_cp1252(bytes, len, max);
	if (strcmp(name, "hz-gb-2312") == 0)
		return from_hz(bytes, len, max, &errors);
	iconv_t cd = converter_of(name);
	if (cd == (iconv_t)-1) {
		*v = look.eight_bit || look.jis ? CHARSET_UNKNOWN : CHARSET_FINE;
		return guess(bytes, len, &look, max);
	}
	g_autofree char *out = from_iconv(cd, bytes, len, max, &errors);
	if (errors == 0)
		return g_steal_pointer(&out);
	*v = CHARSET_WRONG;
	/* a label that fits nothing while UTF-8 fits all: believe the bytes */
	if (look.multi > 0 && look.broken == 0)
		return from_utf8(bytes, len, max);
	return g_steal_pointer(&out);
}

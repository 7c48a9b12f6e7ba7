/* kinds.c - what kind of file an attachment is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Names from IANA's list; those that people really attach. */
#include "config.h"
#include "mail/kinds.h"

#include <stdbool.h>
#include <string.h>

static const struct { const char *ending, *type; } endings[] = {
	{ "7z", "application/x-7z-compressed" }, { "aac", "audio/aac" }, { "asc", "text/plain" }, { "avi", "video/x-msvideo" },
	{ "avif", "image/avif" }, { "bmp", "image/bmp" }, { "bz2", "application/x-bzip2" }, { "c", "text/x-c" },
	{ "conf", "text/plain" }, { "css", "text/css" }, { "csv", "text/csv" }, { "diff", "text/x-diff" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "eml", "message/rfc822" }, { "epub", "application/epub+zip" }, { "flac", "audio/flac" }, { "gif", "image/gif" },
	{ "gz", "application/gzip" }, { "h", "text/x-c" }, { "heic", "image/heic" }, { "htm", "text/html" },
	{ "html", "text/html" }, { "ics", "text/calendar" }, { "jpeg", "image/jpeg" }, { "jpg", "image/jpeg" },
	{ "js", "text/javascript" }, { "json", "application/json" }, { "key", "application/pgp-keys" }, { "log", "text/plain" },
	{ "m4a", "audio/mp4" }, { "md", "text/markdown" }, { "mkv", "video/x-matroska" }, { "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" }, { "mp4", "video/mp4" }, { "mpeg", "video/mpeg" }, { "mpg", "video/mpeg" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" }, { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" }, { "ogg", "audio/ogg" }, { "opus", "audio/ogg" },
	{ "p7m", "application/pkcs7-mime" }, { "p7s", "application/pkcs7-signature" }, { "patch", "text/x-diff" },
	{ "pdf", "application/pdf" }, { "pem", "application/x-pem-file" }, { "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "ps", "application/postscript" }, { "py", "text/x-python" }, { "rar", "application/vnd.rar" }, { "rtf", "application/rtf" },
	{ "sh", "application/x-sh" }, { "sig", "application/pgp-signature" }, { "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" }, { "tex", "text/x-tex" }, { "text", "text/plain" }, { "tgz", "application/gzip" },
	{ "tif", "image/tiff" }, { "tiff", "image/tiff" }, { "tsv", "text/tab-separated-values" }, { "txt", "text/plain" },
	{ "vcard", "text/vcard" }, { "vcf", "text/vcard" }, { "wav", "audio/x-wav" }, { "webm", "video/webm" },
	{ "webp", "image/webp" }, { "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }, { "xml", "application/xml" },
	{ "xz", "application/x-xz" }, { "yaml", "application/yaml" }, { "yml", "application/yaml" }, { "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

static const struct { const char *bytes; gsize len; const char *type; } beginnings[] = {
	{ "%PDF-", 5, "application/pdf" }, { "\x89PNG\r\n\x1a\n", 8, "image/png" }, { "\xff\xd8\xff", 3, "image/jpeg" },
	{ "GIF8", 4, "image/gif" }, { "PK\3\4", 4, "application/zip" }, { "\x1f\x8b", 2, "application/gzip" },
	{ "BZh", 3, "application/x-bzip2" }, { "\xfd" "7zXZ", 5, "application/x-xz" }, { "%!PS", 4, "application/postscript" },
	{ "OggS", 4, "audio/ogg" }, { "ID3", 3, "audio/mpeg" }, { "BEGIN:VCARD", 11, "text/vcard" },
	{ "BEGIN:VCALENDAR", 15, "text/calendar" }, { "{\\rtf", 5, "application/rtf" },
};

const char *
kind_charset(const guint8 *head, gsize len)
{
	const char *end;
	bool ascii = true;

	for (gsize i = 0; i < len; i++) {
		if (head[i] == 0)
			return NULL;
		ascii &= head[i] < 0x80;
	}
	if (ascii)
		return "us-ascii";
	/* the sample may end inside a character */
	return g_utf8_validate((const char *)head, (gssize)len, &end) || (gsize)((const char *)head + len - end) < 4 ? "utf-8" : NULL;
}

const char *
kind_guess(const char *name, const guint8 *head, gsize len)
{
	const char *dot = name ? strrchr(name, '.') : NULL;

	for (gsize i = 0; dot && i < G_N_ELEMENTS(endings); i++)
		if (g_ascii_strcasecmp(dot + 1, endings[i].ending) == 0)
			return endings[i].type;
	for (gsize i = 0; i < G_N_ELEMENTS(beginnings); i++)
		if (len >= beginnings[i].len && memcmp(head, beginnings[i].bytes, beginnings[i].len) == 0)
			return beginnings[i].type;
	return len > 0 && kind_charset(head, len) ? "text/plain" : "application/octet-stream";
}

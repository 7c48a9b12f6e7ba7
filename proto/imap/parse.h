/* parse.h - one whole response (from frame) into a struct.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * RFC 3501, 9051, 4315, 4731, 5161, 5258, 5819, 6154, 7162, 2971, 2342, 5465, 9208, 4314, 8440, 8474, 8970, 9394, 3516,
 * 7889, and X-GM-EXT-1. Total on
 * any bytes: an untagged response that can't be read is IMAP_RESP_SKIP (log and go
 * on); a tagged one is IMAP_RESP_BAD (the session ends). Strings are bytes of the
 * server's (NUL-terminated, may be any 8-bit), owned by the response. One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
	IMAP_RESP_SKIP, IMAP_RESP_BAD,
	IMAP_RESP_STATUS,	/* OK NO BAD BYE PREAUTH, tagged or untagged */
	IMAP_RESP_CONTINUE,	/* "+ ..." */
	IMAP_RESP_CAPABILITY, IMAP_RESP_ENABLED, IMAP_RESP_ID, IMAP_RESP_NAMESPACE,
	IMAP_RESP_LIST, IMAP_RESP_MAILBOX_STATUS,
	IMAP_RESP_FLAGS, IMAP_RESP_EXISTS, IMAP_RESP_RECENT, IMAP_RESP_EXPUNGE, IMAP_RESP_VANISHED,
	IMAP_RESP_FETCH, IMAP_RESP_SEARCH, IMAP_RESP_ESEARCH,
	IMAP_RESP_QUOTA, IMAP_RESP_QUOTAROOT, IMAP_RESP_MYRIGHTS,
} ImapRespKind;

typedef enum { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH } ImapStatus;

/* Response codes that mean something to us; the rest is IMAP_CODE_OTHER with its text. */
typedef enum {
	IMAP_CODE_NONE, IMAP_CODE_OTHER, IMAP_CODE_ALERT, IMAP_CODE_BADCHARSET, IMAP_CODE_CAPABILITY, IMAP_CODE_PARSE,
	IMAP_CODE_PERMANENTFLAGS, IMAP_CODE_READ_ONLY, IMAP_CODE_READ_WRITE, IMAP_CODE_TRYCREATE,
	IMAP_CODE_UIDNEXT, IMAP_CODE_UIDVALIDITY, IMAP_CODE_UNSEEN, IMAP_CODE_UIDNOTSTICKY,
	IMAP_CODE_APPENDUID, IMAP_CODE_COPYUID, IMAP_CODE_HIGHESTMODSEQ, IMAP_CODE_NOMODSEQ, IMAP_CODE_MODIFIED, IMAP_CODE_CLOSED,
	IMAP_CODE_UNAVAILABLE, IMAP_CODE_AUTHENTICATIONFAILED, IMAP_CODE_AUTHORIZATIONFAILED, IMAP_CODE_EXPIRED,
	IMAP_CODE_PRIVACYREQUIRED, IMAP_CODE_CONTACTADMIN, IMAP_CODE_NOPERM, IMAP_CODE_INUSE, IMAP_CODE_EXPUNGEISSUED,
	IMAP_CODE_CORRUPTION, IMAP_CODE_SERVERBUG, IMAP_CODE_CLIENTBUG, IMAP_CODE_CANNOT, IMAP_CODE_LIMIT, IMAP_CODE_OVERQUOTA,
	IMAP_CODE_ALREADYEXISTS, IMAP_CODE_NONEXISTENT, IMAP_CODE_HASCHILDREN, IMAP_CODE_NOTSAVED, IMAP_CODE_UNKNOWN_CTE,
	IMAP_CODE_NOTIFICATIONOVERFLOW, IMAP_CODE_BADEVENT, IMAP_CODE_COMPRESSIONACTIVE, IMAP_CODE_USEATTR, IMAP_CODE_TOOBIG,
	IMAP_CODE_MAILBOXID,
} ImapCode;

/* A UID or sequence range, lo <= hi; "*" is G_MAXUINT32. */
typedef struct { guint32 lo, hi; } ImapRange;

typedef enum {
	IMAP_FLAG_SEEN = 1 << 0, IMAP_FLAG_ANSWERED = 1 << 1, IMAP_FLAG_FLAGGED = 1 << 2, IMAP_FLAG_DELETED = 1 << 3,
	IMAP_FLAG_DRAFT = 1 << 4, IMAP_FLAG_RECENT = 1 << 5, IMAP_FLAG_FORWARDED = 1 << 6 /* $Forwarded */,
	IMAP_FLAG_ANY = 1 << 7 /* "\*" in PERMANENTFLAGS */,
} ImapFlags;

typedef struct {
	guint32 bits;		/* ImapFlags */
	char **keywords;	/* owned, NULL-terminated or NULL: what is not in bits */
} ImapFlagList;

typedef struct { char *name, *route, *mailbox, *host; } ImapAddress;	/* owned; any may be NULL (NIL) */

typedef struct {
	char *date, *subject, *in_reply_to, *message_id;	/* owned, raw (RFC 2047 not decoded); NULL: NIL */
	GPtrArray *from, *sender, *reply_to, *to, *cc, *bcc;	/* owned, of ImapAddress*; NULL: NIL; the first three may be one array */
} ImapEnvelope;

/* BODYSTRUCTURE as a tree; kept in the store as flat text by body_serialise. */
typedef struct ImapBody ImapBody;
struct ImapBody {
	char *section;		/* owned: "1.2"; "" for the multipart at the top ("1" for a single part) */
	char *type, *subtype;	/* owned, lower case: "text", "plain"; "multipart" has children */
	GPtrArray *params;	/* owned: name, value, name, value ... (names lower case) */
	char *id, *description, *encoding;	/* owned; encoding lower case */
	guint32 octets, lines;
	char *disposition;	/* owned, lower case, or NULL */
	GPtrArray *disposition_params;	/* owned, as params */
	GPtrArray *children;	/* owned, of ImapBody*: parts of a multipart, or the one body of a message/rfc822 */
	ImapEnvelope *envelope;	/* owned, message/rfc822 only */
};

/* One body section in a FETCH: BODY[section]<origin>, BINARY[...], RFC822.HEADER and so on. */
typedef struct {
	char *section;		/* owned: "", "HEADER", "1", "1.MIME", "HEADER.FIELDS (REFERENCES)" as the server says it */
	guint32 origin;		/* of a partial fetch, else 0 */
	GBytes *data;		/* owned; NULL: NIL, or streamed before as chunks (then streamed is set) */
	bool streamed;
	bool binary;		/* BINARY[...]: the server has undone the encoding */
	guint64 size;		/* of the literal */
} ImapFetchPart;

typedef struct {
	enum {
		IMAP_HAS_UID = 1, IMAP_HAS_FLAGS = 2, IMAP_HAS_DATE = 4, IMAP_HAS_SIZE = 8, IMAP_HAS_ENVELOPE = 16,
		IMAP_HAS_BODY = 32, IMAP_HAS_MODSEQ = 64, IMAP_HAS_LABELS = 128, IMAP_HAS_BINARY_SIZE = 256,
	} has;
	guint32 seq, uid;
	ImapFlagList flags;
	gint64 internal_date;	/* Unix seconds */
	guint64 size, modseq;
	ImapEnvelope *envelope;	/* owned */
	ImapBody *body;		/* owned */
	GPtrArray *parts;	/* owned, of ImapFetchPart*; never NULL */
	char *email_id, *thread_id;	/* owned: OBJECTID; NULL: not told */
	char *preview;		/* owned; NULL: none */
	char **labels;		/* owned: X-GM-LABELS as on the wire; may be empty with IMAP_HAS_LABELS */
	char *binary_section;	/* owned: BINARY.SIZE[...], the last of them; NULL: not told */
	guint64 binary_size;
} ImapFetch;

typedef enum {	/* LIST attributes, RFC 3501, 5258, 6154, 3348 */
	IMAP_ATTR_NOINFERIORS = 1 << 0, IMAP_ATTR_NOSELECT = 1 << 1, IMAP_ATTR_MARKED = 1 << 2, IMAP_ATTR_UNMARKED = 1 << 3,
	IMAP_ATTR_NONEXISTENT = 1 << 4, IMAP_ATTR_SUBSCRIBED = 1 << 5, IMAP_ATTR_REMOTE = 1 << 6,
	IMAP_ATTR_HASCHILDREN = 1 << 7, IMAP_ATTR_HASNOCHILDREN = 1 << 8,
	IMAP_ATTR_ALL = 1 << 9, IMAP_ATTR_ARCHIVE = 1 << 10, IMAP_ATTR_DRAFTS = 1 << 11, IMAP_ATTR_FLAGGED = 1 << 12,
	IMAP_ATTR_JUNK = 1 << 13, IMAP_ATTR_SENT = 1 << 14, IMAP_ATTR_TRASH = 1 << 15, IMAP_ATTR_IMPORTANT = 1 << 16,
} ImapAttrs;

typedef struct {
	guint32 attrs;
	char delimiter;		/* 0: NIL */
	char *name;		/* owned, as on the wire */
	bool lsub;		/* of LSUB: it is subscribed, and may not be there */
	char *old_name;		/* owned: it was renamed (RFC 9051, 6.3.9.7); NULL: no */
} ImapList;

typedef struct {
	char *name;	/* owned, as on the wire */
	enum { IMAP_ST_MESSAGES = 1, IMAP_ST_UIDNEXT = 2, IMAP_ST_UIDVALIDITY = 4, IMAP_ST_UNSEEN = 8, IMAP_ST_MODSEQ = 16,
		IMAP_ST_SIZE = 32, IMAP_ST_RECENT = 64, IMAP_ST_APPENDLIMIT = 128 } has;
	guint32 messages, uidnext, uidvalidity, unseen, recent;
	guint64 highestmodseq, size, append_limit;
	char *mailbox_id;	/* owned: OBJECTID; NULL: not told */
} ImapMailboxStatus;

/* A quota root: what it limits, in KiB and messages; 0 as limit: none told. */
typedef struct {
	char *root;		/* owned */
	bool has_storage, has_messages;
	guint64 storage, storage_limit, messages, messages_limit;
} ImapQuota;

typedef struct { char *prefix; char delimiter; } ImapNamespace;	/* prefix owned */

typedef struct {
	ImapRespKind kind;
	char *tag;		/* owned; NULL: untagged. For ESEARCH: its TAG correlator */
	/* STATUS, CONTINUE */
	ImapStatus status;
	ImapCode code;
	char *code_text;	/* owned: the code's atom and arguments as sent */
	char *object_id;	/* owned: of the MAILBOXID code */
	guint64 code_number;	/* UIDNEXT, UIDVALIDITY, UNSEEN, HIGHESTMODSEQ; UIDVALIDITY of APPENDUID, COPYUID */
	GArray *code_set, *code_set2;	/* owned, of ImapRange: APPENDUID's uid, COPYUID's source and destination, MODIFIED */
	char *text;		/* owned: human text, or the base64 of a continuation */
	/* numbers */
	guint32 number;		/* EXISTS, RECENT, EXPUNGE (sequence number) */
	bool earlier;		/* VANISHED (EARLIER) */
	bool uid;		/* ESEARCH UID */
	GArray *set;		/* owned, of ImapRange: VANISHED, SEARCH, ESEARCH ALL */
	enum { IMAP_ES_MIN = 1, IMAP_ES_MAX = 2, IMAP_ES_ALL = 4, IMAP_ES_COUNT = 8, IMAP_ES_MODSEQ = 16,
		IMAP_ES_PARTIAL = 32 /* set is a part of ALL */ } es_has;
	guint32 es_min, es_max, es_count;
	guint64 es_modseq;	/* SEARCH's (MODSEQ n) too */
	ImapFlagList flags;	/* FLAGS, and the PERMANENTFLAGS code */
	char **words;		/* owned: CAPABILITY (upper case) also as code, ENABLED, ID (key, value, ...) */
	GPtrArray *personal, *other_users, *shared;	/* owned, of ImapNamespace* */
	ImapList list;
	ImapMailboxStatus mailbox;
	ImapFetch *fetch;	/* owned */
	ImapQuota quota;
	char *rights;		/* owned: MYRIGHTS; the mailbox is in list.name, as QUOTAROOT's is */
} ImapResponse;

/* line: a whole response without its final CRLF; literals: the literals in order, as GBytes (a streamed one is an
 * empty GBytes with its size in sizes[i] and streamed[i] set). See frame.h. Never NULL. */
typedef struct { GBytes *data; guint64 size; bool streamed; } ImapLiteral;
ImapResponse *imap_parse(const char *line, gsize len, const ImapLiteral *literals, gsize n_literals);
void imap_response_free(ImapResponse *r);

/* "17-Jul-1996 02:44:25 -0700" as Unix seconds; false: no date. */
bool imap_parse_internal_date(const char *text, gint64 *when);
bool imap_parse_u32(const char *text, gsize len, guint32 *n);	/* digits only, in range */
bool imap_parse_u63(const char *text, gsize len, guint64 *n);

void imap_envelope_free(ImapEnvelope *e);
void imap_body_free(ImapBody *b);
ImapBody *imap_body_find(ImapBody *top, const char *section);	/* borrowed; NULL: none */
const char *imap_body_param(const ImapBody *b, const char *name);	/* borrowed; NULL: none */
const char *imap_body_disposition_param(const ImapBody *b, const char *name);

/* The structure as one line of text for the store, and back (NULL: not ours). */
char *imap_body_serialise(const ImapBody *b);
ImapBody *imap_body_deserialise(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapResponse, imap_response_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapBody, imap_body_free)

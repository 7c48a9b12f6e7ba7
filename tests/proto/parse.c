/* parse.c - tests of proto/imap/parse, fetch and body: a response becomes a line of text and is compared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "proto/imap/frame.h"
#include "proto/imap/set.h"
#include "base/limits.h"

#include <string.h>

static void
put_set(GString *s, const char *name, const GArray *set)
{
	if (!set)
		return;
	g_autofree char *text = imap_set_text(set);
	g_string_append_printf(s, " %s=%s", name, text ? text : "none");
}

static void
put_addresses(GString *s, const char *name, const GPtrArray *all)
{
	for (guint i = 0; all && i < all->len; i++) {
		const ImapAddress *a = g_ptr_array_index(all, i);
		g_string_append_printf(s, " %s=%s<%s@%s>", name, a->name ? a->name : "-", a->mailbox ? a->mailbox : "-", a->host ? a->host : "-");
	}
}

static void
put_body(GString *s, const ImapBody *b)
{
	g_string_append_printf(s, " [%s %s/%s", b->section, b->type, b->subtype);
	const char *name = imap_body_disposition_param(b, "filename");
	if (b->disposition)
		g_string_append_printf(s, " %s:%s", b->disposition, name ? name : "");
	for (guint i = 0; b->children && i < b->children->len; i++)
		put_body(s, g_ptr_array_index(b->children, i));
	g_string_append_c(s, ']');
}

static void
put_fetch(GString *s, const ImapFetch *f)
{
	g_string_append_printf(s, " seq=%u", f->seq);
	if (f->has & IMAP_HAS_UID)
		g_string_append_printf(s, " uid=%u", f->uid);
	if (f->has & IMAP_HAS_FLAGS)
		g_string_append_printf(s, " flags=%x", f->flags.bits);
	for (char **k = f->flags.keywords; k && *k; k++)
		g_string_append_printf(s, "+%s", *k);
	if (f->has & IMAP_HAS_DATE)
		g_string_append_printf(s, " date=%" G_GINT64_FORMAT, f->internal_date);
	if (f->has & IMAP_HAS_SIZE)
		g_string_append_printf(s, " size=%" G_GUINT64_FORMAT, f->size);
	if (f->has & IMAP_HAS_MODSEQ)
		g_string_append_printf(s, " modseq=%" G_GUINT64_FORMAT, f->modseq);
	if (f->has & IMAP_HAS_ENVELOPE) {
		g_string_append_printf(s, " subject=%s", f->envelope->subject ? f->envelope->subject : "NIL");
		put_addresses(s, "from", f->envelope->from);
		put_addresses(s, "sender", f->envelope->sender);
		put_addresses(s, "reply", f->envelope->reply_to);
		put_addresses(s, "to", f->envelope->to);
		g_string_append_printf(s, " id=%s", f->envelope->message_id ? f->envelope->message_id : "NIL");
	}
	if (f->email_id || f->thread_id)
		g_string_append_printf(s, " email=%s thread=%s", f->email_id ? f->email_id : "-", f->thread_id ? f->thread_id : "-");
	if (f->preview)
		g_string_append_printf(s, " preview=%s", f->preview);
	for (char **l = f->labels; l && *l; l++)
		g_string_append_printf(s, " label=%s", *l);
	if (f->has & IMAP_HAS_BINARY_SIZE)
		g_string_append_printf(s, " binary-size(%s)=%" G_GUINT64_FORMAT, f->binary_section, f->binary_size);
	if (f->body)
		put_body(s, f->body);
	for (guint i = 0; i < f->parts->len; i++) {
		const ImapFetchPart *p = g_ptr_array_index(f->parts, i);
		gsize n = 0;
		const char *d = p->data ? g_bytes_get_data(p->data, &n) : NULL;
		g_string_append_printf(s, " %s(%s@%u)=%.*s", p->binary ? "binary" : "part", p->section, p->origin, (int)n, d ? d : "");
	}
}

static char *
describe(const ImapResponse *r)
{
	static const char *const kinds[] = { "SKIP", "BAD", "STATUS", "CONTINUE", "CAPABILITY", "ENABLED", "ID", "NAMESPACE", "LIST",
		"MAILBOX", "FLAGS", "EXISTS", "RECENT", "EXPUNGE", "VANISHED", "FETCH", "SEARCH", "ESEARCH",
		"QUOTA", "QUOTAROOT", "MYRIGHTS" };
	GString *s = g_string_new(kinds[r->kind]);
	if (r->kind == IMAP_RESP_SKIP || r->kind == IMAP_RESP_BAD)
		return g_string_free(s, FALSE);
	if (r->tag)
		g_string_append_printf(s, " tag=%s", r->tag);
	if (r->kind == IMAP_RESP_STATUS)
		g_string_append_printf(s, " %d code=%d", r->status, r->code);
	if (r->code_number)
		g_string_append_printf(s, " n=%" G_GUINT64_FORMAT, r->code_number);
	put_set(s, "a", r->code_set);
	put_set(s, "b", r->code_set2);
	if (r->number)
		g_string_append_printf(s, " %u", r->number);
	if (r->earlier)
		g_string_append(s, " earlier");
	put_set(s, "set", r->set);
	if (r->es_has & IMAP_ES_COUNT)
		g_string_append_printf(s, " count=%u", r->es_count);
	if (r->es_modseq)
		g_string_append_printf(s, " modseq=%" G_GUINT64_FORMAT, r->es_modseq);
	if (r->flags.bits)
		g_string_append_printf(s, " flags=%x", r->flags.bits);
	for (char **w = r->words; w && *w; w++)
		g_string_append_printf(s, " '%s'", *w);
	for (guint i = 0; r->personal && i < r->personal->len; i++) {
		const ImapNamespace *n = g_ptr_array_index(r->personal, i);
		g_string_append_printf(s, " ns=%s%c", n->prefix, n->delimiter ? n->delimiter : '-');
	}
	if (r->kind == IMAP_RESP_LIST)
		g_string_append_printf(s, " %x %c %s", r->list.attrs, r->list.delimiter ? r->list.delimiter : '-', r->list.name);
	if (r->kind == IMAP_RESP_MAILBOX_STATUS)
		g_string_append_printf(s, " %s has=%x %u %u", r->mailbox.name, r->mailbox.has, r->mailbox.messages, r->mailbox.unseen);
	if (r->list.old_name)
		g_string_append_printf(s, " was %s", r->list.old_name);
	if (r->mailbox.mailbox_id || r->object_id)
		g_string_append_printf(s, " object=%s", r->object_id ? r->object_id : r->mailbox.mailbox_id);
	if (r->mailbox.has & IMAP_ST_APPENDLIMIT)
		g_string_append_printf(s, " limit=%" G_GUINT64_FORMAT, r->mailbox.append_limit);
	if (r->quota.has_storage)
		g_string_append_printf(s, " storage=%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, r->quota.storage, r->quota.storage_limit);
	if (r->quota.has_messages)
		g_string_append_printf(s, " messages=%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, r->quota.messages, r->quota.messages_limit);
	if (r->quota.root)
		g_string_append_printf(s, " root=%s", r->quota.root);
	if (r->rights)
		g_string_append_printf(s, " %s=%s", r->list.name, r->rights);
	if (r->fetch && r->kind == IMAP_RESP_FETCH)
		put_fetch(s, r->fetch);
	if (r->text && *r->text)
		g_string_append_printf(s, " \"%s\"", r->text);
	return g_string_free(s, FALSE);
}

static const struct { const char *name, *wire, *want; } cases[] = {
	{ "greeting", "* OK [CAPABILITY IMAP4rev1 sasl-ir] Ready.\r\n", "STATUS 0 code=4 'IMAP4REV1' 'SASL-IR' \"Ready.\"" },
	{ "preauth", "* PREAUTH hi\r\n", "STATUS 4 code=0 \"hi\"" },
	{ "tagged-no", "a1 NO [AUTHENTICATIONFAILED] Wrong\r\n", "STATUS tag=a1 1 code=21 \"Wrong\"" },
	{ "tagged-nonsense", "a1 MAYBE\r\n", "BAD" },
	{ "tagged-bye", "a1 BYE\r\n", "BAD" },
	{ "P4/appenduid-nonsense", "a1 OK [APPENDUID x y] ok\r\n", "STATUS tag=a1 0 code=1 \"ok\"" },
	{ "P4/copyuid-in-no-order", "a1 OK [COPYUID 7 5,3 10:11] ok\r\n", "STATUS tag=a1 0 code=1 n=7 a=3,5 \"ok\"" },
	{ "P4/copyuid-to-no-order", "a1 OK [COPYUID 7 3,5 11,10] ok\r\n", "STATUS tag=a1 0 code=1 n=7 a=3,5 b=10:11 \"ok\"" },
	{ "P4/copyuid-backwards", "a1 OK [COPYUID 7 4:2 10:12] ok\r\n", "STATUS tag=a1 0 code=1 n=7 a=2:4 \"ok\"" },
	{ "copyuid-one-by-one", "a1 OK [COPYUID 7 3,4,7:7 10,11,12] ok\r\n", "STATUS tag=a1 0 code=15 n=7 a=3:4,7 b=10:12 \"ok\"" },
	{ "copyuid", "a1 OK [COPYUID 7 1:2,5 9:11] ok\r\n", "STATUS tag=a1 0 code=15 n=7 a=1:2,5 b=9:11 \"ok\"" },
	{ "highestmodseq", "* OK [HIGHESTMODSEQ 90060115205545359] x\r\n", "STATUS 0 code=16 n=90060115205545359 \"x\"" },
	{ "modified", "* OK [MODIFIED 1] x\r\n", "STATUS 0 code=18 a=1 \"x\"" },
	{ "code-open", "* OK [UIDNEXT 5\r\n", "STATUS 0 code=0 \"[UIDNEXT 5\"" },
	{ "continue", "+ Zm9v\r\n", "CONTINUE \"Zm9v\"" },
	{ "continue-bare", "+\r\n", "CONTINUE" },
	{ "exists", "* 23 EXISTS\r\n", "EXISTS 23" },
	{ "P3/exists-too-large", "* 4294967296 EXISTS\r\n", "SKIP" },
	{ "P3/uid-zero-refused", "* 1 FETCH (UID 0)\r\n", "SKIP" },
	{ "P3/expunge-zero", "* 0 EXPUNGE\r\n", "SKIP" },
	{ "P3/modseq-too-large", "* 1 FETCH (MODSEQ (9223372036854775808))\r\n", "SKIP" },
	{ "flags", "* FLAGS (\\Seen \\Answered $Label1)\r\n", "FLAGS flags=3" },
	{ "P5/empty-capability", "* CAPABILITY\r\n", "CAPABILITY" },
	{ "P5/enabled-nothing", "* ENABLED\r\n", "ENABLED" },
	{ "P5/status-empty", "* STATUS x ()\r\n", "MAILBOX x has=0 0 0" },
	{ "P5/fetch-empty", "* 3 FETCH ()\r\n", "FETCH 3 seq=3" },
	{ "list", "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n", "LIST 4100 / Sent Items" },
	{ "list-literal", "* LIST () NIL {4}\r\na\"bc\r\n", "LIST 0 - a\"bc" },
	{ "list-extended", "* LIST (\\Subscribed) \"/\" foo (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n", "LIST 20 / foo" },
	{ "status", "* STATUS \"a b\" (MESSAGES 3 UNSEEN 1 X-FOO 5)\r\n", "MAILBOX a b has=9 3 1" },
	{ "status-unquoted", "* STATUS a b (MESSAGES 3 UNSEEN 1)\r\n", "MAILBOX a b has=9 3 1" },
	{ "search", "* SEARCH 2 84 882 83\r\n", "SEARCH set=2,83:84,882" },
	{ "search-empty", "* SEARCH\r\n", "SEARCH set=none" },
	{ "search-modseq", "* SEARCH 2 (MODSEQ 917)\r\n", "SEARCH set=2 modseq=917" },
	{ "esearch", "* ESEARCH (TAG \"a5\") UID COUNT 5 ALL 4:19,21\r\n", "ESEARCH tag=a5 set=4:19,21 count=5" },
	{ "esearch-empty", "* ESEARCH (TAG \"a5\") UID\r\n", "ESEARCH tag=a5" },
	{ "vanished", "* VANISHED (EARLIER) 41,43:116\r\n", "VANISHED earlier set=41,43:116" },
	{ "P11/vanished-nonsense", "* VANISHED (EARLIER)\r\n", "SKIP" },
	{ "id", "* ID (\"name\" \"Dovecot\" \"x\" NIL)\r\n", "ID 'name' 'Dovecot' 'x' ''" },
	{ "namespace", "* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#public/\" \"/\" \"X\" (\"y\")))\r\n", "NAMESPACE ns=INBOX.." },
	{ "vendor-line", "* QUOTA nonsense without brackets\r\n", "SKIP" },
	{ "fetch-flags", "* 2 FETCH (FLAGS (\\Seen $Forwarded foo) UID 4 MODSEQ (65402))\r\n", "FETCH 2 seq=2 uid=4 flags=41+foo modseq=65402" },
	{ "fetch-date", "* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286)\r\n", "FETCH 1 seq=1 date=837596665 size=4286" },
	{ "fetch-date-space", "* 1 FETCH (INTERNALDATE \" 1-Jan-1970 00:00:01 +0000\")\r\n", "FETCH 1 seq=1 date=1" },
	{ "envelope", "* 1 FETCH (UID 9 ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"A \\\"q\\\"\" ((\"Terry Gray\" NIL \"gray\" \"cac.example\")) NIL NIL ((NIL NIL \"imap\" \"cac.example\")(\"J\" NIL \"j\" NIL)) NIL NIL NIL \"<B2@x>\"))\r\n",
		"FETCH 1 seq=1 uid=9 subject=A \"q\" from=Terry Gray<gray@cac.example> to=-<imap@cac.example> to=J<j@-> id=<B2@x>" },
	/* From again is read once; what only begins like it, or hides behind a literal of the same length, is another */
	{ "envelope-from-again", "* 1 FETCH (ENVELOPE (NIL NIL ((\"A\" NIL \"a\" \"x\")) ((\"A\" NIL \"a\" \"x\")) ((\"A\" NIL \"a\" \"x\")) ((NIL NIL \"t\" \"x\")) NIL NIL NIL NIL))\r\n",
		"FETCH 1 seq=1 subject=NIL from=A<a@x> sender=A<a@x> reply=A<a@x> to=-<t@x> id=NIL" },
	{ "envelope-from-and-more", "* 1 FETCH (ENVELOPE (NIL NIL ((\"A\" NIL \"a\" \"x\")) NIL ((\"A\" NIL \"a\" \"x\")(\"B\" NIL \"b\" \"x\")) ((\"A\" NIL \"a\" \"x\")) NIL NIL NIL NIL))\r\n",
		"FETCH 1 seq=1 subject=NIL from=A<a@x> reply=A<a@x> reply=B<b@x> to=A<a@x> id=NIL" },
	{ "envelope-from-literal", "* 1 FETCH (ENVELOPE (NIL NIL (({1}\r\nA NIL \"a\" \"x\")) (({1}\r\nA NIL \"a\" \"x\")) (({1}\r\nB NIL \"a\" \"x\")) NIL NIL NIL NIL NIL))\r\n",
		"FETCH 1 seq=1 subject=NIL from=A<a@x> sender=A<a@x> reply=B<a@x> id=NIL" },
	{ "envelope-from-cut", "* 1 FETCH (ENVELOPE (NIL NIL ((\"A\" NIL \"a\" \"x\")) ((\"A\" NIL\r\n", "SKIP" },
	{ "envelope-literal-8bit", "* 1 FETCH (ENVELOPE (NIL {6}\r\nGr\xc3\xbc\xc3\x9f NIL NIL NIL NIL NIL NIL NIL NIL))\r\n", "FETCH 1 seq=1 subject=Gr\xc3\xbc\xc3\x9f id=NIL" },
	{ "body-text", "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92 NIL NIL NIL))\r\n", "FETCH 1 seq=1 [1 text/plain]" },
	{ "body-mixed", "* 1 FETCH (BODYSTRUCTURE ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)(\"application\" \"pdf\" (\"name\" \"x\") NIL NIL \"base64\" 9 NIL (\"attachment\" (\"filename\" \"a.pdf\")) NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL))\r\n",
		"FETCH 1 seq=1 [ multipart/mixed [1 text/plain] [2 application/pdf attachment:a.pdf]]" },
	{ "body-nested", "* 1 FETCH (BODYSTRUCTURE (((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)(\"text\" \"html\" NIL NIL NIL \"7bit\" 1 1) \"alternative\")(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 99 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)(\"image\" \"png\" NIL NIL NIL \"base64\" 5) \"mixed\") 12)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1) 3) \"mixed\"))\r\n",
		"FETCH 1 seq=1 [ multipart/mixed [1 multipart/alternative [1.1 text/plain] [1.2 text/html]] [2 message/rfc822 [2 multipart/mixed [2.1 text/plain] [2.2 image/png]]] [3 message/rfc822 [3.1 text/plain]]]" },
	{ "sections", "* 1 FETCH (UID 3 BODY[HEADER.FIELDS (\"REFERENCES\")] {4}\r\nx\r\n\r BODY[1]<0.20> \"abc\" BINARY[2] NIL RFC822.HEADER \"h\")\r\n",
		"FETCH 1 seq=1 uid=3 part(HEADER.FIELDS (\"REFERENCES\")@0)=x\r\n\r part(1@0)=abc binary(2@0)= part(HEADER@0)=h" },
	{ "binary-literal8", "* 1 FETCH (UID 3 BINARY[1] ~{3}\r\na)b)\r\n", "FETCH 1 seq=1 uid=3 binary(1@0)=a)b" },
	{ "binary-piece", "* 1 FETCH (UID 3 BINARY.SIZE[2] 9 BINARY[2]<6> ~{5}\r\n\r\n}~{)\r\n", "FETCH 1 seq=1 uid=3 binary-size(2)=9 binary(2@6)=\r\n}~{" },
	{ "binary-piece-of-none", "* 1 FETCH (BINARY[2]<9> ~{0}\r\n UID 3)\r\n", "FETCH 1 seq=1 uid=3 binary(2@9)=" },
	{ "binary-plain-literal", "* 1 FETCH (BINARY[1] {3}\r\na)b UID 3)\r\n", "FETCH 1 seq=1 uid=3 binary(1@0)=a)b" },
	{ "binary-size", "* 1 FETCH (BINARY.SIZE[1.2] 7 UID 3)\r\n", "FETCH 1 seq=1 uid=3 binary-size(1.2)=7" },
	{ "P3/binary-size-too-large", "* 1 FETCH (BINARY.SIZE[2] 9223372036854775808 UID 3)\r\n", "SKIP" },
	{ "unknown-cte", "e7 NO [UNKNOWN-CTE] can't\r\n", "STATUS tag=e7 1 code=39 \"can't\"" },
	{ "objectid", "* 1 FETCH (UID 3 EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9))\r\n", "FETCH 1 seq=1 uid=3 email=M6d99ac3275bb4e thread=T64b478a75b7ea9" },
	{ "objectid-nil", "* 1 FETCH (EMAILID (M1) THREADID NIL UID 3)\r\n", "FETCH 1 seq=1 uid=3 email=M1 thread=-" },
	{ "mailboxid", "* OK [MAILBOXID (F2212ea87)] Ok\r\n", "STATUS 0 code=45 object=F2212ea87 \"Ok\"" },
	{ "status-objectid", "* STATUS foo (MESSAGES 2 MAILBOXID (F1) SIZE 99 APPENDLIMIT 257890)\r\n", "MAILBOX foo has=a1 2 0 object=F1 limit=257890" },
	{ "status-appendlimit-nil", "* STATUS foo (APPENDLIMIT NIL UNSEEN 4)\r\n", "MAILBOX foo has=8 0 4" },
	{ "preview", "* 1 FETCH (PREVIEW \"Where are \\\"you\\\"?\" UID 3)\r\n", "FETCH 1 seq=1 uid=3 preview=Where are \"you\"?" },
	{ "preview-nil", "* 1 FETCH (PREVIEW NIL UID 3)\r\n", "FETCH 1 seq=1 uid=3" },
	{ "gmail-labels", "* 1 FETCH (X-GM-THRID 12 X-GM-LABELS (\"\\\\Inbox\" \\Sent Important \"Muy Importante\") UID 3)\r\n",
		"FETCH 1 seq=1 uid=3 label=\\Inbox label=\\Sent label=Important label=Muy Importante" },
	{ "gmail-no-labels", "* 1 FETCH (X-GM-LABELS () UID 3)\r\n", "FETCH 1 seq=1 uid=3" },
	{ "esearch-partial", "* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 200:250,252:300)\r\n", "ESEARCH tag=A01 set=200:250,252:300" },
	{ "esearch-partial-nil", "* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 NIL)\r\n", "ESEARCH tag=A01 set=none" },
	{ "quota", "* QUOTA \"User quota\" (STORAGE 10 512 MESSAGE 4 9)\r\n", "QUOTA storage=10/512 messages=4/9 root=User quota" },
	{ "quota-unknown-resource", "* QUOTA \"\" (X-OTHER 1 2 STORAGE 10 512)\r\n", "QUOTA storage=10/512 root=" },
	{ "quota-none", "* QUOTA \"\" ()\r\n", "QUOTA root=" },
	{ "P3/quota-too-large", "* QUOTA x (STORAGE 10 99999999999999999999)\r\n", "SKIP" },
	{ "quotaroot", "* QUOTAROOT \"a b\" \"\" \"User quota\"\r\n", "QUOTAROOT '' 'User quota'" },
	{ "quotaroot-none", "* QUOTAROOT INBOX\r\n", "QUOTAROOT" },
	{ "myrights", "* MYRIGHTS \"shared/bob\" lrs\r\n", "MYRIGHTS shared/bob=lrs" },
	{ "myrights-nonsense", "* MYRIGHTS x\r\n", "SKIP" },
	{ "notify-overflow", "* OK [NOTIFICATIONOVERFLOW] too much\r\n", "STATUS 0 code=40 \"too much\"" },
	{ "list-oldname", "* LIST () \"/\" new (\"OLDNAME\" (\"old name\"))\r\n", "LIST 0 / new was old name" },
	{ "list-extended-nonsense", "* LIST () \"/\" foo (((\r\n", "LIST 0 / foo" },
	{ "unknown-item", "* 1 FETCH (X-GM-MSGID 1278455344230334865 X-LIST (a (b c) \"d)\") UID 4)\r\n", "FETCH 1 seq=1 uid=4" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data), total = strlen(cases[i].wire);
	for (gsize step = 1; step <= total; step++) {
		ImapFrame *f = imap_frame_new();
		ImapFramePiece p = { .kind = IMAP_FRAME_WANTS_BYTES };
		for (gsize at = 0; at < total; at += step) {
			imap_frame_feed(f, cases[i].wire + at, MIN(step, total - at));
			p = imap_frame_next(f);
			g_assert_true((p.kind == IMAP_FRAME_RESPONSE) == (at + step >= total));
		}
		g_autoptr(ImapResponse) r = imap_parse(p.line, p.len, p.literals, p.n_literals);
		g_autofree char *got = describe(r);
		g_assert_cmpstr(got, ==, cases[i].want);
		if (r->fetch && r->fetch->body) {
			g_autofree char *flat = imap_body_serialise(r->fetch->body);
			g_autoptr(ImapBody) back = imap_body_deserialise(flat);
			g_assert_nonnull(back);
			g_autoptr(GString) a = g_string_new(NULL), b = g_string_new(NULL);
			put_body(a, r->fetch->body);
			put_body(b, back);
			g_assert_cmpstr(a->str, ==, b->str);
		}
		imap_frame_free(f);
	}
}

/* What the server decoded may hold any byte, NUL too, wherever the wire cuts it. */
static void
test_any_byte(void)
{
	g_autoptr(GString) wire = g_string_new("* 7 FETCH (UID 3 BINARY[2]<0> ~{512}\r\n");
	guint8 bytes[512];

	for (guint i = 0; i < sizeof bytes; i++)
		bytes[i] = (guint8)(255 - i);
	g_string_append_len(wire, (const char *)bytes, sizeof bytes);
	g_string_append(wire, ")\r\n");
	for (gsize step = 1; step <= wire->len; step++) {
		ImapFrame *f = imap_frame_new();
		ImapFramePiece p = { .kind = IMAP_FRAME_WANTS_BYTES };
		for (gsize at = 0; at < wire->len; at += step) {
			imap_frame_feed(f, wire->str + at, MIN(step, wire->len - at));
			p = imap_frame_next(f);
		}
		g_autoptr(ImapResponse) r = imap_parse(p.line, p.len, p.literals, p.n_literals);
		g_assert_cmpint(r->kind, ==, IMAP_RESP_FETCH);
		const ImapFetchPart *part = g_ptr_array_index(r->fetch->parts, 0);
		g_assert_true(part->binary && part->data);
		g_assert_cmpmem(g_bytes_get_data(part->data, NULL), g_bytes_get_size(part->data), bytes, sizeof bytes);
		imap_frame_free(f);
	}
}

/* P6: a list nested to the limit is read, one deeper is skipped; no recursion goes further. */
static void
test_depth(void)
{
	for (int d = -1; d <= 1; d++) {
		int n = LIMIT_IMAP_DEPTH - 1 + d;	/* the FETCH's own bracket is one */
		g_autoptr(GString) s = g_string_new("* 1 FETCH (X ");
		for (int i = 0; i < n; i++)
			g_string_append_c(s, '(');
		g_string_append_c(s, 'a');
		for (int i = 0; i < n; i++)
			g_string_append_c(s, ')');
		g_string_append(s, " UID 5)");
		g_autoptr(ImapResponse) r = imap_parse(s->str, s->len, NULL, 0);
		g_assert_cmpint(r->kind, ==, d <= 0 ? IMAP_RESP_FETCH : IMAP_RESP_SKIP);
	}
	g_autoptr(GString) deep = g_string_new("* 1 FETCH (BODYSTRUCTURE ");
	for (int i = 0; i < 100000; i++)
		g_string_append_c(deep, '(');
	g_autoptr(ImapResponse) r = imap_parse(deep->str, deep->len, NULL, 0);
	g_assert_cmpint(r->kind, ==, IMAP_RESP_SKIP);
}

/* P6: a structure beyond the limit is left out, but not the message it belongs to. */
static void
test_deep_structure(void)
{
	g_autoptr(GString) s = g_string_new("* 1 FETCH (FLAGS () BODYSTRUCTURE ");
	for (int i = 0; i < 100000; i++)
		g_string_append_c(s, '(');
	g_string_append(s, "\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0");
	for (int i = 0; i < 100000; i++)
		g_string_append(s, i ? " \"mixed\")" : ")");
	g_string_append(s, " UID 5)");
	g_autoptr(ImapResponse) r = imap_parse(s->str, s->len, NULL, 0);
	g_assert_cmpint(r->kind, ==, IMAP_RESP_FETCH);
	g_assert_cmpuint(r->fetch->uid, ==, 5);
	g_assert_null(r->fetch->body);
}

/* Total on any bytes: mutants of every case neither crash nor hang. */
static void
test_mutants(void)
{
	for (int round = 0; round < 60000; round++) {
		gsize i = (gsize)g_test_rand_int_range(0, G_N_ELEMENTS(cases));
		g_autofree char *wire = g_strdup(cases[i].wire);
		gsize n = strlen(wire);
		for (int k = g_test_rand_int_range(1, 4); k > 0; k--)
			wire[g_test_rand_int_range(0, (gint32)n)] = "()\"{} \\[]*0\xff"[g_test_rand_int_range(0, 12)];
		ImapFrame *f = imap_frame_new();
		imap_frame_feed(f, wire, n);
		for (ImapFramePiece p; (p = imap_frame_next(f)).kind == IMAP_FRAME_RESPONSE; )
			imap_response_free(imap_parse(p.line, p.len, p.literals, p.n_literals));
		imap_frame_free(f);
	}
}

static void
test_dates(void)
{
	gint64 t;
	static const char *const wrong[] = { "", "x", "32-Jan-2020 00:00:00 +0000", "01-Foo-2020 00:00:00 +0000", "01-Jan-2020 24:00:00 +0000",
		"01-Jan-2020 00:00:00 0000 ", "1-Jan-2020 00:00:00 +0000" };
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_false(imap_parse_internal_date(wrong[i], &t));
	g_assert_true(imap_parse_internal_date("29-Feb-2024 23:59:59 +0100", &t));
	g_assert_cmpint(t, ==, 1709247599);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/imap/", g_ascii_isupper(cases[i].name[0]) ? "" : "parse/", cases[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/imap/parse/any-byte", test_any_byte);
	g_test_add_func("/imap/P6/depth", test_depth);
	g_test_add_func("/imap/P6/deep-structure", test_deep_structure);
	g_test_add_func("/imap/T17/mutants", test_mutants);
	g_test_add_func("/imap/parse/dates", test_dates);
	return g_test_run();
}

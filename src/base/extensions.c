/* extensions.c - what servers may offer, in one table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "base/extensions.h"
#include "base/limits.h"

#include <string.h>

#define IMAP(name, source, text) { PROTOCOL_IMAP, name, source, true, text }
#define UNUSED(name, source, text) { PROTOCOL_IMAP, name, source, false, text }
#define POP3(name, source, text) { PROTOCOL_POP3, name, source, true, text }
#define SMTP(name, source, text) { PROTOCOL_SMTP, name, source, true, text }

static const Extension TABLE[] = {
	IMAP("ACL", "RFC 4314", "your rights in folders of others and in public ones are asked for, shown, and obeyed before an act"),
	IMAP("APPENDLIMIT", "RFC 7889", "a message that is too large is not sent in vain, but named"),
	IMAP("AUTH=LOGIN", "no RFC", "sign-in by password, where there is no better way"),
	IMAP("AUTH=OAUTHBEARER", "RFC 7628", "sign-in by a token"),
	IMAP("AUTH=PLAIN", "RFC 4616", "sign-in by password, encrypted by TLS"),
	IMAP("AUTH=SCRAM-SHA-1", "RFC 5802", "sign-in without telling the password"),
	IMAP("AUTH=SCRAM-SHA-256", "RFC 7677", "sign-in without telling the password"),
	IMAP("AUTH=XOAUTH2", "Google, Microsoft", "sign-in by a token"),
	IMAP("BINARY", "RFC 3516", "large attachments come decoded, a quarter of the bytes less; those of mails that are signed or encrypted come as they "
	    "were sent"),
	UNUSED("CATENATE", "RFC 4469", "whoever forwards a mail has it here already"),
	IMAP("COMPRESS=DEFLATE", "RFC 4978", "begins when much is to come and the line is not a short one, never before the sign-in"),
	IMAP("CONDSTORE", "RFC 7162", "flags that changed are asked for by their change, not one by one"),
	IMAP("CREATE-SPECIAL-USE", "RFC 6154", "a folder for sent mail, drafts, junk, archive or trash that eilpost makes is marked as such"),
	IMAP("ENABLE", "RFC 5161", "what needs to be switched on is"),
	IMAP("ESEARCH", "RFC 4731", "results of the looks for flags and deletions come as ranges"),
	IMAP("ID", "RFC 2971", "program and version are told, nothing else"),
	IMAP("IDLE", "RFC 2177", "news of the folder on the screen come by themselves"),
	IMAP("IMAP4REV2", "RFC 9051", "switched on where it is offered beside IMAP4rev1, and spoken where it is alone"),
	IMAP("LIST-EXTENDED", "RFC 5258", "folders, subscriptions and roles come in one answer"),
	IMAP("LIST-MYRIGHTS", "RFC 8440", "rights come with the list of folders"),
	IMAP("LIST-STATUS", "RFC 5819", "counts come with the list of folders"),
	IMAP("LITERAL+", "RFC 7888", "texts that need a literal cost no round trip"),
	IMAP("LITERAL-", "RFC 7888", "the same, up to 4 KiB"),
	IMAP("LOGINDISABLED", "RFC 9051", "obeyed: no password is sent then"),
	IMAP("MOVE", "RFC 6851", "messages are moved in one step; elsewhere they are copied, and deleted when the copy is there"),
	IMAP("MULTIAPPEND", "RFC 3502", "up to 50 messages of an import go up in one command"),
	IMAP("NAMESPACE", "RFC 2342", "folders of others and public folders are found and shown as such"),
	IMAP("NOTIFY", "RFC 5465", "news of all folders, and changes of the folders themselves, come by themselves"),
	IMAP("OBJECTID", "RFC 8474", "a folder that was renamed elsewhere keeps its messages here"),
	IMAP("PARTIAL", "RFC 9394", "the first page of a folder comes together with the answer to its opening"),
	IMAP("PREVIEW", "RFC 8970", "how a text begins comes with the headers if the server has it at hand: it is shown while the text can't come, and searched"),
	IMAP("QRESYNC", "RFC 7162", "what changed and what was deleted since the last session comes with the opening of the folder"),
	IMAP("QUOTA", "RFC 9208", "shown below the folders, and told from 90 percent on"),
	IMAP("SASL-IR", "RFC 4959", "the sign-in costs one round trip"),
	UNUSED("SEARCHRES", "RFC 5182", "what a search finds is compared with what is here, so it has to come over the line anyway"),
	UNUSED("SORT", "RFC 5256", "the list is sorted here, from what is here, without a network"),
	IMAP("SPECIAL-USE", "RFC 6154", "which folder is for sent mail, drafts, junk, archive and trash; elsewhere names tell"),
	IMAP("STARTTLS", "RFC 9051", "required where the connection does not begin with TLS"),
	IMAP("STATUS=SIZE", "RFC 8438", "the size of a folder"),
	UNUSED("THREAD", "RFC 5256", "threads are made here, also over what the server has not told yet"),
	IMAP("UIDPLUS", "RFC 4315", "only what you delete is deleted, and where a copy went is known; elsewhere that is looked up with care"),
	IMAP("UNSELECT", "RFC 3691", "a folder is closed before it is deleted"),
	IMAP("UTF8=ACCEPT", "RFC 6855", "names and headers in UTF-8"),
	IMAP("X-GM-EXT-1", "Google", "labels are shown and changed as keywords"),

	POP3("AUTH-RESP-CODE", "RFC 3206", "a wrong password is told apart from a server that is out of order"),
	POP3("PIPELINING", "RFC 2449", "many messages are asked for at once"),
	POP3("RESP-CODES", "RFC 2449", "a mailbox that is in use elsewhere is told apart from a wrong password"),
	POP3("SASL", "RFC 5034", "sign-in by SCRAM, PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER; else by USER and PASS"),
	POP3("STLS", "RFC 2595", "required where the connection does not begin with TLS"),
	POP3("TOP", "RFC 1939", "messages are told apart by their headers where UIDL fails"),
	POP3("UIDL", "RFC 1939", "what was fetched once is not fetched again"),

	SMTP("8BITMIME", "RFC 6152", "told where a mail has 8-bit text"),
	SMTP("AUTH", "RFC 4954", "SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER"),
	SMTP("CHUNKING", "RFC 3030", "a mail goes without the final dot, a small one together with its addresses"),
	SMTP("DSN", "RFC 3461", "the report on delivery that you asked for"),
	SMTP("ENHANCEDSTATUSCODES", "RFC 2034", "tell why a mail was refused"),
	SMTP("PIPELINING", "RFC 2920", "sender, recipients and more go in one write"),
	SMTP("SIZE", "RFC 1870", "a mail that is too large is not sent in vain"),
	SMTP("SMTPUTF8", "RFC 6531", "addresses that are not ASCII; without it such a mail is refused here"),
	SMTP("STARTTLS", "RFC 3207", "required where the connection does not begin with TLS"),
};

static const LimitTold LIMITS[] = {
	{ "a message or attachment that is kept", LIMIT_MESSAGE_STORED, LIMIT_IS_BYTES },
	{ "as much of a message is taken apart", LIMIT_MESSAGE_PARSED, LIMIT_IS_BYTES },
	{ "as much of a text is shown", LIMIT_BODY_SHOWN, LIMIT_IS_BYTES },
	{ "as much HTML is read", LIMIT_HTML_INPUT, LIMIT_IS_BYTES },
	{ "all header lines of a message", LIMIT_HEADER_BLOCK, LIMIT_IS_BYTES },
	{ "parts of a message", LIMIT_MIME_PARTS, LIMIT_IS_NUMBER },
	{ "parts inside each other", LIMIT_MIME_DEPTH, LIMIT_IS_NUMBER },
	{ "addresses of a message", LIMIT_ADDRESSES, LIMIT_IS_NUMBER },
	{ "folders of an account", LIMIT_MAILBOXES, LIMIT_IS_NUMBER },
	{ "messages of a POP3 mailbox", LIMIT_POP3_MESSAGES, LIMIT_IS_NUMBER },
	{ "free on the disk; with less nothing is downloaded", LIMIT_DISK_RESERVE, LIMIT_IS_BYTES },
	{ "to connect", DEADLINE_CONNECT_MS, LIMIT_IS_MS },
	{ "for the sign-in", DEADLINE_SIGN_IN_MS, LIMIT_IS_MS },
	{ "without a sign of life from a server that owes an answer", DEADLINE_COMMAND_MS, LIMIT_IS_MS },
	{ "the same when the computer slept or the network changed", DEADLINE_PROBE_MS, LIMIT_IS_MS },
	{ "after which IDLE begins anew", IDLE_RENEW_MS, LIMIT_IS_MS },
};

const Extension *
extensions_table(gsize *n)
{
	*n = G_N_ELEMENTS(TABLE);
	return TABLE;
}

const LimitTold *
limits_told(gsize *n)
{
	*n = G_N_ELEMENTS(LIMITS);
	return LIMITS;
}

const char *
protocol_name(Protocol p)
{
	static const char *const names[N_PROTOCOLS] = { "imap", "pop3", "smtp" };
	return names[p];
}

const Extension *
extension_named(Protocol p, const char *name)
{
	gsize len = strlen(name);

	for (gsize i = 0; len && i < G_N_ELEMENTS(TABLE); i++) {
		const Extension *x = &TABLE[i];
		if (x->protocol == p && !g_ascii_strncasecmp(x->name, name, len) &&
		    (!x->name[len] || (x->name[len] == '=' && !strchr(name, '=') && strcmp(name, "AUTH"))))
			return x;
	}
	return NULL;
}

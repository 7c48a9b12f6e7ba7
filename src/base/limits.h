/* limits.h - the only place for limits on what strangers send.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * RELIABILITY's table. Sizes in bytes, times in milliseconds, unless the name
 * says otherwise. Each is tested at limit - 1, limit and limit + 1. */
#pragma once

#include <glib.h>

#define KIB ((gsize)1024)
#define MIB (KIB * 1024)

/* IMAP */
#define LIMIT_IMAP_LINE		(1 * MIB)	/* outside literals; beyond: skip an untagged response, else close */
#define LIMIT_IMAP_LITERAL	((guint64)2 * 1024 * MIB)	/* announced; beyond: close */
#define LIMIT_IMAP_INLINE	(256 * KIB)	/* larger literals are streamed in chunks */
#define LIMIT_IMAP_RESPONSE	(8 * MIB)	/* one response with its inline literals; beyond: as LIMIT_IMAP_LINE */
#define LIMIT_IMAP_DEPTH	64		/* nested lists; beyond: skip the response */
#define LIMIT_IMAP_COMMAND	((gsize)7900)	/* a command line; longer sets are split */
#define LIMIT_IMAP_UNTAGGED	(64 * MIB)	/* untagged data without progress; beyond: close */
#define LIMIT_MAILBOXES		100000

/* POP3 */
#define LIMIT_POP3_LINE		(4 * KIB)	/* outside bodies */
#define LIMIT_POP3_MESSAGES	1000000
#define LIMIT_POP3_UIDL		70
#define LIMIT_POP3_CAPA_LINES	100

/* sign-in */
#define LIMIT_SCRAM_ROUNDS	1000000		/* that a server asks for: each costs time, in which nothing else is done */

/* SMTP */
#define LIMIT_SMTP_LINE		(2 * KIB)
#define LIMIT_SMTP_REPLY_LINES	512
#define LIMIT_SMTP_ADDRESS	1000
#define LIMIT_SMTP_CHUNK	(128 * KIB)	/* of BDAT */

/* messages */
#define LIMIT_MESSAGE_STORED	(512 * MIB)
#define LIMIT_MESSAGE_PARSED	(64 * MIB)
#define LIMIT_HEADER_BLOCK	(1 * MIB)
#define LIMIT_HEADERS		5000
#define LIMIT_HEADER		(256 * KIB)
#define LIMIT_MIME_DEPTH	64
#define LIMIT_MIME_PARTS	10000
#define LIMIT_MIME_BOUNDARY	256
#define LIMIT_MIME_PARAMS	1000
#define LIMIT_ADDRESSES		10000
#define LIMIT_ADDRESSES_SHOWN	100		/* of a field */
#define LIMIT_ADDRESSES_READ	1000		/* of one that is written to again: Bcc of a draft */
#define LIMIT_RFC2047_WORDS	1000
#define LIMIT_DISPLAY_STRING	(4 * KIB)
#define LIMIT_BODY_SHOWN	(4 * MIB)
#define LIMIT_HTML_INPUT	(8 * MIB)
#define LIMIT_HTML_NODES	200000
#define LIMIT_HTML_DEPTH	512
#define LIMIT_HTML_OUTPUT	(4 * MIB)
#define LIMIT_HTML_COLSPAN	1000
#define LIMIT_QUOTE_DEPTH	100
#define LIMIT_COMBINING		8
#define LIMIT_FILE_NAME		200
#define LIMIT_PREVIEW		200	/* characters (RFC 8970, 4.2) */

/* the worker, for one message */
#define LIMIT_WORKER_CPU_S	2
#define LIMIT_WORKER_MEMORY	(256 * MIB)
#define LIMIT_WORKER_ANSWER_MS	3000
#define LIMIT_WORKER_OUTPUT	(16 * MIB)

/* web servers: providers' answers */
#define LIMIT_HTTP_ANSWER	(256 * KIB)
#define LIMIT_JSON		(256 * KIB)
#define LIMIT_JSON_DEPTH	32
#define LIMIT_JSON_MEMBERS	200
#define LIMIT_TOKEN		((gsize)16000)	/* an access or refresh token */
#define LIMIT_TOKEN_FILE	(1 * MIB)	/* of all sign-ins */
#define LIMIT_REDIRECT		((gsize)16 * KIB)	/* the request by which the browser brings the code */

/* certificates, as they are described to people */
#define LIMIT_CERT_CHAIN	16
#define LIMIT_CERT_NAMES	100	/* of one certificate */
#define LIMIT_CERT_TEXT		512	/* bytes of a name of its owner or issuer */

/* deadlines */
#define DEADLINE_CONNECT_MS	20000
#define DEADLINE_TLS_MS		20000
#define DEADLINE_GREETING_MS	30000
#define DEADLINE_SIGN_IN_MS	90000	/* proxy hops and failed-login delays: SEED S28 wants >= 60 s */
#define DEADLINE_COMMAND_MS	60000	/* without progress */
#define DEADLINE_HTTP_MS	30000
#define DEADLINE_QUIT_MS	2000
#define DEADLINE_PROBE_MS	10000	/* after a suspend or network change */
#define IDLE_RENEW_MS		(25 * 60 * 1000)
#define CLOCK_JUMP_MS		60000
#define ROOM_AGAIN_MS		5000		/* after so long a full disk is looked at again */

/* the store */
#define LIMIT_DISK_RESERVE	(64 * MIB)	/* no download with less free */
#define STORE_BATCH_ROWS	100		/* in one transaction, while somebody may wait behind it */
#define STORE_CLEAR_ROWS	500		/* that are taken out in one transaction */
#define STORE_BULK_ROWS		256		/* and while nobody does */
#define TRACE_LINES		500	/* of an account's exchanges that are kept in memory */
#define THREADS_PIECE		2000	/* messages that find their thread in one transaction */
#define THREADS_PIECE_MOST	8000	/* the same, in a first sync, where the last piece may have twice as many: each visits every page of the names */

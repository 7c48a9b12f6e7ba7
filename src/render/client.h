/* client.h - the main process' side of the sandboxed worker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Foreign bytes are never parsed in the main process: MIME, charsets, RFC 2047 and HTML are the work of the program
 * eilpost-render (src/render/worker.c), which gets bytes by a socket pair and gives records back. It may die at will:
 * the job then fails with EIL_BROKEN and a sentence, and a fresh one takes the next job. A Render keeps `warm` workers
 * ready. One thread per Render (the UI has one, each engine has one); jobs are answered in order. The workers die with
 * the thread that started them, so make it in the thread that uses it. */
#pragma once

#include "base/error.h"
#include "mail/document.h"

typedef struct Render Render;

/* warm: 0..2 workers started ahead. Starting never fails here: a job does. */
Render *render_new(guint warm);
void render_free(Render *r);
/* True if the sandbox (seccomp) is in force; false: limits only, the status line says so. A hope until the first worker
 * has said so itself, a few milliseconds after render_new. */
bool render_sealed(const Render *r);

/* A message to make readable: either the whole (raw), or its parts as far as they are here. */
typedef struct {
	const char *section;	/* IMAP section */
	const char *mime;	/* its MIME header lines, made from BODYSTRUCTURE or fetched ("Content-Type: text/plain; charset=utf-8\r\n...") */
	GBytes *body;		/* borrowed, still encoded; NULL: not here */
	guint64 size;		/* of the encoded part */
	guint8 depth;
} RenderPart;

typedef struct {
	GBytes *raw;		/* the whole message, or NULL */
	GBytes *header;		/* else: the header block */
	const RenderPart *parts;	/* all leaf and message/rfc822 parts, depth first */
	gsize n_parts;
	guint16 columns;	/* tables are laid out to this width */
	bool prefer_html;
} RenderMessage;

/* Asynchronous: done (which may ask for more, but not free r) is called from render_dispatch (err set, document NULL: could not be shown safely). The job id can be
 * cancelled; done is then not called. Watch render_fd in your loop (readable or deadline -> render_dispatch). */
typedef void (*RenderDone)(void *user, Document *document /* yours */, const GError *err);
guint render_message(Render *r, const RenderMessage *m, RenderDone done, void *user);
void render_cancel(Render *r, guint job);
int render_fd(const Render *r);	/* an epoll descriptor: readable when there is something to do */
int render_timeout_ms(const Render *r);	/* until the next deadline, -1: none */
void render_dispatch(Render *r);

/* Synchronous, for the engine's thread: decodes raw header values (RFC 2047, 8-bit guesses) to UTF-8, one for one.
 * texts[i] may be NULL (stays NULL). Values that the worker could not do come back cleaned but undecoded: never fails.
 * Plain ASCII without "=?" is not sent to the worker at all. The result is yours (g_strfreev is not for NULLs: free each). */
char **render_decode_headers(Render *r, const char *const *texts, gsize n);
bool render_header_is_itself(const char *text);	/* what comes out is what goes in: most are so */

/* Synchronous: the decoded bytes of one part (base64, quoted-printable, uuencode) for saving. raw/section as above: with `mime`
 * set, data is the encoded body of that part; with mime NULL, data is the whole message and section names the part. */
GBytes *render_decode_part(Render *r, GBytes *data, const char *section, const char *mime, GError **err);

/* mail.c - one mail over an SMTP connection: envelope, content, end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * With PIPELINING the envelope and DATA are one turn, the content another. With CHUNKING a small message rides with its
 * envelope: one turn for all (RFC 3030). Then the end is released before the recipients' answers are known: that widens
 * what is in doubt if the line breaks, and loses nothing: refused recipients are still told one by one, and where all
 * are refused the server answers BDAT with an error, as it would DATA. */
#include "config.h"
#include "proto/smtp/session_private.h"
#include "base/limits.h"

#include <string.h>

#define TOGETHER_MAX (64 * KIB)	/* more than that is not sent on the off chance */
#define OUT_MAX (256 * KIB)

void
smtp_mail_clear(SmtpSession *s)
{
	Bytes chunk = s->mail.chunk;
	g_free(s->mail.sender);
	g_free(s->mail.envelope_id);
	g_strfreev(s->mail.recipients);
	g_free(s->mail.refusal);
	bytes_consume(&chunk, chunk.len);
	s->mail = (SmtpCurrent){ .chunk = chunk };
}

/* ---- the ends ---- */

static void
refuse_by_us(SmtpSession *s, SmtpUnfit unfit, guint16 code, const char *text)
{
	SmtpEvent *e = smtp_event_reply(s, SMTP_EV_REFUSED);
	e->unfit = unfit;
	e->reply.code = code;
	memset(e->reply.enhanced, 0, sizeof e->reply.enhanced);
	g_free((char *)e->reply.text);
	e->reply.text = g_strdup(text);
	smtp_mail_clear(s);
}

/* The refusal that people should read: the first one that spoke of the whole mail, else the one that came now. */
static void
note_refusal(SmtpSession *s)
{
	if (s->mail.code)
		return;
	s->mail.code = s->reply_code;
	memcpy(s->mail.enhanced, s->enhanced, sizeof s->enhanced);
	s->mail.refusal = g_strdup(s->reply->str);
}

static void
refused(SmtpSession *s, bool reset)
{
	note_refusal(s);
	SmtpEvent *e = smtp_event_reply(s, SMTP_EV_REFUSED);
	e->reply.code = s->mail.code;
	memcpy(e->reply.enhanced, s->mail.enhanced, sizeof s->mail.enhanced);
	g_free((char *)e->reply.text);
	e->reply.text = g_strdup(s->mail.refusal);
	smtp_mail_clear(s);
	if (reset)
		smtp_ask(s, ASKED_RSET, "RSET");
}

/* ---- the envelope ---- */

static bool
address_is_safe(const char *a)
{
	for (const guchar *p = (const guchar *)a; *p; p++)
		if (*p <= 0x20 || *p == 0x7f || *p == '<' || *p == '>')
			return false;
	return strlen(a) <= LIMIT_SMTP_ADDRESS;
}

static bool
addresses_are_safe(const SmtpMail *mail)
{
	bool safe = address_is_safe(mail->sender);
	for (guint i = 0; mail->recipients[i]; i++)
		safe = safe && *mail->recipients[i] && address_is_safe(mail->recipients[i]);
	return safe && mail->recipients[0];
}

/* RFC 3461, 4: printable but "+" and "=" */
static void
append_xtext(GString *out, const char *text)
{
	for (const guchar *p = (const guchar *)text; *p; p++) {
		if (*p > 0x20 && *p < 0x7f && *p != '+' && *p != '=')
			g_string_append_c(out, (char)*p);
		else
			g_string_append_printf(out, "+%02X", *p);
	}
}

static void
write_sender(SmtpSession *s)
{
	const SmtpCurrent *m = &s->mail;
	g_autoptr(GString) line = g_string_new("MAIL FROM:<");
	g_string_append_printf(line, "%s>", m->sender);
	if (s->esmtp && smtp_session_can(s, "SIZE"))
		g_string_append_printf(line, " SIZE=%" G_GSIZE_FORMAT, m->size);
	if (m->has_8bit && smtp_session_can(s, "8BITMIME"))
		g_string_append(line, " BODY=8BITMIME");
	if (m->needs_utf8)
		g_string_append(line, " SMTPUTF8");
	if (m->dsn && smtp_session_can(s, "DSN")) {
		g_string_append(line, " RET=HDRS");
		if (m->envelope_id) {
			g_string_append(line, " ENVID=");
			append_xtext(line, m->envelope_id);
		}
	}
	smtp_ask(s, ASKED_MAIL, "%s", line->str);
}

static void
write_recipient(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;
	const char *notify = m->dsn && smtp_session_can(s, "DSN") ? " NOTIFY=SUCCESS,FAILURE,DELAY" : "";
	smtp_ask(s, ASKED_RCPT, "RCPT TO:<%s>%s", m->recipients[m->written++], notify);
}

static void
ask_data(SmtpSession *s)
{
	s->mail.data_asked = true;
	smtp_ask(s, ASKED_DATA, "DATA");
}

/* Some servers drop a connection on very many commands in one segment: 100 recipients are one turn, the next follow. */
static void
write_envelope(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;
	enum { AT_ONCE = 100 };

	if (m->written == 0)
		write_sender(s);
	if (!smtp_pipelines(s))
		return;
	while (m->written < m->n_recipients && m->written - m->answered < AT_ONCE)
		write_recipient(s);
	if (m->written == m->n_recipients && !m->chunking && !m->data_asked)
		ask_data(s);
}

static bool
can_go(SmtpSession *s)
{
	const SmtpCurrent *m = &s->mail;
	if (s->max_size && m->size > s->max_size) {
		refuse_by_us(s, SMTP_TOO_LARGE, 552, "the message is larger than this server takes");
		return false;
	}
	if (m->needs_utf8 && !smtp_session_can(s, "SMTPUTF8")) {
		refuse_by_us(s, SMTP_NOT_ASCII, 553, "an address is not ASCII, and this server takes no other");
		return false;
	}
	return true;
}

void
smtp_mail_begin(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;
	if (m->step != MAIL_WAITS || s->phase != SMTP_PHASE_READY || !can_go(s))
		return;
	m->chunking = !s->no_chunking && smtp_session_can(s, "CHUNKING") && smtp_pipelines(s);
	m->together = m->chunking && m->size <= TOGETHER_MAX && m->n_recipients <= 100;
	m->line_start = true;
	m->step = MAIL_ENVELOPE;
	write_envelope(s);
	if (m->together) {
		m->step = MAIL_CONTENT;
		smtp_event(s, SMTP_EV_WANTS_DATA, NULL);
	}
}

bool
smtp_session_submit(SmtpSession *s, const SmtpMail *mail)
{
	SmtpCurrent *m = &s->mail;
	if (m->step != MAIL_NONE || s->phase >= SMTP_PHASE_QUIT || mail->size == 0 || !addresses_are_safe(mail))
		return false;
	m->sender = g_strdup(mail->sender);
	m->recipients = g_strdupv((char **)mail->recipients);
	m->n_recipients = g_strv_length(m->recipients);
	m->envelope_id = g_strdup(mail->envelope_id);
	m->size = mail->size;
	m->has_8bit = mail->has_8bit;
	m->needs_utf8 = mail->needs_utf8;
	m->dsn = mail->dsn;
	m->step = MAIL_WAITS;
	smtp_mail_begin(s);
	return true;
}

/* ---- the content ---- */

static void
write_chunk(SmtpSession *s, bool last)
{
	gsize len;
	const guint8 *data = bytes_peek(&s->mail.chunk, &len);
	smtp_ask(s, last ? ASKED_END : ASKED_CHUNK, last ? "BDAT %" G_GSIZE_FORMAT " LAST" : "BDAT %" G_GSIZE_FORMAT, len);
	bytes_append(&s->out, data, len);
	bytes_consume(&s->mail.chunk, len);
}

/* Only CRLF leaves: a bare CR or LF could end the message where a server reads it otherwise (P15). */
static void
put_byte(SmtpCurrent *m, Bytes *to, guint8 c)
{
	if (c == '\n') {
		bytes_append(to, m->was_cr ? "\n" : "\r\n", m->was_cr ? 1 : 2);
		m->was_cr = false;
		m->line_start = true;
		return;
	}
	if (m->was_cr) {	/* a bare CR is a line end too */
		bytes_append(to, "\n", 1);
		m->line_start = true;
	}
	m->was_cr = c == '\r';
	if (m->line_start && c == '.' && !m->chunking)
		bytes_append(to, ".", 1);
	bytes_append(to, &c, 1);
	m->line_start = false;
}

static void
put_content(SmtpSession *s, Bytes *to, const guint8 *data, gsize len)
{
	SmtpCurrent *m = &s->mail;
	while (len > 0) {
		/* the middle of a line goes as it is */
		gsize plain = 0;
		while (plain < len && data[plain] != '\r' && data[plain] != '\n')
			plain++;
		if (plain > 1 && !m->was_cr && !m->line_start) {
			bytes_append(to, data, plain);
			data += plain;
			len -= plain;
			continue;
		}
		put_byte(m, to, *data);
		data++;
		len--;
	}
}

static void
content_ends(SmtpSession *s, Bytes *to)
{
	SmtpCurrent *m = &s->mail;
	if (m->was_cr)
		bytes_append(to, "\n", 1);
	else if (!m->line_start)
		bytes_append(to, "\r\n", 2);
	m->was_cr = false;
	m->line_start = true;
	m->step = MAIL_BEFORE_END;
	smtp_event(s, SMTP_EV_BEFORE_DOT, NULL);
}

gsize
smtp_session_data(SmtpSession *s, const void *data, gsize len)
{
	SmtpCurrent *m = &s->mail;
	gsize waiting, n = MIN(len, m->size - m->given);
	Bytes *to = m->chunking ? &m->chunk : &s->out;

	bytes_peek(&s->out, &waiting);
	if (m->step != MAIL_CONTENT || waiting >= OUT_MAX)
		return 0;
	n = MIN(n, OUT_MAX - waiting);
	if (m->chunking)
		n = MIN(n, LIMIT_SMTP_CHUNK);
	put_content(s, to, data, n);
	m->given += n;
	if (m->given == m->size) {
		content_ends(s, to);
	} else if (m->chunking && m->chunk.len >= LIMIT_SMTP_CHUNK) {
		write_chunk(s, false);
	}
	return n;
}

void
smtp_session_finish(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;
	if (m->step != MAIL_BEFORE_END || s->phase == SMTP_PHASE_DEAD)
		return;
	m->step = MAIL_END;
	s->progress = s->now;
	if (m->chunking)
		write_chunk(s, true);
	else
		smtp_ask(s, ASKED_END, ".");
}

/* ---- answers ---- */

static void
envelope_answered(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;

	if (m->answered < m->n_recipients) {
		if (smtp_pipelines(s))
			write_envelope(s);
		else
			write_recipient(s);
		return;
	}
	if (m->step != MAIL_ENVELOPE)
		return;	/* the content is under way already */
	if (m->accepted == 0) {
		if (!m->data_asked)
			refused(s, true);
	} else if (m->chunking) {
		m->step = MAIL_CONTENT;
		smtp_event(s, SMTP_EV_WANTS_DATA, NULL);
	} else if (!m->data_asked) {
		ask_data(s);
	}
}

static void
mail_reply(SmtpSession *s)
{
	if (s->reply_code / 100 == 2) {
		if (!smtp_pipelines(s))
			write_recipient(s);
		return;
	}
	if (s->reply_code == 530) {
		s->mail.step = MAIL_ENVELOPE;	/* also if its content rode along: nothing was taken */
		smtp_fail(s, SMTP_FAIL_AUTH_REQUIRED, s->reply->str);
		return;
	}
	note_refusal(s);
	if (!smtp_pipelines(s))
		refused(s, true);
}

static void
rcpt_reply(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;
	bool ok = s->reply_code / 100 == 2;

	/* after a refused sender the answers to the recipients say nothing about them */
	if (!m->code || m->accepted || ok) {
		SmtpEvent *e = smtp_event_reply(s, SMTP_EV_RECIPIENT);
		e->recipient = m->answered;
		e->accepted = ok;
	}
	m->answered++;
	m->accepted += ok;
	if (m->answered == m->n_recipients && m->accepted == 0)
		note_refusal(s);
	envelope_answered(s);
}

static void
data_reply(SmtpSession *s)
{
	SmtpCurrent *m = &s->mail;

	if (s->reply_code != 354) {
		refused(s, true);
	} else if (m->accepted == 0) {
		m->hollow = true;
		m->step = MAIL_END;
		smtp_ask(s, ASKED_END, ".");
	} else {
		m->step = MAIL_CONTENT;
		smtp_event(s, SMTP_EV_WANTS_DATA, NULL);
	}
}

static void
end_reply(SmtpSession *s)
{
	if (s->reply_code / 100 == 2 && !s->mail.hollow && s->mail.accepted) {
		smtp_event_reply(s, SMTP_EV_ACCEPTED);
		smtp_mail_clear(s);
	} else if (s->reply_code == 421) {
		/* it says that it did not take the mail, and goes */
		SmtpCurrent *m = &s->mail;
		m->step = MAIL_ENVELOPE;
		smtp_fail(s, SMTP_FAIL_UNAVAILABLE, s->reply->str);
	} else {
		refused(s, false);
	}
}

/* Some do not wait for the end of what they won't take: "552 too large", "451 timeout". 421 says it of the session. */
bool
smtp_content_refused(SmtpSession *s)
{
	bool content = s->mail.step == MAIL_CONTENT || s->mail.step == MAIL_BEFORE_END;

	if (!content || s->reply_code < 400 || s->reply_code == 421)
		return false;
	refused(s, false);
	smtp_event(s, SMTP_EV_CLOSED, NULL);
	s->phase = SMTP_PHASE_DEAD;
	return true;
}

void
smtp_mail_reply(SmtpSession *s, Asked asked)
{
	switch (asked) {
	case ASKED_MAIL:	mail_reply(s); break;
	case ASKED_RCPT:	rcpt_reply(s); break;
	case ASKED_DATA:	data_reply(s); break;
	case ASKED_END:		end_reply(s); break;
	case ASKED_CHUNK:
		if (s->reply_code / 100 != 2) {	/* more of it is on its way, and its answers mean nothing: the connection ends here */
			refused(s, false);
			smtp_event(s, SMTP_EV_CLOSED, NULL);
			s->phase = SMTP_PHASE_DEAD;
		}
		break;
	default:
		break;	/* RSET: whatever it says */
	}
}

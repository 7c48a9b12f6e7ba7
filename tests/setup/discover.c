/* discover.c - what is believed of an address: a DNS and a web server in this process, and likely names that nobody has.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Guesses that do answer need certificates: tests/e2e/setup.py has them. */
#include "config.h"
#include "setup/discover.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- DNS ---- */

static void
put(GByteArray *b, guint value, guint bytes)
{
	while (bytes--) {
		guint8 c = (guint8)(value >> bytes * 8);
		g_byte_array_append(b, &c, 1);
	}
}

static void
put_name(GByteArray *b, const char *text)
{
	g_auto(GStrv) labels = g_strsplit(text, ".", -1);
	for (char **l = labels; *l; l++) {
		put(b, (guint)strlen(*l), 1);
		g_byte_array_append(b, (const guint8 *)*l, (guint)strlen(*l));
	}
	put(b, 0, 1);
}

static const struct { const char *name; guint type, port; const char *target; } ZONE[] = {
	{ "contoso.example", 15, 0, "contoso-example.mail.protection.outlook.com" },
	{ "both.example", 15, 0, "mx.somewhere.example" },
	{ "_imaps._tcp.srv.example", 33, 1993, "mail.srv.example" },
	{ "_pop3s._tcp.srv.example", 33, 0, "no" },	/* port 0: not believed */
	{ "_submission._tcp.srv.example", 33, 587, "mail.srv.example" },
	{ "_imaps._tcp.contoso.example", 33, 993, "evil.example" },	/* ranks below the MX */
};

static void
reply(int fd, const guint8 *question, gsize n, const struct sockaddr_in *from)
{
	g_autoptr(GByteArray) b = g_byte_array_new();
	g_autoptr(GString) name = g_string_new(NULL);
	gsize at = 12;
	int row = -1;

	for (; at < n && question[at]; at += question[at] + 1u)
		g_string_append_printf(name, "%s%.*s", name->len ? "." : "", question[at], (const char *)question + at + 1);
	guint type = (guint)question[at + 1] << 8 | question[at + 2];
	for (guint i = 0; i < G_N_ELEMENTS(ZONE); i++)
		if (!strcmp(ZONE[i].name, name->str) && ZONE[i].type == type)
			row = (int)i;
	g_byte_array_append(b, question, 2);
	put(b, row < 0 ? 0x8183 : 0x8180, 2);
	put(b, 1, 2);
	put(b, row >= 0, 2);
	put(b, 0, 4);
	g_byte_array_append(b, question + 12, (guint)(at + 5 - 12));
	if (row >= 0) {
		g_autoptr(GByteArray) target = g_byte_array_new();
		put_name(target, ZONE[row].target);
		put(b, 0xc00c, 2);
		put(b, type, 2);
		put(b, 1, 2);
		put(b, 60, 4);
		put(b, target->len + (type == 33 ? 6 : 2), 2);
		put(b, 10, 2);
		if (type == 33)
			put(b, ZONE[row].port, 4);	/* weight 0 before it */
		g_byte_array_append(b, target->data, target->len);
	}
	sendto(fd, b->data, b->len, 0, (const struct sockaddr *)from, sizeof *from);
}

/* ---- the web ---- */

static const char XML[] = "<clientConfig version='1.1'><emailProvider id='x'><displayName>The garden</displayName>"
	"<incomingServer type='imap'><hostname>imap.garden.example</hostname><port>993</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username>"
	"<authentication>password-cleartext</authentication></incomingServer>"
	"<outgoingServer type='smtp'><hostname>smtp.garden.example</hostname><port>465</port><socketType>SSL</socketType></outgoingServer>"
	"</emailProvider></clientConfig>";
static const char MICROSOFT[] = "<clientConfig version='1.1'><emailProvider id='x'>"
	"<incomingServer type='imap'><hostname>outlook.office365.com</hostname><port>993</port><socketType>SSL</socketType>"
	"<authentication>password-cleartext</authentication></incomingServer>"
	"<outgoingServer type='smtp'><hostname>evil.example</hostname><port>465</port><socketType>SSL</socketType></outgoingServer>"
	"</emailProvider></clientConfig>";

static gint asked_web;

/* garden.example has it at .well-known, office.example at the first place, hang.example never answers. */
static void
serve_web(int fd)
{
	char request[2048];
	gssize n = recv(fd, request, sizeof request - 1, 0);
	request[MAX(n, 0)] = 0;
	g_atomic_int_inc(&asked_web);
	bool known = strstr(request, "/.well-known/"), garden = strstr(request, "%40garden.example"), office = strstr(request, "%40office.example");
	if (strstr(request, "%40hang.example"))
		return;	/* open until the test ends */
	const char *body = garden && known ? XML : office && !known ? MICROSOFT : NULL;
	g_autofree char *text = body ? g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(body), body) :
		g_strdup("HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	send(fd, text, strlen(text), MSG_NOSIGNAL);
	close(fd);
}

static int dns_socket, web_socket;

static int
new_socket(int kind, guint16 *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;
	int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&here, sizeof here), ==, 0);
	getsockname(fd, (struct sockaddr *)&here, &size);
	*port = ntohs(here.sin_port);
	return fd;
}

static gpointer
serve(gpointer unused)
{
	for (;;) {
		struct pollfd two[] = { { dns_socket, POLLIN, 0 }, { web_socket, POLLIN, 0 } };
		if (poll(two, 2, -1) < 0)
			continue;
		if (two[0].revents) {
			guint8 question[512] = { 0 };
			struct sockaddr_in from;
			socklen_t size = sizeof from;
			gssize n = recvfrom(dns_socket, question, sizeof question - 8, 0, (struct sockaddr *)&from, &size);
			if (n > 12)
				reply(dns_socket, question, (gsize)n, &from);
		}
		if (two[1].revents)
			serve_web(accept(web_socket, NULL, NULL));
	}
	return NULL;
}

static void
start_servers(void)
{
	guint16 port;
	dns_socket = new_socket(SOCK_DGRAM, &port);
	g_autofree char *dns = g_strdup_printf("127.0.0.1:%u", port);
	web_socket = new_socket(SOCK_STREAM, &port);
	listen(web_socket, 16);
	g_autofree char *web = g_strdup_printf("http://127.0.0.1:%u", port);
	int closed = new_socket(SOCK_STREAM, &port);	/* bound, and nobody listens */
	g_autofree char *guess = g_strdup_printf("imaps://127.0.0.1:%u smtps://127.0.0.1:%u", port, port);
	g_assert_cmpint(closed, >=, 0);
	g_setenv("EILPOST_DNS", dns, TRUE);
	g_setenv("EILPOST_AUTOCONFIG", web, TRUE);
	g_setenv("EILPOST_GUESS", guess, TRUE);
	g_thread_unref(g_thread_new("servers", serve, NULL));
}

/* ---- the tests ---- */

static Found *
found_for(const char *address, const char *site)
{
	DiscoverSetup setup = { .address = address, .site_file = site };
	Discover *d = discover_start(&setup);
	Found *found = NULL;

	while (!found) {
		struct pollfd p = { discover_fd(d), POLLIN, 0 };
		g_assert_cmpint(poll(&p, 1, 20000), ==, 1);
		g_autoptr(DiscoverLetter) l = discover_take(d);
		if (l)
			found = g_steal_pointer(&l->found);
	}
	discover_end(d);
	return found;
}

/* S12: the three lines as they stand in the document, and no password. */
static void
assert_exchange(const Found *f)
{
	g_assert_cmpstr(f->imap, ==, "imaps://outlook.office365.com:993");
	g_assert_cmpstr(f->pop3, ==, "pop3s://outlook.office365.com:995");
	g_assert_cmpstr(f->smtp, ==, "smtp://smtp.office365.com:587");
	g_assert_cmpuint(f->sign_in, ==, SIGN_OAUTH);
}

static void
test_row_needs_no_network(void)
{
	gint before = g_atomic_int_get(&asked_web);
	g_autoptr(Found) f = found_for("alice@contoso.onmicrosoft.com", NULL);
	g_assert_cmpint(f->source, ==, SOURCE_PROVIDER);
	assert_exchange(f);
	g_assert_cmpint(g_atomic_int_get(&asked_web), ==, before);
}

static void
test_exchange_by_mx(void)
{
	g_autoptr(Found) f = found_for("alice@contoso.example", NULL);
	g_assert_cmpint(f->source, ==, SOURCE_MX);
	assert_exchange(f);
}

/* Whoever names Microsoft's server: no password goes there, and mail is sent through its own. */
static void
test_exchange_by_its_host(void)
{
	g_autoptr(Found) f = found_for("alice@office.example", NULL);
	g_assert_cmpint(f->source, ==, SOURCE_AUTOCONFIG);
	assert_exchange(f);
}

static void
test_autoconfig(void)
{
	g_autoptr(Found) f = found_for("alice@garden.example", NULL);
	g_assert_cmpint(f->source, ==, SOURCE_AUTOCONFIG);
	g_assert_cmpstr(f->name, ==, "The garden");
	g_assert_cmpstr(f->imap, ==, "imaps://imap.garden.example:993");
	g_assert_cmpstr(f->smtp, ==, "smtps://smtp.garden.example:465");
	g_assert_null(f->pop3);
	g_assert_cmpstr(f->user, ==, "alice");
}

static void
test_srv(void)
{
	g_autoptr(Found) f = found_for("alice@srv.example", NULL);
	g_assert_cmpint(f->source, ==, SOURCE_SRV);
	g_assert_cmpstr(f->imap, ==, "imaps://mail.srv.example:1993");
	g_assert_cmpstr(f->smtp, ==, "smtp://mail.srv.example:587");
	g_assert_null(f->pop3);
}

static void
test_nothing(void)
{
	g_autoptr(Found) f = found_for("alice@both.example", NULL);
	g_assert_cmpint(f->source, ==, SOURCE_NONE);
	g_assert_cmpstr(f->imap, ==, "imaps://imap.both.example:993");
}

static void
test_site_row(void)
{
	g_autofree char *folder = g_dir_make_tmp("eilpost-site-XXXXXX", NULL), *file = g_build_filename(folder, "providers", NULL);
	g_assert_true(g_file_set_contents(file, "[house]\nname = The house\ndomains = garden.example\nimap = imaps://mail.house.example\nsmtp = smtps://mail.house.example\n", -1, NULL));
	g_autoptr(Found) f = found_for("alice@garden.example", file);
	g_assert_cmpint(f->source, ==, SOURCE_PROVIDER);
	g_assert_cmpstr(f->imap, ==, "imaps://mail.house.example");
	g_assert_cmpstr(f->name, ==, "The house");
	g_unlink(file);
	g_rmdir(folder);
}

/* A server that never answers does not hold who goes away. */
static void
test_left(void)
{
	DiscoverSetup setup = { .address = "alice@hang.example" };
	Discover *d = discover_start(&setup);
	gint before = g_atomic_int_get(&asked_web);
	while (g_atomic_int_get(&asked_web) < before + 1)
		g_usleep(5000);
	gint64 start = g_get_monotonic_time();
	discover_end(d);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 100000);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	start_servers();
	g_test_add_func("/setup/S12/row-needs-no-network", test_row_needs_no_network);
	g_test_add_func("/setup/S12/exchange-by-mx", test_exchange_by_mx);
	g_test_add_func("/setup/S3/exchange-by-its-host", test_exchange_by_its_host);
	g_test_add_func("/setup/discover/autoconfig", test_autoconfig);
	g_test_add_func("/setup/discover/srv", test_srv);
	g_test_add_func("/setup/discover/nothing", test_nothing);
	g_test_add_func("/setup/discover/site-row", test_site_row);
	g_test_add_func("/setup/discover/left", test_left);
	return g_test_run();
}

/* dns.c - tests of setup/dns: answers as bytes, cut and bent; a question to a server of the test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "setup/dns.h"

#include <arpa/inet.h>
#include <locale.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
put(GByteArray *b, guint n, guint bytes)
{
	while (bytes--) {
		guint8 one = (guint8)(n >> 8 * bytes);
		g_byte_array_append(b, &one, 1);
	}
}

static void
put_name(GByteArray *b, const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);
	for (char **l = labels; *l; l++)
		if (**l) {
			put(b, (guint)strlen(*l), 1);
			g_byte_array_append(b, (const guint8 *)*l, (guint)strlen(*l));
		}
	put(b, 0, 1);
}

static GByteArray *
packet(guint id, const char *question, guint kind, guint answers, guint rcode)
{
	GByteArray *b = g_byte_array_new();
	put(b, id, 2);
	put(b, 0x8180 | rcode, 2);
	put(b, 1, 2);
	put(b, answers, 2);
	put(b, 0, 4);
	put_name(b, question);
	put(b, kind, 2);
	put(b, 1, 2);
	return b;
}

static void
put_srv(GByteArray *b, guint priority, guint weight, guint port, const char *target)
{
	g_autoptr(GByteArray) name = g_byte_array_new();
	put_name(name, target);
	put(b, 0xc00c, 2);	/* the question's name */
	put(b, DNS_SRV, 2);
	put(b, 1, 2);
	put(b, 300, 4);
	put(b, 6 + name->len, 2);
	put(b, priority, 2);
	put(b, weight, 2);
	put(b, port, 2);
	g_byte_array_append(b, name->data, name->len);
}

static void
test_srv(void)
{
	g_autoptr(GByteArray) b = packet(7, "_imaps._tcp.example.org", DNS_SRV, 3, 0);
	put_srv(b, 20, 0, 993, "backup.example.org");
	put_srv(b, 10, 1, 993, "light.example.org");
	put_srv(b, 10, 5, 1993, "Mail.Example.Org");
	g_autoptr(GPtrArray) all = dns_parse(b->data, b->len, DNS_SRV);
	g_assert_nonnull(all);
	g_assert_cmpuint(all->len, ==, 3);
	const DnsRecord *first = all->pdata[0];
	g_assert_cmpstr(first->target, ==, "mail.example.org");
	g_assert_cmpuint(first->port, ==, 1993);
	g_assert_cmpstr(((DnsRecord *)all->pdata[2])->target, ==, "backup.example.org");
	/* each beginning of it is no answer */
	for (gsize n = 0; n < b->len; n++) {
		g_autoptr(GPtrArray) cut = dns_parse(b->data, n, DNS_SRV);
		g_assert_null(cut);
	}
	/* no byte of it, changed, does harm */
	for (gsize i = 0; i < b->len; i++)
		for (guint v = 0; v < 256; v += 5) {
			g_autofree guint8 *bent = g_memdup2(b->data, b->len);
			bent[i] = (guint8)v;
			g_autoptr(GPtrArray) any G_GNUC_UNUSED = dns_parse(bent, b->len, DNS_SRV);
		}
}

static void
test_no_service(void)
{
	g_autoptr(GByteArray) b = packet(7, "_pop3s._tcp.example.org", DNS_SRV, 1, 0);
	put_srv(b, 0, 0, 0, "");
	g_autoptr(GPtrArray) all = dns_parse(b->data, b->len, DNS_SRV);
	g_assert_cmpuint(all->len, ==, 1);
	g_assert_cmpstr(((DnsRecord *)all->pdata[0])->target, ==, ".");
	g_autoptr(GByteArray) none = packet(7, "x.example.org", DNS_SRV, 0, 3);
	g_autoptr(GPtrArray) empty = dns_parse(none->data, none->len, DNS_SRV);
	g_assert_cmpuint(empty->len, ==, 0);
	g_autoptr(GByteArray) failed = packet(7, "x.example.org", DNS_SRV, 0, 2);
	g_autoptr(GPtrArray) broken = dns_parse(failed->data, failed->len, DNS_SRV);
	g_assert_null(broken);
}

static void
test_mx(void)
{
	g_autoptr(GByteArray) b = packet(7, "contoso.example", DNS_MX, 2, 0);
	/* a CNAME before it is passed over; the target ends in a pointer */
	put(b, 0xc00c, 2);
	put(b, 5, 2);
	put(b, 1, 2);
	put(b, 60, 4);
	put(b, 2, 2);
	put(b, 0xc00c, 2);
	put(b, 0xc00c, 2);
	put(b, DNS_MX, 2);
	put(b, 1, 2);
	put(b, 60, 4);
	put(b, 2 + 3 + 2, 2);
	put(b, 10, 2);
	put(b, 2, 1);
	g_byte_array_append(b, (const guint8 *)"mx", 2);
	put(b, 0xc00c, 2);
	g_autoptr(GPtrArray) all = dns_parse(b->data, b->len, DNS_MX);
	g_assert_nonnull(all);
	g_assert_cmpuint(all->len, ==, 1);
	g_assert_cmpstr(((DnsRecord *)all->pdata[0])->target, ==, "mx.contoso.example");
}

/* Pointers that go round, or forward, end it. */
static void
test_loops(void)
{
	g_autoptr(GByteArray) b = packet(7, "a.example", DNS_MX, 1, 0);
	guint at = b->len;
	put(b, 0xc000 | at, 2);
	put(b, DNS_MX, 2);
	put(b, 1, 2);
	put(b, 60, 4);
	put(b, 4, 2);
	put(b, 10, 2);
	put(b, 0xc00c, 2);
	g_autoptr(GPtrArray) all = dns_parse(b->data, b->len, DNS_MX);
	g_assert_null(all);
	/* a name with what no host has */
	g_autoptr(GByteArray) odd = packet(7, "_imaps._tcp.example.org", DNS_SRV, 1, 0);
	put_srv(odd, 0, 0, 993, "evil host");
	g_autoptr(GPtrArray) refused = dns_parse(odd->data, odd->len, DNS_SRV);
	g_assert_null(refused);
}

/* ---- asked for real, of a server here ---- */

static gpointer
serve(gpointer user)
{
	int fd = GPOINTER_TO_INT(user);
	guint8 question[512];
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	gssize n = recvfrom(fd, question, sizeof question, 0, (struct sockaddr *)&from, &size);
	if (n < 12)
		return NULL;
	g_autoptr(GByteArray) b = packet((guint)question[0] << 8 | question[1], "_imaps._tcp.example.org", DNS_SRV, 1, 0);
	put_srv(b, 0, 1, 993, "imap.example.org");
	sendto(fd, b->data, b->len, 0, (struct sockaddr *)&from, size);
	return NULL;
}

typedef struct { GMainLoop *loop; char *target; } Asked;

static void
done(void *user, const GPtrArray *records)
{
	Asked *a = user;
	a->target = records && records->len ? g_strdup(((DnsRecord *)records->pdata[0])->target) : NULL;
	g_main_loop_quit(a->loop);
}

static void
test_query(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&here, sizeof here), ==, 0);
	getsockname(fd, (struct sockaddr *)&here, &size);
	g_autofree char *server = g_strdup_printf("127.0.0.1:%u", ntohs(here.sin_port));
	g_setenv("EILPOST_DNS", server, TRUE);
	GThread *thread = g_thread_new("server", serve, GINT_TO_POINTER(fd));
	Asked a = { g_main_loop_new(NULL, FALSE), NULL };
	dns_query("_imaps._tcp.example.org", DNS_SRV, NULL, done, &a);
	g_main_loop_run(a.loop);
	g_assert_cmpstr(a.target, ==, "imap.example.org");
	g_thread_join(thread);
	/* one that nobody waits for */
	DnsQuery *q = dns_query("_imaps._tcp.example.org", DNS_SRV, NULL, done, &a);
	dns_cancel(q);
	close(fd);
	g_free(a.target);
	g_main_loop_unref(a.loop);
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/dns/srv", test_srv);
	g_test_add_func("/setup/dns/no-service", test_no_service);
	g_test_add_func("/setup/dns/mx", test_mx);
	g_test_add_func("/setup/dns/loops", test_loops);
	g_test_add_func("/setup/dns/query", test_query);
	return g_test_run();
}

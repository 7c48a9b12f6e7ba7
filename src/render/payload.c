/* payload.c - the data of one request, in a file without a name that the worker is handed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 * Sealed before it is given away, so that what the worker has mapped never changes under it. */
#include "config.h"
#include "render/payload.h"
#include "render/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int
unnamed_file(void)
{
#ifdef HAVE_MEMFD_CREATE
	int fd = memfd_create("eilpost-mail", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 || errno != ENOSYS)
		return fd;
#endif
	g_autofree char *name = NULL;
	int file = g_file_open_tmp("eilpost-XXXXXX", &name, NULL);
	if (file >= 0) {
		unlink(name);
		fcntl(file, F_SETFD, FD_CLOEXEC);
	}
	return file;
}

void
payload_init(Payload *p)
{
	p->fd = unnamed_file();
	p->length = 0;
	p->meta = g_byte_array_new();
}

void
payload_clear(Payload *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	g_clear_pointer(&p->meta, g_byte_array_unref);
}

static void
append(Payload *p, const guint8 *data, gsize len)
{
	while (p->fd >= 0 && len > 0) {
		ssize_t n = write(p->fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int why = errno;
			close(p->fd);
			p->fd = -1;
			errno = why;
			return;
		}
		data += n;
		len -= (gsize)n;
		p->length += (guint64)n;
	}
}

void
payload_add(Payload *p, const void *data, gsize len)
{
	wire_put_number(p->meta, p->length);
	wire_put_number(p->meta, len);
	append(p, data, len);
}

int
payload_finish(Payload *p, guint64 *meta)
{
	*meta = p->length;
	append(p, p->meta->data, p->meta->len);
#ifdef F_ADD_SEALS
	if (p->fd >= 0)
		fcntl(p->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
#endif
	int fd = p->fd;
	p->fd = -1;
	return fd;
}

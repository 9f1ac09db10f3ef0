// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what becomes of the partners and the clients. Build: gcc -Wall -o watch watch.c
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ccm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void print(const struct ccm_record *r)
{
	switch (r->type) {
	case CCM_RECORD_PARTNER:
		printf("partner %u: state %u reason %u stage %u%s\n", r->node, r->state,
		       r->reason, r->stage,
		       r->flags & CCM_RECORD_F_PRESENT ? " (present state)" : "");
		break;
	case CCM_RECORD_CLIENT:
		printf("client %s, partner %u: state %u reason %u ports %u%s\n", r->client,
		       r->node, r->state, r->reason, r->ports,
		       r->flags & CCM_RECORD_F_PRESENT ? " (present state)" : "");
		break;
	case CCM_RECORD_SYNC:
		printf("what follows are changes\n");
		break;
	case CCM_RECORD_OVERFLOW:
		printf("forget what you knew: the present state follows\n");
		break;
	default:	/* types that are not known are skipped */
		break;
	}
	fflush(stdout);
}

int main(void)
{
	struct ccm_record records[16];
	struct ccm_info info;
	ssize_t got;
	int fd;

	fd = open("/dev/ccm", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "/dev/ccm");
	if (ioctl(fd, CCM_IOC_INFO, &info))
		err(1, "CCM_IOC_INFO");
	if (info.uapi_version != CCM_UAPI_VERSION || info.record_size != sizeof(records[0]))
		errx(1, "the module has interface version %u, this program knows %u",
		     info.uapi_version, CCM_UAPI_VERSION);

	for (;;) {
		got = read(fd, records, sizeof(records));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err(1, "read");
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(records[0]); i++)
			print(&records[i]);
	}
}

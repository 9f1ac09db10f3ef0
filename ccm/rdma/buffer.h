/* SPDX-License-Identifier: GPL-2.0-only */
/* Local buffers of clients; their API is in <linux/ccm.h>. */
#ifndef CCM_RDMA_BUFFER_H
#define CCM_RDMA_BUFFER_H

struct ccm_link;

void ccm_buffers_unmap(struct ccm_link *link);

#endif /* CCM_RDMA_BUFFER_H */

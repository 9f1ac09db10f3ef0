/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that CCM itself posts on a port; those of clients are in <linux/ccm.h>. */
#ifndef CCM_RDMA_OP_H
#define CCM_RDMA_OP_H

#include <linux/ccm.h>

struct ccm_chunk;
struct ccm_link_offer;

int ccm_op_register(struct ccm_port *port, struct ib_mr *mr, int access);
int ccm_op_read_table(struct ccm_port *port, struct ccm_op *op,
		      const struct ccm_chunk *landing, const struct ccm_link_offer *offer);

#endif /* CCM_RDMA_OP_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory regions: made here, registered by a work request of who needs them. */
#ifndef CCM_RDMA_MR_H
#define CCM_RDMA_MR_H

#include <linux/scatterlist.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>

#include "../core/wire.h"

/*
 * Soft-RoCE registers 512 pages at most. Of those only 511 are used: the one behind the
 * last is looked at when a copy ends with a page (rxe_mr_copy() in Linux 6.1), and must
 * be in its table.
 */
#define CCM_MR_LEN_MAX		(511U * CCM_PAGE_LEN)

struct ib_mr *ccm_mr_create(struct ib_pd *pd, struct scatterlist *sg, u32 count, u32 pages,
			    u64 len);
void ccm_mr_prepare(struct ib_mr *mr, int access, struct ib_cqe *cqe, struct ib_reg_wr *wr);
int ccm_mr_destroy(struct ib_mr **mr);
u32 ccm_mr_wrs(const struct ib_device *ib);
int ccm_mr_post(struct ib_qp *qp, struct ib_mr *mr, int access, struct ib_cqe *cqe);

#endif /* CCM_RDMA_MR_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions. A registration is a work request: it takes effect on a connected queue
 * pair, in the order of its send queue (IBA 10.6.5), so a key that is sent behind it on
 * the same queue is valid before anybody knows it.
 */
#include "mr.h"

/*
 * Soft-RoCE of Linux 6.1 carries out a registration a second time when it repeats packets
 * of a work request in front of it, finds the region in use, and breaks the queue pair.
 * A local invalidation it always holds back until nothing is in front of it any more:
 * with one before each registration, and the same key for both, there is nothing to
 * repeat, and if there were, no harm in it.
 */
static bool wants_invalidation(const struct ib_device *ib)
{
	return ib->ops.driver_id == RDMA_DRIVER_RXE;
}

/**
 * ccm_mr_create() - a memory region that is not registered yet
 * @pd: protection domain
 * @sg: memory, mapped for the device
 * @count: of @sg
 * @pages: most of CCM_PAGE_LEN that it can cover
 * @len: bytes of @sg
 *
 * Return: the region, or an ERR_PTR(): -EIO: the device cannot cover all of it with one
 */
struct ib_mr *ccm_mr_create(struct ib_pd *pd, struct scatterlist *sg, u32 count, u32 pages,
			    u64 len)
{
	struct ib_mr *mr = ib_alloc_mr(pd, IB_MR_TYPE_MEM_REG, pages);
	int n;

	if (IS_ERR(mr))
		return mr;
	/* the same on every machine, whatever its own pages are */
	n = ib_map_mr_sg(mr, sg, (int)count, NULL, CCM_PAGE_LEN);
	if (n != (int)count || mr->length != len) {
		ib_dereg_mr(mr);
		return (struct ib_mr *)ERR_PTR(n < 0 ? n : -EIO);
	}
	/*
	 * The region's addresses begin near 0, and not where its memory lies, which with soft-RoCE
	 * and siw is an address of the kernel: whoever connects is told them. A registration may
	 * have any, as those of RDS do. The place within a page stays: devices count pages
	 * from there.
	 */
	mr->iova &= CCM_PAGE_LEN - 1;
	/*
	 * Another key than that of an earlier use of the same table entry. Soft-RoCE draws one
	 * itself, and its invalidation must name that: see ccm_mr_post().
	 */
	if (!wants_invalidation(pd->device))
		ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));
	return mr;
}

/**
 * ccm_mr_destroy() - deregister a region, if there is one
 * @mr: set to NULL, if that went well
 *
 * Return: 0; a negative errno: nobody knows what the device still reaches by it. It must not be
 * tried again: RDMA core has forgotten half of it. The memory behind it stays mapped, for ever
 */
int ccm_mr_destroy(struct ib_mr **mr)
{
	int ret = *mr ? ib_dereg_mr(*mr) : 0;

	if (!ret)
		*mr = NULL;
	return ret;
}

/**
 * ccm_mr_prepare() - the work request that registers a region
 * @mr: region
 * @access: IB_ACCESS_*
 * @cqe: for its completion
 * @wr: filled
 */
void ccm_mr_prepare(struct ib_mr *mr, int access, struct ib_cqe *cqe, struct ib_reg_wr *wr)
{
	memset(wr, 0, sizeof(*wr));
	wr->wr.opcode = IB_WR_REG_MR;
	wr->wr.wr_cqe = cqe;
	wr->mr = mr;
	wr->key = mr->rkey;
	wr->access = access;
}

/**
 * ccm_mr_wrs() - work requests that ccm_mr_post() posts
 * @ib: device
 */
u32 ccm_mr_wrs(const struct ib_device *ib)
{
	return wants_invalidation(ib) ? 2 : 1;
}

/**
 * ccm_mr_post() - post a registration behind whatever else is on a send queue
 * @qp: connected
 * @mr: region
 * @access: IB_ACCESS_*
 * @cqe: for the completions, ccm_mr_wrs() of them
 *
 * Return: 0 or a negative errno, then there may be fewer completions
 */
int ccm_mr_post(struct ib_qp *qp, struct ib_mr *mr, int access, struct ib_cqe *cqe)
{
	struct ib_send_wr invalidate = {};
	struct ib_reg_wr wr;

	ccm_mr_prepare(mr, access, cqe, &wr);
	if (!wants_invalidation(mr->device))
		return ib_post_send(qp, &wr.wr, NULL);
	invalidate.opcode = IB_WR_LOCAL_INV;
	invalidate.wr_cqe = cqe;
	invalidate.ex.invalidate_rkey = mr->rkey;
	invalidate.next = &wr.wr;
	return ib_post_send(qp, &invalidate, NULL);
}

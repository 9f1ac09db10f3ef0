/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client's memory, on both sides: a region is a list of chunks, because one registration
 * covers only so much (2 MiB on soft-RoCE). Its chunk table tells the partner where it
 * reaches each of them.
 */
#ifndef CCM_RDMA_CHUNK_H
#define CCM_RDMA_CHUNK_H

#include <linux/atomic.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>

#include "../core/links_wire.h"
#include "mr.h"

struct ccm_conn;
struct ccm_inbox;

#define CCM_CLIENT_MEMORY_MAX	((u64)CCM_LINK_CHUNKS_MAX * CCM_MR_LEN_MAX)

/**
 * struct ccm_chunk - memory that is mapped for a device and, if asked for, registered
 * @sgt: its pages
 * @dir: of the mapping
 * @mr: registration; NULL: only mapped
 * @access: IB_ACCESS_* of it
 */
struct ccm_chunk {
	struct sg_table sgt;
	enum dma_data_direction dir;
	struct ib_mr *mr;
	int access;
};

/**
 * struct ccm_region - memory here that the counterpart reaches, made on a connection
 * @conn: the connection; NULL: there is none yet, or no more
 * @inbox: told when a work request has completed (CCM_INBOX_LINKS)
 * @chunks: the region's, then the table's, then the landing page's
 * @count: how many
 * @region_chunks: of these, the region's
 * @chunk_len: bytes of each of those but the last
 * @data: what is not mapped yet
 * @left: bytes of it
 * @wants_landing: a landing page is to be mapped, too
 * @mapped: all is
 * @posted: registrations posted
 * @wrs: work requests posted on the session's queue pair for these
 * @wrs_ended: of these, completed
 * @table: chunk table, which the partner READs: a page
 * @landing: where the partner's table is READ to: a page
 * @reg_cqe: completions of registrations
 */
struct ccm_region {
	struct ccm_conn *conn;
	struct ccm_inbox *inbox;
	struct ccm_chunk *chunks;
	u32 count;
	u32 region_chunks;
	u32 chunk_len;
	u8 *data;
	u64 left;
	bool wants_landing;
	bool mapped;
	u32 posted;
	u32 wrs;
	atomic_t wrs_ended;
	u8 *table;
	u8 *landing;
	struct ib_cqe reg_cqe;
};

/**
 * struct ccm_remote - the partner's region
 * @chunks: checked; NULL: not known yet
 * @len: bytes of each but the last
 */
struct ccm_remote {
	struct ccm_link_chunk *chunks;
	u32 len;
};

int ccm_region_create(struct ccm_region *region, struct ccm_conn *conn, struct ccm_inbox *inbox,
		      void *data, u64 len, bool landing);
int ccm_region_map(struct ccm_region *region);
int ccm_region_register(struct ccm_region *region);
bool ccm_region_registered(const struct ccm_region *region);
u32 ccm_region_under_way(const struct ccm_region *region);
void ccm_region_offer(const struct ccm_region *region, u64 len, struct ccm_link_offer *offer);
const struct ccm_chunk *ccm_region_landing(const struct ccm_region *region);
void ccm_region_sync(struct ccm_region *region, u64 offset, u64 len, bool for_cpu);
int ccm_region_destroy(struct ccm_region *region, bool lost);

int ccm_remote_take(struct ccm_remote *remote, const struct ccm_region *region,
		    const struct ccm_link_offer *offer);
void ccm_remote_free(struct ccm_remote *remote);

#endif /* CCM_RDMA_CHUNK_H */

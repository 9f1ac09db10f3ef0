/* SPDX-License-Identifier: GPL-2.0-only */
/* A way: by which device and interface, from which address to which an RDMA CM id goes. */
#ifndef CCM_RDMA_WAY_H
#define CCM_RDMA_WAY_H

#include <linux/socket.h>
#include <linux/types.h>

struct rdma_cm_id;

/**
 * struct ccm_id_way - how an RDMA CM id reaches its partner
 * @from: address here, without port
 * @to: address there, without port
 * @ifindex: of the interface
 */
struct ccm_id_way {
	struct sockaddr_storage from;
	struct sockaddr_storage to;
	int ifindex;
};

void ccm_way_of(const struct rdma_cm_id *id, struct ccm_id_way *way);
bool ccm_way_is(const struct rdma_cm_id *id, const struct rdma_cm_id *other);
int ccm_way_follow(struct rdma_cm_id *id, const struct rdma_cm_id *other, u16 port,
		   unsigned long timeout_ms);
void ccm_way_mtu(const struct rdma_cm_id *id, u32 *mtu, u32 *path_mtu);

#endif /* CCM_RDMA_WAY_H */

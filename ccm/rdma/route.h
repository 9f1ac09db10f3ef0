/* SPDX-License-Identifier: GPL-2.0-only */
/* A route: how frames to an address leave this machine. The initial network namespace's. */
#ifndef CCM_RDMA_ROUTE_H
#define CCM_RDMA_ROUTE_H

#include <linux/types.h>

struct neighbour;
struct net_device;
struct sockaddr_storage;

bool ccm_route_leaves_by(const struct sockaddr_storage *to, const struct net_device *dev);
void ccm_route_drop_waiting(const struct sockaddr_storage *to);
struct neighbour *ccm_route_neighbour(const struct sockaddr_storage *from,
				      const struct sockaddr_storage *to, int ifindex);

#endif /* CCM_RDMA_ROUTE_H */

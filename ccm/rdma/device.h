/* SPDX-License-Identifier: GPL-2.0-only */
/* RDMA devices as they come and go. */
#ifndef CCM_RDMA_DEVICE_H
#define CCM_RDMA_DEVICE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>

#include "reaper.h"

/**
 * struct ccm_devices_ops - whom it concerns
 * @appeared: a device, or an address of one, can be used now. Any context
 * @removing: a device is going. When it returns, every connection of the owner that uses the
 *	device is fenced, and with the reaper. Process context
 */
struct ccm_devices_ops {
	void (*appeared)(void *owner);
	void (*removing)(void *owner);
};

/**
 * struct ccm_devices - the RDMA devices in use
 * @lock: protects @list and what is in it; taken in process context, for a moment: the
 *	liveness counter waits for it
 * @list: struct ccm_device
 * @page: the status page, mapped for each of them
 * @ops: given at registration
 * @owner: for @ops
 * @reaper: frees what connections had of them
 * @given_up: queue pairs, registrations and regions that a device may still reach, for ever
 */
struct ccm_devices {
	spinlock_t lock;
	struct list_head list;
	u8 *page;
	const struct ccm_devices_ops *ops;
	void *owner;
	struct ccm_reaper reaper;
	u64 given_up;
};

/**
 * struct ccm_device - an RDMA device that connections can use
 * @entry: in ccm_devices.list
 * @devices: whose
 * @ib: the device
 * @page_dma: the status page, mapped for it
 * @gone: being removed: no new connection may use it
 * @quarantined: a fence has failed on it: likewise, until it is removed and comes again
 * @event: its asynchronous events
 */
struct ccm_device {
	struct list_head entry;
	struct ccm_devices *devices;
	struct ib_device *ib;
	u64 page_dma;
	bool gone;
	bool quarantined;
	struct ib_event_handler event;
};

int ccm_devices_create(struct ccm_devices *devices);
void ccm_devices_destroy(struct ccm_devices *devices);
int ccm_devices_register(struct ccm_devices *devices, u8 *page,
			 const struct ccm_devices_ops *ops, void *owner);
void ccm_devices_unregister(struct ccm_devices *devices);
bool ccm_devices_any(struct ccm_devices *devices);
struct ccm_device *ccm_device_find(struct ccm_devices *devices, struct ib_device *ib);
void ccm_device_quarantine(struct ccm_device *device, const char *call, int error);
void ccm_devices_sync_page(struct ccm_devices *devices);

#endif /* CCM_RDMA_DEVICE_H */

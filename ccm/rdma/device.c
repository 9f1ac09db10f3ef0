// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA devices as they come and go.
 *
 * Of all ib_clients on a device the one registered last is told first of its removal,
 * and CCM registers after RDMA CM, on which it depends: all of CCM's connections on a
 * device are closed here, before RDMA CM begins to wait for their ids.
 */
#include "../log.h"

#include <linux/slab.h>

#include "device.h"

static struct ccm_devices *the_devices;	/* set while the client is registered */
static bool registering;	/* ... is being registered: told of the devices there are */
static bool out_of_memory;	/* for one of these */

static void device_event(struct ib_event_handler *handler, struct ib_event *event)
{
	struct ccm_devices *devices = container_of(handler, struct ccm_device, event)->devices;

	/*
	 * An address becomes usable for RDMA when it stands in the GID table, which is
	 * some time after the network's own notifier.
	 */
	if (event->event == IB_EVENT_GID_CHANGE || event->event == IB_EVENT_PORT_ACTIVE)
		devices->ops->appeared(devices->owner);
}

/* RDMA core drops what client_add() returns: the device is not offered again. */
static int no_memory(struct ib_device *ib)
{
	if (registering)
		out_of_memory = true;
	pr_err("device %s is not used: out of memory; delete and add it (`rdma link`), or load rdma_ccm again\n",
	       dev_name(&ib->dev));
	return -ENOMEM;
}

static int client_add(struct ib_device *ib)
{
	struct ccm_devices *devices = the_devices;
	struct ccm_device *device;

	if (!(ib->attrs.device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS)) {
		pr_info("device %s is not used: it has no fast memory registration\n",
			dev_name(&ib->dev));
		return -EOPNOTSUPP;
	}
	device = (struct ccm_device *)kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return no_memory(ib);
	device->devices = devices;
	device->ib = ib;
	device->page_dma = ib_dma_map_single(ib, devices->page, PAGE_SIZE, DMA_TO_DEVICE);
	if (ib_dma_mapping_error(ib, device->page_dma)) {
		kfree(device);
		return no_memory(ib);
	}
	INIT_IB_EVENT_HANDLER(&device->event, ib, device_event);

	spin_lock(&devices->lock);
	list_add_tail(&device->entry, &devices->list);
	spin_unlock(&devices->lock);

	ib_register_event_handler(&device->event);
	pr_info("using RDMA device %s\n", dev_name(&ib->dev));
	devices->ops->appeared(devices->owner);
	return 0;
}

static struct ccm_device *find(struct ccm_devices *devices, const struct ib_device *ib)
{
	struct ccm_device *device;
	struct ccm_device *found = NULL;

	spin_lock(&devices->lock);
	list_for_each_entry(device, &devices->list, entry)
		if (device->ib == ib)
			found = device;
	spin_unlock(&devices->lock);
	return found;
}

static void client_remove(struct ib_device *ib, void *client_data)
{
	struct ccm_devices *devices = the_devices;
	struct ccm_device *device;

	device = find(devices, ib);
	if (!device)
		return;
	ib_unregister_event_handler(&device->event);

	/*
	 * From here on no connection takes the device. Those that have it are fenced by
	 * their owner, each within a bound. What they had of the device is freed by the
	 * reaper, and that takes as long as the device's driver does: it cannot go before.
	 */
	spin_lock(&devices->lock);
	device->gone = true;
	spin_unlock(&devices->lock);
	devices->ops->removing(devices->owner);
	ccm_reaper_wait(&devices->reaper, ib);

	spin_lock(&devices->lock);
	list_del(&device->entry);
	spin_unlock(&devices->lock);
	ib_dma_unmap_single(ib, device->page_dma, PAGE_SIZE, DMA_TO_DEVICE);
	kfree(device);
	pr_info("RDMA device %s is gone\n", dev_name(&ib->dev));
}

static struct ib_client ccm_ib_client = {
	.name = "ccm",
	.add = client_add,
	.remove = client_remove,
};

/**
 * ccm_device_find() - the device object of an RDMA device
 * @devices: those in use
 * @ib: device
 *
 * Return: NULL if CCM does not use the device, it is being removed, or it is in quarantine.
 * Otherwise it stays until the owner's removing() has returned, and the reaper has freed what
 * was made on it.
 */
struct ccm_device *ccm_device_find(struct ccm_devices *devices, struct ib_device *ib)
{
	struct ccm_device *device;
	struct ccm_device *found = NULL;

	spin_lock(&devices->lock);
	list_for_each_entry(device, &devices->list, entry) {
		if (device->ib == ib && !device->gone && !device->quarantined) {
			found = device;
			break;
		}
	}
	spin_unlock(&devices->lock);
	return found;
}

/**
 * ccm_devices_any() - is there one that a connection can use?
 * @devices: those in use
 *
 * Process context.
 */
bool ccm_devices_any(struct ccm_devices *devices)
{
	struct ccm_device *device;
	bool any = false;

	spin_lock(&devices->lock);
	list_for_each_entry(device, &devices->list, entry)
		any = any || (!device->gone && !device->quarantined);
	spin_unlock(&devices->lock);
	return any;
}

/**
 * ccm_device_quarantine() - a fence has failed: what the device may still reach is not known
 * @device: in use
 * @call: that failed
 * @error: what it returned
 *
 * Process context. What could be reached is given up by the caller: never used again, never
 * freed; it is counted. The device takes no new session; those that are over it go on.
 */
void ccm_device_quarantine(struct ccm_device *device, const char *call, int error)
{
	struct ccm_devices *devices = device->devices;
	bool first;

	spin_lock(&devices->lock);
	first = !device->quarantined;
	device->quarantined = true;
	WRITE_ONCE(devices->given_up, devices->given_up + 1);
	spin_unlock(&devices->lock);
	if (first)
		pr_err("device %s is in quarantine: %s failed with error %d; the memory behind it is given up, and no new session uses the device until it is deleted and added again (`rdma link`), or the machine boots\n",
		       dev_name(&device->ib->dev), call, -error);
}

/**
 * ccm_devices_sync_page() - make stores to the status page visible to all devices
 * @devices: those in use
 *
 * Process context. Only devices whose DMA does not snoop have anything to do.
 */
void ccm_devices_sync_page(struct ccm_devices *devices)
{
	struct ccm_device *device;

	spin_lock(&devices->lock);
	list_for_each_entry(device, &devices->list, entry)
		ib_dma_sync_single_for_device(device->ib, device->page_dma, PAGE_SIZE,
					      DMA_TO_DEVICE);
	spin_unlock(&devices->lock);
}

/**
 * ccm_devices_create() - none in use
 * @devices: memory for it
 *
 * Return: 0 or -ENOMEM
 */
int ccm_devices_create(struct ccm_devices *devices)
{
	spin_lock_init(&devices->lock);
	INIT_LIST_HEAD(&devices->list);
	return ccm_reaper_create(&devices->reaper);
}

/**
 * ccm_devices_destroy() - wait until what was made on any device is freed
 * @devices: none is registered; every connection is closed
 *
 * May sleep, as long as drivers take.
 */
void ccm_devices_destroy(struct ccm_devices *devices)
{
	ccm_reaper_destroy(&devices->reaper);
}

/**
 * ccm_devices_register() - use every RDMA device there is or will be
 * @devices: one at a time
 * @page: the status page; stays until ccm_devices_unregister()
 * @ops: called from now on
 * @owner: for them
 *
 * Return: 0 or a negative errno; -ENOMEM: also for one of the devices there are
 */
int ccm_devices_register(struct ccm_devices *devices, u8 *page,
			 const struct ccm_devices_ops *ops, void *owner)
{
	int ret;

	devices->page = page;
	devices->ops = ops;
	devices->owner = owner;
	the_devices = devices;
	out_of_memory = false;
	registering = true;
	ret = ib_register_client(&ccm_ib_client);
	registering = false;
	if (!ret && out_of_memory) {
		ib_unregister_client(&ccm_ib_client);
		ret = -ENOMEM;
	}
	if (ret)
		the_devices = NULL;
	return ret;
}

/**
 * ccm_devices_unregister() - use none any more
 * @devices: registered; every connection is closed, or is by removing()
 */
void ccm_devices_unregister(struct ccm_devices *devices)
{
	ib_unregister_client(&ccm_ib_client);
	the_devices = NULL;
}

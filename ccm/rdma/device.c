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

#include "../ccm.h"
#include "rdma.h"

static struct ccm_node *the_node;	/* set while the client is registered */
static bool registering;	/* ... is being registered: told of the devices there are */
static bool out_of_memory;	/* for one of these */

static void device_event(struct ib_event_handler *handler, struct ib_event *event)
{
	struct ccm_device *device = container_of(handler, struct ccm_device, event);

	/*
	 * An address becomes usable for RDMA when it stands in the GID table, which is
	 * some time after the network's own notifier.
	 */
	if (event->event == IB_EVENT_GID_CHANGE || event->event == IB_EVENT_PORT_ACTIVE)
		ccm_node_path_up(device->node);
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
	struct ccm_node *node = the_node;
	struct ccm_device *device;

	if (!(ib->attrs.device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS)) {
		pr_info("device %s is not used: it has no fast memory registration\n",
			dev_name(&ib->dev));
		return -EOPNOTSUPP;
	}
	device = (struct ccm_device *)kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return no_memory(ib);
	device->node = node;
	device->ib = ib;
	device->page_dma = ib_dma_map_single(ib, node->page, PAGE_SIZE, DMA_TO_DEVICE);
	if (ib_dma_mapping_error(ib, device->page_dma)) {
		kfree(device);
		return no_memory(ib);
	}
	INIT_IB_EVENT_HANDLER(&device->event, ib, device_event);

	mutex_lock(&node->device_lock);
	list_add_tail(&device->entry, &node->devices);
	mutex_unlock(&node->device_lock);

	ib_register_event_handler(&device->event);
	pr_info("using RDMA device %s\n", dev_name(&ib->dev));
	ccm_node_path_up(node);
	return 0;
}

static void client_remove(struct ib_device *ib, void *client_data)
{
	struct ccm_node *node = the_node;
	struct ccm_device *device;
	u32 i;

	device = ccm_device_find(node, ib);
	if (!device)
		return;
	ib_unregister_event_handler(&device->event);

	/*
	 * From here on no connection takes the device. Those that have it are closed by
	 * their partners' work items, each within a bound, and flushed below: nobody
	 * looks at the device after that.
	 */
	mutex_lock(&node->device_lock);
	device->gone = true;
	mutex_unlock(&node->device_lock);
	for (i = 0; i < node->partner_count; i++)
		ccm_partner_kick(node->partners[i], CCM_PARTNER_DEVICE);
	for (i = 0; i < node->partner_count; i++)
		flush_workqueue(node->partners[i]->wq);

	mutex_lock(&node->device_lock);
	list_del(&device->entry);
	mutex_unlock(&node->device_lock);
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
 * @node: node
 * @ib: device
 *
 * Return: NULL if CCM does not use the device or it is being removed. Otherwise it
 * stays until the calling partner's work item has ended.
 */
struct ccm_device *ccm_device_find(struct ccm_node *node, struct ib_device *ib)
{
	struct ccm_device *device;
	struct ccm_device *found = NULL;

	mutex_lock(&node->device_lock);
	list_for_each_entry(device, &node->devices, entry) {
		if (device->ib == ib && !device->gone) {
			found = device;
			break;
		}
	}
	mutex_unlock(&node->device_lock);
	return found;
}

/**
 * ccm_devices_register() - use every RDMA device there is or will be
 * @node: node, one at a time
 *
 * Return: 0 or a negative errno; -ENOMEM: also for one of the devices there are
 */
int ccm_devices_register(struct ccm_node *node)
{
	int ret;

	the_node = node;
	out_of_memory = false;
	registering = true;
	ret = ib_register_client(&ccm_ib_client);
	registering = false;
	if (!ret && out_of_memory) {
		ib_unregister_client(&ccm_ib_client);
		ret = -ENOMEM;
	}
	if (ret)
		the_node = NULL;
	return ret;
}

/** ccm_devices_unregister() - use none any more; every connection is closed */
void ccm_devices_unregister(void)
{
	ib_unregister_client(&ccm_ib_client);
	the_node = NULL;
}

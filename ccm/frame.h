/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame: one UDP datagram, made long before it is needed, that leaves by netpoll. The initial
 * network namespace's.
 *
 * It is made when memory and locks can be had, and sent when neither can: see ccm_frame_send().
 */
#ifndef CCM_FRAME_H
#define CCM_FRAME_H

#include <linux/list.h>
#include <linux/socket.h>
#include <linux/types.h>

struct ccm_frame;
struct net_device;

/**
 * struct ccm_frames - the interfaces by which frames may leave
 * @devices: struct ccm_frame_device; under the RTNL
 */
struct ccm_frames {
	struct list_head devices;
};

/**
 * struct ccm_envelope - from whom to whom a frame goes
 * @from: address of this machine
 * @to: address, with port
 * @port: that it comes from
 * @ifindex: interface by which it leaves
 */
struct ccm_envelope {
	struct sockaddr_storage from;
	struct sockaddr_storage to;
	u16 port;
	int ifindex;
};

void ccm_frames_init(struct ccm_frames *frames);
void ccm_frames_end(struct ccm_frames *frames);
void ccm_frames_device_gone(struct ccm_frames *frames, const struct net_device *dev);

struct ccm_frame *ccm_frame_create(struct ccm_frames *frames, const struct ccm_envelope *envelope,
				   const u8 *data, u32 len);
void ccm_frame_free(struct ccm_frame *frame);
bool ccm_frame_leaves_by(const struct ccm_frame *frame, const struct net_device *dev);
void ccm_frame_send(struct ccm_frame *frame);

#endif /* CCM_FRAME_H */

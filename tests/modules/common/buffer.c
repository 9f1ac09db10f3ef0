// SPDX-License-Identifier: GPL-2.0-only
/* Memory of a test client; see buffer.h. */
#include <linux/kmemleak.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "buffer.h"

/**
 * buffer_create() - allocate and map
 * @buffer: zeroed; stays so if it fails
 * @link: for which
 * @len: bytes, zeroed
 * @dir: for what
 *
 * Return: 0; -ENOMEM; what ccm_buffer_map() says
 */
int buffer_create(struct ccm_buffer *buffer, struct ccm_link *link, size_t len,
		  enum dma_data_direction dir)
{
	void *data = kzalloc(len, GFP_KERNEL);
	int ret;

	if (!data)
		return -ENOMEM;
	ret = ccm_buffer_map(buffer, link, data, len, dir);
	if (ret) {
		memset(buffer, 0, sizeof(*buffer));
		kfree(data);
	}
	return ret;
}

/**
 * buffer_destroy() - undo it; the buffer is zeroed
 * @buffer: created, or zeroed
 */
void buffer_destroy(struct ccm_buffer *buffer)
{
	void *data = buffer->data;

	if (!data)
		return;
	ccm_buffer_unmap(buffer);
	memset(buffer, 0, sizeof(*buffer));
	kfree(data);
}

/**
 * buffer_leave() - the device may still reach it; the buffer is zeroed, the memory left alone
 * @buffer: created
 */
void buffer_leave(struct ccm_buffer *buffer)
{
	kmemleak_not_leak(buffer->data);
	ccm_buffer_unmap(buffer);
	memset(buffer, 0, sizeof(*buffer));
}

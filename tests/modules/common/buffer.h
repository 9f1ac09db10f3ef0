/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a test client, allocated and mapped as one. */
#ifndef CCM_TEST_BUFFER_H
#define CCM_TEST_BUFFER_H

#include <linux/ccm.h>

int buffer_create(struct ccm_buffer *buffer, struct ccm_link *link, size_t len,
		  enum dma_data_direction dir);
void buffer_destroy(struct ccm_buffer *buffer);
void buffer_leave(struct ccm_buffer *buffer);

#endif /* CCM_TEST_BUFFER_H */

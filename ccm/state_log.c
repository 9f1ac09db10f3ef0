// SPDX-License-Identifier: GPL-2.0-only
#include "log.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include <uapi/linux/ccm.h>

#include "core/names.h"
#include "core/reason.h"
#include "state_log.h"

static void print(const struct ccm_state_log *log, const struct ccm_state_line *line, u32 unsaid)
{
	const struct ccm_last_way *last = &line->last;
	char from[80] = "";
	char error[32] = "";
	char when[80] = "";
	char more[48] = "";

	if (unsaid)
		scnprintf(more, sizeof(more), "; %u changes before that were not logged", unsaid);
	if (line->state == CCM_STATE_READY) {
		pr_info("partner %u: READY (version %u, incarnation %016llx)%s\n", log->id,
			line->version, line->incarnation, more);
		return;
	}
	if (last->device[0])	/* RDMA CM has chosen both */
		scnprintf(from, sizeof(from), "%pISc to ", &last->from);
	if (line->error)
		scnprintf(error, sizeof(error), " (%pe)", ERR_PTR(line->error));
	if (line->heard_ms)
		scnprintf(when, sizeof(when),
			  "; that was %llu to %llu ms ago: its crash kernel runs",
			  line->panicked_ms, line->heard_ms);
	else if (line->panicked_ms)
		scnprintf(when, sizeof(when), "; its crash kernel has run for %llu ms",
			  line->panicked_ms);
	pr_info("partner %u: DOWN (%s): %s%pISpc%s%s: %s%s%s%s\n", log->id,
		ccm_reason_text(line->reason), from, &last->to, last->device[0] ? " over " : "",
		last->device, ccm_reason_remedy(line->reason), error, when, more);
}

/* What was left out last is the present state, and that is not left out. */
static void say_later(struct work_struct *work)
{
	struct ccm_state_log *log = container_of(to_delayed_work(work), struct ccm_state_log,
						 later);
	struct ccm_state_line line;
	u32 unsaid;

	spin_lock(&log->lock);
	line = log->line;
	unsaid = log->unsaid;
	log->unsaid = 0;
	spin_unlock(&log->lock);
	if (unsaid)
		print(log, &line, unsaid - 1);
}

/** ccm_state_log_begin() - @log: nothing was said yet of partner @id */
void ccm_state_log_begin(struct ccm_state_log *log, u32 id)
{
	log->id = id;
	ratelimit_state_init(&log->limit, CCM_STATE_LOG_S * HZ, CCM_STATE_LOG_LINES);
	/* what was left out is said here, not by the limit itself */
	ratelimit_set_flags(&log->limit, RATELIMIT_MSG_ON_RELEASE);
	spin_lock_init(&log->lock);
	INIT_DELAYED_WORK(&log->later, say_later);
}

/**
 * ccm_state_log_say() - a partner is READY, or DOWN
 * @log: of the partner
 * @line: what to say
 *
 * Context: process, one caller at a time. With a serial console it takes milliseconds.
 */
void ccm_state_log_say(struct ccm_state_log *log, const struct ccm_state_line *line)
{
	const bool now = __ratelimit(&log->limit);
	u32 unsaid;

	spin_lock(&log->lock);
	unsaid = log->unsaid;
	log->line = *line;
	log->unsaid = now ? 0 : unsaid + 1;
	spin_unlock(&log->lock);
	if (now)
		print(log, line, unsaid);
	else
		schedule_delayed_work(&log->later, CCM_STATE_LOG_S * HZ);
}

/** ccm_state_log_end() - nothing more is said; what was left out is. May sleep */
void ccm_state_log_end(struct ccm_state_log *log)
{
	flush_delayed_work(&log->later);
}

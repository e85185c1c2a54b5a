/*
 * The timer interrupt's handler and its data: the two 32-bit counts of busy and idle ticks become 64-bit, with an
 * average of the last ticks beside them. Interrupts come all the time; but nobody can be inside when the update is
 * applied, since CPUs are parked with interrupts on and handlers don't let themselves be preempted. So this update
 * takes the quiet way: one transfer, no monitoring.
 */
#include <kernel/fs.h>
#include <kernel/percpu.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <lucos_update.h>

LUCOS_UPDATE("tick-handler", "1.0", "64-bit counts of ticks, and an average");

#define ONE 65536		/* an average of all busy ticks */
#define WEIGHT 64		/* ticks that it looks back on, about */

struct cpu_load_64 {
	u64 busy, idle;
	u64 average;		/* of busy ticks, in 1/ONE */
};

static struct cpu_load_64 load;

static void to_new(const void *from, void *to)
{
	const struct cpu_load *old = from;
	struct cpu_load_64 *new = to;
	u64 all = (u64)old->busy + old->idle;

	new->busy = old->busy;
	new->idle = old->idle;
	new->average = all ? (u64)old->busy * ONE / all : 0;
}

static void to_old(const void *from, void *to)
{
	const struct cpu_load_64 *new = from;
	struct cpu_load *old = to;

	old->busy = (u32)new->busy;
	old->idle = (u32)new->idle;
}

LUCOS_TYPE_VARIABLE(cpu_load_type, cpu_load, load, to_new, to_old);
LUCOS_PRESERVES(cpu_load_type, struct cpu_load, busy);
LUCOS_PRESERVES(cpu_load_type, struct cpu_load, idle);

static void account(void)
{
	struct cpu *c = this_cpu();
	bool busy = c->thread != c->idle;

	load.busy += busy;
	load.idle += !busy;
	load.average += (busy ? ONE / WEIGHT : 0) - load.average / WEIGHT;
}

static s64 load_read_64(struct file *f, void *user_buf, u64 size)
{
	char text[96];
	int length = snprintf(text, sizeof(text), "busy=%lu idle=%lu average=%lu%%\n", READ_ONCE(load.busy), READ_ONCE(load.idle),
		READ_ONCE(load.average) * 100 / ONE);

	return device_read_text(f, user_buf, size, text, (u64)length);
}

LUCOS_REPLACE(account_load, account);
LUCOS_REPLACE(load_read, load_read_64);

/*
 * counters-64, and sleeping too long is refused. Threads sleep in the old sys_sleep_ns for hours and have nothing to do with the
 * counters: saying so ends the monitoring of the counters as soon as the last thread has left the functions that count.
 */
#define UPDATE_NAME "counters-and-sleep"
#define WHEN .transfer = LUCOS_TRANSFER_EACH_WRITE

#include "../counters-64/counters-64.c"
#include <kernel/printk.h>
#include <kernel/time.h>

#define LONGEST (24UL * 3600 * 1000000000)

static s64 bounded_sleep(u64 ns)
{
	return ns > LONGEST ? -EINVAL : sleep_ns(ns);
}

LUCOS_REPLACE(sys_sleep_ns, bounded_sleep);

LUCOS_HANDLES(counting_read, io_counters_type);
LUCOS_HANDLES(counting_write, io_counters_type);
LUCOS_HANDLES(iostat_read_64, io_counters_type);
LUCOS_HANDLES_NO_DATA(bounded_sleep);

static void counters_left(void)
{
	printk("counters-and-sleep: nobody counts in 32 bits any more\n");
}

LUCOS_ON_DATA_LEFT(io_counters_type, counters_left);

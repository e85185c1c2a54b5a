/* /dev/bench: see <uapi/bench.h>. `insmod /lib/modules/bench.ko` */
#include <kernel/fs.h>
#include <kernel/io.h>
#include <kernel/lucos.h>
#include <kernel/module.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <lucos_abi.h>
#include <uapi/bench.h>
#include <uapi/errno.h>
#include "bench.h"

#define UART_SCRATCH 0x3ff	/* a register without any effect (PC16550D data sheet, section 8.8) */

static struct mutex one_at_a_time;

static s64 port_out(u64 n)
{
	for (u64 i = 0; i < n; i++)
		outb(UART_SCRATCH, (u8)i);
	return 0;
}

static s64 port_in(u64 n)
{
	for (u64 i = 0; i < n; i++)
		(void)inb(UART_SCRATCH);
	return 0;
}

static s64 hypercalls(u64 n)
{
	if (!lucos_present())
		return -ENODEV;
	for (u64 i = 0; i < n; i++) {
		s64 result = LUCOS_HC_VERSION;

		/* The jump ends the monitor's block, so that it can serve the call right behind it. */
		asm volatile("out %%eax, %%dx\n\tjmp 1f\n1:"
			: "+a"(result) : "d"(LUCOS_HYPERCALL_PORT), "b"((u64)LUCOS_ABI_VERSION) : "memory", "cc");
		if (result < 0)
			return -EIO;
	}
	return 0;
}

static s64 serve(u64 command, u64 n)
{
	switch (command) {
	case BENCH_PORT_OUT:
		return port_out(n);
	case BENCH_PORT_IN:
		return port_in(n);
	case BENCH_HYPERCALL:
		return hypercalls(n);
	case BENCH_THREADS_START:
		return threads_start(n);
	case BENCH_THREADS_ROUNDS:
		return threads_rounds(n);
	case BENCH_THREADS_STOP:
		threads_stop();
		return 0;
	case BENCH_RECORDS_MAKE:
		return records_make(n);
	case BENCH_RECORDS_STORE:
		return records_store(n);
	case BENCH_RECORDS_CARRY:
		return records_carry(n);
	case BENCH_RECORDS_LOCKED:
		return records_store_locked(n);
	case BENCH_RECORDS_FREE:
		records_free();
		return 0;
	case BENCH_WAITERS_START:
		return waiters_start(n);
	case BENCH_WAITERS_STOP:
		waiters_stop();
		return 0;
	}
	return -ENOTTY;
}

static s64 device_ioctl(struct file *f, u64 command, void *user_arg)
{
	if (current_process()->uid != 0)
		return -EPERM;
	mutex_lock(&one_at_a_time);
	s64 result = serve(command, (u64)user_arg);
	mutex_unlock(&one_at_a_time);
	return result;
}

/* Whoever had it open may have died with threads waiting. */
static void device_release(struct file *f)
{
	mutex_lock(&one_at_a_time);
	threads_stop();
	mutex_unlock(&one_at_a_time);
}

static const struct file_operations operations = { .ioctl = device_ioctl, .release = device_release };

int module_init(void)
{
	mutex_init(&one_at_a_time, "bench");
	return register_device("bench", 0600, &operations);
}

void module_exit(void)
{
	unregister_device("bench");
	waiters_stop();
	records_free();
}

/* device.c: what only the kernel can do, through /dev/bench (`insmod /lib/modules/bench.ko`). */
#include <stdio.h>
#include <uapi/bench.h>
#include <unistd.h>
#include "kbench.h"

static long device;

long open_device(void)
{
	device = open("/dev/bench", O_RDONLY, 0);
	return device < 0 ? device : 0;
}

long port_out(unsigned long n)
{
	return ioctl(device, BENCH_PORT_OUT, n);
}

long port_in(unsigned long n)
{
	return ioctl(device, BENCH_PORT_IN, n);
}

long hypercalls(unsigned long n)
{
	return ioctl(device, BENCH_HYPERCALL, n);
}

long threads(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		long err = ioctl(device, BENCH_THREADS_START, width);

		if (!err)
			err = ioctl(device, BENCH_THREADS_STOP, 0);
		if (err)
			return err;
	}
	return 0;
}

/* The first round is not timed: each thread's stack comes into use. */
long start_threads(void)
{
	long err = open_device();

	if (!err)
		err = ioctl(device, BENCH_THREADS_START, width);
	return err ? err : ioctl(device, BENCH_THREADS_ROUNDS, 1);
}

long thread_switches(unsigned long n)
{
	return ioctl(device, BENCH_THREADS_ROUNDS, n);
}

long make_records(unsigned long n)
{
	return ioctl(device, BENCH_RECORDS_MAKE, n);
}

long store_records(unsigned long n)
{
	return ioctl(device, BENCH_RECORDS_STORE, n);
}

long carry_records(unsigned long n)
{
	return ioctl(device, BENCH_RECORDS_CARRY, n);
}

long store_records_locked(unsigned long n)
{
	return ioctl(device, BENCH_RECORDS_LOCKED, n);
}

long free_records(unsigned long n)
{
	return ioctl(device, BENCH_RECORDS_FREE, n);
}

long start_waiters(unsigned long n)
{
	return ioctl(device, BENCH_WAITERS_START, n);
}

long stop_waiters(unsigned long n)
{
	return ioctl(device, BENCH_WAITERS_STOP, n);
}

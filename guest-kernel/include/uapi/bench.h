/*
 * The ioctls of /dev/bench, which bench.ko makes: work that only the kernel can do, for kbench to time. Root only. The argument is
 * a number, not a pointer; the result is 0 or a negative errno.
 */
#ifndef UAPI_BENCH_H
#define UAPI_BENCH_H

#define BENCH_PORT_OUT		0x4201	/* so many OUT to a device register that only keeps the byte */
#define BENCH_PORT_IN		0x4202	/* so many IN from it */
#define BENCH_HYPERCALL		0x4203	/* so many hypercalls that only answer; -ENODEV without Lucos */
#define BENCH_THREADS_START	0x4204	/* makes so many kernel threads, which wait; -EBUSY if there are some */
#define BENCH_THREADS_ROUNDS	0x4205	/* lets each of them give up the CPU so many times */
#define BENCH_THREADS_STOP	0x4206	/* ends them and waits until they are gone; the argument does not matter */
#define BENCH_RECORDS_MAKE	0x4207	/* makes so many records of 64 bytes, which stay; -EBUSY if there are some */
#define BENCH_RECORDS_STORE	0x4208	/* so many stores of eight bytes, to one record after another */
#define BENCH_RECORDS_CARRY	0x420c	/* the same, each with a load from the record's new version, if it has one */
#define BENCH_RECORDS_LOCKED	0x420d	/* the stores, each with a lock held that lies in the kernel's own data */
#define BENCH_RECORDS_FREE	0x4209	/* frees the records; the argument does not matter */
#define BENCH_WAITERS_START	0x420a	/* makes so many threads that stand in thread_join, and stay; -EBUSY if there are some */
#define BENCH_WAITERS_STOP	0x420b	/* lets them go; the argument does not matter */

#endif

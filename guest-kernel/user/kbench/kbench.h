/* kbench.h: what the benchmarks of kbench share with its table. */
#ifndef KBENCH_H
#define KBENCH_H

#define AREA_WORDS (4UL << 17)	/* 4 MiB: far more pages than an emulator's cache of translations begins with */
extern unsigned long area[2][AREA_WORDS];

/* Each does n iterations and returns 0 or a negative errno. Those in compute.c make no system call: they need no kernel. */
long integer(unsigned long n);
long cipher(unsigned long n);
long memory(unsigned long n);
long copying(unsigned long n);
long striding(unsigned long n);
long calls(unsigned long n);
long recursion(unsigned long n);
long indirect(unsigned long n);

long nothing(unsigned long n);
long syscalls(unsigned long n);
long yields(unsigned long n);
long ticks(unsigned long n);
long switches(unsigned long n);
long pipe_throughput(unsigned long n);
long forks(unsigned long n);
long execs(unsigned long n);
long faults(unsigned long n);
long read_forever(unsigned long n);
/* One iteration: 64 bytes read from /dev/zero and written to /dev/null. */
long file_calls(unsigned long n);

/* Work for as many processes as `width` says, done at the same time; n iterations in all. */
long parallel(unsigned long n);
extern unsigned long width;

/* /dev/bench. */
long port_out(unsigned long n);
long port_in(unsigned long n);
long hypercalls(unsigned long n);
/* One iteration: `width` kernel threads are made and ended. */
long threads(unsigned long n);
/* One iteration: each of `width` kernel threads gives up the CPU once. */
long thread_switches(unsigned long n);
/* n records, n stores to them, n threads inside thread_join. Records and threads outlive the program, for the next one. */
long make_records(unsigned long n);
long store_records(unsigned long n);
long carry_records(unsigned long n);
long store_records_locked(unsigned long n);
long free_records(unsigned long n);
long start_waiters(unsigned long n);
long stop_waiters(unsigned long n);

/*
 * What must be done before, and is not timed. touch_memory: an emulator lets its cache of translations grow when it was full at a
 * flush, so every page is touched, and the address space changed, as often as it takes.
 */
long touch_memory(void);
long open_device(void);
long start_threads(void);

#endif

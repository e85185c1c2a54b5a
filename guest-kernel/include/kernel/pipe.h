/*
 * What a pipe is: for fs/pipe.c, and for updates that replace its functions. What they take for the layout of struct pipe is then
 * what the kernel has.
 */
#ifndef KERNEL_PIPE_H
#define KERNEL_PIPE_H

#include <kernel/mutex.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <uapi/fs.h>

struct pipe {
	struct mutex lock;
	struct wait_queue read_queue;	/* sleepers wait for bytes, or for the last writer to leave */
	struct wait_queue write_queue;	/* sleepers wait for room, or for the last reader to leave */
	bool readable, writable;	/* the file of that end is open */
	u32 ends;			/* open ends whose release has not let go of the pipe yet */
	u64 head, tail;			/* read up to head, written up to tail; tail - head bytes are in the ring */
	u8 ring[PIPE_SIZE];
};

#endif

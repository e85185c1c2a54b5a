/*
 * What the files of kernel/ that make up processes share.
 */
#ifndef KERNEL_PROCESS_INTERNAL_H
#define KERNEL_PROCESS_INTERNAL_H

struct process;

void process_free_unstarted(struct process *p);
/* Makes a signal pending and wakes the process, unless it ignores the signal. Under process_lock. */
void process_signal_locked(struct process *p, int signal);

#endif

/*
 * What the files of kernel/ that make up processes share.
 */
#ifndef KERNEL_PROCESS_INTERNAL_H
#define KERNEL_PROCESS_INTERNAL_H

struct process;

void process_free_unstarted(struct process *p);

#endif

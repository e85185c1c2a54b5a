/*
 * Kernel messages: into the log ring and, unless `quiet` is on the command
 * line, onto the console. pr_err always reaches the console.
 *
 * The ring is `klog_buffer[KLOG_SIZE]`; klog_written counts all bytes ever
 * logged, so the byte at position p lies at klog_buffer[p % KLOG_SIZE] as
 * long as klog_written - p <= KLOG_SIZE.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <kernel/types.h>

#define KLOG_SIZE 65536

extern char klog_buffer[KLOG_SIZE];
extern u64 klog_written;

void printk(const char *fmt, ...) __printf(1, 2);
void pr_err(const char *fmt, ...) __printf(1, 2);
/* From now on messages go to the console too (early ones are replayed). */
void printk_enable_console(bool quiet);
/* What this CPU prints between the two stays together; interrupts are off meanwhile. A fault in between is a panic. */
u64 printk_begin(void);
void printk_end(u64 flags);
/* The machine is going down: breaks locks whose holders will not run again. */
void printk_force(void);

#endif

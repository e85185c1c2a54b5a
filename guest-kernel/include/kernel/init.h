/*
 * What kernel_main calls, in this order.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include <kernel/types.h>

void kernel_main(u64 start_info_phys) __noreturn;
void bootinfo_read(u64 start_info_phys);
void percpu_init(u32 id);	/* GS, GDT, TSS of the CPU that calls; first of all on each */
void trap_init(void);		/* IDT */
void trap_init_cpu(void);	/* IDT and SYSCALL of the CPU that calls */
void page_init(void);		/* page_array and bitmap */
void paging_init(void);		/* the final page tables */
void paging_init_cpu(void);	/* protections of the CPU that calls */
void slab_init(void);
void kmalloc_init(void);
void vmalloc_init(void);
void vmspace_init(void);
void sched_init(void);		/* the boot thread becomes the idle thread */
void pic_init(void);
void time_init(void);
void process_init(void);
void smp_init(void);		/* starts the other CPUs */
void idle_loop(void) __noreturn;
void init_thread(void *arg);	/* mounts the root, starts /init */

#endif

/*
 * Where everything lies in virtual memory; the only place that says so.
 * Also included by assembly and the linker script.
 *
 *   0000000000400000  user program text and data, then the heap (sbrk)
 *   0000010000000000  user anonymous mmap
 *   00007fffffffe000  top of the user stack (grows on demand)
 *   ffff800000000000  direct map of all RAM (NX, writable)
 *   ffffc90000000000  vmalloc: kernel stacks and large buffers, guard pages
 *   ffffc94000000000  the local APICs' registers: one page, each CPU sees its own
 *   ffffffff80000000  kernel image (linked here + 1 MiB)
 *   ffffffffa0000000  module area, 64 MiB, within rel32 reach of the text
 */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#define UL(x) x##UL
#endif

#define PAGE_SHIFT 12
#define PAGE_SIZE UL(0x1000)
#define LARGE_PAGE_SIZE UL(0x200000)

#define DIRECT_MAP_BASE UL(0xffff800000000000)
#define VMALLOC_BASE UL(0xffffc90000000000)
#define VMALLOC_SIZE UL(0x0000004000000000)
#define LAPIC_BASE UL(0xffffc94000000000)	/* right behind vmalloc, below the same top-level entry */
#define KERNEL_BASE UL(0xffffffff80000000)
#define KERNEL_PHYS UL(0x100000)
#define MODULE_BASE UL(0xffffffffa0000000)
#define MODULE_SIZE UL(0x4000000)

#define USER_TEXT_BASE UL(0x400000)
#define USER_MMAP_BASE UL(0x10000000000)
#define USER_STACK_TOP UL(0x7fffffffe000)
#define USER_STACK_SIZE UL(0x100000)
#define USER_END UL(0x7ffffffff000)

#define KERNEL_STACK_SIZE UL(0x4000)

/* Physical page where CPUs start in real mode: in low memory, which the kernel uses for nothing else. */
#define TRAMPOLINE_PHYS UL(0x10000)

/* Selectors. SYSRET wants user data at base + 8 and user code at base + 16. */
#define SEL_KCODE 0x08
#define SEL_KDATA 0x10
#define SEL_UDATA (0x18 | 3)
#define SEL_UCODE (0x20 | 3)
#define SEL_TSS 0x28
#define SEL_SYSRET_BASE 0x13

#endif

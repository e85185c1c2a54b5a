/*
 * What the boot protocol told us, copied before low memory is forgotten.
 */
#ifndef KERNEL_BOOTINFO_H
#define KERNEL_BOOTINFO_H

#include <kernel/types.h>

#define MAX_MEMORY_RANGES 32

struct memory_range {
	u64 start, size;
};

struct boot_info {
	u32 range_count;
	struct memory_range ranges[MAX_MEMORY_RANGES];	/* usable RAM */
	u64 initramfs_phys, initramfs_size;		/* 0: none */
	u64 rsdp;					/* physical address of the ACPI tables' root; 0: not told */
	bool trampoline_is_ram;				/* there is RAM at TRAMPOLINE_PHYS */
};

extern struct boot_info boot_info;

/* The initramfs through the direct map; NULL if there is none. */
const void *initramfs_data(u64 *size);

#endif

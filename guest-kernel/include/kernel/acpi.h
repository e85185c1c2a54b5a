/*
 * ACPI, of which the kernel wants one thing: which CPUs there are (ACPI
 * specification 6.4, sections 5.2.5 to 5.2.12).
 */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include <kernel/types.h>

struct acpi_cpus {
	u32 count;		/* enabled CPUs with an 8-bit APIC id, at most as many as asked for */
	u32 ignored;		/* there were so many more */
	u64 lapic_phys;		/* the local APICs' registers */
	u8 apic_ids[256];
};

/*
 * Reads the MADT, of which it takes `max` CPUs, always the one with boot_id
 * among them and first. False: there is none (*why is NULL), or it makes no
 * sense (*why says so).
 */
bool acpi_find_cpus(struct acpi_cpus *out, u32 max, u8 boot_id, const char **why);

#endif

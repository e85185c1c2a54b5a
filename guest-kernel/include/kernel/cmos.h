/*
 * The battery-backed clock.
 */
#ifndef KERNEL_CMOS_H
#define KERNEL_CMOS_H

#include <kernel/types.h>

struct cmos_date {
	u32 year, month, day, hour, minute, second;
};

void cmos_read_date(struct cmos_date *d);

#endif

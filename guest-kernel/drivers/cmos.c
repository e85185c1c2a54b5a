/*
 * CMOS clock: the date at boot, for the log only; time itself is time_ns.
 */
#include <kernel/cmos.h>
#include <kernel/io.h>

static u32 read_register(u8 index)
{
	outb(0x70, index);
	return inb(0x71);
}

static u32 decimal(u32 bcd)
{
	return (bcd >> 4) * 10 + (bcd & 15);
}

void cmos_read_date(struct cmos_date *d)
{
	bool binary = read_register(0x0b) & 4;
	u32 raw[6] = { read_register(9), read_register(8), read_register(7),
		       read_register(4), read_register(2), read_register(0) };
	for (int i = 0; i < 6 && !binary; i++)
		raw[i] = decimal(raw[i]);
	*d = (struct cmos_date){ 2000 + raw[0], raw[1], raw[2], raw[3], raw[4], raw[5] };
}

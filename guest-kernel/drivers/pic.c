/*
 * The two 8259s, remapped to VEC_IRQ_BASE; edge triggered, all lines masked
 * until somebody registers a handler.
 */
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/pic.h>
#include <kernel/trap.h>

enum { MASTER = 0x20, SLAVE = 0xa0 };
enum { EOI = 0x20, READ_ISR = 0x0b };

static u16 mask = 0xfffb;	/* the cascade is open */

static void write_mask(void)
{
	outb(MASTER + 1, mask);
	outb(SLAVE + 1, mask >> 8);
}

void pic_init(void)
{
	outb(MASTER, 0x11);			/* ICW1: edge, cascade, ICW4 follows */
	outb(SLAVE, 0x11);
	outb(MASTER + 1, VEC_IRQ_BASE);		/* ICW2 */
	outb(SLAVE + 1, VEC_IRQ_BASE + 8);
	outb(MASTER + 1, 1 << 2);		/* ICW3 */
	outb(SLAVE + 1, 2);
	outb(MASTER + 1, 1);			/* ICW4: 8086 mode */
	outb(SLAVE + 1, 1);
	write_mask();
}

void pic_mask(int irq)
{
	mask |= 1 << irq;
	write_mask();
}

void pic_unmask(int irq)
{
	mask &= ~(1 << irq);
	write_mask();
}

bool pic_acknowledge(int irq)
{
	if (irq == 7 || irq == 15) {
		u16 port = irq == 7 ? MASTER : SLAVE;
		outb(port, READ_ISR);
		if (!(inb(port) & 0x80)) {
			if (irq == 15)
				outb(MASTER, EOI);
			return false;
		}
	}
	if (irq >= 8)
		outb(SLAVE, EOI);
	outb(MASTER, EOI);
	return true;
}

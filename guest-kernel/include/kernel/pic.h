/*
 * The two 8259 interrupt controllers.
 */
#ifndef KERNEL_PIC_H
#define KERNEL_PIC_H

#include <kernel/types.h>

void pic_mask(int irq);
void pic_unmask(int irq);
/* Ends the interrupt; false if it was spurious. */
bool pic_acknowledge(int irq);

#endif

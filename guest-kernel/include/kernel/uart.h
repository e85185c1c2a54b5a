/*
 * 16550 UART at 0x3f8, IRQ 4: the serial console's device.
 */
#ifndef KERNEL_UART_H
#define KERNEL_UART_H

#include <kernel/types.h>

void uart_init(void);		/* polled output works from here on */
void uart_enable_irq(void);	/* receive and transmit interrupts */
/* Any context. Queues; when the queue is full it waits for the device. */
void uart_write(const char *buf, u64 size);
/* The same for text: each newline goes out as carriage return and newline. */
void uart_write_text(const char *text, u64 n);
/* Waits until everything queued has left; for panics and power-off. */
void uart_flush(void);
/* Sets who gets received bytes: interrupt context, one byte at a time. */
void uart_set_receiver(void (*receive)(u8 byte));
/* For printk_force: polled output from here on, lock broken. */
void uart_force(void);

#endif

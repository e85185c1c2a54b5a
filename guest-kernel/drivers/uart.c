/*
 * 16550 UART. Output is queued and sent from the transmit interrupt; before
 * uart_enable_irq, and in uart_flush, it is sent by polling.
 */
#include <kernel/io.h>
#include <kernel/spinlock.h>
#include <kernel/trap.h>
#include <kernel/uart.h>

#define PORT 0x3f8
enum { DATA = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { IER_RX = 1, IER_TX = 2 };
enum { LSR_DATA = 1, LSR_THRE = 0x20 };

#define FIFO_SIZE 16
#define QUEUE_SIZE 4096

static struct spinlock lock = SPINLOCK("uart");	/* irqsave; innermost */
static u8 queue[QUEUE_SIZE];
static u64 head, tail;		/* sent up to head, queued up to tail */
static bool irq_mode;
static void (*receiver)(u8 byte);

void uart_init(void)
{
	outb(PORT + IER, 0);
	outb(PORT + LCR, 0x80);		/* divisor 1: 115200 baud */
	outb(PORT + DATA, 1);
	outb(PORT + IER, 0);
	outb(PORT + LCR, 0x03);		/* 8n1 */
	outb(PORT + IIR_FCR, 0x07);	/* FIFOs on and empty */
	outb(PORT + MCR, 0x0b);		/* DTR, RTS, OUT2 (lets the IRQ out) */
}

/* Fills the FIFO if the device can take it. Returns whether it could. */
static bool send_some(void)
{
	if (!(inb(PORT + LSR) & LSR_THRE))
		return false;
	for (int i = 0; i < FIFO_SIZE && head != tail; i++)
		outb(PORT + DATA, queue[head++ % QUEUE_SIZE]);
	return true;
}

static void drain(void)
{
	while (head != tail)
		send_some();
}

static void put(u8 byte)
{
	while (tail - head == QUEUE_SIZE)
		send_some();
	queue[tail++ % QUEUE_SIZE] = byte;
}

/* Queued in one piece, so that what several CPUs write does not mix. */
static void write(const char *buf, u64 size, bool text)
{
	u64 flags = spin_lock_irqsave(&lock);
	bool was_empty = head == tail;
	for (u64 i = 0; i < size; i++) {
		if (text && buf[i] == '\n')
			put('\r');
		put(buf[i]);
	}
	if (!irq_mode)
		drain();
	else if (was_empty && size) {
		send_some();
		if (head != tail)
			outb(PORT + IER, IER_RX | IER_TX);
	}
	spin_unlock_irqrestore(&lock, flags);
}

void uart_write(const char *buf, u64 size)
{
	write(buf, size, false);
}

void uart_write_text(const char *text, u64 n)
{
	write(text, n, true);
}

/* Takes no lock: the machine is going down, and the holder may never return. */
void uart_flush(void)
{
	drain();
	while (!(inb(PORT + LSR) & LSR_THRE))
		;
}

void uart_force(void)
{
	spin_init(&lock, "uart");
	irq_mode = false;
}

static void uart_interrupt(struct trap_frame *tf, void *arg)
{
	(void)inb(PORT + IIR_FCR);
	while (inb(PORT + LSR) & LSR_DATA) {
		u8 byte = inb(PORT + DATA);
		if (receiver)
			receiver(byte);
	}
	spin_lock(&lock);
	if (head != tail)
		send_some();
	if (head == tail)
		outb(PORT + IER, IER_RX);
	spin_unlock(&lock);
}

void uart_enable_irq(void)
{
	irq_register(IRQ_UART, uart_interrupt, NULL);
	irq_mode = true;
	outb(PORT + IER, IER_RX);
}

void uart_set_receiver(void (*receive)(u8 byte))
{
	receiver = receive;
}

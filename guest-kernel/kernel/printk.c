/*
 * printk and the log ring. Lock order: klog_lock is innermost but for the
 * UART's; it may be taken in any context.
 */
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <kernel/uart.h>

char klog_buffer[KLOG_SIZE];
u64 klog_written;

static struct spinlock klog_lock = SPINLOCK("klog");
static bool console_on, console_quiet;

static void log_bytes(const char *text, u64 n)
{
	for (u64 i = 0; i < n; i++)
		klog_buffer[klog_written++ % KLOG_SIZE] = text[i];
}

static void vprintk(bool important, const char *fmt, va_list ap)
{
	char text[512];
	u64 n = vsnprintf(text, sizeof(text), fmt, ap);
	n = MIN(n, sizeof(text) - 1);
	bool mine = spin_holding(&klog_lock);	/* between printk_begin and printk_end */
	u64 flags = mine ? 0 : spin_lock_irqsave(&klog_lock);
	log_bytes(text, n);
	if (console_on && (important || !console_quiet))
		uart_write_text(text, n);
	if (!mine)
		spin_unlock_irqrestore(&klog_lock, flags);
}

u64 printk_begin(void)
{
	return spin_lock_irqsave(&klog_lock);
}

void printk_end(u64 flags)
{
	spin_unlock_irqrestore(&klog_lock, flags);
}

void printk(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vprintk(false, fmt, ap);
	va_end(ap);
}

void pr_err(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vprintk(true, fmt, ap);
	va_end(ap);
}

void printk_force(void)
{
	spin_init(&klog_lock, "klog");
	console_on = true;
	uart_force();
}

void printk_enable_console(bool quiet)
{
	u64 flags = spin_lock_irqsave(&klog_lock);
	console_on = true;
	console_quiet = quiet;
	if (!quiet)
		uart_write_text(klog_buffer, MIN(klog_written, KLOG_SIZE));
	spin_unlock_irqrestore(&klog_lock, flags);
}

/*
 * panic and oops: the last words of the kernel or of a thread.
 */
#include <kernel/cmdline.h>
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/module.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/trap.h>
#include <kernel/uart.h>
#include <kernel/wait.h>

#define PANIC_EXIT 0x7f
#define OOPS_STATUS (128 + SIGSEGV)

u64 oops_count;
static bool panicking;

void print_registers(const struct trap_frame *tf)
{
	char where[128];
	kallsyms_format(tf->rip, where, sizeof(where));
	pr_err("RIP %04lx:%016lx %s\n", tf->cs, tf->rip, where);
	pr_err("RSP %04lx:%016lx RFLAGS %08lx vector %lu error %lx\n",
	       tf->ss, tf->rsp, tf->rflags, tf->vector, tf->error);
	pr_err("RAX %016lx RBX %016lx RCX %016lx\n", tf->rax, tf->rbx, tf->rcx);
	pr_err("RDX %016lx RSI %016lx RDI %016lx\n", tf->rdx, tf->rsi, tf->rdi);
	pr_err("RBP %016lx R8  %016lx R9  %016lx\n", tf->rbp, tf->r8, tf->r9);
	pr_err("R10 %016lx R11 %016lx R12 %016lx\n", tf->r10, tf->r11, tf->r12);
	pr_err("R13 %016lx R14 %016lx R15 %016lx\n", tf->r13, tf->r14, tf->r15);
	pr_err("CR2 %016lx CR3 %016lx\n", read_cr2(), read_cr3());
}

void print_backtrace(const struct trap_frame *tf)
{
	struct stack_walk w;
	char where[128];
	if (!current)
		return;
	stack_walk_frame(&w, (struct trap_frame *)tf);
	pr_err("Backtrace of %s (tid %d):\n", current->name, current->tid);
	while (stack_walk_next(&w)) {
		/* A return address may lie behind its function's last byte. */
		kallsyms_format(w.kind == FRAME_RETURN ? w.rip - 1 : w.rip, where, sizeof(where));
		pr_err("  %2u %s %s\n", w.depth, where,
		       w.kind == FRAME_INTERRUPT ? "<- interrupted" : "");
	}
	if (w.broken)
		pr_err("  (walk ends: %s)\n", w.broken);
}

static __noreturn void die(void)
{
	char how[16];
	if (cmdline_get("panic", how, sizeof(how)) && !strcmp(how, "halt")) {
		uart_flush();
		for (;;)
			asm volatile("cli; hlt");
	}
	power_off(PANIC_EXIT);
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;
	irq_disable();
	if (panicking)
		die();
	cpus_stop();
	panicking = true;
	printk_force();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pr_err("Kernel panic: %s\n", text);
	print_backtrace(NULL);
	die();
}

static bool can_kill_thread(const struct trap_frame *tf)
{
	char how[16];
	struct cpu *c = this_cpu();
	if (cmdline_get("panic", how, sizeof(how)) && !strcmp(how, "oops"))
		return false;
	return tf->vector != VEC_DF && tf->vector != VEC_NMI && c->irq_depth == 0
		&& c->preempt_count == 0 && current && current != c->idle;
}

void oops(struct trap_frame *tf, const char *what)
{
	bool killable = can_kill_thread(tf);
	u64 flags = 0;
	__atomic_add_fetch(&oops_count, 1, __ATOMIC_RELAXED);
	if (killable)
		flags = printk_begin();
	else {
		cpus_stop();
		printk_force();
	}
	pr_err("Kernel oops: %s\n", what);
	print_registers(tf);
	print_backtrace(tf);
	if (!killable) {
		panicking = true;
		pr_err("Kernel panic: fault where no thread can be killed for it\n");
		die();
	}
	printk_end(flags);
	irq_enable();
	/* A fault while a condition was looked at: the queue must not keep a thread that is freed. */
	if (current->waiting_on)
		wait_finish(current->waiting_on);
	if (current->process)
		process_exit(OOPS_STATUS);
	thread_exit(OOPS_STATUS);
}

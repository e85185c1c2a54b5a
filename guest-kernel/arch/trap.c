/*
 * The IDT and what happens behind it: exceptions, interrupts of the 8259 (the
 * boot CPU gets them all) and of the local APICs, and the way back to the
 * interrupted code (preemption, signals).
 */
#include <kernel/arch.h>
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/lapic.h>
#include <kernel/layout.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/pic.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

#define FLAGS_IF 0x200

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

static struct gate idt[256] __aligned(16);
static struct { irq_handler handler; void *arg; } irqs[IRQ_COUNT];
static struct spinlock irq_lock = SPINLOCK("interrupt lines");	/* irqsave; guards irqs and the 8259s' masks */

static void (*debug_hook)(struct trap_frame *tf);

static const char *const names[32] = {
	[VEC_DE] = "divide error", [VEC_DB] = "debug", [VEC_NMI] = "NMI",
	[VEC_BP] = "breakpoint", [4] = "overflow", [5] = "bound range", [VEC_UD] = "invalid opcode",
	[7] = "device not available", [VEC_DF] = "double fault", [10] = "invalid TSS",
	[11] = "segment not present", [VEC_SS] = "stack fault", [VEC_GP] = "general protection",
	[VEC_PF] = "page fault", [16] = "x87 error", [17] = "alignment check",
	[18] = "machine check", [19] = "SIMD error",
};

void trap_init(void)
{
	extern char trap_stubs[];
	for (u32 v = 0; v < 256; v++) {
		u64 offset = (u64)trap_stubs + v * 16;
		idt[v] = (struct gate){
			.offset_low = offset, .selector = SEL_KCODE,
			.ist = v == VEC_DF ? 1 : v == VEC_NMI ? 2 : v == 18 ? 3 : 0,
			.type = v == VEC_BP ? 0xee : 0x8e,	/* INT3 from ring 3 too */
			.offset_middle = offset >> 16, .offset_high = offset >> 32,
		};
	}
}

void trap_init_cpu(void)
{
	extern char syscall_entry[];
	struct { u16 limit; u64 base; } __packed idtr = { sizeof(idt) - 1, (u64)idt };
	asm volatile("lidt %0" :: "m"(idtr));

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1);
	wrmsr(MSR_STAR, ((u64)SEL_SYSRET_BASE << 48) | ((u64)SEL_KCODE << 32));
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SFMASK, 0x47700);	/* AC, NT, IOPL, DF, IF, TF off on entry */
}

int irq_register(int irq, irq_handler handler, void *arg)
{
	u64 flags = spin_lock_irqsave(&irq_lock);
	int result = -EBUSY;
	if (irq < 0 || irq >= IRQ_COUNT)
		result = -EINVAL;
	else if (!irqs[irq].handler) {
		irqs[irq].arg = arg;
		WRITE_ONCE(irqs[irq].handler, handler);
		pic_unmask(irq);
		result = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return result;
}

void irq_unregister(int irq)
{
	u64 flags = spin_lock_irqsave(&irq_lock);
	pic_mask(irq);
	WRITE_ONCE(irqs[irq].handler, NULL);
	irqs[irq].arg = NULL;
	spin_unlock_irqrestore(&irq_lock, flags);
}

static void handle_irq(struct trap_frame *tf)
{
	int irq = tf->vector - VEC_IRQ_BASE;
	struct cpu *c = this_cpu();
	if (!pic_acknowledge(irq))
		return;			/* spurious */
	c->irq_depth++;
	c->preempt_count++;
	void *arg = irqs[irq].arg;
	irq_handler handler = READ_ONCE(irqs[irq].handler);
	if (handler)
		handler(tf, arg);
	c->preempt_count--;
	c->irq_depth--;
}

/* From a local APIC: its timer, or another CPU. */
static void handle_apic(struct trap_frame *tf)
{
	struct cpu *c = this_cpu();
	if (tf->vector == VEC_SPURIOUS)
		return;
	lapic_end_interrupt();
	c->irq_depth++;
	c->preempt_count++;
	switch (tf->vector) {
	case VEC_LAPIC_TIMER:
		time_tick(tf);
		break;
	case VEC_LAPIC_ERROR:
		lapic_report_error();
		break;
	default:
		ipi_receive(tf->vector);
	}
	c->preempt_count--;
	c->irq_depth--;
}

/* A fault of ring 3 that nothing repairs: the process dies, with a message. */
static void kill_user(struct trap_frame *tf, u64 cr2)
{
	const char *name = tf->vector < 32 && names[tf->vector] ? names[tf->vector] : "trap";
	pr_err("%s[%d]: %s at rip %lx, address %lx, error %lx\n", current->name,
	       current_process()->pid, name, tf->rip, cr2, tf->error);
	irq_enable();
	process_exit(128 + SIGSEGV);
}

static void page_fault(struct trap_frame *tf)
{
	u64 address = read_cr2();
	struct thread *t = current;
	bool may_sleep = (tf->rflags & FLAGS_IF) && this_cpu()->irq_depth == 0
		&& this_cpu()->preempt_count == 0;
	if (t && t->process && address < USER_END && may_sleep
	    && (from_user(tf) || ex_table_lookup(tf->rip))) {
		irq_enable();
		int result = vmspace_fault(t->process->vm, address, tf->error);
		irq_disable();
		if (result == 0)
			return;
	}
	if (from_user(tf))
		kill_user(tf, address);
	u64 fixup = ex_table_lookup(tf->rip);
	if (fixup && address < USER_END) {
		tf->rip = fixup;
		return;
	}
	oops(tf, tf->error & PF_WRITE ? "page fault on a write" : "page fault on a read");
}

void trap_set_debug_hook(void (*hook)(struct trap_frame *tf))
{
	WRITE_ONCE(debug_hook, hook);
}

static void handle_exception(struct trap_frame *tf)
{
	if (tf->vector == VEC_PF)
		return page_fault(tf);
	if (tf->vector == VEC_DB && !from_user(tf) && debug_hook)
		return debug_hook(tf);
	if (from_user(tf))
		kill_user(tf, 0);
	if (tf->vector == VEC_GP && ex_table_lookup(tf->rip)) {
		tf->rip = ex_table_lookup(tf->rip);	/* non-canonical user pointer */
		return;
	}
	oops(tf, tf->vector < 32 && names[tf->vector] ? names[tf->vector] : "unexpected trap");
}

/* Called by trap_common with interrupts off. */
void trap_dispatch(struct trap_frame *tf)
{
	cpu_woken();
	if (tf->vector >= VEC_IRQ_BASE && tf->vector < VEC_IRQ_BASE + IRQ_COUNT)
		handle_irq(tf);
	else if (tf->vector >= VEC_APIC_FIRST)
		handle_apic(tf);
	else
		handle_exception(tf);
	if (tf->rflags & FLAGS_IF)	/* not out of code that wants no interruption */
		preempt_on_return();
	if (from_user(tf))
		signal_deliver(tf);
}

/*
 * Signals. They are looked at on every way back to ring 3. A handler runs on
 * the user's stack; below its frame lies what sigreturn restores.
 */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>
#include <kernel/uaccess.h>
#include <kernel/layout.h>
#include <uapi/errno.h>

#define RED_ZONE 128
/* Flags that a program may change by a forged frame: CF PF AF ZF SF DF OF. */
#define USER_FLAGS 0xcd5UL

static void drop(u32 signal)
{
	__atomic_fetch_and(&current->signals, ~(1u << signal), __ATOMIC_SEQ_CST);
}

/* False: the stack has no room, or there is no restorer. */
static bool enter_handler(struct trap_frame *tf, u32 signal, u64 handler)
{
	u64 restorer = current_process()->signal_restorer;
	u64 at = ALIGN_DOWN(tf->rsp - RED_ZONE - sizeof(*tf), 16);
	if (!restorer || copy_to_user((void *)at, tf, sizeof(*tf)))
		return false;
	/* As behind a call: the return address on a stack that was 16-aligned. */
	u64 rsp = at - 8;
	if (copy_to_user((void *)rsp, &restorer, 8))
		return false;
	tf->rsp = rsp;
	tf->rip = handler;
	tf->rdi = signal;
	tf->vector = VEC_FULL_RETURN;
	return true;
}

void signal_deliver(struct trap_frame *tf)
{
	while (current->signals) {
		u32 pending = READ_ONCE(current->signals);
		/* SIGKILL first: who keeps sending himself lower ones would never come to it. */
		u32 signal = pending & 1u << SIGKILL ? SIGKILL : __builtin_ctz(pending);
		u64 handler = current_process()->handlers[signal];
		drop(signal);
		if (handler == SIG_IGN)
			continue;
		irq_enable();
		if (handler == SIG_DFL || !enter_handler(tf, signal, handler))
			process_exit(128 + signal);
		irq_disable();
		return;
	}
}

s64 sys_signal(int signal, u64 handler, u64 restorer)
{
	struct process *p = current_process();
	if (signal <= 0 || signal >= NSIG || signal == SIGKILL)
		return -EINVAL;
	if (handler >= USER_END || restorer >= USER_END)
		return -EFAULT;
	s64 old = p->handlers[signal];
	p->handlers[signal] = handler;
	p->signal_restorer = restorer;
	return old;
}

/* The handler's `ret` left rsp at the saved frame. */
s64 sys_sigreturn(void)
{
	struct trap_frame *tf = current->user_frame, saved;
	if (copy_from_user(&saved, (void *)tf->rsp, sizeof(saved)) || saved.rip >= USER_END)
		process_exit(128 + SIGSEGV);
	saved.vector = VEC_FULL_RETURN;
	saved.error = 0;
	saved.cs = SEL_UCODE;
	saved.ss = SEL_UDATA;
	saved.rflags = (saved.rflags & USER_FLAGS) | 0x202;
	*tf = saved;
	return tf->rax;
}

/*
 * The stack walker. A kernel function either begins with `push %rbp; mov %rsp,
 * %rbp` or is a leaf that never touches the stack. So the chain of rbp links
 * all frames but that of a function which was interrupted while it had none;
 * those are told by the interrupted rip (see TRICKS.md).
 */
#include <kernel/module.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/trap.h>
#include <uapi/errno.h>

#define PUSH_RBP_SIZE 1
#define PROLOGUE_SIZE 4
#define RET 0xc3

static LIST(code_regions);
static struct spinlock region_lock = SPINLOCK("code regions");

void code_region_add(struct code_region *r)
{
	u64 flags = spin_lock_irqsave(&region_lock);
	list_add(&r->link, &code_regions);
	spin_unlock_irqrestore(&region_lock, flags);
}

void code_region_remove(struct code_region *r)
{
	u64 flags = spin_lock_irqsave(&region_lock);
	list_del(&r->link);
	spin_unlock_irqrestore(&region_lock, flags);
}

static const struct return_stubs *return_stubs;	/* read with preemption off */

int return_stubs_set(const struct return_stubs *stubs)
{
	const struct return_stubs *none = NULL;
	if (stubs)
		return __atomic_compare_exchange_n(&return_stubs, &none, stubs, false, __ATOMIC_SEQ_CST,
						   __ATOMIC_SEQ_CST) ? 0 : -EBUSY;
	__atomic_store_n(&return_stubs, NULL, __ATOMIC_SEQ_CST);
	synchronize_cpus();
	return 0;
}

u64 return_address_of(u64 address)
{
	preempt_disable();
	const struct return_stubs *stubs = __atomic_load_n(&return_stubs, __ATOMIC_ACQUIRE);
	if (stubs && address - stubs->start < stubs->size)
		address = stubs->resolve(address);
	preempt_enable();
	return address;
}

struct code {
	u64 start;
	bool framed;
};

static bool begins_with_prologue(u64 start)
{
	const u8 *code = (const u8 *)start;
	return code[0] == 0x55 && code[1] == 0x48 && code[2] == 0x89 && code[3] == 0xe5;
}

/* The function, or displaced piece of one, that holds rip. */
static bool find_code(u64 rip, struct code *out)
{
	struct ksym s;
	if (kallsyms_lookup(rip, &s)) {
		*out = (struct code){ s.address, s.framed };
		return s.type == KSYM_FUNCTION;
	}
	bool found = false;
	struct code_region *r;
	u64 flags = spin_lock_irqsave(&region_lock);
	list_for_each(r, &code_regions, link) {
		if (rip < r->start || rip - r->start >= r->size)
			continue;
		out->start = rip - (rip - r->start) % r->stride;
		out->framed = begins_with_prologue(out->start);
		found = true;
	}
	spin_unlock_irqrestore(&region_lock, flags);
	return found;
}

static bool in_entry_code(u64 rip)
{
	extern char entry_text_start[], entry_text_end[];
	return rip >= (u64)entry_text_start && rip < (u64)entry_text_end;
}

static bool on_stack(const struct stack_walk *w, u64 address)
{
	return address % 8 == 0 && address >= w->low && address <= w->high - 8;
}

static u64 load(u64 address)
{
	return *(u64 *)address;
}

static void finish(struct stack_walk *w)
{
	w->next = WALK_END;
	w->return_slot = w->return_address = 0;
}

static bool stop(struct stack_walk *w, const char *why)
{
	finish(w);
	w->broken = why;
	return false;
}

/* The function at hand returns through the slot. */
static bool return_through(struct stack_walk *w, u64 slot)
{
	if (!on_stack(w, slot))
		return stop(w, "stack pointer outside of the stack");
	w->next = WALK_RETURN;
	w->return_slot = slot;
	w->return_address = return_address_of(load(slot));
	return w->return_address || !load(slot) ? true : stop(w, "a return stub that stands for nothing");
}

/* The function at hand has a frame, at rbp. */
static bool return_from_frame(struct stack_walk *w, u64 rbp)
{
	if (!on_stack(w, rbp) || !on_stack(w, rbp + 8))
		return stop(w, "frame pointer outside of the stack");
	w->rbp = load(rbp);
	return return_through(w, rbp + 8);
}

/* rip was interrupted with these rsp and rbp. */
static bool unwind_interrupted(struct stack_walk *w, u64 rip, u64 rsp, u64 rbp)
{
	struct code code;
	if (in_entry_code(rip))
		return stop(w, "interrupted in entry code");
	if (!find_code(rip, &code))
		return stop(w, "interrupted outside of any known function");
	u64 offset = rip - code.start;

	w->rbp = rbp;
	if (!code.framed || offset == 0 || *(const u8 *)rip == RET)
		return return_through(w, rsp);		/* no frame, none yet, or no longer */
	if (offset == PUSH_RBP_SIZE)
		return return_through(w, rsp + 8);
	if (offset < PROLOGUE_SIZE)
		return stop(w, "interrupted inside of a prologue instruction");
	return return_from_frame(w, rbp);
}

static bool step_trap(struct stack_walk *w, struct trap_frame *tf)
{
	if (!on_stack(w, (u64)tf) || !on_stack(w, (u64)(tf + 1) - 8))
		return stop(w, "trap frame outside of the stack");
	if (from_user(tf)) {
		finish(w);
		return false;
	}
	w->kind = FRAME_INTERRUPT;
	w->frame = tf;
	w->rip = tf->rip;
	w->slot = (u64)&tf->rip;
	w->depth++;
	unwind_interrupted(w, tf->rip, tf->rsp, tf->rbp);
	return true;
}

static bool step_return(struct stack_walk *w)
{
	u64 slot = w->return_slot;
	u64 rip = w->return_address;
	if (rip == (u64)trap_return || rip == (u64)syscall_return)
		return step_trap(w, (struct trap_frame *)(slot + 8));
	w->kind = FRAME_RETURN;
	w->frame = NULL;
	w->rip = rip;
	w->slot = slot;
	w->depth++;
	if (w->rbp == 0)
		finish(w);		/* thread_entry or _start64 */
	else if (w->rbp + 8 <= slot)
		stop(w, "frame pointers do not ascend");
	else
		return_from_frame(w, w->rbp);
	return true;
}

static bool step_switch(struct stack_walk *w)
{
	struct switch_frame *sf = (struct switch_frame *)w->rsp;
	if (!on_stack(w, (u64)sf) || !on_stack(w, (u64)(sf + 1) - 8))
		return stop(w, "switch frame outside of the stack");
	w->kind = FRAME_SWITCHED;
	w->frame = NULL;
	w->rip = sf->rip;
	w->slot = (u64)&sf->rip;
	w->depth++;
	if (sf->rbp == 0)
		finish(w);		/* has never run */
	else
		return_from_frame(w, sf->rbp);
	return true;
}

bool stack_walk_next(struct stack_walk *w)
{
	switch (w->next) {
	case WALK_SWITCH:
		return step_switch(w);
	case WALK_TRAP:
		return step_trap(w, w->frame);
	case WALK_RETURN:
		return step_return(w);
	case WALK_END:
		break;
	}
	return false;
}

static void begin(struct stack_walk *w, const struct thread *t)
{
	memset(w, 0, sizeof(*w));
	w->low = t->stack_base;
	w->high = t->stack_base + t->stack_size;
	w->depth = ~0U;
}

/* The frame from which a thread that another CPU runs can be walked: that of the handler that keeps the CPU parked. */
static u64 parked_frame(const struct thread *t)
{
	const struct cpu *c = &cpus[t->last_cpu];
	return c->thread == t ? __atomic_load_n(&c->parked_frame, __ATOMIC_SEQ_CST) : 0;
}

void stack_walk_thread(struct stack_walk *w, struct thread *t)
{
	begin(w, t);
	if (t == current) {
		return_from_frame(w, (u64)__builtin_frame_address(0));
		return;
	}
	if (t->on_cpu) {
		u64 frame = parked_frame(t);
		if (frame)
			return_from_frame(w, frame);
		else
			stop(w, "runs on another CPU");
		return;
	}
	w->rsp = t->saved_rsp;
	w->next = WALK_SWITCH;
}

void stack_walk_frame(struct stack_walk *w, struct trap_frame *tf)
{
	begin(w, current);
	if (!tf) {
		return_from_frame(w, (u64)__builtin_frame_address(0));
		return;
	}
	w->frame = tf;
	w->next = WALK_TRAP;
	/* A double fault's frame lies on a stack of its own. */
	if (!on_stack(w, (u64)tf)) {
		w->rip = tf->rip;
		unwind_interrupted(w, tf->rip, tf->rsp, tf->rbp);
	}
}

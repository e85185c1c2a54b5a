/*
 * System calls about processes, users, memory and time.
 */
#include <kernel/layout.h>
#include <kernel/lucos.h>
#include <kernel/percpu.h>
#include <kernel/power.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>
#include <uapi/info.h>

#define PATH_BYTES 256
#define MAX_SLEEP_NS (1UL << 62)
/* What one call may map: fork and munmap look at every large page of it. */
#define MAX_MAPPING (1UL << 36)

s64 sys_fork(void)
{
	return process_fork(current->user_frame);
}

struct exec_arguments {
	char path[PATH_BYTES];
	char *argv[MAX_ARGS + 1];
	u64 argc;
	char text[ARG_BYTES];
};

static s64 copy_arguments(struct exec_arguments *a, const char *path, char *const *argv)
{
	u64 used = 0;
	s64 n = copy_string_from_user(a->path, path, sizeof(a->path));
	if (n < 0)
		return n;
	for (;; a->argc++) {
		char *user;
		if (a->argc > MAX_ARGS)
			return -E2BIG;
		if (copy_from_user(&user, argv + a->argc, sizeof(user)))
			return -EFAULT;
		if (!user)
			return 0;
		if (a->argc == MAX_ARGS)
			return -E2BIG;
		a->argv[a->argc] = a->text + used;
		n = copy_string_from_user(a->text + used, user, ARG_BYTES - used);
		if (n < 0)
			return n == -ENAMETOOLONG ? -E2BIG : n;
		used += n + 1;
	}
}

s64 sys_exec(const char *path, char *const *argv)
{
	struct exec_arguments *a = kmalloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	s64 result = copy_arguments(a, path, argv);
	if (!result)
		result = process_exec(a->path, a->argv, a->argc, current->user_frame);
	kfree(a);
	return result;
}

s64 sys_exit(int status)
{
	process_exit(status & 0xff);
}

s64 sys_wait(int pid, int *user_status, int options)
{
	int status = 0;
	int result = process_wait(pid, &status, options);
	if (result > 0 && user_status && copy_to_user(user_status, &status, sizeof(status)))
		return -EFAULT;
	return result;
}

s64 sys_getpid(void)
{
	return current_process()->pid;
}

s64 sys_getppid(void)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct process *parent = current_process()->parent;
	s64 pid = parent ? parent->pid : 0;
	spin_unlock_irqrestore(&process_lock, flags);
	return pid;
}

s64 sys_getuid(void)
{
	return current_process()->uid;
}

s64 sys_setuid(u32 uid)
{
	struct process *p = current_process();
	if (p->uid && p->uid != uid)
		return -EPERM;
	p->uid = uid;
	return 0;
}

s64 sys_sleep_ns(u64 ns)
{
	return sleep_ns(MIN(ns, MAX_SLEEP_NS));
}

s64 sys_yield(void)
{
	thread_yield();
	return 0;
}

s64 sys_uname(struct utsname *user)
{
	struct utsname u = { .sysname = "Lucos", .nodename = "lucos", .booted = KERNEL_VERSION,
			     .version = "#1", .machine = "x86_64" };
	version_effective(u.release, sizeof(u.release));
	return copy_to_user(user, &u, sizeof(u));
}

/* A process has one thread, so nobody else moves brk meanwhile. */
s64 sys_sbrk(s64 increment)
{
	struct vmspace *vm = current_process()->vm;
	u64 old = vm->brk, wanted = old + increment;
	bool wraps = increment < 0 ? wanted > old : wanted < old;
	if (wraps || wanted < vm->brk_start || wanted > USER_MMAP_BASE
	    || wanted - vm->brk_start > MAX_MAPPING)
		return -ENOMEM;
	u64 from = ALIGN_UP(old, PAGE_SIZE), to = ALIGN_UP(wanted, PAGE_SIZE);
	int result = 0;
	if (to > from)
		result = vmspace_add_region(vm, from, to, PTE_W | PTE_NX);
	else if (to < from)
		result = vmspace_remove_region(vm, to, from);
	if (result)
		return result;
	vm->brk = wanted;
	return old;
}

s64 sys_mmap_anon(u64 size)
{
	struct vmspace *vm = current_process()->vm;
	u64 room = USER_STACK_TOP - USER_STACK_SIZE - vm->mmap_next;
	if (!size || size > MAX_MAPPING || room < 2 * PAGE_SIZE || size > room - PAGE_SIZE)
		return -ENOMEM;
	u64 start = vm->mmap_next, end = start + ALIGN_UP(size, PAGE_SIZE);
	int result = vmspace_add_region(vm, start, end, PTE_W | PTE_NX);
	if (result)
		return result;
	vm->mmap_next = end + PAGE_SIZE;	/* a guard page between mappings */
	return start;
}

s64 sys_munmap(u64 address, u64 size)
{
	if ((address & (PAGE_SIZE - 1)) || !size || address < USER_MMAP_BASE || address >= USER_END
	    || size > USER_END - address)
		return -EINVAL;
	return vmspace_remove_region(current_process()->vm, address, address + ALIGN_UP(size, PAGE_SIZE));
}

s64 sys_time_ns(void)
{
	return time_ns();
}

s64 sys_reboot(u32 how, u32 value)
{
	if (current_process()->uid)
		return -EPERM;
	if (how == REBOOT_POWER_OFF)
		power_off(value);
	if (how == REBOOT_RESET)
		power_reset();
	return -EINVAL;
}

/* How many CPUs run. */
s64 sys_nproc(void)
{
	return cpus_count();
}

static char state_letter(const struct thread *t)
{
	switch (t->state) {
	case THREAD_SLEEPING:
		return 'S';
	case THREAD_DEAD:
		return 'D';
	default:
		return 'R';
	}
}

static void describe_thread(const struct thread *t, struct ps_info *info)
{
	info->tid = t->tid;
	info->state = state_letter(t);
	info->cpu_ticks = t->cpu_ticks;
	strlcpy(info->name, t->name, sizeof(info->name));
	thread_waiting_on(t, info->waiting_on, sizeof(info->waiting_on));
	if (t->process) {
		info->pid = t->process->pid;
		info->uid = t->process->uid;
		info->ppid = t->process->parent ? t->process->parent->pid : 0;
	}
}

/* Threads first, then zombies, which have none. */
static u64 collect(struct ps_info *list, u64 count)
{
	struct thread *t;
	struct process *p;
	u64 n = 0, flags = spin_lock_irqsave(&process_lock);
	u64 thread_flags = spin_lock_irqsave(&thread_list_lock);
	for_each_thread(t)
		if (n < count)
			describe_thread(t, &list[n++]);
	spin_unlock_irqrestore(&thread_list_lock, thread_flags);
	for_each_process(p) {
		if (!p->zombie || n >= count)
			continue;
		list[n].pid = p->pid;
		list[n].uid = p->uid;
		list[n].ppid = p->parent ? p->parent->pid : 0;
		list[n].state = 'Z';
		strlcpy(list[n++].name, p->name, sizeof(p->name));
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return n;
}

s64 sys_ps(struct ps_info *user, u64 count)
{
	count = MIN(count, 1024);
	struct ps_info *list = kmalloc(MAX(count, 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	s64 n = collect(list, count);
	if (copy_to_user(user, list, n * sizeof(*list)))
		n = -EFAULT;
	kfree(list);
	return n;
}

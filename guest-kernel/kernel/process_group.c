/*
 * Process groups: the processes of one pipeline of the shell, so that ^C and `kill -TERM -GROUP` reach all of them.
 */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/process_internal.h>
#include <kernel/syscall.h>
#include <uapi/errno.h>

/* The caller itself or a child of it may be moved, into a group of its own or one that has a member already. */
s64 sys_setpgid(int pid, int pgid)
{
	struct process *self = current_process(), *p, *target = NULL;
	bool exists = false;
	u64 flags;

	if (pid == 0)
		pid = self->pid;
	if (pgid == 0)
		pgid = pid;
	if (pid < 0 || pgid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	for_each_process(p) {
		if (p->pid == pid && (p == self || p->parent == self) && !p->zombie)
			target = p;
		exists |= p->pgid == pgid;
	}
	if (target && (exists || pgid == pid))
		target->pgid = pgid;
	spin_unlock_irqrestore(&process_lock, flags);
	return !target ? -ESRCH : exists || pgid == pid ? 0 : -EPERM;
}

/* Signals the members that user uid may signal (root: all of them). */
static int group_signal(int pgid, int signal, u32 uid)
{
	struct process *p;
	int result = -ESRCH;
	u64 flags;

	if (signal < 0 || signal >= NSIG)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	for_each_process(p) {
		if (p->pgid != pgid || p->zombie)
			continue;
		if (uid && uid != p->uid) {
			if (result == -ESRCH)
				result = -EPERM;
			continue;
		}
		process_signal_locked(p, signal);
		result = 0;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

int process_group_kill(int pgid, int signal)
{
	return group_signal(pgid, signal, 0);
}

/* A pid below -1 names the group -pid. */
s64 sys_kill(int pid, int signal)
{
	if (pid < -1 && pid != -2147483647 - 1)
		return group_signal(-pid, signal, current_process()->uid);
	return process_kill(pid, signal);
}

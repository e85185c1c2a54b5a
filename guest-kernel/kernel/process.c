/*
 * Processes: making, ending and waiting for them. The tree (parent, children,
 * zombie) is under process_lock; a zombie keeps its struct process until its
 * parent, or init for orphans, has waited for it.
 */
#include <kernel/arch.h>
#include <kernel/fs.h>
#include <kernel/init.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/process_internal.h>
#include <kernel/sched.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/thread_internal.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>
#include <uapi/syscall.h>

struct list_head process_list = LIST_HEAD_INIT(process_list);
struct spinlock process_lock = SPINLOCK("process");

static struct kmem_cache *process_cache;
static struct process *init_process;	/* the first one: it inherits orphans */
static int next_pid = 1;		/* under process_lock */

void process_init(void)
{
	process_cache = kmem_cache_create("process", sizeof(struct process), NULL);
}

/* Its thread's last memory of the kernel: enters ring 3 with the frame made for it. */
static void enter_user(void *arg)
{
	(void)arg;
	irq_disable();
	return_to_user(current->user_frame);
}

/* A process with a thread that is not started, in no list; NULL: no memory. */
static struct process *process_alloc(const char *name, void (*function)(void *), void *arg)
{
	struct process *p = kmem_cache_alloc(process_cache);
	if (!p)
		return NULL;
	p->thread = thread_create(name, function, arg);
	if (!p->thread) {
		kmem_cache_free(process_cache, p);
		return NULL;
	}
	strlcpy(p->name, name, sizeof(p->name));
	list_init(&p->children);
	list_init(&p->sibling);
	wait_init(&p->child_exited, "wait");
	p->thread->process = p;
	p->tid = p->thread->tid;
	/* Traps and system calls from ring 3 build their frame at the very top. */
	p->thread->user_frame = (struct trap_frame *)(p->thread->stack_base + p->thread->stack_size
						      - sizeof(struct trap_frame));
	return p;
}

static void process_list_add(struct process *p, struct process *parent)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	p->pid = next_pid++;
	p->pgid = parent ? parent->pgid : p->pid;
	p->parent = parent;
	if (parent)
		list_add_tail(&p->sibling, &parent->children);
	list_add_tail(&p->all_link, &process_list);
	if (!init_process)
		init_process = p;
	spin_unlock_irqrestore(&process_lock, flags);
}

static int process_start(struct process *p)
{
	int pid = p->pid;	/* once started it may end, and be gone, at any time */
	sched_start(p->thread);
	return pid;
}

struct spawn {
	const char *path;
	char *argv[MAX_ARGS + 1];
	u64 argc;
	int result;
	struct completion known;
};

/* First code of a spawned process's thread; the spawner waits for result. */
static void spawn_thread(void *arg)
{
	struct spawn *s = arg;
	struct process *p = current_process();
	memset(current->user_frame, 0, sizeof(struct trap_frame));
	int result = fs_open_console(p);
	if (!result)
		result = process_exec(s->path, s->argv, s->argc, current->user_frame);
	s->result = result;
	complete(&s->known);	/* from here on s may be gone */
	if (result)
		process_exit(127);
	enter_user(NULL);
}

int process_spawn(const char *path, const char *const argv[])
{
	struct spawn s = { .path = path };
	wait_init(&s.known.queue, "spawn");
	while (argv[s.argc] && s.argc < MAX_ARGS) {
		s.argv[s.argc] = (char *)argv[s.argc];
		s.argc++;
	}
	struct process *p = process_alloc("spawn", spawn_thread, &s);
	if (!p)
		return -ENOMEM;
	process_list_add(p, NULL);
	int pid = process_start(p);
	wait_for_completion(&s.known);
	if (s.result) {
		process_reap(pid);
		return s.result;
	}
	return pid;
}

int process_fork(struct trap_frame *tf)
{
	struct process *parent = current_process();
	struct process *child = process_alloc(parent->name, enter_user, NULL);
	if (!child)
		return -ENOMEM;
	child->vm = vmspace_fork(parent->vm);
	if (!child->vm) {
		process_free_unstarted(child);
		return -ENOMEM;
	}
	child->thread->vm = child->vm;
	child->uid = parent->uid;
	memcpy(child->handlers, parent->handlers, sizeof(child->handlers));
	child->signal_restorer = parent->signal_restorer;
	fs_fork(parent, child);
	*child->thread->user_frame = *tf;
	child->thread->user_frame->rax = 0;
	child->thread->user_frame->vector = VEC_FULL_RETURN;
	process_list_add(child, parent);
	return process_start(child);
}

/* A process whose thread never ran: nobody else knows of it. */
void process_free_unstarted(struct process *p)
{
	thread_reap(p->thread);
	kmem_cache_free(process_cache, p);
}

/* Orphans go to init; those that are zombies already are then its to wait for. */
static void give_children_away(struct process *p)
{
	struct process *child, *next;
	list_for_each_safe(child, next, &p->children, sibling) {
		list_del(&child->sibling);
		child->parent = init_process == p ? NULL : init_process;
		if (child->parent)
			list_add_tail(&child->sibling, &child->parent->children);
	}
}

void process_exit(int status)
{
	struct process *p = current_process();
	fs_exit(p);
	/* First off its tables, then free them. */
	struct vmspace *vm = p->vm;
	u64 flags = irq_save();
	p->vm = current->vm = NULL;
	vmspace_activate(NULL);
	irq_restore(flags);
	if (vm)
		vmspace_destroy(vm);

	/* Who waits, on another CPU perhaps, frees p under process_lock: so all is said before that is released. */
	irq_disable();
	spin_lock(&process_lock);
	give_children_away(p);
	p->exit_status = status;
	p->zombie = true;
	p->thread = NULL;
	current->process = NULL;
	current->user_frame = NULL;
	/* A parentless process is waited for by whoever spawned it. */
	wake_up(p->parent ? &p->parent->child_exited : &p->child_exited);
	if (init_process && init_process != p)
		wake_up(&init_process->child_exited);
	spin_unlock(&process_lock);
	thread_exit(status);
}

static void process_free_zombie(struct process *p)
{
	list_del(&p->sibling);
	list_del(&p->all_link);
	if (init_process == p)
		init_process = NULL;
	kmem_cache_free(process_cache, p);
}

/* Pid of a zombie child that was freed, 0: none yet, -ECHILD: no such child. */
static int try_reap(struct process *parent, int pid, int *status, int *tid)
{
	struct process *child, *next;
	int result = -ECHILD;
	u64 flags = spin_lock_irqsave(&process_lock);
	list_for_each_safe(child, next, &parent->children, sibling) {
		if (pid != -1 && child->pid != pid)
			continue;
		result = 0;
		if (!child->zombie)
			continue;
		result = child->pid;
		*status = child->exit_status;
		*tid = child->tid;
		process_free_zombie(child);
		break;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

int process_wait(int pid, int *status, int options)
{
	struct process *self = current_process();
	int result = 0, interrupted = 0, tid = 0;
	if (options & WNOHANG)
		result = try_reap(self, pid, status, &tid);
	else
		interrupted = wait_event_interruptible(&self->child_exited,
						       (result = try_reap(self, pid, status, &tid)) != 0);
	/* The last of a process is its thread's stack, which another CPU may be just leaving. */
	if (result > 0)
		thread_join(tid);
	return interrupted ? interrupted : result;
}

static struct process *find_locked(int pid)
{
	struct process *p;
	for_each_process(p)
		if (p->pid == pid)
			return p;
	return NULL;
}

int process_reap(int pid)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct process *p = find_locked(pid);
	bool mine = p && !p->parent;
	spin_unlock_irqrestore(&process_lock, flags);
	/* Only its spawner reaps a parentless process, so p stays. */
	if (!mine)
		return -ECHILD;
	wait_event(&p->child_exited, READ_ONCE(p->zombie));
	flags = spin_lock_irqsave(&process_lock);
	int status = p->exit_status, tid = p->tid;
	process_free_zombie(p);
	spin_unlock_irqrestore(&process_lock, flags);
	thread_join(tid);
	return status;
}

/* An ignored signal is dropped here, so that it doesn't end a sleep in the kernel. Under process_lock. */
void process_signal_locked(struct process *p, int signal)
{
	if (!signal || !p->thread || (signal != SIGKILL && p->handlers[signal] == SIG_IGN))
		return;
	__atomic_fetch_or(&p->thread->signals, 1u << signal, __ATOMIC_SEQ_CST);
	if (!thread_wake(p->thread))
		thread_kick(p->thread);
}

int process_kill(int pid, int signal)
{
	if (signal < 0 || signal >= NSIG)
		return -EINVAL;
	u64 flags = spin_lock_irqsave(&process_lock);
	struct process *p = find_locked(pid), *self = current_process();
	int result = 0;
	if (!p)
		result = -ESRCH;
	else if (self && self->uid && self->uid != p->uid)
		result = -EPERM;
	else
		process_signal_locked(p, signal);
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

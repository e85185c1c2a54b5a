/*
 * Processes: one thread in ring 3 each, an address space, open files, a user.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <kernel/types.h>
#include <kernel/list.h>
#include <kernel/wait.h>
#include <kernel/thread.h>
#include <uapi/signal.h>

#define MAX_FILES 32
#define MAX_ARGS 64
#define ARG_BYTES 16384

struct file;
struct inode;
struct vmspace;

struct process {
	int pid;
	int pgid;			/* process group: pid unless inherited or set; ^C goes to a group */
	u32 uid;
	char name[16];
	struct process *parent;		/* under process_lock, as the next three */
	struct list_head children;
	struct list_head sibling;
	struct list_head all_link;	/* in process_list */
	bool zombie;
	int exit_status;		/* exit code, or 128 + signal */
	struct wait_queue child_exited;	/* wait() sleeps here */
	struct thread *thread;		/* NULL: zombie */
	int tid;			/* the thread's */
	struct vmspace *vm;
	struct file *fd_table[MAX_FILES];
	struct inode *cwd;
	u64 handlers[NSIG];		/* SIG_DFL, SIG_IGN or a user address */
	u64 signal_restorer;
};

extern struct list_head process_list;
extern struct spinlock process_lock;

#define for_each_process(p) list_for_each(p, &process_list, all_link)

/* The current thread's process, NULL in kernel threads. */
#define current_process() (current->process)

/* Starts path as a process whose parent is the kernel. Pid or -errno. */
int process_spawn(const char *path, const char *const argv[]);
int process_fork(struct trap_frame *tf);
int process_exec(const char *path, char *const argv[], u64 argc, struct trap_frame *tf);
void process_exit(int status) __noreturn;
/* Waits for child pid (-1: any). Pid, -ECHILD, -EINTR; 0 with WNOHANG. */
int process_wait(int pid, int *status, int options);
int process_kill(int pid, int signal);
/* The same for every process of a group, whoever owns them. Any context. -ESRCH if it is empty. */
int process_group_kill(int pgid, int signal);
/* For a spawned process without parent: waits and reaps it. */
int process_reap(int pid);
/* Called on every way back to ring 3: acts on pending signals. */
void signal_deliver(struct trap_frame *tf);

#endif

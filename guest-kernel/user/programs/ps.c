/* ps: all threads of processes and of the kernel (pid 0), their state, and the wait queue they sleep on. */
#include <stdio.h>
#include <uapi/info.h>
#include <unistd.h>

#define ROWS 256

int main(void)
{
	static struct ps_info rows[ROWS];
	long n = syscall2(SYS_ps, rows, ROWS);

	program_name = "ps";
	if (n < 0) {
		warn(n, "can't list threads");
		return 1;
	}
	printf("%5s %5s %5s %5s S %8s %-16s %s\n", "TID", "PID", "PPID", "UID", "TICKS", "WAITING", "NAME");
	for (long i = 0; i < n; i++) {
		const struct ps_info *r = &rows[i];

		printf("%5d %5d %5d %5u %c %8lu %-16s %s\n", r->tid, r->pid, r->ppid, r->uid, r->state, r->cpu_ticks,
			r->waiting_on[0] ? r->waiting_on : "-", r->name);
	}
	return 0;
}

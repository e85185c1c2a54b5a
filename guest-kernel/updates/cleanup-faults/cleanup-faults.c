/* An update whose cleanup function faults: undone all the same, with a word about it in the log and the journal. */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lucos_update.h>

LUCOS_UPDATE("cleanup-faults", "1.0", "faults at cleanup");

/* In the first page of user space: mapped for nobody, least of all for a kernel thread. */
static int *volatile nowhere = (int *)16;

static s64 same_getpid(void)
{
	return current_process()->pid;
}

static void fault(void)
{
	*nowhere = 0;
}

LUCOS_REPLACE(sys_getpid, same_getpid);
LUCOS_CLEANUP(fault);

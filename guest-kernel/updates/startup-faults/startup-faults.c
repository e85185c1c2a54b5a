/* An update whose startup function faults: refused as startup-failed, nothing changes, nothing stays loaded. */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lucos_update.h>

LUCOS_UPDATE("startup-faults", "1.0", "faults at startup");

/* In the first page of user space: mapped for nobody, least of all for a kernel thread. */
static int *volatile nowhere = (int *)16;

static s64 same_getpid(void)
{
	return current_process()->pid;
}

static int fault(void)
{
	return *nowhere;
}

LUCOS_REPLACE(sys_getpid, same_getpid);
LUCOS_STARTUP(fault);

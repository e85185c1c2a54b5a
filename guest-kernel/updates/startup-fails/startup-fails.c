/* An update whose startup function says no: refused as startup-failed, nothing changes, nothing stays loaded. */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lucos_update.h>

LUCOS_UPDATE("startup-fails", "1.0", "refuses itself at startup");

static s64 same_getpid(void)
{
	return current_process()->pid;
}

static int say_no(void)
{
	return -1;
}

LUCOS_REPLACE(sys_getpid, same_getpid);
LUCOS_STARTUP(say_no);

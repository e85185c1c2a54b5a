/* Depends on an update that nobody has: refused as dependency-missing. */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lucos_update.h>

LUCOS_UPDATE("needs-missing-dependency", "1.0", "depends on an update that does not exist");
LUCOS_DEPENDS("no-such-update", "1.0");

static s64 same_getpid(void)
{
	return current_process()->pid;
}

LUCOS_REPLACE(sys_getpid, same_getpid);

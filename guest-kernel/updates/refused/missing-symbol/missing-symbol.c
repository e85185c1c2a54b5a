/* Calls a function that the kernel doesn't have: `lucos patch build` refuses it as missing-symbol. */
#include <kernel/syscall.h>
#include <lucos_update.h>

LUCOS_UPDATE("missing-symbol", "1.0", "calls a function that does not exist");

extern s64 no_such_function_in_this_kernel(void);

static s64 lost(void)
{
	return no_such_function_in_this_kernel();
}

LUCOS_REPLACE(sys_getpid, lost);

/* Replaces a function that the kernel doesn't have: `lucos patch build` refuses it as missing-symbol. */
#include <kernel/types.h>
#include <lucos_update.h>

LUCOS_UPDATE("missing-target", "1.0", "replaces a function that does not exist");

static s64 anything(void)
{
	return 0;
}

LUCOS_REPLACE(no_such_function_in_this_kernel, anything);

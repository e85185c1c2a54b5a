/* Replaces one function twice: `lucos patch build` refuses it as duplicate-target. */
#include <kernel/types.h>
#include <lucos_update.h>

LUCOS_UPDATE("twice", "1.0", "replaces one function twice");

static s64 one(void)
{
	return 1;
}

static s64 two(void)
{
	return 2;
}

LUCOS_REPLACE(sys_getpid, one);
LUCOS_REPLACE(sys_getpid, two);

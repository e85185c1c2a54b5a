/*
 * Calls a static function whose name occurs in two files, without LUCOS_STATIC_REF: `lucos patch build` refuses it as
 * ambiguous-symbol and names the files.
 */
#include <kernel/types.h>
#include <lucos_update.h>

LUCOS_UPDATE("ambiguous-symbol", "1.0", "calls a static function without saying whose");

extern int ktest_duplicate(void);

static s64 unsure(void)
{
	return ktest_duplicate();
}

LUCOS_REPLACE(sys_getpid, unsure);

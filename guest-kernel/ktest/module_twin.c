/*
 * The second static function of one name, for the module loader's tests.
 */
#include <kernel/types.h>

static noinline __used int ktest_duplicate(void)
{
	return -1;
}

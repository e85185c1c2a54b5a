/*
 * Copies from and to user memory. A bad address faults inside copy_user_bytes
 * (arch/usercopy.S), whose instructions are in ex_table.
 */
#include <kernel/arch.h>
#include <kernel/layout.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

bool user_range_ok(const void *p, u64 size)
{
	return (u64)p < USER_END && size <= USER_END - (u64)p;
}

int copy_from_user(void *dst, const void *user_src, u64 size)
{
	if (!user_range_ok(user_src, size) || copy_user_bytes(dst, user_src, size))
		return -EFAULT;
	return 0;
}

int copy_to_user(void *user_dst, const void *src, u64 size)
{
	if (!user_range_ok(user_dst, size) || copy_user_bytes(user_dst, src, size))
		return -EFAULT;
	return 0;
}

s64 copy_string_from_user(char *dst, const char *user_src, u64 size)
{
	for (u64 n = 0; n < size; n++) {
		if (copy_from_user(dst + n, user_src + n, 1))
			return -EFAULT;
		if (!dst[n])
			return n;
	}
	return -ENAMETOOLONG;
}

u64 ex_table_lookup(u64 rip)
{
	extern const u64 ex_table_start[][2], ex_table_end[][2];
	for (const u64 (*e)[2] = ex_table_start; e < ex_table_end; e++)
		if ((*e)[0] == rip)
			return (*e)[1];
	return 0;
}

/*
 * insmod, rmmod and lsmod: the modules' system calls. Root only.
 */
#include <kernel/module.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

static bool is_root(void)
{
	return current_process()->uid == 0;
}

static s64 load_copy(void *image, u64 size, const char *name, char *why, u64 why_size)
{
	struct module_error err;
	if (module_load(image, size, name, MODULE_RUN_INIT, &err))
		return 0;
	u64 length = strlen(err.text) + 1;
	if (why && length <= why_size && copy_to_user(why, err.text, length))
		return -EFAULT;
	return -err.code;
}

s64 sys_insmod(const void *user_image, u64 size, const char *user_name, char *why, u64 why_size)
{
	char name[64];
	if (!is_root())
		return -EPERM;
	s64 n = copy_string_from_user(name, user_name, sizeof(name));
	if (n < 0)
		return n;
	if (!size || size > MODULE_MAX_SIZE)
		return -EFBIG;
	void *image = kmalloc(size);
	if (!image)
		return -ENOMEM;
	s64 result = copy_from_user(image, user_image, size);
	if (!result)
		result = load_copy(image, size, name, why, why_size);
	kfree(image);
	return result;
}

s64 sys_rmmod(const char *user_name)
{
	char name[64];
	if (!is_root())
		return -EPERM;
	s64 n = copy_string_from_user(name, user_name, sizeof(name));
	if (n < 0)
		return n;
	return module_remove(name);
}

#define LSMOD_BYTES 8192

/* One line a module: name, address, size. */
s64 sys_lsmod(char *user_buf, u64 size)
{
	char *text = kmalloc(LSMOD_BYTES);
	if (!text)
		return -ENOMEM;
	s64 n = module_describe_all(text, LSMOD_BYTES);
	if (n > 0 && (u64)n > size)
		n = -ERANGE;
	if (n > 0 && copy_to_user(user_buf, text, n))
		n = -EFAULT;
	kfree(text);
	return n;
}

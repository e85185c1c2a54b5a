/*
 * /dev/crash: lets root fail the kernel on purpose, for tests. Writing "oops" makes a fault in kernel mode, "panic" a panic,
 * "stack" a kernel stack that overflows into its guard page (a double fault), "triple" a triple fault (an interrupt table of
 * no entries, then an exception), and "spin" a loop without end with interrupts off: only the host can stop this CPU then.
 */
#include <kernel/fs.h>
#include <kernel/layout.h>
#include <kernel/oops.h>
#include <kernel/secret.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

static noinline void crash_oops(void)
{
	volatile u64 *volatile nowhere = (u64 *)0x10;

	*nowhere = 1;
}

static noinline u64 crash_stack(u64 depth)
{
	volatile u64 here[32];

	here[depth % 32] = depth;
	if (depth == KERNEL_STACK_SIZE)		/* never: each call takes far more than a byte */
		return depth;
	return crash_stack(depth + 1) + here[depth % 32];
}

static noinline void crash_triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = { 0, 0 };

	asm volatile("cli; lidt %0; ud2" : : "m"(none));
}

static noinline void crash_spin(void)
{
	asm volatile("cli; 1: jmp 1b");
}

static s64 crash_write(struct file *f, const void *user_buf, u64 size)
{
	char what[16] = "";

	if (size >= sizeof(what))
		return -EINVAL;
	if (copy_from_user(what, user_buf, size))
		return -EFAULT;
	if (strcmp(what, "oops") == 0)
		crash_oops();
	else if (strcmp(what, "panic") == 0)
		panic("asked for through /dev/crash");
	else if (strcmp(what, "stack") == 0)
		return (s64)crash_stack(0);
	else if (strcmp(what, "triple") == 0)
		crash_triple_fault();
	else if (strcmp(what, "spin") == 0)
		crash_spin();
	else
		return -EINVAL;
	return (s64)size;
}

static const struct file_operations crash_operations = { .write = crash_write };

void crash_init(void)
{
	register_device("crash", 0600, &crash_operations);
}

/*
 * Devices that need no hardware: null, zero, and kmsg, which is the kernel's log.
 */
#include <kernel/inode.h>
#include <kernel/printk.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

static s64 null_read(struct file *f, void *user_buf, u64 size)
{
	return 0;
}

static s64 null_write(struct file *f, const void *user_buf, u64 size)
{
	return (s64)size;
}

static s64 zero_read(struct file *f, void *user_buf, u64 size)
{
	static const char zeros[512];
	u64 done = 0;

	while (done < size) {
		u64 n = MIN(size - done, sizeof(zeros));

		if (copy_to_user((char *)user_buf + done, zeros, n))
			return done ? (s64)done : -EFAULT;
		done += n;
	}
	return (s64)done;
}

/* f->offset is a position in all that was ever logged; what the ring has lost is skipped. */
static s64 kmsg_read(struct file *f, void *user_buf, u64 size)
{
	u64 end = READ_ONCE(klog_written), at = READ_ONCE(f->offset), n;

	if (end > KLOG_SIZE && at < end - KLOG_SIZE)
		at = end - KLOG_SIZE;
	if (at >= end)
		return 0;
	n = MIN(MIN(size, end - at), KLOG_SIZE - at % KLOG_SIZE);
	if (copy_to_user(user_buf, klog_buffer + at % KLOG_SIZE, n))
		return -EFAULT;
	f->offset = at + n;
	return (s64)n;
}

/* Lets programs put a line into the log, cut at the length of one message. */
static s64 kmsg_write(struct file *f, const void *user_buf, u64 size)
{
	char text[200];
	u64 n = MIN(size, sizeof(text) - 1);

	if (copy_from_user(text, user_buf, n))
		return -EFAULT;
	if (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
	printk("%s\n", text);
	return (s64)size;
}

static const struct file_operations null_operations = { .read = null_read, .write = null_write };
static const struct file_operations zero_operations = { .read = zero_read, .write = null_write };
static const struct file_operations kmsg_operations = { .read = kmsg_read, .write = kmsg_write };

void memory_devices_init(void)
{
	register_device("null", 0666, &null_operations);
	register_device("zero", 0666, &zero_operations);
	register_device("kmsg", 0644, &kmsg_operations);
}

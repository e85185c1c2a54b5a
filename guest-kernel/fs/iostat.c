/* See kernel/iostat.h. */
#include <kernel/fs.h>
#include <kernel/iostat.h>
#include <kernel/string.h>

struct io_counters io_counters;

static s64 iostat_read(struct file *f, void *user_buf, u64 size)
{
	char text[128];
	const struct io_counters *c = &io_counters;
	int length = snprintf(text, sizeof(text), "reads=%u writes=%u read_bytes=%u written_bytes=%u\n", READ_ONCE(c->reads),
		READ_ONCE(c->writes), READ_ONCE(c->read_bytes), READ_ONCE(c->written_bytes));

	return device_read_text(f, user_buf, size, text, (u64)length);
}

static const struct file_operations iostat_operations = { .read = iostat_read };

void iostat_init(void)
{
	register_device("iostat", 0444, &iostat_operations);
}

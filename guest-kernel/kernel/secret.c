/*
 * The boot secret: something in kernel memory that only root may know, so that a leak can be shown. It is derived from seed= on the
 * command line, lies in kernel data, and is read through /dev/secret (mode 0600).
 */
#include <kernel/cmdline.h>
#include <kernel/fs.h>
#include <kernel/secret.h>
#include <kernel/string.h>

char boot_secret[SECRET_SIZE];

/* Two rounds of a multiply-xorshift mix: neighbouring seeds give unlike secrets. */
static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}

static s64 secret_read(struct file *f, void *user_buf, u64 size)
{
	char text[SECRET_SIZE + 1];

	return device_read_text(f, user_buf, size, text, (u64)snprintf(text, sizeof(text), "%s\n", boot_secret));
}

static const struct file_operations secret_operations = { .read = secret_read };

void secret_init(void)
{
	u64 seed = cmdline_u64("seed", 0);

	snprintf(boot_secret, sizeof(boot_secret), "lucos-secret-%016lx", mix(seed + 0x9e3779b97f4a7c15UL));
	register_device("secret", 0600, &secret_operations);
}

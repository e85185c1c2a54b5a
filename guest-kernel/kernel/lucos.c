/*
 * Knowing that we run on Lucos, and the version that updates make effective.
 */
#include <kernel/io.h>
#include <kernel/lucos.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <uapi/errno.h>

#define LUCOS_PORT 0x4c55
#define LUCOS_SIGNATURE 0x4f43554c	/* "LUCO" */
#define VERSION_SPACE 448

/* The VMM reads it in the image's symbol table. */
const char kernel_version[] = KERNEL_VERSION;

static struct spinlock version_lock = SPINLOCK("version");
static char updates[VERSION_SPACE];	/* "+a+b" */

bool lucos_present(void)
{
	return inl(LUCOS_PORT) == LUCOS_SIGNATURE;
}

int version_add_update(const char *name)
{
	u64 flags = spin_lock_irqsave(&version_lock);
	size_t used = strlen(updates), n = strlen(name);
	int result = -ENOSPC;
	if (used + n + 2 <= sizeof(updates)) {
		updates[used] = '+';
		memcpy(updates + used + 1, name, n + 1);
		result = 0;
	}
	spin_unlock_irqrestore(&version_lock, flags);
	return result;
}

int version_remove_update(const char *name)
{
	size_t n = strlen(name);
	int result = -ENOENT;
	u64 flags = spin_lock_irqsave(&version_lock);
	for (char *p = updates; *p; ) {
		char *end = p + 1;
		while (*end && *end != '+')
			end++;
		if ((size_t)(end - p - 1) == n && !memcmp(p + 1, name, n)) {
			size_t rest = strlen(end) + 1;
			memmove(p, end, rest);
			memset(p + rest, 0, end - p);	/* as it was before the update */
			result = 0;
			break;
		}
		p = end;
	}
	spin_unlock_irqrestore(&version_lock, flags);
	return result;
}

void version_effective(char *buf, size_t size)
{
	u64 flags = spin_lock_irqsave(&version_lock);
	snprintf(buf, size, "%s%s", kernel_version, updates);
	spin_unlock_irqrestore(&version_lock, flags);
}

const u8 *kernel_build_id(void)
{
	extern const u8 build_id_note[];
	return build_id_note + 16;	/* behind the note's header and "GNU" */
}

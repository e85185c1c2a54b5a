/*
 * What file-rate does, with the new fields kept aside (a shadow, after DynAMOS): struct file stays as it is, nothing
 * of it is monitored, and there is nothing to keep coherent.
 */
#define UPDATE_NAME "file-rate-shadow"
#include "../file-rate/rated-calls.h"

static void to_new(const void *from, void *to)
{
	*(struct rate *)to = (struct rate){ 0 };
}

static void release(void *version)
{
	release_rate(version);
}

LUCOS_TYPE_SHADOW(file_type, "file", struct file, struct rate, to_new,
	.release = LUCOS_ADDRESS(release));

static struct rate *rate_of(struct file *file)
{
	return lucos_shadow(struct rate, file);
}

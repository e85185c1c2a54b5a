/*
 * struct file grows: how much went through it, in how many calls, and since when. The files that are closed are
 * summed up; undoing prints it.
 *
 * Here the new version is a whole struct file with the new fields behind (a twin); file-rate-shadow does the same
 * with the new fields alone. The rest of the kernel goes on using the old struct, which stays as the handle. So the
 * new code writes the new fields only, and to_old has nothing to carry back; and it reads the old fields from the
 * handle, since nobody carries over what is written there once the old code has been left.
 */
#define UPDATE_NAME "file-rate"
#include "rated-calls.h"

struct rated_file {
	struct file base;
	struct rate rate;
};

static void to_new(const void *from, void *to)
{
	((struct rated_file *)to)->base = *(const struct file *)from;
}

static void to_old(const void *from, void *to)
{
}

static void release(void *version)
{
	release_rate(&((struct rated_file *)version)->rate);
}

LUCOS_TYPE_CACHE(file_type, "file", struct file, struct rated_file, to_new, to_old,
	.release = LUCOS_ADDRESS(release));
LUCOS_PRESERVES(file_type, struct file, refs);
LUCOS_PRESERVES(file_type, struct file, offset);

static struct rate *rate_of(struct file *file)
{
	return &lucos_twin(struct rated_file, file)->rate;
}

/* module.c: inserting a kernel module from a file; shared by init and insmod. */
#include <module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long insert_module(const char *path, char *why, size_t why_size)
{
	char name[64], *end;
	const char *base = strrchr(path, '/');
	long size, err;
	void *image = read_file(path, &size);

	why[0] = 0;
	if (!image)
		return size;
	base = base ? base + 1 : path;
	if (strlcpy(name, base, sizeof(name)) >= sizeof(name))
		return -ENAMETOOLONG;
	end = strrchr(name, '.');
	if (end && strcmp(end, ".ko") == 0)
		*end = 0;
	err = syscall5(SYS_insmod, image, size, name, why, why_size);
	free(image);
	return err;
}

/*
 * mkcpio ROOT OUT: packs a directory into a newc cpio archive.
 *
 * The same names and contents give the same bytes: entries are sorted by path, owned by root, dated 0, and numbered in
 * order; modes are 0755 for directories and executables, 0644 for all else. Runs on the build machine (no cpio needed there).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static FILE *out;
static unsigned inode;

static void fail(const char *what)
{
	fprintf(stderr, "mkcpio: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pad(void)
{
	while (ftell(out) % 4)
		fputc(0, out);
}

static void header(const char *name, unsigned mode, unsigned long size)
{
	fprintf(out, "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X%08X%08X%08X%08X", ++inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0,
		(unsigned)strlen(name) + 1, 0);
	fwrite(name, strlen(name) + 1, 1, out);
	pad();
}

static void pack_file(const char *path, const char *name, const struct stat *st)
{
	FILE *in = fopen(path, "rb");
	char buffer[65536];
	unsigned long left = (unsigned long)st->st_size;
	size_t n;

	if (!in)
		fail(path);
	header(name, S_IFREG | (st->st_mode & 0100 ? 0755 : 0644), left);
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
		fwrite(buffer, n, 1, out);
		left -= n;
	}
	if (ferror(in) || left)
		fail(path);
	fclose(in);
	pad();
}

static void pack_directory(const char *path, const char *name)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		fail(path);
	for (int i = 0; i < count; i++) {
		const char *leaf = entries[i]->d_name;
		char *full, *inside;
		struct stat st;

		if (strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0)
			continue;
		if (asprintf(&full, "%s/%s", path, leaf) < 0 || asprintf(&inside, "%s%s%s", name, *name ? "/" : "", leaf) < 0)
			fail("memory");
		if (stat(full, &st))
			fail(full);
		if (S_ISDIR(st.st_mode)) {
			header(inside, S_IFDIR | 0755, 0);
			pack_directory(full, inside);
		} else {
			pack_file(full, inside, &st);
		}
		free(full);
		free(inside);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	/* scandir sorts by the locale's rules, and none is set: plain byte order. */
	if (argc != 3) {
		fprintf(stderr, "usage: mkcpio ROOT OUT\n");
		return 2;
	}
	out = fopen(argv[2], "wb");
	if (!out)
		fail(argv[2]);
	pack_directory(argv[1], "");
	inode = -1u;
	header("TRAILER!!!", 0, 0);
	if (fclose(out))
		fail(argv[2]);
	return 0;
}

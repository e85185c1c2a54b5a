/* file.c: files, directories, permissions, devices. */
#include "utest.h"

static void ContentsComeBackAsWritten(void)
{
	static char out[10000], in[10000];
	struct stat st;
	long fd = open("/tmp/a", O_CREAT | O_RDWR | O_EXCL, 0644);

	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 + i / 256);
	EXPECT(fd >= 0, 1);
	EXPECT(write(fd, out, sizeof(out)), sizeof(out));
	EXPECT(lseek(fd, 0, SEEK_SET), 0);
	EXPECT(read(fd, in, sizeof(in)), sizeof(in));
	EXPECT(memcmp(in, out, sizeof(in)), 0);
	EXPECT(read(fd, in, 1), 0);
	EXPECT(fstat(fd, &st), 0);
	EXPECT(st.size, sizeof(out));
	EXPECT(st.mode, S_IFREG | 0644);
	EXPECT(open("/tmp/a", O_CREAT | O_RDWR | O_EXCL, 0644), -EEXIST);
	EXPECT(close(fd), 0);
	EXPECT(close(fd), -EBADF);
	EXPECT(unlink("/tmp/a"), 0);
	EXPECT(open("/tmp/a", O_RDONLY, 0), -ENOENT);
}

static void HolesReadAsZeros(void)
{
	char in[4] = "xxx";
	long fd = open("/tmp/hole", O_CREAT | O_RDWR, 0644);

	EXPECT(lseek(fd, 100000, SEEK_SET), 100000);
	EXPECT(write(fd, "end", 3), 3);
	EXPECT(lseek(fd, 50000, SEEK_SET), 50000);
	EXPECT(read(fd, in, 3), 3);
	EXPECT(in[0] | in[1] | in[2], 0);
	EXPECT(lseek(fd, -3, SEEK_END), 100000);
	EXPECT(read(fd, in, 4), 3);
	EXPECT(memcmp(in, "end", 3), 0);
	EXPECT(lseek(fd, -1, SEEK_SET), -EINVAL);
	EXPECT(lseek(fd, 0, 9), -EINVAL);
	EXPECT(lseek(fd, 1L << 50, SEEK_SET), 1L << 50);
	EXPECT(write(fd, "x", 1), -EFBIG);
	close(fd);
	EXPECT(unlink("/tmp/hole"), 0);
}

static void AppendAndTruncateDoWhatTheySay(void)
{
	char in[8];
	long fd = open("/tmp/b", O_CREAT | O_WRONLY, 0644);

	write(fd, "one", 3);
	close(fd);
	fd = open("/tmp/b", O_WRONLY | O_APPEND, 0);
	write(fd, "two", 3);
	close(fd);
	fd = open("/tmp/b", O_RDONLY, 0);
	EXPECT(read(fd, in, sizeof(in)), 6);
	EXPECT(memcmp(in, "onetwo", 6), 0);
	EXPECT(write(fd, "x", 1), -EBADF);
	close(fd);
	close(open("/tmp/b", O_WRONLY | O_TRUNC, 0));
	fd = open("/tmp/b", O_RDONLY, 0);
	EXPECT(read(fd, in, sizeof(in)), 0);
	close(fd);
	EXPECT(unlink("/tmp/b"), 0);
}

static void AnUnlinkedFileLivesWhileItIsOpen(void)
{
	char in[4];
	long fd = open("/tmp/c", O_CREAT | O_RDWR, 0644);

	write(fd, "abc", 3);
	EXPECT(unlink("/tmp/c"), 0);
	lseek(fd, 0, SEEK_SET);
	EXPECT(read(fd, in, 4), 3);
	EXPECT(close(fd), 0);
}

static void DirectoriesNestAndAreRemovedEmptyOnly(void)
{
	char cwd[PATH_MAX];

	EXPECT(mkdir("/tmp/d", 0755), 0);
	EXPECT(mkdir("/tmp/d", 0755), -EEXIST);
	EXPECT(mkdir("/tmp/d/e", 0755), 0);
	EXPECT(unlink("/tmp/d"), -ENOTEMPTY);
	EXPECT(chdir("/tmp/d/e"), 0);
	EXPECT(getcwd(cwd, sizeof(cwd)), 8);
	EXPECT(strcmp(cwd, "/tmp/d/e"), 0);
	EXPECT(getcwd(cwd, 4), -ERANGE);
	EXPECT(chdir("../.././d/"), 0);
	EXPECT(unlink("e"), 0);
	EXPECT(chdir("/"), 0);
	EXPECT(unlink("/tmp/d"), 0);
	EXPECT(chdir("/tmp/d"), -ENOENT);
	EXPECT(unlink("/"), -EBUSY);
	EXPECT(unlink("/tmp/."), -EBUSY);
	EXPECT(mkdir("/no/where", 0755), -ENOENT);
}

static void BadPathsAreRefused(void)
{
	static char path[2 * PATH_MAX];

	memset(path, 'a', sizeof(path) - 1);
	EXPECT(open(path, O_RDONLY, 0), -ENAMETOOLONG);
	path[PATH_MAX - 10] = 0;
	EXPECT(open(path, O_RDONLY, 0), -ENAMETOOLONG);
	EXPECT(open("", O_RDONLY, 0), -ENOENT);
	EXPECT(open("/bin/sh/x", O_RDONLY, 0), -ENOTDIR);
	EXPECT(open("/bin/sh/", O_RDONLY, 0), -ENOTDIR);
	EXPECT(open("/bin", O_WRONLY, 0), -EISDIR);
	EXPECT(open("/bin/sh", 3, 0), -EINVAL);
	EXPECT(chdir("/bin/sh"), -ENOTDIR);
}

static void as_nobody(void)
{
	char text[64];
	long fd;

	EXPECT(setuid(1000), 0);
	EXPECT(open("/dev/secret", O_RDONLY, 0), -EACCES);
	EXPECT(open("/dev/crash", O_WRONLY, 0), -EACCES);
	EXPECT(open("/tmp/root-only", O_RDONLY, 0), -EACCES);
	EXPECT(open("/tmp/readable", O_WRONLY, 0), -EACCES);
	EXPECT(open("/tmp/root-dir/x", O_RDONLY, 0), -EACCES);
	EXPECT(mkdir("/forbidden", 0755), -EACCES);
	EXPECT(open("/bin/new", O_CREAT | O_WRONLY, 0755), -EACCES);
	EXPECT(unlink("/bin/sh"), -EACCES);
	fd = open("/tmp/readable", O_RDONLY, 0);
	EXPECT(read(fd, text, sizeof(text)), 2);
	fd = open("/tmp/mine", O_CREAT | O_RDWR, 0600);
	EXPECT(fd >= 0, 1);
	EXPECT(write(fd, "me", 2), 2);
	EXPECT(unlink("/tmp/mine"), 0);
}

static void PermissionBitsHold(void)
{
	char text[64];
	long fd = open("/tmp/root-only", O_CREAT | O_WRONLY, 0600);

	close(fd);
	fd = open("/tmp/readable", O_CREAT | O_WRONLY, 0644);
	write(fd, "hi", 2);
	close(fd);
	mkdir("/tmp/root-dir", 0700);
	EXPECT(in_child(as_nobody), 0);
	EXPECT(unlink("/tmp/root-only"), 0);
	EXPECT(unlink("/tmp/readable"), 0);
	EXPECT(unlink("/tmp/root-dir"), 0);
	fd = open("/dev/secret", O_RDONLY, 0);
	EXPECT(read(fd, text, sizeof(text)), 30);
	EXPECT(read(fd, text, sizeof(text)), 0);
	close(fd);
}

static void NullAndZeroBehave(void)
{
	char text[600];
	long null = open("/dev/null", O_RDWR, 0), zero = open("/dev/zero", O_RDONLY, 0);

	EXPECT(write(null, text, sizeof(text)), sizeof(text));
	EXPECT(read(null, text, sizeof(text)), 0);
	memset(text, 1, sizeof(text));
	EXPECT(read(zero, text, sizeof(text)), sizeof(text));
	EXPECT(text[0] | text[599], 0);
	EXPECT(lseek(null, 0, SEEK_SET), -ESPIPE);
	EXPECT(ioctl(null, TTY_GET_FOREGROUND, 0), -ENOTTY);
	EXPECT(unlink("/dev/null"), -EPERM);
	close(null);
	close(zero);
}

static void all_descriptors(void)
{
	long fd, last = 0;

	while ((fd = open("/dev/null", O_RDONLY, 0)) >= 0)
		last = fd;
	EXPECT(fd, -EMFILE);
	EXPECT(close(last), 0);
	EXPECT(open("/dev/null", O_RDONLY, 0), last);
	EXPECT(dup2(0, 1000000), -EBADF);
	EXPECT(dup2(-1, 1), -EBADF);
	EXPECT(dup2(0, (int)last), last);
}

static void DescriptorsAreLimitedAndReused(void)
{
	EXPECT(in_child(all_descriptors), 0);
}

static void AListingShowsEveryEntryOnce(void)
{
	static struct dirent d[3];
	char name[32];
	int seen[10] = { 0 };
	long fd, n;

	mkdir("/tmp/list", 0755);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "/tmp/list/%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	fd = open("/tmp/list", O_RDONLY, 0);
	while ((n = getdents(fd, d, sizeof(d))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(d[0]); i++)
			seen[d[i].name[0] - '0']++;
	EXPECT(n, 0);
	EXPECT(getdents(fd, d, 1), -EINVAL);
	EXPECT(getdents(0, d, sizeof(d)), -ENOTDIR);
	EXPECT(read(fd, d, sizeof(d)), -EISDIR);
	close(fd);
	for (int i = 0; i < 10; i++) {
		EXPECT(seen[i], 1);
		snprintf(name, sizeof(name), "/tmp/list/%d", i);
		EXPECT(unlink(name), 0);
	}
	EXPECT(unlink("/tmp/list"), 0);
}

#define T(name) { #name, name }
const struct utest file_tests[] = {
	T(ContentsComeBackAsWritten), T(HolesReadAsZeros), T(AppendAndTruncateDoWhatTheySay), T(AnUnlinkedFileLivesWhileItIsOpen),
	T(DirectoriesNestAndAreRemovedEmptyOnly), T(BadPathsAreRefused), T(PermissionBitsHold), T(NullAndZeroBehave),
	T(DescriptorsAreLimitedAndReused), T(AListingShowsEveryEntryOnce), { NULL, NULL },
};

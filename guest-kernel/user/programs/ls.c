/* ls [-l] [PATH...]: names in directories; with -l also mode, owner and size. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int long_format;

static void mode_text(unsigned mode, char text[11])
{
	static const char letters[] = "rwxrwxrwx";

	text[0] = (mode & S_IFMT) == S_IFDIR ? 'd' : (mode & S_IFMT) == S_IFCHR ? 'c' : (mode & S_IFMT) == S_IFIFO ? 'p' : '-';
	for (int i = 0; i < 9; i++)
		text[1 + i] = mode & (0400u >> i) ? letters[i] : '-';
	text[10] = 0;
}

static void show(const char *name, const struct stat *st)
{
	char mode[11];

	if (!long_format) {
		printf("%s\n", name);
		return;
	}
	mode_text(st->mode, mode);
	printf("%s %4u %8lu %s\n", mode, st->uid, st->size, name);
}

static int list_directory(const char *path)
{
	static struct dirent entries[32];
	char full[PATH_MAX];
	struct stat st;
	long fd = open(path, O_RDONLY, 0), n;

	if (fd < 0) {
		warn(fd, "%s", path);
		return 1;
	}
	while ((n = getdents(fd, entries, sizeof(entries))) > 0) {
		for (size_t i = 0; i < (size_t)n / sizeof(entries[0]); i++) {
			if (entries[i].name[0] == '.')
				continue;
			snprintf(full, sizeof(full), "%s/%s", path, entries[i].name);
			if (stat(full, &st))
				memset(&st, 0, sizeof(st));
			show(entries[i].name, &st);
		}
	}
	close(fd);
	if (n < 0)
		warn(n, "%s", path);
	return n < 0;
}

static int list(const char *path)
{
	struct stat st;
	long err = stat(path, &st);

	if (err) {
		warn(err, "%s", path);
		return 1;
	}
	if ((st.mode & S_IFMT) == S_IFDIR)
		return list_directory(path);
	show(path, &st);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0, at = 1;

	program_name = "ls";
	if (at < argc && strcmp(argv[at], "-l") == 0) {
		long_format = 1;
		at++;
	}
	if (at == argc)
		return list(".");
	for (; at < argc; at++)
		failed |= list(argv[at]);
	return failed;
}

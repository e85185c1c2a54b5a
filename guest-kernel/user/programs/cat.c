/* cat [FILE...]: files, or standard input, to standard output. */
#include <stdio.h>
#include <unistd.h>

static int copy(long fd, const char *name)
{
	static char buffer[4096];
	long n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		long err = write_all(STDOUT, buffer, (size_t)n);

		if (err < 0) {
			warn(err, "standard output");
			return 1;
		}
	}
	if (n < 0)
		warn(n, "%s", name);
	return n < 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	program_name = "cat";
	if (argc == 1)
		return copy(STDIN, "standard input");
	for (int i = 1; i < argc; i++) {
		long fd = open(argv[i], O_RDONLY, 0);

		if (fd < 0) {
			warn(fd, "%s", argv[i]);
			failed = 1;
			continue;
		}
		failed |= copy(fd, argv[i]);
		close(fd);
	}
	return failed;
}

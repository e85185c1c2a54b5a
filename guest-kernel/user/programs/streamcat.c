/* streamcat [FILE]: a file, by splice, or standard input through a stream to standard output. */
#include <stdio.h>
#include <unistd.h>

static char buffer[4096];

static long copy(long from, long to)
{
	long n, err = 0;

	while (err >= 0 && (n = read(from, buffer, sizeof(buffer))) > 0)
		err = write_all(to, buffer, (size_t)n);
	return err < 0 ? err : n;
}

static long fill(long out, const char *path)
{
	long file = open(path, O_RDONLY, 0), n = file;

	while (n >= 0 && (n = splice(file, out, 1UL << 30)) > 0)
		;
	return n;
}

int main(int argc, char **argv)
{
	const char *path = argc == 2 ? argv[1] : NULL;
	int fds[2], status = 1;
	long pid, err;

	program_name = "streamcat";
	if (argc > 2) {
		dprintf(STDERR, "usage: streamcat [FILE]\n");
		return 2;
	}
	err = stream(fds);
	pid = err ? err : fork();
	if (pid < 0) {
		warn(pid, "can't begin");
		return 1;
	}
	if (pid == 0) {
		close(fds[0]);
		err = path ? fill(fds[1], path) : copy(STDIN, fds[1]);
		if (err < 0)
			warn(err, "%s", path ? path : "standard input");
		return err < 0;
	}
	close(fds[1]);
	err = copy(fds[0], STDOUT);
	if (err < 0)
		warn(err, "standard output");
	close(fds[0]);
	while (waitpid(pid, &status, 0) == -EINTR)
		;
	return err < 0 || status != 0;
}

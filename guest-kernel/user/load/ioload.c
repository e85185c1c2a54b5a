/*
 * ioload: several processes read and write known amounts, and one sleeps in read from the beginning to the end. Afterwards
 * /dev/iostat must have counted exactly that: nothing else reads or writes meanwhile. Ends with `ioload: calls=N errors=N`.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"

#define CLIENTS_MAX 8
#define READ_SIZE 37
#define WRITE_SIZE 23

static struct limits limits = { .clients = 3, .count = 1000 };

struct counts {
	unsigned long reads, writes, read_bytes, written_bytes;
	unsigned long length;	/* of the text they were read from */
};

static unsigned long number_behind(const char *text, const char *key)
{
	unsigned long value = 0;

	for (; *text; text++) {
		if (strncmp(text, key, strlen(key)))
			continue;
		for (text += strlen(key); *text >= '0' && *text <= '9'; text++)
			value = value * 10 + (unsigned long)(*text - '0');
		return value;
	}
	return 0;
}

/* One read, which is counted after it was told. */
static int look(struct counts *counts)
{
	char text[200];
	long fd = open("/dev/iostat", O_RDONLY, 0), n;

	if (fd < 0)
		return -1;
	n = read((int)fd, text, sizeof(text) - 1);
	close((int)fd);
	if (n <= 0)
		return -1;
	text[n] = 0;
	counts->length = (unsigned long)n;
	counts->reads = number_behind(text, "reads=");
	counts->writes = number_behind(text, "writes=");
	counts->read_bytes = number_behind(text, "read_bytes=");
	counts->written_bytes = number_behind(text, "written_bytes=");
	return 0;
}

static int client(void)
{
	char bytes[READ_SIZE];
	long zero = open("/dev/zero", O_RDONLY, 0), null = open("/dev/null", O_WRONLY, 0);

	if (zero < 0 || null < 0)
		return 1;
	for (unsigned long i = 0; i < limits.count; i++)
		if (read((int)zero, bytes, READ_SIZE) != READ_SIZE || write((int)null, bytes, WRITE_SIZE) != WRITE_SIZE)
			return 1;
	return 0;
}

static int sleeper(int in)
{
	char byte;

	return read(in, &byte, 1) != 1;
}

static unsigned long reap(void)
{
	int status = 1;
	long pid;

	while ((pid = waitpid(-1, &status, 0)) == -EINTR)
		;
	return pid < 0 || status != 0;
}

/* The counters may be of 32 bits. */
static unsigned long differs(const char *what, unsigned long found, unsigned long expected)
{
	if ((unsigned)found == (unsigned)expected)
		return 0;
	printf("ioload: %s: %lu, expected %lu\n", what, found, expected);
	return 1;
}

int main(int argc, char **argv)
{
	struct counts before, after;
	unsigned long errors = 0, calls;
	int pipe_ends[2];
	long err;

	program_name = "ioload";
	if (load_parse(argc, argv, "calls", &limits))
		return 2;
	if (limits.clients < 1 || limits.clients > CLIENTS_MAX) {
		dprintf(STDERR, "ioload: 1 to %d clients\n", CLIENTS_MAX);
		return 2;
	}
	if ((err = pipe(pipe_ends)) || look(&before)) {
		warn(err, "ioload");
		return 1;
	}
	for (unsigned long i = 0; i <= limits.clients; i++) {
		long pid = fork();

		if (pid == 0)
			syscall1(SYS_exit, i == limits.clients ? sleeper(pipe_ends[0]) : client());
		if (pid < 0) {
			warn(pid, "fork");
			return 1;
		}
	}
	for (unsigned long i = 0; i < limits.clients; i++)
		errors += reap();
	errors += write(pipe_ends[1], "", 1) != 1;
	errors += reap();
	calls = limits.clients * limits.count;
	if (look(&after))
		errors++;
	errors += differs("reads", after.reads, before.reads + 1 + calls + 1);
	errors += differs("writes", after.writes, before.writes + calls + 1);
	errors += differs("read_bytes", after.read_bytes, before.read_bytes + before.length + calls * READ_SIZE + 1);
	errors += differs("written_bytes", after.written_bytes, before.written_bytes + calls * WRITE_SIZE + 1);
	printf("ioload: calls=%lu errors=%lu\n", 2 * calls, errors);
	return errors != 0;
}

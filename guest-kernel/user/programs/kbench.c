/*
 * kbench NAME [N]: times N iterations of one small thing, for comparing kernels and machines. Prints
 * `kbench NAME: iterations=N ns=TOTAL` with the guest's own (virtual) nanoseconds; what it cost the host is the host's to measure.
 */
#include <chacha20.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_WORDS 8192
#define PAGE 4096
#define FAULT_PAGES 64
#define PIPE_CHUNK 4096

static volatile unsigned long sink;

static long integer(unsigned long n)
{
	unsigned long a = 1, b = 2;

	for (unsigned long i = 0; i < n; i++) {
		a = a * 6364136223846793005UL + b;
		b ^= a >> 29;
		b += i;
	}
	sink = a + b;
	return 0;
}

/* ChaCha20 blocks, the first one checked against RFC 8439, section 2.3.2; each changes the next. */
static long cipher(unsigned long n)
{
	static const unsigned int expected[4] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3 };
	unsigned int state[16] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
		0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c, 1, 0x09000000, 0x4a000000, 0,
	}, stream[16];

	chacha20_block(state, stream);
	if (memcmp(stream, expected, sizeof(expected)))
		return -EIO;
	for (unsigned long i = 1; i < n; i++) {
		state[4 + i % 8] ^= stream[i % 16];
		state[12]++;
		chacha20_block(state, stream);
	}
	sink = stream[0];
	return 0;
}

static long memory(unsigned long n)
{
	static unsigned long words[MEMORY_WORDS];

	for (unsigned long i = 0; i < n; i++)
		words[i * 61 % MEMORY_WORDS] += words[i * 17 % MEMORY_WORDS] + i;
	sink = words[0];
	return 0;
}

static __attribute__((noinline)) unsigned long leaf(unsigned long x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

static long calls(unsigned long n)
{
	unsigned long x = 0;

	for (unsigned long i = 0; i < n; i++)
		x = leaf(x);
	sink = x;
	return 0;
}

static long syscalls(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		getpid();
	return 0;
}

static long reap(long pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) == -EINTR)
		;
	return status ? -EIO : 0;
}

/* One iteration: a byte to the other process and one back, two switches. */
static long switches(unsigned long n)
{
	int there[2], back[2];
	long err, pid;
	char byte = 1;

	if ((err = pipe(there)) || (err = pipe(back)))
		return err;
	pid = fork();
	if (pid < 0)
		return pid;
	if (pid == 0) {
		for (unsigned long i = 0; i < n; i++)
			if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
				exit(1);
		exit(0);
	}
	for (unsigned long i = 0; i < n; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return -EIO;
	return reap(pid);
}

/* One iteration: 4 KiB through a pipe between two processes. */
static long pipe_throughput(unsigned long n)
{
	static char chunk[PIPE_CHUNK];
	int ends[2];
	long err = pipe(ends), pid;

	if (err)
		return err;
	pid = fork();
	if (pid < 0)
		return pid;
	if (pid == 0) {
		for (unsigned long i = 0; i < n; i++)
			if (write_all(ends[1], chunk, sizeof(chunk)) != sizeof(chunk))
				exit(1);
		exit(0);
	}
	for (unsigned long i = 0; i < n; i++)
		if (read_all(ends[0], chunk, sizeof(chunk)) != sizeof(chunk))
			return -EIO;
	return reap(pid);
}

static long forks(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		long pid = fork(), err;

		if (pid == 0)
			exit(0);
		err = pid < 0 ? pid : reap(pid);
		if (err)
			return err;
	}
	return 0;
}

static long execs(unsigned long n)
{
	char *argv[] = { "true", NULL };

	for (unsigned long i = 0; i < n; i++) {
		long pid = fork(), err;

		if (pid == 0) {
			execve("/bin/true", argv);
			exit(127);
		}
		err = pid < 0 ? pid : reap(pid);
		if (err)
			return err;
	}
	return 0;
}

/* One iteration: the first touch of a fresh page. */
static long faults(unsigned long n)
{
	for (unsigned long done = 0; done < n; done += FAULT_PAGES) {
		long at = syscall1(SYS_mmap_anon, FAULT_PAGES * PAGE), err;

		if (at < 0)
			return at;
		for (int i = 0; i < FAULT_PAGES; i++)
			((volatile char *)at)[i * PAGE] = 1;
		err = syscall2(SYS_munmap, at, FAULT_PAGES * PAGE);
		if (err)
			return err;
	}
	return 0;
}

static const struct {
	const char *name;
	long (*run)(unsigned long n);
	unsigned long iterations;	/* unless told */
} table[] = {
	{ "integer", integer, 50000000 }, { "cipher", cipher, 1000000 },
	{ "memory", memory, 20000000 }, { "calls", calls, 20000000 },
	{ "syscalls", syscalls, 200000 }, { "switches", switches, 20000 }, { "pipe", pipe_throughput, 10000 },
	{ "fork", forks, 1000 }, { "exec", execs, 500 }, { "faults", faults, 20000 },
};

#define COUNT (sizeof(table) / sizeof(table[0]))

static int usage(void)
{
	dprintf(STDERR, "usage: kbench NAME [N]   NAME:");
	for (unsigned i = 0; i < COUNT; i++)
		dprintf(STDERR, " %s", table[i].name);
	dprintf(STDERR, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long n = 0;
	unsigned at = 0;
	long start, err;

	program_name = "kbench";
	if (argc < 2 || argc > 3 || (argc == 3 && (parse_number(argv[2], &n) || !n)))
		return usage();
	while (at < COUNT && strcmp(table[at].name, argv[1]))
		at++;
	if (at == COUNT)
		return usage();
	if (!n)
		n = table[at].iterations;
	start = clock_ns();
	err = table[at].run(n);
	if (err) {
		warn(err, "%s", argv[1]);
		return 1;
	}
	printf("kbench %s: iterations=%lu ns=%ld\n", argv[1], n, clock_ns() - start);
	return 0;
}

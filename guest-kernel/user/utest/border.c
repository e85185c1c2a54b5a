/* border.c: bad pointers and random arguments to every system call: an error, never a crash. */
#include "utest.h"

static const long bad_pointers[] = {
	0, 1, 0xfff, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000, (long)0xffff800000000000, (long)0xffffffff80100000,
	(long)0xdeadbeefdeadbeef, -1, -4096,
};

#define POINTERS (sizeof(bad_pointers) / sizeof(bad_pointers[0]))

static void BadPointersAreRefused(void)
{
	long console = 1, null = open("/dev/null", O_RDWR, 0), zero = open("/dev/zero", O_RDONLY, 0);
	long file = open("/tmp/p", O_CREAT | O_RDWR, 0644), dir = open("/", O_RDONLY, 0);
	int fds[2];

	pipe(fds);
	write(fds[1], "abc", 3);
	write(file, "abc", 3);
	for (unsigned i = 0; i < POINTERS; i++) {
		long p = bad_pointers[i];

		lseek(file, 0, SEEK_SET);
		lseek(dir, 0, SEEK_SET);
		EXPECT(syscall3(SYS_read, zero, p, 16), -EFAULT);
		EXPECT(syscall3(SYS_read, file, p, 3), -EFAULT);
		EXPECT(syscall3(SYS_read, fds[0], p, 3), -EFAULT);
		EXPECT(syscall3(SYS_write, fds[1], p, 3), -EFAULT);
		EXPECT(syscall3(SYS_write, file, p, 3), -EFAULT);
		EXPECT(syscall3(SYS_write, console, p, 3), -EFAULT);
		EXPECT(syscall3(SYS_open, p, O_RDONLY, 0), -EFAULT);
		EXPECT(syscall1(SYS_pipe, p), -EFAULT);
		EXPECT(syscall1(SYS_stream, p), -EFAULT);
		EXPECT(syscall2(SYS_fstat, null, p), -EFAULT);
		EXPECT(syscall2(SYS_stat, p, p), -EFAULT);
		EXPECT(syscall2(SYS_stat, "/", p), -EFAULT);
		EXPECT(syscall3(SYS_getdents, dir, p, sizeof(struct dirent)), -EFAULT);
		EXPECT(syscall2(SYS_mkdir, p, 0), -EFAULT);
		EXPECT(syscall1(SYS_unlink, p), -EFAULT);
		EXPECT(syscall1(SYS_chdir, p), -EFAULT);
		EXPECT(syscall2(SYS_getcwd, p, 100), -EFAULT);
		EXPECT(syscall3(SYS_readlog, p, 0, 16), -EFAULT);
		EXPECT(syscall2(SYS_exec, p, p), -EFAULT);
		EXPECT(syscall1(SYS_uname, p), -EFAULT);
		EXPECT(syscall2(SYS_ps, p, 1), -EFAULT);
		if (p)
			EXPECT(syscall2(SYS_exec, "/bin/true", p), -EFAULT);
	}
	EXPECT(close(file) | close(dir) | close(null) | close(zero) | close(fds[0]) | close(fds[1]), 0);
	EXPECT(unlink("/tmp/p"), 0);
}

/* Pipes must still hold what a failed read did not take. */
static void AFailedReadLosesNothing(void)
{
	char in[4];
	int fds[2];

	pipe(fds);
	write(fds[1], "abc", 3);
	EXPECT(syscall3(SYS_read, fds[0], 8, 3), -EFAULT);
	EXPECT(read(fds[0], in, 4), 3);
	close(fds[0]);
	close(fds[1]);
}

static unsigned long state = 88172645463325252UL;

static unsigned long random_number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static long random_argument(void)
{
	static char buffer[256];

	switch (random_number() % 5) {
	case 0:
		return (long)(random_number() % 40);
	case 1:
		return bad_pointers[random_number() % POINTERS];
	case 2:
		return (long)random_number();
	case 3:
		return (long)(buffer + random_number() % sizeof(buffer));
	default:
		return -(long)(random_number() % 100);
	}
}

/* These end or stop the process, or change what everything else stands on; readlog has its flaw on purpose. */
static int may_call(long n)
{
	return n != SYS_exit && n != SYS_fork && n != SYS_wait && n != SYS_kill && n != SYS_sleep_ns && n != SYS_sigreturn &&
		n != SYS_read && n != SYS_munmap && n != SYS_sbrk && n != SYS_write && n != SYS_setpgid && n != SYS_readlog &&
		n != SYS_splice;
}

static void throw_rubbish(void)
{
	setuid(1000);
	for (int i = 0; i < 20000; i++) {
		long n = (long)(random_number() % (SYS_COUNT + 4));

		if (may_call(n))
			syscall6(n, random_argument(), random_argument(), random_argument(), random_argument(), random_argument(),
				random_argument());
	}
	exit(0);
}

static void RandomArgumentsDoNotHarmTheKernel(void)
{
	long status = in_child(throw_rubbish);

	/* It may have killed itself; the kernel must go on, and so must the file system. */
	EXPECT(status >= 0, 1);
	EXPECT(mkdir("/tmp/alive", 0755), 0);
	EXPECT(unlink("/tmp/alive"), 0);
}

static void odd_sigreturn(void)
{
	syscall0(SYS_sigreturn);
}

static void ASigreturnWithoutASignalHarmsOnlyTheCaller(void)
{
	EXPECT(in_child(odd_sigreturn) > 0, 1);
}

#define T(name) { #name, name }
const struct utest border_tests[] = {
	T(BadPointersAreRefused), T(AFailedReadLosesNothing), T(RandomArgumentsDoNotHarmTheKernel),
	T(ASigreturnWithoutASignalHarmsOnlyTheCaller), { NULL, NULL },
};

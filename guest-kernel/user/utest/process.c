/* process.c: fork, exec, wait, signals, memory, users. */
#include "utest.h"

static volatile int cell, caught;

static void write_cell(void)
{
	EXPECT(cell, 1);
	cell = 2;
	EXPECT(cell, 2);
}

static void ForkCopiesMemoryAndKeepsItApart(void)
{
	cell = 1;
	EXPECT(in_child(write_cell), 0);
	EXPECT(cell, 1);
}

static void leave_with_37(void)
{
	exit(37);
}

static void WaitGivesTheExitStatus(void)
{
	EXPECT(in_child(leave_with_37), 37);
}

static void WaitWithoutChildrenSaysSo(void)
{
	int status;

	EXPECT(waitpid(-1, &status, 0), -ECHILD);
	EXPECT(waitpid(getpid(), &status, 0), -ECHILD);
}

static void wait_without_hanging(void)
{
	int status, fds[2];
	char byte;
	long pid;

	pipe(fds);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		read(fds[0], &byte, 1);
		exit(5);
	}
	EXPECT(waitpid(pid, &status, WNOHANG), 0);
	close(fds[0]);
	close(fds[1]);
	EXPECT(waitpid(pid, &status, 0), pid);
	EXPECT(status, 5);
}

static void WaitWithNoHangReturnsAtOnce(void)
{
	EXPECT(in_child(wait_without_hanging), 0);
}

static void exec_echo(void)
{
	char *argv[] = { "sh", "-c", "exit 23", NULL };

	execve("/bin/sh", argv);
}

static void ExecPassesArguments(void)
{
	EXPECT(in_child(exec_echo), 23);
}

static void ExecRefusesWhatIsNoProgram(void)
{
	char *argv[] = { "x", NULL };
	static const char rubbish[] = "\177ELF rubbish";
	long fd = open("/tmp/rubbish", O_CREAT | O_WRONLY, 0755);

	write(fd, rubbish, sizeof(rubbish));
	close(fd);
	EXPECT(execve("/tmp/rubbish", argv), -ENOEXEC);
	EXPECT(unlink("/tmp/rubbish"), 0);
	EXPECT(execve("/no/such/program", argv), -ENOENT);
	EXPECT(execve("/bin", argv), -EISDIR);
	EXPECT(execve("/dev/null", argv), -EACCES);
}

static void catch_signal(int sig)
{
	caught = sig;
}

static void send_to_self(void)
{
	on_signal(SIGTERM, catch_signal);
	EXPECT(kill(getpid(), SIGTERM), 0);
	EXPECT(caught, SIGTERM);
	on_signal(SIGTERM, SIGNAL_IGNORE);
	caught = 0;
	EXPECT(kill(getpid(), SIGTERM), 0);
	EXPECT(caught, 0);
}

static void HandlersRunAndReturnAndIgnoredSignalsDoNothing(void)
{
	EXPECT(in_child(send_to_self), 0);
}

static void die_of_term(void)
{
	kill(getpid(), SIGTERM);
}

static void UncaughtSignalsKill(void)
{
	EXPECT(in_child(die_of_term), 128 + SIGTERM);
}

static void catch_kill(void)
{
	EXPECT(on_signal(SIGKILL, catch_signal), -EINVAL);
	kill(getpid(), SIGKILL);
}

static void KillCannotBeCaught(void)
{
	EXPECT(in_child(catch_kill), 128 + SIGKILL);
}

static void refuse_huge_maps(void)
{
	EXPECT(syscall1(SYS_mmap_anon, ~0UL), -ENOMEM);
	EXPECT(syscall1(SYS_mmap_anon, 1UL << 46), -ENOMEM);
	EXPECT(syscall1(SYS_mmap_anon, 1UL << 36) > 0, 1);
	EXPECT(in_child(leave_with_37), 37);
}

static void HugeMapsAreRefusedAndLargeOnesForkQuickly(void)
{
	EXPECT(in_child(refuse_huge_maps), 0);
}

static void keep_registers(void)
{
	unsigned long a = 0x1111111111111111, b = 0x2222222222222222, c = 0x3333333333333333;

	on_signal(SIGTERM, catch_signal);
	for (int i = 0; i < 100; i++) {
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
		kill(getpid(), SIGTERM);
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
	}
	EXPECT(a == 0x1111111111111111 && b == 0x2222222222222222 && c == 0x3333333333333333, 1);
}

static void HandlersKeepTheRegisters(void)
{
	EXPECT(in_child(keep_registers), 0);
}

static void interrupted_read(void)
{
	int fds[2];
	char byte;
	long parent = getpid(), pid;

	on_signal(SIGTERM, catch_signal);
	pipe(fds);
	pid = fork();
	if (pid == 0) {
		sleep_ms(8);
		kill(parent, SIGTERM);
		exit(0);
	}
	EXPECT(read(fds[0], &byte, 1), -EINTR);
	EXPECT(caught, SIGTERM);
}

static void ASignalEndsASleepInTheKernel(void)
{
	EXPECT(in_child(interrupted_read), 0);
}

static void touch_kernel(void)
{
	*(volatile char *)0xffffffff80100000 = 1;
}

static void touch_nothing(void)
{
	volatile char *volatile nowhere = (char *)0x10;

	*nowhere = 1;
}

static void run_data(void)
{
	static char code[] = "\xc3";
	void (*volatile f)(void) = (void (*)(void))(void *)code;

	f();
}

static void privileged(void)
{
	__asm__ volatile("hlt");
}

static void undefined(void)
{
	__asm__ volatile("ud2");
}

static void FaultsKillTheProcessAndNotTheKernel(void)
{
	EXPECT(in_child(touch_kernel), 128 + SIGSEGV);
	EXPECT(in_child(touch_nothing), 128 + SIGSEGV);
	EXPECT(in_child(run_data), 128 + SIGSEGV);
	EXPECT(in_child(privileged), 128 + SIGSEGV);
	EXPECT(in_child(undefined) > 128, 1);
}

static void become_nobody(void)
{
	EXPECT(setuid(1000), 0);
	EXPECT(getuid(), 1000);
	EXPECT(setuid(0), -EPERM);
	EXPECT(kill(1, SIGTERM), -EPERM);
	EXPECT(syscall2(SYS_reboot, REBOOT_POWER_OFF, 0), -EPERM);
	EXPECT(syscall5(SYS_insmod, "x", 1, "x", NULL, 0), -EPERM);
	EXPECT(syscall1(SYS_rmmod, "x"), -EPERM);
}

static void OnlyRootMayDoWhatIsRoots(void)
{
	EXPECT(in_child(become_nobody), 0);
}

static void memory(void)
{
	char *a = malloc(100000), *b = malloc(1), *c;

	EXPECT(a && b, 1);
	memset(a, 7, 100000);
	free(a);
	c = malloc(50000);
	EXPECT(c == a, 1);
	EXPECT((long)sbrk(1L << 46) < 0, 1);
	free(b);
	free(c);
}

static void MemoryGrowsAndHasLimits(void)
{
	EXPECT(in_child(memory), 0);
}

static void sleep_measured(void)
{
	long start = clock_ns();

	EXPECT(sleep_ms(20), 0);
	EXPECT(clock_ns() - start >= 20000000, 1);
}

static void groups(void)
{
	int status;
	long first = fork(), second;

	if (first == 0) {
		setpgid(0, 0);
		for (;;)
			sleep_ms(1000);
	}
	setpgid(first, first);
	second = fork();
	if (second == 0) {
		for (;;)
			sleep_ms(1000);
	}
	EXPECT(setpgid(second, first), 0);
	EXPECT(kill(-first, SIGTERM), 0);
	EXPECT(waitpid(first, &status, 0), first);
	EXPECT(status, 128 + SIGTERM);
	EXPECT(waitpid(second, &status, 0), second);
	EXPECT(status, 128 + SIGTERM);
	EXPECT(kill(-first, SIGTERM), -ESRCH);
	EXPECT(setpgid(1, 1), -ESRCH);
}

static void ASignalToAGroupReachesAllOfIt(void)
{
	EXPECT(in_child(groups), 0);
}

static void NonsenseIsRefused(void)
{
	EXPECT(kill(99999, SIGTERM), -ESRCH);
	EXPECT(kill(getpid(), 99), -EINVAL);
	EXPECT(kill(getpid(), -1), -EINVAL);
	EXPECT(syscall0(SYS_COUNT), -ENOSYS);
	EXPECT(syscall0(-1), -ENOSYS);
	EXPECT(syscall0(1L << 40), -ENOSYS);
}

#define T(name) { #name, name }
const struct utest process_tests[] = {
	T(ForkCopiesMemoryAndKeepsItApart), T(WaitGivesTheExitStatus), T(WaitWithoutChildrenSaysSo),
	T(WaitWithNoHangReturnsAtOnce), T(ExecPassesArguments), T(ExecRefusesWhatIsNoProgram),
	T(HandlersRunAndReturnAndIgnoredSignalsDoNothing), T(UncaughtSignalsKill), T(KillCannotBeCaught),
	T(HandlersKeepTheRegisters), T(HugeMapsAreRefusedAndLargeOnesForkQuickly), T(ASignalEndsASleepInTheKernel),
	T(FaultsKillTheProcessAndNotTheKernel),
	T(OnlyRootMayDoWhatIsRoots), T(MemoryGrowsAndHasLimits), { "SleepLastsAsLongAsAsked", sleep_measured },
	T(ASignalToAGroupReachesAllOfIt), T(NonsenseIsRefused), { NULL, NULL },
};

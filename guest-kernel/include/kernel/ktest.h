/*
 * Tests that run inside the kernel when `ktest` is on the command line
 * (`ktest=prefix`: only those whose name begins so). After them the machine
 * is powered off with 0 if all passed, else 1.
 *
 *	KTEST(FreedPagesAreZero)
 *	{
 *		KT_EXPECT(...);		// goes on after a failure
 *		KT_REQUIRE(...);	// returns from the test
 *	}
 */
#ifndef KERNEL_KTEST_H
#define KERNEL_KTEST_H

#include <kernel/types.h>

struct thread;

struct ktest {
	const char *name;
	const char *file;
	void (*run)(void);
};

#define KTEST(test)							\
	static void ktest_##test(void);					\
	static const struct ktest ktest_entry_##test			\
		__used __section(".ktests") __aligned(8) =		\
		{ #test, __FILE__, ktest_##test };			\
	static void ktest_##test(void)

void ktest_fail(const char *file, int line, const char *what);
/* The running test makes one oops happen; without it, it fails. */
void ktest_expect_oops(void);
/* Makes a thread that runs on CPU `cpu` only and starts it; NULL: no memory. */
struct thread *ktest_thread_on(u32 cpu, void (*function)(void *), void *arg);
/* Keeps the running test on the CPU that it is on, and says which that is. */
u32 ktest_stay(void);
/* Runs the tests and powers off. */
void ktest_run_all(void) __noreturn;

#define KT_EXPECT(c)							\
	do {								\
		if (!(c))						\
			ktest_fail(__FILE__, __LINE__, #c);		\
	} while (0)

#define KT_REQUIRE(c)							\
	do {								\
		if (!(c)) {						\
			ktest_fail(__FILE__, __LINE__, #c);		\
			return;						\
		}							\
	} while (0)

#endif

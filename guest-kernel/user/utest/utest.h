/* utest.h: tests of the kernel from user space. Each file has one table of them. */
#ifndef UTEST_H
#define UTEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct utest {
	const char *name;	/* a claim */
	void (*run)(void);
};

extern const struct utest process_tests[], file_tests[], pipe_tests[], stream_tests[], border_tests[];

void utest_fail(const char *file, int line, const char *what, long got, long wanted);

#define EXPECT(got, wanted)							\
	do {									\
		long got_ = (long)(got), wanted_ = (long)(wanted);		\
		if (got_ != wanted_)						\
			utest_fail(__FILE__, __LINE__, #got, got_, wanted_);	\
	} while (0)

/* Runs body in a child and gives its exit status (128 + signal if it was killed). */
long in_child(void (*body)(void));

#endif

/*
 * nproc: how many CPUs run.
 */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	program_name = "nproc";
	if (argc > 1) {
		dprintf(STDERR, "usage: nproc\n");
		return 2;
	}
	printf("%ld\n", syscall0(SYS_nproc));
	return 0;
}

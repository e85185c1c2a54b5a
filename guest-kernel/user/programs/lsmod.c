/* lsmod: the inserted kernel modules. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static char text[8192];
	long n = syscall2(SYS_lsmod, text, sizeof(text));

	program_name = "lsmod";
	if (n < 0) {
		warn(n, "can't list modules");
		return 1;
	}
	return write_all(STDOUT, text, (size_t)n) < 0;
}

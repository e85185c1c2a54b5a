/* dmesg: what is left of the kernel's log. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static char text[4096];
	long fd = open("/dev/kmsg", O_RDONLY, 0), n;

	program_name = "dmesg";
	if (fd < 0) {
		warn(fd, "/dev/kmsg");
		return 1;
	}
	while ((n = read(fd, text, sizeof(text))) > 0)
		if (write_all(STDOUT, text, (size_t)n) < 0)
			return 1;
	if (n < 0)
		warn(n, "/dev/kmsg");
	return n < 0;
}

/* hexdump: standard input as offsets, bytes and characters. */
#include <stdio.h>
#include <unistd.h>

static void show(unsigned long at, const unsigned char *row, long n)
{
	char text[17];

	printf("%08lx ", at);
	for (long i = 0; i < 16; i++) {
		if (i < n)
			printf(" %02x", row[i]);
		else
			printf("   ");
		text[i] = i < n && row[i] >= 32 && row[i] < 127 ? (char)row[i] : i < n ? '.' : 0;
	}
	text[16] = 0;
	printf("  %s\n", text);
}

int main(void)
{
	unsigned char row[16];
	unsigned long at = 0;
	long n;

	program_name = "hexdump";
	while ((n = read_all(STDIN, row, sizeof(row))) > 0) {
		show(at, row, n);
		at += (unsigned long)n;
	}
	if (n < 0)
		warn(n, "standard input");
	return n < 0;
}

/* wc: lines, words and bytes of standard input. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static char buffer[4096];
	unsigned long lines = 0, words = 0, bytes = 0;
	int in_word = 0;
	long n;

	program_name = "wc";
	while ((n = read(STDIN, buffer, sizeof(buffer))) > 0) {
		bytes += (unsigned long)n;
		for (long i = 0; i < n; i++) {
			int space = buffer[i] == ' ' || buffer[i] == '\n' || buffer[i] == '\t';

			lines += buffer[i] == '\n';
			words += !space && !in_word;
			in_word = !space;
		}
	}
	if (n < 0)
		warn(n, "standard input");
	printf("%lu %lu %lu\n", lines, words, bytes);
	return n < 0;
}

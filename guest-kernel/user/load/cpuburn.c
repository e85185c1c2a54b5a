/*
 * cpuburn: keeps the CPU busy in user mode: a sieve over the odd numbers below 20000, again and again, its result checked.
 * Ends with `cpuburn: rounds=N errors=N`. Stops on --rounds, --seconds, TERM or INT.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"

#define TOP 20000
#define PRIMES 2262	/* below TOP */

static unsigned count_primes(void)
{
	static unsigned char composite[TOP / 2];
	unsigned primes = 1;

	memset(composite, 0, sizeof(composite));
	for (unsigned n = 3; n < TOP; n += 2) {
		if (composite[n / 2])
			continue;
		primes++;
		for (unsigned m = 3 * n; m < TOP; m += 2 * n)
			composite[m / 2] = 1;
	}
	return primes;
}

int main(int argc, char **argv)
{
	struct limits limits = { 0 };
	unsigned long rounds = 0, errors = 0;
	long start;

	program_name = "cpuburn";
	if (load_parse(argc, argv, "rounds", &limits))
		return 2;
	load_catch_signals();
	start = clock_ns();
	while (!load_over(&limits, start) && (!limits.count || rounds < limits.count)) {
		errors += count_primes() != PRIMES;
		rounds++;
		if (limits.verbose && rounds % 1000 == 0)
			printf("cpuburn: rounds=%lu errors=%lu\n", rounds, errors);
	}
	printf("cpuburn: rounds=%lu errors=%lu\n", rounds, errors);
	return errors != 0;
}

/*
 * ChaCha20's block function (RFC 8439, section 2.3): ten double rounds of straight-line integer code. The compute
 * workload of kbench.
 */
#include <chacha20.h>

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

#define QUARTER_ROUND(a, b, c, d)			\
	do {						\
		a += b, d ^= a, d = ROTATE(d, 16);	\
		c += d, b ^= c, b = ROTATE(b, 12);	\
		a += b, d ^= a, d = ROTATE(d, 8);	\
		c += d, b ^= c, b = ROTATE(b, 7);	\
	} while (0)

void chacha20_block(const unsigned int state[16], unsigned int out[16])
{
	unsigned int x[16];

	for (int i = 0; i < 16; i++)
		x[i] = state[i];
	for (int i = 0; i < 10; i++) {
		QUARTER_ROUND(x[0], x[4], x[8], x[12]);
		QUARTER_ROUND(x[1], x[5], x[9], x[13]);
		QUARTER_ROUND(x[2], x[6], x[10], x[14]);
		QUARTER_ROUND(x[3], x[7], x[11], x[15]);
		QUARTER_ROUND(x[0], x[5], x[10], x[15]);
		QUARTER_ROUND(x[1], x[6], x[11], x[12]);
		QUARTER_ROUND(x[2], x[7], x[8], x[13]);
		QUARTER_ROUND(x[3], x[4], x[9], x[14]);
	}
	for (int i = 0; i < 16; i++)
		out[i] = x[i] + state[i];
}

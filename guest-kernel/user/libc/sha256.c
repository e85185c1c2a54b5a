/*
 * SHA-256's compression function (FIPS 180-4, section 6.2.2), eight rounds a step so that the eight working variables
 * change names instead of places. The compute workload of kbench: long stretches of straight-line integer code.
 */
#include <sha256.h>

static const unsigned int constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

/* One round; the caller renames the variables for the next. */
#define ROUND(a, b, c, d, e, f, g, h, t)						\
	do {										\
		unsigned int t1 = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25))	\
				  + ((e & f) ^ (~e & g)) + constants[t] + w[t];		\
		d += t1;								\
		h = t1 + (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22))			\
		    + ((a & b) ^ (a & c) ^ (b & c));					\
	} while (0)

#define SCHEDULE(t)									\
	(w[t] = w[(t) - 16] + w[(t) - 7]						\
		+ (ROTATE(w[(t) - 15], 7) ^ ROTATE(w[(t) - 15], 18) ^ w[(t) - 15] >> 3)	\
		+ (ROTATE(w[(t) - 2], 17) ^ ROTATE(w[(t) - 2], 19) ^ w[(t) - 2] >> 10))

void sha256_compress(unsigned int state[8], const unsigned int block[16])
{
	unsigned int w[64];
	unsigned int a = state[0], b = state[1], c = state[2], d = state[3];
	unsigned int e = state[4], f = state[5], g = state[6], h = state[7];

	for (int t = 0; t < 16; t++)
		w[t] = __builtin_bswap32(block[t]);
	for (int t = 16; t < 64; t += 8) {
		SCHEDULE(t);
		SCHEDULE(t + 1);
		SCHEDULE(t + 2);
		SCHEDULE(t + 3);
		SCHEDULE(t + 4);
		SCHEDULE(t + 5);
		SCHEDULE(t + 6);
		SCHEDULE(t + 7);
	}
	for (int t = 0; t < 64; t += 8) {
		ROUND(a, b, c, d, e, f, g, h, t);
		ROUND(h, a, b, c, d, e, f, g, t + 1);
		ROUND(g, h, a, b, c, d, e, f, t + 2);
		ROUND(f, g, h, a, b, c, d, e, t + 3);
		ROUND(e, f, g, h, a, b, c, d, t + 4);
		ROUND(d, e, f, g, h, a, b, c, t + 5);
		ROUND(c, d, e, f, g, h, a, b, t + 6);
		ROUND(b, c, d, e, f, g, h, a, t + 7);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

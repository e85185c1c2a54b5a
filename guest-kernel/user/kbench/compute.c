/*
 * compute.c: code that asks nothing of a kernel. The same machine code runs in the guest, under QEMU and on the bare engine, so
 * these functions have their own names in the symbol table and touch nothing but their stack and the data below.
 */
#include <chacha20.h>
#include <string.h>
#include <unistd.h>
#include "kbench.h"

#define MEMORY_WORDS 8192
#define STRIDE 521		/* words: a bit more than a page, so that every access is in another one */
#define DEPTH 18

static volatile unsigned long sink;
unsigned long area[2][AREA_WORDS];

long integer(unsigned long n)
{
	unsigned long a = 1, b = 2;

	for (unsigned long i = 0; i < n; i++) {
		a = a * 6364136223846793005UL + b;
		b ^= a >> 29;
		b += i;
	}
	sink = a + b;
	return 0;
}

/* ChaCha20 blocks, the first one checked against RFC 8439, section 2.3.2; each changes the next. */
long cipher(unsigned long n)
{
	static const unsigned int expected[4] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3 };
	unsigned int state[16] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
		0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c, 1, 0x09000000, 0x4a000000, 0,
	}, stream[16];

	chacha20_block(state, stream);
	if (memcmp(stream, expected, sizeof(expected)))
		return -EIO;
	for (unsigned long i = 1; i < n; i++) {
		state[4 + i % 8] ^= stream[i % 16];
		state[12]++;
		chacha20_block(state, stream);
	}
	sink = stream[0];
	return 0;
}

/* Loads and stores within 64 KiB. */
long memory(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		area[0][i * 61 % MEMORY_WORDS] += area[0][i * 17 % MEMORY_WORDS] + i;
	sink = area[0][0];
	return 0;
}

/* One iteration: 64 KiB of a 4 MiB area copied to another, word by word. */
long copying(unsigned long n)
{
	const unsigned long piece = 8192;

	for (unsigned long i = 0; i < n; i++) {
		unsigned long at = i * piece % AREA_WORDS;
		const volatile unsigned long *from = area[0] + at;
		volatile unsigned long *to = area[1] + at;

		for (unsigned long k = 0; k < piece; k += 4) {
			to[k] = from[k];
			to[k + 1] = from[k + 1];
			to[k + 2] = from[k + 2];
			to[k + 3] = from[k + 3];
		}
	}
	sink = area[1][0];
	return 0;
}

/* One iteration: a word changed in another page than the one before, over 4 MiB. */
long striding(unsigned long n)
{
	unsigned long at = 0;

	for (unsigned long i = 0; i < n; i++) {
		area[0][at] += i;
		at = (at + STRIDE) % AREA_WORDS;
	}
	sink = area[0][0];
	return 0;
}

static __attribute__((noinline)) unsigned long leaf(unsigned long x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

static __attribute__((noinline)) unsigned long other_leaf(unsigned long x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 3;
}

long calls(unsigned long n)
{
	unsigned long x = 0;

	for (unsigned long i = 0; i < n; i++)
		x = leaf(x);
	sink = x;
	return 0;
}

static __attribute__((noinline)) unsigned long fibonacci(unsigned long n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/* One iteration: the 18th Fibonacci number by the doubly recursive definition, 8361 calls. */
long recursion(unsigned long n)
{
	unsigned long x = 0;

	for (unsigned long i = 0; i < n; i++)
		x += fibonacci(DEPTH);
	sink = x;
	return x == n * 2584 ? 0 : -EIO;
}

/* One iteration: a call through a pointer that changes every time. */
long indirect(unsigned long n)
{
	static unsigned long (*const volatile targets[4])(unsigned long) = { leaf, other_leaf, other_leaf, leaf };
	unsigned long x = 0;

	for (unsigned long i = 0; i < n; i++)
		x = targets[i % 4](x);
	sink = x;
	return 0;
}

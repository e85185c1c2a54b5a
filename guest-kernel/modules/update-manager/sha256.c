/*
 * SHA-256 as FIPS 180-4 describes it: small rather than quick, since the longest input is one package.
 */
#include <kernel/string.h>
#include "sha256.h"

static const u32 round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 rotate(u32 value, int bits)
{
	return value >> bits | value << (32 - bits);
}

static void expand(u32 schedule[64], const u8 *block)
{
	for (int i = 0; i < 16; i++, block += 4)
		schedule[i] = (u32)block[0] << 24 | (u32)block[1] << 16 | (u32)block[2] << 8 | block[3];

	for (int i = 16; i < 64; i++) {
		u32 a = schedule[i - 15], b = schedule[i - 2];
		u32 small0 = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3;
		u32 small1 = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10;

		schedule[i] = schedule[i - 16] + small0 + schedule[i - 7] + small1;
	}
}

/*
 * The working variables bear the standard's letters and move by assignment: an array moved by memmove costs its string
 * instructions' 28 turns in each of the 64 rounds, most of the time of a whole apply, with transaction_lock held.
 */
static void compress(u32 state[8], const u8 *block)
{
	u32 schedule[64];
	u32 a = state[0], b = state[1], c = state[2], d = state[3];
	u32 e = state[4], f = state[5], g = state[6], h = state[7];

	expand(schedule, block);
	for (int i = 0; i < 64; i++) {
		u32 big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
		u32 choice = (e & f) ^ (~e & g);
		u32 t1 = h + big1 + choice + round_constants[i] + schedule[i];
		u32 big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
		u32 majority = (a & b) ^ (a & c) ^ (b & c);

		h = g, g = f, f = e, e = d + t1;
		d = c, c = b, b = a, a = t1 + big0 + majority;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_begin(struct sha256 *hash)
{
	static const u32 initial[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(hash->state, initial, sizeof(initial));
	hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *data, u64 length)
{
	const u8 *from = data;

	while (length > 0) {
		u64 used = hash->length % 64, room = 64 - used;
		u64 take = length < room ? length : room;

		memcpy(hash->block + used, from, take);
		hash->length += take;
		from += take;
		length -= take;
		if (hash->length % 64 == 0)
			compress(hash->state, hash->block);
	}
}

void sha256_end(struct sha256 *hash, u8 digest[SHA256_SIZE])
{
	u64 bits = hash->length * 8;
	u8 tail[72] = { 0x80 };
	u64 padding = 1 + (119 - hash->length % 64) % 64;

	for (int i = 0; i < 8; i++)
		tail[padding + i] = bits >> (56 - 8 * i);
	sha256_add(hash, tail, padding + 8);

	for (int i = 0; i < SHA256_SIZE; i++)
		digest[i] = hash->state[i / 4] >> (24 - 8 * (i % 4));
}

void sha256_of(const void *data, u64 length, u8 digest[SHA256_SIZE])
{
	struct sha256 hash;

	sha256_begin(&hash);
	sha256_add(&hash, data, length);
	sha256_end(&hash, digest);
}

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

static void compress(u32 state[8], const u8 *block)
{
	u32 schedule[64], v[8];

	expand(schedule, block);
	memcpy(v, state, sizeof(v));

	for (int i = 0; i < 64; i++) {
		u32 big1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
		u32 choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		u32 t1 = v[7] + big1 + choice + round_constants[i] + schedule[i];
		u32 big0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
		u32 majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + big0 + majority;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
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

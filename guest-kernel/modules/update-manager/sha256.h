/* SHA-256 (FIPS 180-4): the digest that packages and function bodies carry. */
#ifndef UM_SHA256_H
#define UM_SHA256_H

#include <kernel/types.h>

#define SHA256_SIZE 32

struct sha256 {
	u32 state[8];
	u64 length;		/* bytes taken so far */
	u8 block[64];		/* the unfinished block: length % 64 bytes of it count */
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, u64 length);
void sha256_end(struct sha256 *hash, u8 digest[SHA256_SIZE]);

/* The digest of one piece of memory. */
void sha256_of(const void *data, u64 length, u8 digest[SHA256_SIZE]);

#endif

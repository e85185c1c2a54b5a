/*
 * SHA-256's compression function: one 64-byte block (big-endian words, as bytes) into the state.
 */
#ifndef LIBC_SHA256_H
#define LIBC_SHA256_H

#define SHA256_INITIAL { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 }

void sha256_compress(unsigned int state[8], const unsigned int block[16]);

#endif

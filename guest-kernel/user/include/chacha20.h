/*
 * ChaCha20's block function (RFC 8439, section 2.3): 16 words of state into 16 words of key stream.
 */
#ifndef LIBC_CHACHA20_H
#define LIBC_CHACHA20_H

void chacha20_block(const unsigned int state[16], unsigned int out[16]);

#endif

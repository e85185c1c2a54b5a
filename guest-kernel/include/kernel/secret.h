/*
 * The boot secret, see kernel/secret.c.
 */
#ifndef KERNEL_SECRET_H
#define KERNEL_SECRET_H

#define SECRET_SIZE 32		/* "lucos-secret-" and 16 hexadecimal digits, with NUL */

extern char boot_secret[SECRET_SIZE];

/* Makes the secret and /dev/secret; after fs_init. */
void secret_init(void);
/* Makes /dev/crash; after fs_init. */
void crash_init(void);

#endif

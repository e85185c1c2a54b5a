/* A made-up kernel for the checks to look at: 4 KiB of text and a few symbols. */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <kernel/types.h>
#include "../kernel_view.h"

#define FAKE_TEXT	0xffffffff80100000UL
#define FAKE_TEXT_SIZE	4096

struct fake_symbol {
	const char *name, *file;
	u64 address, size;
	bool function;
};

extern u8 fake_text[FAKE_TEXT_SIZE];			/* as it is now */
extern u8 fake_booted_text[FAKE_TEXT_SIZE];	/* as it booted */

void fake_reset(void);
const struct fake_symbol *fake_find(const char *name);

#endif

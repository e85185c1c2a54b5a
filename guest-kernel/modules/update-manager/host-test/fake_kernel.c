/* Stands in for kernel_view.c, and for the kernel functions that glibc doesn't have. */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fake_kernel.h"

void *malloc(size_t size);
void free(void *p);

u8 fake_text[FAKE_TEXT_SIZE];
u8 fake_booted_text[FAKE_TEXT_SIZE];

static const struct fake_symbol symbols[] = {
	{ "answer", "", FAKE_TEXT + 0x100, 40, true },
	{ "helper", "", FAKE_TEXT + 0x200, 64, true },
	{ "twin", "one.c", FAKE_TEXT + 0x300, 32, true },
	{ "twin", "two.c", FAKE_TEXT + 0x340, 32, true },
	{ "tiny", "", FAKE_TEXT + 0x400, 3, true },
	{ "padded", "", FAKE_TEXT + 0x420, 3, true },
	{ "number", "", FAKE_TEXT + 0x500, 8, false },
};

void fake_reset(void)
{
	for (u32 i = 0; i < FAKE_TEXT_SIZE; i++)
		fake_booted_text[i] = i * 7 + (i >> 8);
	memset(fake_booted_text + 0x423, 0x90, 13);
	memcpy(fake_text, fake_booted_text, FAKE_TEXT_SIZE);
}

const struct fake_symbol *fake_find(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (!strcmp(symbols[i].name, name))
			return &symbols[i];
	}
	return NULL;
}

const u8 *kernel_build_id(void)
{
	static const u8 id[20] = { 0xc0, 0xff, 0xee, 1, 2, 3 };

	return id;
}

u32 kernel_find_symbols(const char *name, const char *file, struct kernel_symbol *found, u32 limit)
{
	u32 count = 0;

	for (u32 i = 0; i < ARRAY_SIZE(symbols); i++) {
		const struct fake_symbol *symbol = &symbols[i];

		if (strcmp(symbol->name, name) || (file[0] && strcmp(symbol->file, file)))
			continue;
		if (count < limit)
			found[count] = (struct kernel_symbol){
				symbol->address, symbol->size, symbol->name, symbol->file, symbol->function};
		count++;
	}
	return count;
}

bool kernel_read_text(u64 address, u8 *bytes, u32 size)
{
	if (address < FAKE_TEXT || address > FAKE_TEXT + FAKE_TEXT_SIZE || size > FAKE_TEXT + FAKE_TEXT_SIZE - address)
		return false;
	memcpy(bytes, fake_text + (address - FAKE_TEXT), size);
	return true;
}

void *kmalloc(u64 size)
{
	return malloc(size);
}

void kfree(void *p)
{
	free(p);
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t length = strlen(src);

	if (size) {
		size_t take = length < size ? length : size - 1;

		memcpy(dst, src, take);
		dst[take] = 0;
	}
	return length;
}

/*
 * What the parts of the module loader share: module_image.c checks an ELF
 * image, module_link.c resolves and relocates, module.c owns the lifetime.
 */
#ifndef KERNEL_MODULE_IMAGE_H
#define KERNEL_MODULE_IMAGE_H

#include <kernel/elf.h>
#include <kernel/layout.h>
#include <kernel/module.h>

struct module_image {
	const u8 *data;
	u64 size;
	const struct elf_header *header;
	const struct elf_section_header *sections;
	u32 section_count;
	const char *section_names;
	const struct elf_symbol *symbols;
	u32 symbol_count;
	const char *strings;
	u64 strings_size;
	u64 *addresses;		/* of each section in the module's memory; 0: not loaded */
	struct module_error *err;
};

/* Records the failure and returns false, so that a check can `return` it. */
bool module_fail(struct module_error *err, enum module_failure failure, int code,
		 const char *fmt, ...) __printf(4, 5);

/* Checks everything that the later steps rely on; nothing is trusted. */
bool module_image_check(struct module_image *img);
const char *module_section_name(const struct module_image *img, u32 index);
const char *module_symbol_name(const struct module_image *img, u32 index);

/* The module's own symbol table, sorted by address. */
bool module_build_symbols(struct module *m, const struct module_image *img);
/* Resolves every undefined symbol and applies every relocation. */
bool module_relocate(const struct module_image *img);

#endif

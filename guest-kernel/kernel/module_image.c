/*
 * Checks an ELF64 relocatable image before anything is made of it. The image
 * is hostile: each offset, size, index and string is checked here once, so
 * that the steps behind may use them.
 */
#include "module_image.h"
#include <kernel/string.h>
#include <uapi/errno.h>

bool module_fail(struct module_error *err, enum module_failure failure, int code,
		 const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	err->failure = failure;
	err->code = code;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return false;
}

#define BAD(img, ...) module_fail((img)->err, MODULE_BAD_FORMAT, ENOEXEC, __VA_ARGS__)

static bool in_image(const struct module_image *img, u64 offset, u64 size)
{
	return offset <= img->size && size <= img->size - offset;
}

/* A string table: at least one byte, the last one a NUL. */
static bool string_table_ok(const struct module_image *img, u32 index)
{
	if (index >= img->section_count)
		return false;
	const struct elf_section_header *s = &img->sections[index];
	return s->type == SHT_STRTAB && s->size && in_image(img, s->offset, s->size)
	       && !img->data[s->offset + s->size - 1];
}

static bool check_header(struct module_image *img)
{
	const struct elf_header *h = (const struct elf_header *)img->data;
	if (img->size > MODULE_MAX_SIZE)
		return module_fail(img->err, MODULE_BAD_FORMAT, EFBIG,
				   "image has %lu bytes; at most %lu are taken", img->size, MODULE_MAX_SIZE);
	if (img->size < sizeof(*h) || h->magic != ELF_MAGIC)
		return BAD(img, "not an ELF file");
	if (h->class != ELF_CLASS64 || h->data != ELF_DATA_LSB || h->machine != EM_X86_64)
		return BAD(img, "not for x86-64 (class %u, machine %u)", h->class, h->machine);
	if (h->type != ET_REL)
		return BAD(img, "not a relocatable object (e_type %u)", h->type);
	if (h->shentsize != sizeof(struct elf_section_header) || !h->shnum || h->shnum > MODULE_MAX_SECTIONS)
		return BAD(img, "bad section table (%u entries of %u bytes)", h->shnum, h->shentsize);
	if ((h->shoff & 7) || !in_image(img, h->shoff, (u64)h->shnum * h->shentsize))
		return BAD(img, "section table at 0x%lx lies outside the file", h->shoff);
	img->header = h;
	img->sections = (const void *)(img->data + h->shoff);
	img->section_count = h->shnum;
	if (!string_table_ok(img, h->shstrndx))
		return BAD(img, "section %u is no table of section names", h->shstrndx);
	img->section_names = (const char *)img->data + img->sections[h->shstrndx].offset;
	return true;
}

static bool check_section(struct module_image *img, u32 i)
{
	const struct elf_section_header *s = &img->sections[i];
	if (s->name >= img->sections[img->header->shstrndx].size)
		return BAD(img, "section %u: name outside the table", i);
	if (s->type != SHT_NOBITS && s->type != SHT_NULL && !in_image(img, s->offset, s->size))
		return BAD(img, "section %u: contents outside the file", i);
	if (!(s->flags & SHF_ALLOC))
		return true;
	if (s->size > MODULE_MAX_SIZE || s->addralign > PAGE_SIZE || (s->addralign & (s->addralign - 1)))
		return BAD(img, "section %u: size 0x%lx, alignment 0x%lx", i, s->size, s->addralign);
	if ((s->flags & SHF_WRITE) && (s->flags & SHF_EXECINSTR))
		return BAD(img, "section %u: both writable and executable", i);
	return true;
}

static bool check_symbol(struct module_image *img, u32 i)
{
	const struct elf_symbol *s = &img->symbols[i];
	if (s->name >= img->strings_size)
		return BAD(img, "symbol %u: name outside the table", i);
	if (s->shndx == SHN_COMMON)
		return BAD(img, "symbol %s: common; compile with -fno-common", img->strings + s->name);
	if (s->shndx < SHN_LORESERVE && s->shndx >= img->section_count)
		return BAD(img, "symbol %u: section %u does not exist", i, s->shndx);
	if (s->shndx == SHN_UNDEF || s->shndx >= SHN_LORESERVE)
		return true;
	u64 section_size = img->sections[s->shndx].size;
	if (s->value > section_size || s->size > section_size - s->value)
		return BAD(img, "symbol %s: outside its section", img->strings + s->name);
	return true;
}

static bool check_symbols(struct module_image *img)
{
	for (u32 i = 0; i < img->section_count; i++) {
		const struct elf_section_header *s = &img->sections[i];
		if (s->type != SHT_SYMTAB)
			continue;
		if (img->symbols)
			return BAD(img, "section %u: a second symbol table", i);
		if (s->entsize != sizeof(struct elf_symbol) || s->size / s->entsize > MODULE_MAX_SYMBOLS || (s->offset & 7))
			return BAD(img, "section %u: bad symbol table", i);
		if (!string_table_ok(img, s->link))
			return BAD(img, "section %u is no table of symbol names", s->link);
		img->symbols = (const void *)(img->data + s->offset);
		img->symbol_count = s->size / s->entsize;
		img->strings = (const char *)img->data + img->sections[s->link].offset;
		img->strings_size = img->sections[s->link].size;
	}
	if (!img->symbols)
		return BAD(img, "no symbol table");
	for (u32 i = 0; i < img->symbol_count; i++)
		if (!check_symbol(img, i))
			return false;
	return true;
}

bool module_image_check(struct module_image *img)
{
	if (!check_header(img))
		return false;
	for (u32 i = 0; i < img->section_count; i++)
		if (!check_section(img, i))
			return false;
	return check_symbols(img);
}

const char *module_section_name(const struct module_image *img, u32 index)
{
	return img->section_names + img->sections[index].name;
}

const char *module_symbol_name(const struct module_image *img, u32 index)
{
	return img->strings + img->symbols[index].name;
}

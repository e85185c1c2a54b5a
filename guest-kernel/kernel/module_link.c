/*
 * Resolves a module's symbols against the kernel and the modules before it,
 * and applies its relocations.
 */
#include "module_image.h"
#include <kernel/slab.h>
#include <kernel/string.h>
#include <uapi/errno.h>

struct candidates {
	char *text;
	u64 size, used;
};

static bool list_candidate(const struct ksym *s, void *arg)
{
	struct candidates *c = arg;
	c->used += snprintf(c->text + c->used, c->size - c->used, " %s", *s->file ? s->file : "(global)");
	return c->used < c->size;
}

static bool ambiguous(const struct module_image *img, const char *name)
{
	char files[160] = "";
	struct candidates c = { files, sizeof(files), 0 };
	kallsyms_for_each(name, list_candidate, &c);
	return module_fail(img->err, MODULE_AMBIGUOUS_SYMBOL, ENOEXEC,
			   "symbol %s is defined more than once:%s; say %s.in.FILE", name, files, name);
}

/* The address a symbol of another module has; global names only would do, but
 * a module may refer to all of them, as it may to the kernel's. */
static u32 lookup_in_modules(const char *name, u64 *address)
{
	struct module *m;
	u32 found = 0;
	list_for_each(m, &module_list, link) {
		u64 at = module_symbol_address(m, name);
		if (at && !found++)
			*address = at;
	}
	return found;
}

static bool resolve(const struct module_image *img, const struct elf_symbol *s, u64 *address)
{
	const char *name = img->strings + s->name;
	struct ksym k;
	if (s->shndx == SHN_ABS) {
		*address = s->value;
		return true;
	}
	if (s->shndx != SHN_UNDEF) {
		if (s->shndx >= img->section_count || !img->addresses[s->shndx])
			return module_fail(img->err, MODULE_BAD_RELOCATION, ENOEXEC,
					   "symbol %s: its section is not loaded", name);
		*address = img->addresses[s->shndx] + s->value;
		return true;
	}
	u32 found = kallsyms_lookup_name(name, NULL, &k);
	if (found == 1) {
		*address = k.address;
		return true;
	}
	if (found > 1)
		return ambiguous(img, name);
	found = lookup_in_modules(name, address);
	if (found > 1)
		return module_fail(img->err, MODULE_AMBIGUOUS_SYMBOL, ENOEXEC,
				   "symbol %s is defined by %u modules", name, found);
	if (!found && ELF_SYMBOL_BIND(s) == STB_WEAK)
		*address = 0;
	else if (!found)
		return module_fail(img->err, MODULE_MISSING_SYMBOL, ENOENT,
				   "symbol %s: the kernel has none of that name", name);
	return true;
}

static bool out_of_reach(const struct module_image *img, const struct elf_rela *r, u64 value)
{
	return module_fail(img->err, MODULE_OUT_OF_REACH, ENOEXEC,
			   "relocation of %s: 0x%lx does not fit its field",
			   module_symbol_name(img, ELF_RELA_SYMBOL(r)), value);
}

static bool relocate_one(const struct module_image *img, const struct elf_section_header *target,
			 u64 base, const struct elf_rela *r)
{
	u32 type = ELF_RELA_TYPE(r), index = ELF_RELA_SYMBOL(r);
	u32 width = type == R_X86_64_64 || type == R_X86_64_PC64 ? 8 : 4;
	u64 symbol = 0;
	if (type == R_X86_64_NONE)
		return true;
	if (index >= img->symbol_count || r->offset > target->size || width > target->size - r->offset)
		return module_fail(img->err, MODULE_BAD_RELOCATION, ENOEXEC,
				   "relocation at 0x%lx of symbol %u lies outside", r->offset, index);
	if (!resolve(img, &img->symbols[index], &symbol))
		return false;
	u8 *place = (u8 *)(base + r->offset);
	u64 value = symbol + r->addend;
	switch (type) {
	case R_X86_64_64:
		memcpy(place, &value, 8);
		return true;
	case R_X86_64_PC64:
		value -= (u64)place;
		memcpy(place, &value, 8);
		return true;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		value -= (u64)place;
		/* fall through */
	case R_X86_64_32S:
		if ((s64)value != (s32)value)
			return out_of_reach(img, r, value);
		memcpy(place, &value, 4);
		return true;
	case R_X86_64_32:
		if (value != (u32)value)
			return out_of_reach(img, r, value);
		memcpy(place, &value, 4);
		return true;
	default:
		return module_fail(img->err, MODULE_BAD_RELOCATION, ENOEXEC,
				   "relocation type %u is not for kernel code", type);
	}
}

static bool relocate_section(const struct module_image *img, const struct elf_section_header *s)
{
	const struct elf_section_header *target = &img->sections[s->info];
	const struct elf_rela *r = (const void *)(img->data + s->offset);
	for (u64 i = 0; i < s->size / sizeof(*r); i++)
		if (!relocate_one(img, target, img->addresses[s->info], &r[i]))
			return false;
	return true;
}

bool module_relocate(const struct module_image *img)
{
	for (u32 i = 0; i < img->section_count; i++) {
		const struct elf_section_header *s = &img->sections[i];
		if (s->type != SHT_RELA && s->type != SHT_REL)
			continue;
		if (s->type == SHT_REL || s->info >= img->section_count || (s->offset & 7))
			return module_fail(img->err, MODULE_BAD_FORMAT, ENOEXEC, "section %u: bad relocations", i);
		/* Debug information is not loaded, so neither are its relocations. */
		if (img->addresses[s->info] && !relocate_section(img, s))
			return false;
	}
	return true;
}

static bool wanted_symbol(const struct module_image *img, const struct elf_symbol *s)
{
	u32 type = ELF_SYMBOL_TYPE(s);
	return (type == STT_FUNC || type == STT_OBJECT) && s->shndx != SHN_UNDEF
	       && s->shndx < img->section_count && img->addresses[s->shndx];
}

/* Whether a function begins with push %rbp; mov %rsp, %rbp. Asked before anybody patches it. */
static bool is_framed(const struct elf_symbol *s, u64 address)
{
	return ELF_SYMBOL_TYPE(s) == STT_FUNC && s->size >= 4
	       && !memcmp((const void *)address, "\x55\x48\x89\xe5", 4);
}

static void insert_sorted(struct module *m, struct module_symbol symbol)
{
	u32 at = m->symbol_count++;
	while (at && m->symbols[at - 1].address > symbol.address) {
		m->symbols[at] = m->symbols[at - 1];
		at--;
	}
	m->symbols[at] = symbol;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool module_build_symbols(struct module *m, const struct module_image *img)
{
	u32 count = 0;
	for (u32 i = 0; i < img->symbol_count; i++)
		count += wanted_symbol(img, &img->symbols[i]);
	m->strings = kmalloc(img->strings_size);
	m->symbols = kmalloc((count + 1) * sizeof(*m->symbols));
	if (!m->strings || !m->symbols)
		return module_fail(img->err, MODULE_NO_MEMORY, ENOMEM, "no memory for %u symbols", count);
	memcpy(m->strings, img->strings, img->strings_size);
	const char *file = "";
	for (u32 i = 0; i < img->symbol_count; i++) {
		const struct elf_symbol *s = &img->symbols[i];
		if (ELF_SYMBOL_TYPE(s) == STT_FILE)
			file = base_name(m->strings + s->name);
		if (wanted_symbol(img, s))
			insert_sorted(m, (struct module_symbol){
				img->addresses[s->shndx] + s->value, s->size,
				ELF_SYMBOL_TYPE(s) == STT_FUNC ? KSYM_FUNCTION : KSYM_OBJECT,
				m->strings + s->name,
				ELF_SYMBOL_BIND(s) == STB_LOCAL ? file : "",
				is_framed(s, img->addresses[s->shndx] + s->value) });
	}
	return true;
}

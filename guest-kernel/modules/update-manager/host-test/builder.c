/* Writes a relocatable ELF64 file section by section. */
#include <kernel/string.h>
#include "builder.h"
#include "fake_kernel.h"
#include "../elf_image.h"
#include "../sha256.h"

struct writer {
	struct made *made;
	struct elf_section sections[MADE_SECTIONS];
	char strings[512], names[512];
	u32 strings_size, names_size;
};

static u32 add_text(char *table, u32 *used, const char *text)
{
	u32 at = *used;

	strlcpy(table + at, text, 512 - at);
	*used += strlen(text) + 1;
	return at;
}

static void put(struct writer *writer, u32 index, const char *name, u32 type, u64 flags, const void *data, u64 size,
	u64 entry)
{
	struct made *made = writer->made;

	made->size = ALIGN_UP(made->size, 16);
	made->offset[index] = made->size;
	writer->sections[index] = (struct elf_section){
		.name = add_text(writer->names, &writer->names_size, name),
		.type = type,
		.flags = flags,
		.offset = made->size,
		.size = size,
		.alignment = 16,
		.entry_size = entry,
	};
	memcpy(made->bytes + made->size, data, size);
	made->size += size;
}

static void relocations(
	struct writer *writer, u32 index, const char *name, u32 target, u32 count, u32 stride, u32 field)
{
	struct elf_relocation table[4] = { 0 };

	for (u32 i = 0; i < count; i++)
		table[i] = (struct elf_relocation){
			.offset = i * stride + field, .type = ELF_RELOCATION_64, .symbol = 1, .addend = 16 * i};
	put(writer, index, name, ELF_SECTION_RELA, 0, table, count * sizeof(table[0]), sizeof(table[0]));
	writer->sections[index].link = MADE_SYMTAB;
	writer->sections[index].info = target;
}

static void symbols(struct writer *writer)
{
	struct elf_symbol table[8] = { 0 };
	u32 count = 2;

	table[1] = (struct elf_symbol){ .name = add_text(writer->strings, &writer->strings_size, "new_answer"),
		.info = ELF_SYMBOL_FUNCTION, .section = MADE_TEXT, .size = 16 };
	for (u32 i = 0; i < 4 && writer->made->undefined[i]; i++)
		table[count++] = (struct elf_symbol){
			.name = add_text(writer->strings, &writer->strings_size, writer->made->undefined[i]),
			.info = 0x10};
	put(writer, MADE_SYMTAB, ".symtab", ELF_SECTION_SYMTAB, 0, table, count * sizeof(table[0]), sizeof(table[0]));
	writer->sections[MADE_SYMTAB].link = MADE_STRTAB;
	writer->sections[MADE_SYMTAB].info = 2;
}

static void header(struct made *made)
{
	static const u8 ident[16] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	u16 fields[] = { 64 /* e_ehsize */, 0, 0, 64 /* e_shentsize */, MADE_SECTIONS, MADE_SHSTRTAB };
	u16 type = 1, machine = 62;
	u32 version = 1;

	memcpy(made->bytes, ident, sizeof(ident));
	memcpy(made->bytes + 16, &type, 2);
	memcpy(made->bytes + 18, &machine, 2);
	memcpy(made->bytes + 20, &version, 4);
	memcpy(made->bytes + 40, &made->section_table, 8);
	memcpy(made->bytes + 52, fields, sizeof(fields));
}

void make(struct made *made)
{
	static const u8 code[64] = { 0x55, 0x48, 0x89, 0xe5, 0xb8, 42, 0, 0, 0, 0x5d, 0xc3 };
	struct lucos_package_signature signature = { .magic = LUCOS_SIGNATURE_MAGIC,
		.algorithm = LUCOS_SIGNATURE_ALGORITHM_SHA256 };
	struct writer writer = { .made = made, .strings_size = 1, .names_size = 1 };

	memset(made->bytes, 0, sizeof(made->bytes));
	made->size = 64;
	put(&writer, MADE_TEXT, ".text", ELF_SECTION_PROGBITS, ELF_FLAG_ALLOC | ELF_FLAG_EXEC, code, sizeof(code), 0);
	put(&writer, MADE_MANIFEST, LUCOS_SECTION_MANIFEST, ELF_SECTION_PROGBITS, 0, &made->manifest,
		sizeof(made->manifest), 0);
	put(&writer, MADE_DEPS, LUCOS_SECTION_DEPS, ELF_SECTION_PROGBITS, 0, made->deps,
		made->dep_count * sizeof(made->deps[0]), 0);
	put(&writer, MADE_FUNCS, LUCOS_SECTION_FUNCS, ELF_SECTION_PROGBITS, 0, made->funcs,
		made->func_count * sizeof(made->funcs[0]), 0);
	relocations(&writer, MADE_RELA_FUNCS, ".rela.funcs", MADE_FUNCS, made->func_count, sizeof(made->funcs[0]), 0);
	put(&writer, MADE_OLDBYTES, LUCOS_SECTION_OLDBYTES, ELF_SECTION_PROGBITS, 0, made->oldbytes,
		made->oldbytes_size, 0);
	put(&writer, MADE_CALLBACKS, LUCOS_SECTION_CALLBACKS, ELF_SECTION_PROGBITS, 0, made->callbacks,
		made->callback_count * sizeof(made->callbacks[0]), 0);
	relocations(&writer, MADE_RELA_CALLBACKS, ".rela.callbacks", MADE_CALLBACKS, made->callback_count,
		sizeof(made->callbacks[0]), 8);
	put(&writer, MADE_SIG, LUCOS_SECTION_SIG, ELF_SECTION_PROGBITS, 0, &signature, sizeof(signature), 0);
	symbols(&writer);
	put(&writer, MADE_STRTAB, ".strtab", ELF_SECTION_STRTAB, 0, writer.strings, writer.strings_size, 0);
	put(&writer, MADE_SHSTRTAB, "", ELF_SECTION_STRTAB, 0, writer.names, writer.names_size, 0);
	writer.sections[MADE_SHSTRTAB].name = 0;	/* itself unnamed */

	made->section_table = ALIGN_UP(made->size, 16);
	memcpy(made->bytes + made->section_table, writer.sections, sizeof(writer.sections));
	made->size = made->section_table + sizeof(writer.sections);
	header(made);
	reseal(made);
}

void reseal(struct made *made)
{
	u8 *digest = made->bytes + made->offset[MADE_SIG] + offsetof(struct lucos_package_signature, digest);

	memset(digest, 0, SHA256_SIZE);
	sha256_of(made->bytes, made->size, digest);
}

void recipe_replace(struct made *made, const char *name)
{
	struct lucos_package_function *function = &made->funcs[made->func_count++];
	const struct fake_symbol *symbol = fake_find(name);

	memset(function, 0, sizeof(*function));
	function->old_address = symbol->address;
	function->old_size = symbol->size;
	function->new_size = 16;
	function->old_bytes_offset = made->oldbytes_size;
	strlcpy(function->old_name, name, sizeof(function->old_name));
	memcpy(made->oldbytes + made->oldbytes_size, fake_booted_text + (symbol->address - FAKE_TEXT), symbol->size);
	sha256_of(made->oldbytes + made->oldbytes_size, symbol->size, function->old_hash);
	made->oldbytes_size += symbol->size;
}

void recipe_default(struct made *made)
{
	memset(made, 0, sizeof(*made));
	memcpy(made->manifest.magic, LUCOS_PACKAGE_MAGIC, 8);
	made->manifest.format_version = LUCOS_PACKAGE_FORMAT_VERSION;
	made->manifest.struct_size = sizeof(made->manifest);
	made->manifest.flags = LUCOS_PACKAGE_FLAG_BUILT;
	strlcpy(made->manifest.name, "fix-answer", sizeof(made->manifest.name));
	strlcpy(made->manifest.version, "1.0", sizeof(made->manifest.version));
	strlcpy(made->manifest.description, "answers", sizeof(made->manifest.description));
	memcpy(made->manifest.build_id, kernel_build_id(), sizeof(made->manifest.build_id));
	made->callbacks[0].kind = LUCOS_CALLBACK_STARTUP;
	made->callback_count = 1;
	made->undefined[0] = "helper";
	recipe_replace(made, "answer");
}

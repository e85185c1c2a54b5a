/* Writes a relocatable ELF64 file section by section. */
#include <kernel/string.h>
#include "builder.h"
#include "fake_kernel.h"
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

static struct elf_relocation relocation(u64 offset, u32 symbol, s64 addend)
{
	return (struct elf_relocation){ .offset = offset, .type = ELF_RELOCATION_64, .symbol = symbol, .addend = addend };
}

/* Relocations to the text at `field` of each of `count` entries, behind those of `more`. */
static void relocations(struct writer *writer, u32 index, const char *name, u32 target,
	const struct made_relocations *more, u32 count, u32 stride, u32 field)
{
	struct made_relocations table = *more;

	for (u32 i = 0; i < count; i++)
		table.entries[table.count++] = relocation(i * stride + field, MADE_SYMBOL_TEXT, 16 * i);
	put(writer, index, name, ELF_SECTION_RELA, 0, table.entries, table.count * sizeof(table.entries[0]),
		sizeof(table.entries[0]));
	writer->sections[index].link = MADE_SYMTAB;
	writer->sections[index].info = target;
}

static void symbols(struct writer *writer)
{
	struct elf_symbol table[MADE_SYMBOL_UNDEFINED + 4] = {
		[MADE_SYMBOL_TEXT] = { .name = add_text(writer->strings, &writer->strings_size, "new_answer"),
			.info = ELF_SYMBOL_FUNCTION, .section = MADE_TEXT, .size = 16 },
		[MADE_SYMBOL_DATA] = { .section = MADE_DATA },
		[MADE_SYMBOL_TYPES] = { .section = MADE_TYPES },
		[MADE_SYMBOL_ABSOLUTE] = { .section = ELF_ABSOLUTE, .value = 0x1000 },
	};
	u32 count = MADE_SYMBOL_UNDEFINED;

	for (u32 i = 0; i < 4 && writer->made->undefined[i]; i++)
		table[count++] = (struct elf_symbol){
			.name = add_text(writer->strings, &writer->strings_size, writer->made->undefined[i]),
			.info = 0x10};
	put(writer, MADE_SYMTAB, ".symtab", ELF_SECTION_SYMTAB, 0, table, count * sizeof(table[0]), sizeof(table[0]));
	writer->sections[MADE_SYMTAB].link = MADE_STRTAB;
	writer->sections[MADE_SYMTAB].info = MADE_SYMBOL_UNDEFINED;
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
	static const struct made_relocations none;
	static const u8 data[MADE_DATA_SIZE];
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
	relocations(&writer, MADE_RELA_FUNCS, ".rela.funcs", MADE_FUNCS, &none, made->func_count, sizeof(made->funcs[0]),
		0);
	put(&writer, MADE_OLDBYTES, LUCOS_SECTION_OLDBYTES, ELF_SECTION_PROGBITS, 0, made->oldbytes,
		made->oldbytes_size, 0);
	put(&writer, MADE_CALLBACKS, LUCOS_SECTION_CALLBACKS, ELF_SECTION_PROGBITS, 0, made->callbacks,
		made->callback_count * sizeof(made->callbacks[0]), 0);
	relocations(&writer, MADE_RELA_CALLBACKS, ".rela.callbacks", MADE_CALLBACKS, &made->subjects,
		made->callback_count, sizeof(made->callbacks[0]), offsetof(struct lucos_package_callback, function));
	put(&writer, MADE_DATA, ".data", ELF_SECTION_PROGBITS, ELF_FLAG_ALLOC | ELF_FLAG_WRITE, data, sizeof(data), 0);
	put(&writer, MADE_TYPES, LUCOS_SECTION_TYPES, ELF_SECTION_PROGBITS, 0, made->types,
		made->type_count * sizeof(made->types[0]), 0);
	relocations(&writer, MADE_RELA_TYPES, ".rela.types", MADE_TYPES, &made->type_addresses, 0, 0, 0);
	put(&writer, MADE_FIELDS, LUCOS_SECTION_FIELDS, ELF_SECTION_PROGBITS, 0, made->fields,
		made->field_count * sizeof(made->fields[0]), 0);
	relocations(&writer, MADE_RELA_FIELDS, ".rela.fields", MADE_FIELDS, &made->field_types, 0, 0, 0);
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

void recipe_address(struct made *made, u32 index, u32 member, u32 symbol, s64 addend)
{
	struct made_relocations *all = &made->type_addresses;
	u64 offset = index * sizeof(made->types[0]) + member;
	u32 at = 0;

	while (at < all->count && all->entries[at].offset != offset)
		at++;
	if (at == all->count)
		all->count++;
	all->entries[at] = symbol ? relocation(offset, symbol, addend) : all->entries[--all->count];
}

static struct lucos_package_type *add_type(struct made *made, const char *name)
{
	struct lucos_package_type *type = &made->types[made->type_count];

	*type = (struct lucos_package_type){ .placement = LUCOS_PLACEMENT_TWIN, .interception = LUCOS_INTERCEPTION_STEP,
		.transfer = LUCOS_TRANSFER_EACH_WRITE, .lock_offset = LUCOS_NO_LOCK };
	strlcpy(type->name, name, sizeof(type->name));
	recipe_address(made, made->type_count, offsetof(struct lucos_package_type, to_new), MADE_SYMBOL_TEXT, 0);
	recipe_address(made, made->type_count, offsetof(struct lucos_package_type, to_old), MADE_SYMBOL_TEXT, 16);
	recipe_address(made, made->type_count, offsetof(struct lucos_package_type, state), MADE_SYMBOL_DATA,
		4 * made->type_count);
	made->type_count++;
	return type;
}

void recipe_cache(struct made *made)
{
	struct lucos_package_type *type = add_type(made, "pipes");

	type->source = LUCOS_SOURCE_CACHE;
	type->old_size = 16;
	type->new_size = 24;
	strlcpy(type->cache, "pipe", sizeof(type->cache));
}

void recipe_variable(struct made *made)
{
	struct lucos_package_type *type = add_type(made, "numbers");

	type->source = LUCOS_SOURCE_VARIABLE;
	type->old_size = 8;
	type->new_size = 16;
	made->undefined[1] = "number";
	recipe_address(made, made->type_count - 1, offsetof(struct lucos_package_type, old_variable),
		MADE_SYMBOL_UNDEFINED + 1, 0);
	recipe_address(made, made->type_count - 1, offsetof(struct lucos_package_type, new_variable), MADE_SYMBOL_DATA, 32);
}

void recipe_field(struct made *made, u32 symbol, s64 addend, u32 offset, u32 size)
{
	made->field_types.entries[made->field_types.count++] =
		relocation(made->field_count * sizeof(made->fields[0]), symbol, addend);
	made->fields[made->field_count++] = (struct lucos_package_field){ .offset = offset, .size = size };
}

void recipe_callback(struct made *made, u32 kind, u32 symbol, s64 addend)
{
	u64 subject = made->callback_count * sizeof(made->callbacks[0]) + offsetof(struct lucos_package_callback, subject);

	if (symbol)
		made->subjects.entries[made->subjects.count++] = relocation(subject, symbol, addend);
	made->callbacks[made->callback_count++].kind = kind;
}

void recipe_data(struct made *made)
{
	recipe_cache(made);
	recipe_variable(made);
	recipe_field(made, MADE_SYMBOL_TYPES, 0, 8, 8);
	recipe_field(made, MADE_SYMBOL_TYPES, sizeof(made->types[0]), 0, 8);
	recipe_callback(made, LUCOS_CALLBACK_FUNCTION_LEFT, MADE_SYMBOL_TEXT, 0);
	recipe_callback(made, LUCOS_CALLBACK_THREADS_LEFT, MADE_SYMBOL_TEXT, 0);
	recipe_callback(made, LUCOS_CALLBACK_DATA_LEFT, MADE_SYMBOL_TYPES, sizeof(made->types[0]));
}

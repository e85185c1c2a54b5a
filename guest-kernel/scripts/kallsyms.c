/*
 * kallsyms KERNEL.ELF > kallsyms.S: the symbol table that the kernel carries.
 *
 * Every function and object of the ELF symbol table, sorted by address, with
 * its size, name and, for static ones, its source file (the FILE symbol before
 * it). Layout of section .kallsyms, all little-endian:
 *	u64 count; struct { u64 address; u32 size, name, file, type; } [count];
 *	strings (name and file are offsets into them; file 0 is "")
 * type is 1 for a function, 2 for an object, plus 256 for a function that
 * begins by setting up a frame (its first bytes may be patched later on).
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	unsigned long address, size;
	const char *name, *file;
	int type;
};

enum { FUNCTION = 1, OBJECT = 2, FRAMED = 256 };

static void die(const char *what)
{
	fprintf(stderr, "kallsyms: %s\n", what);
	exit(1);
}

static char *read_all(const char *path, long *size)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		die("cannot open the kernel");
	fseek(f, 0, SEEK_END);
	*size = ftell(f);
	rewind(f);
	char *data = malloc(*size);
	if (!data || fread(data, 1, *size, f) != (size_t)*size)
		die("cannot read the kernel");
	fclose(f);
	return data;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	/* A sized symbol wins over a label at the same address. */
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	int c = strcmp(x->name, y->name);
	return c ? c : strcmp(x->file, y->file);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static long add_string(const char *s)
{
	static long length = 1;
	long at = length;
	printf("\t.asciz \"%s\"\n", s);
	length += strlen(s) + 1;
	return at;
}

static int type_of(const char *data, const Elf64_Shdr *sections, const Elf64_Sym *s)
{
	static const char prologue[] = "\x55\x48\x89\xe5";	/* push %rbp; mov %rsp, %rbp */
	if (ELF64_ST_TYPE(s->st_info) != STT_FUNC)
		return OBJECT;
	const Elf64_Shdr *in = &sections[s->st_shndx];
	const char *code = data + in->sh_offset + (s->st_value - in->sh_addr);
	return s->st_size >= 4 && !memcmp(code, prologue, 4) ? FUNCTION | FRAMED : FUNCTION;
}

int main(int argc, char **argv)
{
	long size;
	if (argc != 2)
		die("usage: kallsyms KERNEL.ELF");
	char *data = read_all(argv[1], &size);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)data;
	Elf64_Shdr *sh = (Elf64_Shdr *)(data + eh->e_shoff);
	Elf64_Shdr *table = NULL;
	for (int i = 0; i < eh->e_shnum; i++)
		if (sh[i].sh_type == SHT_SYMTAB)
			table = &sh[i];
	if (!table)
		die("no symbol table");
	const char *strings = data + sh[table->sh_link].sh_offset;
	Elf64_Sym *syms = (Elf64_Sym *)(data + table->sh_offset);
	long n = table->sh_size / sizeof(*syms), count = 0;
	struct symbol *out = calloc(n, sizeof(*out));
	const char *file = "";
	for (long i = 0; i < n; i++) {
		int type = ELF64_ST_TYPE(syms[i].st_info);
		const char *name = strings + syms[i].st_name;
		if (type == STT_FILE)
			file = base_name(name);
		if ((type != STT_FUNC && type != STT_OBJECT
		     && !(type == STT_NOTYPE && ELF64_ST_BIND(syms[i].st_info) == STB_GLOBAL))
		    || syms[i].st_shndx == SHN_UNDEF || syms[i].st_shndx == SHN_ABS || !*name)
			continue;
		if (!strncmp(name, "kallsyms_", 9) || !strcmp(name, "kernel_end"))
			if (type == STT_NOTYPE)
				continue;
		int local = ELF64_ST_BIND(syms[i].st_info) == STB_LOCAL;
		out[count++] = (struct symbol){ syms[i].st_value, syms[i].st_size, name,
						local ? file : "", type_of(data, sh, &syms[i]) };
	}
	qsort(out, count, sizeof(*out), by_address);

	printf("\t.section .kallsyms, \"a\"\n\t.balign 8\n\t.quad %ld\n", count);
	/* Strings go behind the table: subsection 1 of the same section. */
	printf("\t.subsection 1\n\t.byte 0\n");
	long *names = calloc(count, sizeof(long)), *files = calloc(count, sizeof(long));
	const char *last_file = "";
	long last_at = 0;
	for (long i = 0; i < count; i++) {
		names[i] = add_string(out[i].name);
		if (strcmp(out[i].file, last_file)) {
			last_file = out[i].file;
			last_at = *last_file ? add_string(last_file) : 0;
		}
		files[i] = last_at;
	}
	printf("\t.subsection 0\n");
	for (long i = 0; i < count; i++)
		printf("\t.quad 0x%lx\n\t.long 0x%lx, %ld, %ld, %d\n", out[i].address,
		       out[i].size, names[i], files[i], out[i].type);
	return 0;
}

/*
 * ELF64 as the program loader and the module loader read it (System V ABI,
 * chapters 4 and 5; x86-64 psABI, section 4.4 for the relocations).
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <kernel/types.h>

#define ELF_MAGIC 0x464c457fU	/* 7f 'E' 'L' 'F' */
#define ELF_CLASS64 2
#define ELF_DATA_LSB 1
#define EM_X86_64 62

enum { ET_REL = 1, ET_EXEC = 2 };
enum { PT_LOAD = 1 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };
enum { SHT_NULL = 0, SHT_PROGBITS = 1, SHT_SYMTAB = 2, SHT_STRTAB = 3, SHT_RELA = 4, SHT_NOBITS = 8, SHT_REL = 9 };
enum { SHF_WRITE = 1, SHF_ALLOC = 2, SHF_EXECINSTR = 4 };
enum { SHN_UNDEF = 0, SHN_LORESERVE = 0xff00, SHN_ABS = 0xfff1, SHN_COMMON = 0xfff2 };
enum { STB_LOCAL = 0, STB_GLOBAL = 1, STB_WEAK = 2 };
enum { STT_NOTYPE = 0, STT_OBJECT = 1, STT_FUNC = 2, STT_SECTION = 3, STT_FILE = 4 };
enum {
	R_X86_64_NONE = 0, R_X86_64_64 = 1, R_X86_64_PC32 = 2, R_X86_64_PLT32 = 4,
	R_X86_64_32 = 10, R_X86_64_32S = 11, R_X86_64_PC64 = 24,
};

struct elf_header {
	u32 magic;
	u8 class, data, version, osabi;
	u8 pad[8];
	u16 type, machine;
	u32 version2;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_program_header {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_section_header {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

struct elf_symbol {
	u32 name;
	u8 info, other;
	u16 shndx;
	u64 value, size;
};

struct elf_rela {
	u64 offset, info;
	s64 addend;
};

static_assert(sizeof(struct elf_header) == 64, "ELF64");
static_assert(sizeof(struct elf_section_header) == 64, "ELF64");
static_assert(sizeof(struct elf_symbol) == 24, "ELF64");

#define ELF_SYMBOL_BIND(s) ((s)->info >> 4)
#define ELF_SYMBOL_TYPE(s) ((s)->info & 15)
#define ELF_RELA_SYMBOL(r) ((u32)((r)->info >> 32))
#define ELF_RELA_TYPE(r) ((u32)(r)->info)

#endif

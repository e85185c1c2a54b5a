/*
 * Tests of the module loader, on a small image that is put together here:
 * module_init() { return target(); }, with `target` undefined in the image.
 */
#include <kernel/elf.h>
#include <kernel/ktest.h>
#include <kernel/layout.h>
#include <kernel/module.h>
#include <kernel/page.h>
#include <kernel/string.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

enum { S_NULL, S_TEXT, S_RELA, S_SYMTAB, S_STRTAB, S_SHSTRTAB, S_COUNT };

static const char section_names[] = "\0.text\0.rela.text\0.symtab\0.strtab\0.shstrtab";

struct image {
	struct elf_header header;
	struct elf_section_header sections[S_COUNT];
	struct elf_symbol symbols[3];
	struct elf_rela rela;
	u8 text[16];
	char strings[80];
	char names[sizeof(section_names)];
};

static struct image image;
static u32 calls;
static s32 answer;

/* What the image's module_init calls. */
int ktest_module_target(void)
{
	calls++;
	return answer;
}

/* A second function of this name is in ktest/module_twin.c. */
static noinline __used int ktest_duplicate(void)
{
	calls++;
	return answer;
}

static struct elf_section_header section(u32 name, u32 type, u64 flags, const void *at, u64 size)
{
	return (struct elf_section_header){
		.name = name, .type = type, .flags = flags, .size = size, .addralign = 16,
		.offset = (const u8 *)at - (const u8 *)&image,
	};
}

static void build_image(const char *target)
{
	/* push rbp; mov rbp, rsp; call target; pop rbp; ret */
	static const u8 code[] = { 0x55, 0x48, 0x89, 0xe5, 0xe8, 0, 0, 0, 0, 0x5d, 0xc3 };
	memset(&image, 0, sizeof(image));
	image.header = (struct elf_header){
		.magic = ELF_MAGIC, .class = ELF_CLASS64, .data = ELF_DATA_LSB, .version = 1,
		.type = ET_REL, .machine = EM_X86_64, .shoff = offsetof(struct image, sections),
		.shentsize = sizeof(struct elf_section_header), .shnum = S_COUNT, .shstrndx = S_SHSTRTAB,
	};
	memcpy(image.text, code, sizeof(code));
	memcpy(image.names, section_names, sizeof(section_names));
	strlcpy(image.strings + 1, "module_init", 16);
	strlcpy(image.strings + 16, target, 64);
	image.sections[S_TEXT] = section(1, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, image.text, sizeof(code));
	image.sections[S_RELA] = section(7, SHT_RELA, 0, &image.rela, sizeof(image.rela));
	image.sections[S_RELA].info = S_TEXT;
	image.sections[S_RELA].link = S_SYMTAB;
	image.sections[S_SYMTAB] = section(18, SHT_SYMTAB, 0, image.symbols, sizeof(image.symbols));
	image.sections[S_SYMTAB].link = S_STRTAB;
	image.sections[S_SYMTAB].entsize = sizeof(struct elf_symbol);
	image.sections[S_STRTAB] = section(26, SHT_STRTAB, 0, image.strings, sizeof(image.strings));
	image.sections[S_SHSTRTAB] = section(34, SHT_STRTAB, 0, image.names, sizeof(image.names));
	image.symbols[1] = (struct elf_symbol){ .name = 1, .info = STB_GLOBAL << 4 | STT_FUNC, .shndx = S_TEXT,
						.size = sizeof(code) };
	image.symbols[2] = (struct elf_symbol){ .name = 16, .info = STB_GLOBAL << 4 };
	image.rela = (struct elf_rela){ .offset = 5, .info = 2UL << 32 | R_X86_64_PLT32, .addend = -4 };
	calls = 0;
	answer = 0;
}

static struct module *load(struct module_error *err)
{
	return module_load(&image, sizeof(image), "ktest-sample", MODULE_RUN_INIT, err);
}

KTEST(ModuleIsLinkedRunsItsInitAndLeavesNothingBehind)
{
	struct module_error err;
	struct ksym sym;
	u64 free_before = page_free_count;
	build_image("ktest_module_target");
	struct module *m = load(&err);
	KT_REQUIRE(m);
	KT_EXPECT(calls == 1 && m->live);
	KT_EXPECT(module_find("ktest-sample") == m);
	KT_EXPECT(m->base >= MODULE_BASE && m->base < MODULE_BASE + MODULE_SIZE);
	KT_EXPECT(kallsyms_lookup(m->base + 4, &sym) && sym.module == m && !strcmp(sym.name, "module_init"));
	u64 *pte = walk_pte(kernel_cr3, m->base);
	KT_EXPECT(pte && !(*pte & PTE_W) && !(*pte & PTE_NX));
	module_unload(m);
	KT_EXPECT(module_find("ktest-sample") == NULL);
	KT_EXPECT(page_free_count == free_before);
}

KTEST(ModuleInUseIsNotRemovedAndOneBeingRemovedGetsNoNewUsers)
{
	struct module_error err;
	struct module *user, *none;
	build_image("ktest_module_target");
	struct module *m = load(&err);
	KT_REQUIRE(m);
	KT_EXPECT(module_remove("ktest-sample") == -EBUSY);	/* it has no exit function */
	m->exit = (void *)ktest_module_target;
	KT_EXPECT(module_get((void *)m->base, &user) && user == m && m->users == 1);
	KT_EXPECT(module_remove("ktest-sample") == -EBUSY);
	module_put(user);
	m->going = true;
	KT_EXPECT(!module_get((void *)m->base, &user) && !user);
	KT_EXPECT(module_remove("ktest-sample") == -EBUSY);
	m->going = false;
	KT_EXPECT(module_remove("ktest-sample") == 0 && calls == 2);
	KT_EXPECT(module_remove("ktest-sample") == -ENOENT);
	KT_EXPECT(module_get(ktest_module_target, &none) && !none);
	module_put(none);
}

KTEST(ModuleWithRoomReservedGetsItExecutableAndFilled)
{
	struct module_error err;
	build_image("ktest_module_target");
	struct module *m = module_load_reserving(&image, sizeof(image), "ktest-sample", 0, 128, &err);
	KT_REQUIRE(m);
	KT_EXPECT(calls == 0);
	KT_EXPECT(m->reserved % 16 == 0 && m->reserved + 128 <= m->base + m->text_size);
	for (u32 i = 0; i < 128; i++)
		KT_EXPECT(((u8 *)m->reserved)[i] == 0xcc);
	module_unload(m);
}

KTEST(ModuleWithAMissingSymbolIsRefused)
{
	struct module_error err;
	u64 free_before = page_free_count;
	build_image("there_is_no_such_symbol");
	KT_EXPECT(!load(&err));
	KT_EXPECT(err.failure == MODULE_MISSING_SYMBOL && strchr(err.text, ':'));
	KT_EXPECT(page_free_count == free_before);
}

KTEST(ModuleWithAnAmbiguousSymbolIsRefusedUnlessItNamesTheFile)
{
	struct module_error err;
	build_image("ktest_duplicate");
	KT_EXPECT(!load(&err));
	KT_EXPECT(err.failure == MODULE_AMBIGUOUS_SYMBOL);
	build_image("ktest_duplicate.in.module.c");
	struct module *m = load(&err);
	KT_REQUIRE(m);
	KT_EXPECT(calls == 1);
	module_unload(m);
}

KTEST(ModuleWhoseInitFailsIsTakenOutAgain)
{
	struct module_error err;
	build_image("ktest_module_target");
	answer = -EBUSY;
	KT_EXPECT(!load(&err));
	KT_EXPECT(err.failure == MODULE_INIT_FAILED && err.code == EBUSY);
	KT_EXPECT(module_find("ktest-sample") == NULL);
}

KTEST(ModuleOfTheSameNameIsRefused)
{
	struct module_error err;
	build_image("ktest_module_target");
	struct module *m = load(&err);
	KT_REQUIRE(m);
	KT_EXPECT(!load(&err));
	KT_EXPECT(err.failure == MODULE_EXISTS);
	module_unload(m);
}

KTEST(DamagedModuleImagesAreRefused)
{
	struct module_error err;
	build_image("ktest_module_target");
	image.header.magic ^= 1;
	KT_EXPECT(!load(&err) && err.failure == MODULE_BAD_FORMAT);
	build_image("ktest_module_target");
	image.header.shoff = 1UL << 60;
	KT_EXPECT(!load(&err) && err.failure == MODULE_BAD_FORMAT);
	build_image("ktest_module_target");
	image.sections[S_STRTAB].size = ~0UL;
	KT_EXPECT(!load(&err) && err.failure == MODULE_BAD_FORMAT);
	build_image("ktest_module_target");
	image.symbols[1].shndx = 77;
	KT_EXPECT(!load(&err) && err.failure == MODULE_BAD_FORMAT);
	build_image("ktest_module_target");
	image.rela.offset = sizeof(image.text);
	KT_EXPECT(!load(&err) && err.failure == MODULE_BAD_RELOCATION);
	KT_EXPECT(calls == 0);
}

/*
 * Loadable modules (ELF64 ET_REL) and the kernel's own symbol table.
 *
 * A module may refer to every kernel symbol, static ones too. A name that
 * occurs more than once is written `name.in.file.c`. If it defines functions
 * `int module_init(void)` and `void module_exit(void)` (static or not), they
 * run at load and unload.
 */
#ifndef KERNEL_MODULE_H
#define KERNEL_MODULE_H

#include <kernel/types.h>
#include <kernel/list.h>

#define KSYM_NAME 128

enum ksym_type { KSYM_FUNCTION = 1, KSYM_OBJECT = 2 };

struct ksym {
	u64 address;
	u64 size;
	enum ksym_type type;
	const char *name;
	const char *file;	/* base name of the source; "" if global and unknown */
	const struct module *module;	/* NULL: the kernel */
	bool framed;		/* as built, the function sets up a frame at once */
};

/* The function or object that holds address. False: none. */
bool kallsyms_lookup(u64 address, struct ksym *out);
/*
 * Number of kernel symbols with that name (and that file, unless NULL or "").
 * The first is put in *out. `name` may be of the form `name.in.file.c`.
 */
u32 kallsyms_lookup_name(const char *name, const char *file, struct ksym *out);
/* Calls visit for every kernel symbol of that name; stops at false. */
void kallsyms_for_each(const char *name, bool (*visit)(const struct ksym *, void *), void *arg);
/* Writes "name+0x12/0x40 [module]" or the bare address. */
void kallsyms_format(u64 address, char *buf, size_t size);

#define MODULE_MAX_SIZE (2UL << 20)
#define MODULE_MAX_SECTIONS 4096
#define MODULE_MAX_SYMBOLS 65536

enum module_failure {
	MODULE_OK,
	MODULE_BAD_FORMAT,		/* text says which field */
	MODULE_MISSING_SYMBOL,
	MODULE_AMBIGUOUS_SYMBOL,	/* text lists the candidates' files */
	MODULE_BAD_RELOCATION,
	MODULE_OUT_OF_REACH,
	MODULE_NO_MEMORY,
	MODULE_EXISTS,
	MODULE_INIT_FAILED,
	MODULE_BUSY,
};

struct module_error {
	enum module_failure failure;
	int code;		/* the errno for a system call */
	char text[256];
};

struct module_symbol {
	u64 address, size;
	enum ksym_type type;
	const char *name;
	const char *file;
	bool framed;
};

struct module_section {
	const char *name;
	u64 address;		/* 0: not loaded (no SHF_ALLOC) */
	u64 size;
	u64 flags;
};

struct module {
	struct list_head link;		/* in module_list, newest first */
	char name[64];
	u64 base, size;			/* all of it, in the module area */
	u64 text_size, ro_size;		/* text first, then read-only, then data */
	u32 symbol_count;
	struct module_symbol *symbols;	/* sorted by address */
	char *strings;
	u32 section_count;
	struct module_section *sections;
	int (*init)(void);
	void (*exit)(void);
	bool live;			/* init has run */
	bool going;			/* exit is about to run: no new users */
	u32 users;			/* > 0: sys_rmmod answers -EBUSY */
	u64 reserved;			/* address of the room that module_load_reserving made */
};

extern struct list_head module_list;

#define MODULE_RUN_INIT 1

/* Loads an image (copied). NULL and *err filled in on failure. May sleep. */
struct module *module_load(const void *image, u64 size, const char *name,
			   u32 flags, struct module_error *err);
/*
 * The same, with `reserve` more executable bytes (16-byte aligned, filled with
 * int3) behind the module's text, at module->reserved, for code that others put there.
 */
struct module *module_load_reserving(const void *image, u64 size, const char *name,
				     u32 flags, u64 reserve, struct module_error *err);
/* Runs exit if it is live, unmaps and zeroes the module's memory. */
void module_unload(struct module *m);
/* Removes a module that has an exit function, is live, and has no users: 0, else -ENOENT or -EBUSY. */
int module_remove(const char *name);
/*
 * Keeps the module that `address` is in from being removed, until module_put; *m is NULL for an address of the kernel itself.
 * False: it is being removed.
 */
bool module_get(const void *address, struct module **m);
void module_put(struct module *m);
/* The lines of lsmod (name, address, size), as whole lines up to `size` bytes; -ERANGE if they don't fit. */
s64 module_describe_all(char *text, u64 size);
/* What is found may go away unless something keeps it: a reference, or that nobody else loads or removes modules. */
struct module *module_find(const char *name);
const struct module_section *module_find_section(const struct module *m, const char *name);
/* Address of a symbol that the module defines; 0: none. */
u64 module_symbol_address(const struct module *m, const char *name);

#endif

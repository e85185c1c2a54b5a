/*
 * lucos_update.h: what the author of an update writes beside the new code. The macros leave structs in sections of the
 * object file; `lucos patch build` fills in what the compiler can't know (addresses, old bytes, digest) and makes the
 * package. Each macro stands at file scope and is followed by a semicolon.
 */
#ifndef LUCOS_UPDATE_H
#define LUCOS_UPDATE_H

#include <lucos_abi.h>

#define LUCOS_PASTE_(a, b) a##b
#define LUCOS_PASTE(a, b) LUCOS_PASTE_(a, b)

/* Aligned explicitly: the compiler would otherwise align large structs more, and leave holes in the array. */
#define LUCOS_ENTRY(type, section_name) \
	static const struct type LUCOS_PASTE(lucos_entry_, __COUNTER__) \
	__attribute__((used, section(section_name), aligned(8)))

/* Once per update: its name ([A-Za-z0-9][A-Za-z0-9._-]*), version, and one line on what it does. */
#define LUCOS_UPDATE(update_name, update_version, update_description) \
	LUCOS_ENTRY(lucos_package_manifest, LUCOS_SECTION_MANIFEST) = { \
		.magic = LUCOS_PACKAGE_MAGIC, \
		.format_version = LUCOS_PACKAGE_FORMAT_VERSION, \
		.struct_size = sizeof(struct lucos_package_manifest), \
		.name = update_name, \
		.version = update_version, \
		.description = update_description, \
	}

/* Function `old` of the kernel, static in source file `file` ("pipe.c"), is replaced by `new` of this update. */
#define LUCOS_REPLACE_IN(file, old, new) \
	LUCOS_ENTRY(lucos_package_function, LUCOS_SECTION_FUNCS) = { \
		.new_function = (lucos_u64)(new), \
		.old_name = #old, \
		.old_file = file, \
	}

/* The same for a function whose name is unique in the kernel. */
#define LUCOS_REPLACE(old, new) LUCOS_REPLACE_IN("", old, new)

/* The update needs another one, of that version, or of any if it is "". */
#define LUCOS_DEPENDS(other_name, other_version) \
	LUCOS_ENTRY(lucos_package_dependency, LUCOS_SECTION_DEPS) = { \
		.kind = LUCOS_DEPENDENCY_DEPENDS_ON, \
		.name = other_name, \
		.version = other_version, \
	}

/* The update can't stand beside another one. */
#define LUCOS_CONFLICTS(other_name) \
	LUCOS_ENTRY(lucos_package_dependency, LUCOS_SECTION_DEPS) = { \
		.kind = LUCOS_DEPENDENCY_CONFLICTS_WITH, \
		.name = other_name, \
	}

#define LUCOS_CALLBACK(callback_kind, callback) \
	LUCOS_ENTRY(lucos_package_callback, LUCOS_SECTION_CALLBACKS) = { \
		.kind = callback_kind, \
		.function = (lucos_u64)(callback), \
	}

/* int fn(void), before any byte of the kernel changes; nonzero refuses the update. */
#define LUCOS_STARTUP(fn) LUCOS_CALLBACK(LUCOS_CALLBACK_STARTUP, fn)

/* void fn(void), when the update has been undone and nobody runs it any more. */
#define LUCOS_CLEANUP(fn) LUCOS_CALLBACK(LUCOS_CALLBACK_CLEANUP, fn)

/*
 * Declares a static function or variable of the kernel: LUCOS_STATIC_REF(int(long), helper, "pipe.c") gives
 * `int helper(long)`, the one of pipe.c.
 */
#define LUCOS_STATIC_REF(type, name, file) extern __typeof__(type) name __asm__(#name LUCOS_STATIC_INFIX file)

#endif

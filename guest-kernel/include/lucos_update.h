/*
 * lucos_update.h: what the author of a live update writes.
 *
 *	#include <kernel/syscall.h>
 *	#include <lucos_update.h>
 *
 *	LUCOS_UPDATE("fix-frob", "1.0", "sys_frob checks its argument");
 *
 *	static s64 fixed_frob(u64 n)
 *	{
 *		return n > 7 ? -EINVAL : frob_table[n];
 *	}
 *
 *	LUCOS_REPLACE(sys_frob, fixed_frob);
 *
 * The file is compiled with the kernel's own flags, and `lucos patch build` then fills in what the compiler can't
 *know: addresses, sizes and old bodies of the replaced functions, the kernel's build-id, the digest.
 *
 * Rules of the game:
 *  - A replacement has the signature of what it replaces. Threads in the old function stay in it until they leave by
 *    themselves, so for a while both run: code that both share (locks, counters, what a word means) must suit both.
 *  - Every function and variable of the kernel can be used, static ones too: declare it `extern` and it is found by
 *its name. When several files have a static of that name, say which one is meant: LUCOS_STATIC_REF.
 *  - Calling the replaced function by its name reaches the replacement: its entry is now a jump.
 *  - Sleeping in a replacement is allowed where the original could sleep. An update can't be unloaded while somebody
 *    sleeps in it, and undoing it waits for that.
 *  - Undo runs the cleanup function when nobody is left in the new code. Whatever startup or the new code has begun
 *    (timers, threads, memory) must be ended there.
 *
 * The sections and structs are those of lucos_abi.h. Each address is a relocation of type R_X86_64_64.
 */
#ifndef LUCOS_UPDATE_H
#define LUCOS_UPDATE_H

#include <lucos_abi.h>

/* aligned(8): exactly, so that the entries of a section lie next to each other, as an array. */
#define LUCOS_ENTRY_(section_name) __attribute__((section(section_name), used, aligned(8)))
#define LUCOS_PASTE_(a, b) a##b
#define LUCOS_UNIQUE_(prefix, n) LUCOS_PASTE_(prefix, n)

/* Once per update. Names: [A-Za-z0-9][A-Za-z0-9._-]*, at most 63 characters. */
#define LUCOS_UPDATE(name_text, version_text, description_text)					\
	static const struct lucos_package_manifest lucos_manifest				\
	LUCOS_ENTRY_(LUCOS_SECTION_MANIFEST) = {						\
		.magic = LUCOS_PACKAGE_MAGIC,							\
		.format_version = LUCOS_PACKAGE_FORMAT_VERSION,					\
		.struct_size = sizeof(struct lucos_package_manifest),				\
		.name = name_text,								\
		.version = version_text,							\
		.description = description_text,						\
	}

/* new_function takes the place of the kernel's function old_name, which is the only one of its name. */
#define LUCOS_REPLACE(old_name_, new_function_)	LUCOS_REPLACE_IN("", old_name_, new_function_)

/* The same for a static function whose name occurs in several files: file is the base name of its source, "pipe.c". */
#define LUCOS_REPLACE_IN(file, old_name_, new_function_)					\
	static const struct lucos_package_function LUCOS_UNIQUE_(lucos_replace_, __COUNTER__)	\
	LUCOS_ENTRY_(LUCOS_SECTION_FUNCS) = {							\
		.new_function = (lucos_u64)&new_function_,					\
		.old_name = #old_name_,								\
		.old_file = file,								\
	}

/* Refused unless that update is applied; version "" is any. It can't be undone before this one. */
#define LUCOS_DEPENDS(update, update_version)							\
	static const struct lucos_package_dependency LUCOS_UNIQUE_(lucos_depends_, __COUNTER__)	\
	LUCOS_ENTRY_(LUCOS_SECTION_DEPS) = {							\
		.kind = LUCOS_DEPENDENCY_DEPENDS_ON,						\
		.name = update,									\
		.version = update_version,							\
	}

/* Refused while that update is applied, and that update while this one is. */
#define LUCOS_CONFLICTS(update)									\
	static const struct lucos_package_dependency LUCOS_UNIQUE_(lucos_conflicts_, __COUNTER__)	\
	LUCOS_ENTRY_(LUCOS_SECTION_DEPS) = {							\
		.kind = LUCOS_DEPENDENCY_CONFLICTS_WITH,					\
		.name = update,									\
	}

/*
 * int function(void), called before a byte of the kernel changes, in a kernel thread of its own, which may sleep and has no
 * process. Anything but 0, a fault, or no answer within 5 s refuses the update. Cleanup is then called only if startup has returned
 * 0, were it too late.
 */
#define LUCOS_STARTUP(function)	LUCOS_CALLBACK_(LUCOS_CALLBACK_STARTUP, startup, function)

/* void function(void), called in a thread like startup's when the update has been undone and nobody is left in its code. */
#define LUCOS_CLEANUP(function)	LUCOS_CALLBACK_(LUCOS_CALLBACK_CLEANUP, cleanup, function)

#define LUCOS_CALLBACK_(kind_, tag, function_)							\
	static const struct lucos_package_callback lucos_callback_##tag				\
	LUCOS_ENTRY_(LUCOS_SECTION_CALLBACKS) = {						\
		.kind = kind_,									\
		.function = (lucos_u64)&function_,						\
	}

/*
 * Declares the kernel's static `name` of source file `file`, for use under that name:
 *
 *	LUCOS_STATIC_REF(u64(const struct pipe *), pipe_used, "pipe.c");
 */
#define LUCOS_STATIC_REF(type, name, file) extern __typeof__(type) name __asm__(#name LUCOS_STATIC_INFIX file)

#endif

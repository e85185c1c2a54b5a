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

#include <kernel/slab.h>	/* kmem_companion */
#include <kernel/types.h>	/* READ_ONCE */
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
 * Called while an update drains, each in a thread like startup's. They are about what is left behind: the old version of what
 * new_function replaces.
 *
 *	void callback(int thread)	thread has left it; called once for each activation
 *	void callback(void)		no thread is left in it
 *	void callback(void)		no thread is left in any function of the update that handles the type (all do,
 *					unless LUCOS_HANDLES says otherwise); behind it only the new version of its instances
 *					is in use
 */
#define LUCOS_ON_FUNCTION_LEFT(new_function, callback)						\
	LUCOS_CALLBACK_ABOUT_(LUCOS_CALLBACK_FUNCTION_LEFT, new_function, callback)
#define LUCOS_ON_THREADS_LEFT(new_function, callback)						\
	LUCOS_CALLBACK_ABOUT_(LUCOS_CALLBACK_THREADS_LEFT, new_function, callback)
#define LUCOS_ON_DATA_LEFT(type_identifier, callback)						\
	LUCOS_CALLBACK_ABOUT_(LUCOS_CALLBACK_DATA_LEFT, type_identifier, callback)

#define LUCOS_CALLBACK_ABOUT_(kind_, subject_, function_)					\
	static const struct lucos_package_callback LUCOS_UNIQUE_(lucos_callback_, __COUNTER__)	\
	LUCOS_ENTRY_(LUCOS_SECTION_CALLBACKS) = {						\
		.kind = kind_,									\
		.function = (lucos_u64)&function_,						\
		.subject = (lucos_u64)&subject_,						\
	}

/*
 * Changed data structures. Old code goes on with the old version of every instance, new code uses the new version, and
 * each store to one is carried over to the other by a function of yours:
 *
 *	static void to_new(const struct pipe *old, struct wide_pipe *new);
 *	static void to_old(const struct wide_pipe *new, struct pipe *old);
 *
 *	LUCOS_TYPE_CACHE(pipes, "pipe", struct pipe, struct wide_pipe, to_new, to_old,
 *		.shared_head = offsetof(struct pipe, head), .moved = LUCOS_ADDRESS(move_references));
 *	LUCOS_PRESERVES(pipes, struct pipe, head);
 *	LUCOS_ON_DATA_LEFT(pipes, all_wide);
 *
 * Rules of the game:
 *  - to_new and to_old make the second argument say what the first one says, for every state that a single store may leave
 *    behind (or, with LUCOS_TRANSFER_ON_UNLOCK, that the lock's holder leaves behind). They may be called at any moment, with
 *    the same values again, between any two instructions of the kernel.
 *  - They store to the second argument and to their own stack only (and to .scratch_cache, below): behind the shared head
 *    of an old version; with the extra bytes behind a new one. They read what they like, but no per-CPU data (current,
 *    this_cpu): they run on a CPU of their own. No locks, nothing that sleeps, waits or prints,
 *    LUCOS_TRANSFER_BUDGET_BYTES of code each. What breaks these rules fails the update, which then puts the old code back.
 *  - A shared head is the start of the old version, up to .shared_head: locks, wait queues, list links. Old and new code use
 *    the old version's, by its address; it is never transferred.
 *  - New code finds the new version of what a kernel pointer leads to by lucos_twin(); it must not store to the old one behind
 *    the shared head.
 *  - While lucos_coexists(type), new code does nothing that the old version can't say. Once lucos_retired(type), it may. An undo
 *    makes it coexist again and waits a while for what .representable refuses to be used up; if it is not, all sleepers are woken.
 *  - All functions that use the structure are replaced by the update. What is not would go on with the old version for good.
 */

/*
 * .transfer = LUCOS_TRANSFER_LAZY, .interception = LUCOS_INTERCEPTION_SERVICE (no other): a store only marks its version as the
 * newer one, and state is carried over when somebody is about to read the other. Right where writes are many and reads of the
 * other version are rare, and both versions live for a short time only: all of the kernel's loads are slower meanwhile. As reads
 * come at any moment, transfers must make sense of every state that a single store may leave behind.
 */

/*
 * .transfer = LUCOS_TRANSFER_ONCE: to_new is called when the update is applied, to_old when it is undone, with the CPUs parked;
 * in between each version is on its own. Right where no thread that gave the CPU away in a replaced function uses the data
 * again before it leaves that function, though many may stand there: a queue whose users wait behind it. Threads that were
 * interrupted in one are waited for before anything is transferred. Replace all functions that use the data, and have only
 * shadows beside it in the update.
 *
 * .scratch_cache = "thread": such a type's transfers may also store to all live objects of that slab cache, for instance to
 * relink what the two versions are lists of. These objects have one version, which is new code's as soon as the update is applied.
 * Such a transfer is not checked for what LUCOS_PRESERVES says.
 */

/*
 * All objects of slab cache cache_name, those to come too: of type old_type before the update, new_type behind it. Designated
 * initialisers of struct lucos_package_type may follow; without them the new version is a twin, stores are single-stepped
 * (LUCOS_INTERCEPTION_STEP), and each is transferred at once.
 */
#define LUCOS_TYPE_CACHE(identifier, cache_name, old_type, new_type, to_new_, to_old_, ...)	\
	LUCOS_TRANSFER_(to_new_, old_type, new_type);						\
	LUCOS_TRANSFER_(to_old_, new_type, old_type);						\
	LUCOS_TYPE(identifier, .source = LUCOS_SOURCE_CACHE, .cache = cache_name,		\
		.old_size = sizeof(old_type), .new_size = sizeof(new_type),			\
		.to_new = LUCOS_ADDRESS(to_new_), .to_old = LUCOS_ADDRESS(to_old_), __VA_ARGS__)

/* The same where new_type holds new fields only, which to_new_ makes once: lucos_shadow() finds it, the object stays. */
#define LUCOS_TYPE_SHADOW(identifier, cache_name, old_type, new_type, to_new_, ...)		\
	LUCOS_TRANSFER_(to_new_, old_type, new_type);						\
	LUCOS_TYPE(identifier, .source = LUCOS_SOURCE_CACHE, .cache = cache_name,		\
		.placement = LUCOS_PLACEMENT_SHADOW, .old_size = sizeof(old_type),		\
		.new_size = sizeof(new_type), .to_new = LUCOS_ADDRESS(to_new_), __VA_ARGS__)

/* The kernel's variable old_variable, which new_variable of the update takes the place of. New code uses that by its name. */
#define LUCOS_TYPE_VARIABLE(identifier, old_variable_, new_variable_, to_new_, to_old_, ...)	\
	LUCOS_TRANSFER_(to_new_, __typeof__(old_variable_), __typeof__(new_variable_));	\
	LUCOS_TRANSFER_(to_old_, __typeof__(new_variable_), __typeof__(old_variable_));	\
	LUCOS_TYPE(identifier, .source = LUCOS_SOURCE_VARIABLE,					\
		.old_variable = LUCOS_ADDRESS(old_variable_), .old_size = sizeof(old_variable_), \
		.new_variable = LUCOS_ADDRESS(new_variable_), .new_size = sizeof(new_variable_), \
		.to_new = LUCOS_ADDRESS(to_new_), .to_old = LUCOS_ADDRESS(to_old_), __VA_ARGS__)

/* What the three above stand on: every member is the author's, but for those that have defaults here. */
#define LUCOS_TYPE(identifier, ...)								\
	static unsigned int identifier##_state;							\
	_Pragma("GCC diagnostic push")								\
	_Pragma("GCC diagnostic ignored \"-Woverride-init\"") /* the author's initialisers are the later ones */ \
	static const struct lucos_package_type identifier					\
	LUCOS_ENTRY_(LUCOS_SECTION_TYPES) __attribute__((no_reorder)) = {			\
		.name = #identifier,								\
		.placement = LUCOS_PLACEMENT_TWIN,						\
		.interception = LUCOS_INTERCEPTION_STEP,					\
		.transfer = LUCOS_TRANSFER_EACH_WRITE,						\
		.lock_offset = LUCOS_NO_LOCK,							\
		.state = LUCOS_ADDRESS(identifier##_state),					\
		__VA_ARGS__									\
	};											\
	_Pragma("GCC diagnostic pop")								\
	_Static_assert(sizeof(#identifier) <= sizeof(((struct lucos_package_type *)0)->name),	\
		"the name of type " #identifier " has more than 31 characters")

#define LUCOS_TRANSFER_(function, from, to)							\
	_Static_assert(__builtin_types_compatible_p(__typeof__(function), void(const from *, to *)) || \
		__builtin_types_compatible_p(__typeof__(function), void(const void *, void *)),	\
		#function " is not void (const " #from " *, " #to " *)")

/* For the members that are addresses: .moved = LUCOS_ADDRESS(function). */
#define LUCOS_ADDRESS(thing) ((lucos_u64)&(thing))

/*
 * For .transfer = LUCOS_TRANSFER_ON_UNLOCK: the word of 4 or 8 bytes that is 0 when the lock is free, in the old version or
 * elsewhere. Written among the initialisers: LUCOS_LOCK_FIELD(struct pipe, lock.locked).
 */
#define LUCOS_LOCK_FIELD(old_type, field)							\
	.lock_offset = __builtin_offsetof(old_type, field), .lock_size = sizeof(((old_type *)0)->field)
#define LUCOS_LOCK_WORD(word) .lock = LUCOS_ADDRESS(word), .lock_size = sizeof(word)

/* A field of the old version whose value must survive a transfer to the new version and back. */
#define LUCOS_PRESERVES(type_identifier, old_type, field)					\
	LUCOS_PRESERVES_BYTES(type_identifier, __builtin_offsetof(old_type, field), sizeof(((old_type *)0)->field))

/* The same for what is no field: an array, a variable of a plain type. */
#define LUCOS_PRESERVES_BYTES(type_identifier, first, bytes)					\
	static const struct lucos_package_field LUCOS_UNIQUE_(lucos_field_, __COUNTER__)	\
	LUCOS_ENTRY_(LUCOS_SECTION_FIELDS) __attribute__((no_reorder)) = {			\
		.type = LUCOS_ADDRESS(type_identifier),						\
		.offset = first,								\
		.size = bytes,									\
	}

/*
 * Nothing is said by default, and every function is taken to handle all types: data is kept coherent until all old functions are
 * left. Say of a function which types its old and its new version touch, once for each, or that they touch none: a type is no
 * longer monitored, and its LUCOS_ON_DATA_LEFT called, as soon as nobody is in the functions that handle it, though others may
 * still sleep in others. What is said wrongly is not found out: old code that goes on using the type would read what is out of
 * date.
 */
#define LUCOS_HANDLES(new_function, type_identifier)						\
	LUCOS_HANDLES_(new_function, LUCOS_ADDRESS(type_identifier))
#define LUCOS_HANDLES_NO_DATA(new_function) LUCOS_HANDLES_(new_function, 0)

#define LUCOS_HANDLES_(new_function, type_)							\
	static const struct lucos_package_handler LUCOS_UNIQUE_(lucos_handler_, __COUNTER__)	\
	LUCOS_ENTRY_(LUCOS_SECTION_HANDLERS) = {						\
		.function = LUCOS_ADDRESS(new_function),					\
		.type = type_,									\
	}

/* How a type stands; all CPUs see a change at one instant. Neither holds before the update is applied. */
#define lucos_coexists(type_identifier) (READ_ONCE(type_identifier##_state) == LUCOS_TYPE_COEXISTS)
#define lucos_retired(type_identifier) (READ_ONCE(type_identifier##_state) == LUCOS_TYPE_RETIRED)

/* The new version of the object that ref leads to; ref itself when it has none, since then it is the new version. */
#define lucos_twin(new_type, ref)								\
	({											\
		__auto_type lucos_ref_ = (ref);							\
		(new_type *)(kmem_companion(lucos_ref_) ?: (void *)lucos_ref_);			\
	})

/* The shadow of the object that ref leads to; NULL when it has none. */
#define lucos_shadow(new_type, ref) ((new_type *)kmem_companion(ref))

/*
 * Declares the kernel's static `name` of source file `file`, for use under that name:
 *
 *	LUCOS_STATIC_REF(u64(const struct pipe *), pipe_used, "pipe.c");
 */
#define LUCOS_STATIC_REF(type, name, file) extern __typeof__(type) name __asm__(#name LUCOS_STATIC_INFIX file)

#endif

/*
 * lucos_abi.h: what the guest and the host agree on. Rendered from src/Lucos.Abi: do not edit;
 * LUCOS_RENDER=1 dotnet test tests/Lucos.Abi.Tests writes it anew.
 * All integers are little-endian, all structs have natural alignment and explicit padding,
 * all text is UTF-8 ended by NUL.
 */
#ifndef LUCOS_ABI_H
#define LUCOS_ABI_H

typedef __UINT8_TYPE__ lucos_u8;
typedef __UINT32_TYPE__ lucos_u32;
typedef __UINT64_TYPE__ lucos_u64;

/* The version of everything in this assembly that guest and host must agree on. */
/* The version that this build speaks. A peer that speaks another is refused with LUCOS_REFUSAL_ABI_MISMATCH. */
#define LUCOS_ABI_VERSION 2u

/* I/O ports and interrupt numbers that guest and host agree on. */
/* The hypercall port: in eax, dx reads the signature, out dx, eax issues a hypercall. */
#define LUCOS_HYPERCALL_PORT 0x4c55
/* A write of any byte gives the rest of the processor's turn away: for loops that wait for another processor. No other machine has a device here. */
#define LUCOS_YIELD_PORT 0x4c59
/* What the hypercall port reads: "LUCO" in memory order. On a machine that is not Lucos, it reads all ones. */
#define LUCOS_SIGNATURE 0x4f43554cu
/* Base of the serial console, a 16550. */
#define LUCOS_SERIAL_PORT 0x3f8
/* The isa-debug-exit port: 0 is a clean power-off. */
#define LUCOS_DEBUG_EXIT_PORT 0xf4
/* Keyboard controller's command port: 0xfe resets the machine. */
#define LUCOS_KEYBOARD_COMMAND_PORT 0x64
/* Interrupt line of the timer. */
#define LUCOS_TIMER_IRQ 0x0
/* Interrupt line of the serial console. */
#define LUCOS_SERIAL_IRQ 0x4
/* Interrupt line of the doorbell, edge triggered. */
#define LUCOS_DOORBELL_IRQ 0x5
/* Vector of interrupt line 0 once the guest has set up its interrupt controller. */
#define LUCOS_IRQ_VECTOR_BASE 0x20

/* Where things lie in the guest's memory, derived from each other where they depend. */
/* Bytes of a page. */
#define LUCOS_PAGE_SIZE 0x1000ul
/* Where the VMM starts to place page tables, GDT, start_info, memory map and command line (physical). */
#define LUCOS_BOOT_AREA_START 0x1000ul
/* First physical address behind the boot structures. */
#define LUCOS_BOOT_AREA_END 0xa0000ul
/* Physical address of the kernel image; everything below is reserved. */
#define LUCOS_KERNEL_PHYSICAL_BASE 0x100000ul
/* Smallest RAM that the kernel boots with, in bytes. */
#define LUCOS_MIN_MEMORY_BYTES 0x2000000ul
/* RAM when none is asked for, in bytes. */
#define LUCOS_DEFAULT_MEMORY_BYTES 0x4000000ul
/* Largest RAM, in bytes: it ends below the PCI hole of a PC. */
#define LUCOS_MAX_MEMORY_BYTES 0xc0000000ul
/* First virtual address that is no user address: the end of the lower canonical half. */
#define LUCOS_USER_END 0x800000000000ul
/* The direct map: virtual = base + physical. All of RAM, never executable. */
#define LUCOS_DIRECT_MAP_BASE 0xffff800000000000ul
/* Kernel stacks and vmalloc, with guard pages. */
#define LUCOS_VMALLOC_BASE 0xffffc90000000000ul
/* Virtual base of the kernel image: virtual = base + physical. */
#define LUCOS_KERNEL_VIRTUAL_BASE 0xffffffff80000000ul
/* Virtual address of the first byte of the kernel image. */
#define LUCOS_KERNEL_IMAGE_START 0xffffffff80100000ul
/* Where modules are loaded: within the reach of a 32-bit jump from the kernel's text. */
#define LUCOS_MODULE_BASE 0xffffffffa0000000ul
/* Bytes of the module area. */
#define LUCOS_MODULE_AREA_SIZE 0x4000000ul
/* The magic number of the PVH boot structure, hvm_start_info. */
#define LUCOS_PVH_START_INFO_MAGIC 0x336ec578u

/* Sizes and limits of updates; the guest, the host and the package tools enforce the same ones. */
/* Bytes of the jump that replaces the first instructions of a function (E9 rel32). */
#define LUCOS_JUMP_SIZE 5u
/* Bytes of relocation area per function, for its displaced instructions and the jump back. */
#define LUCOS_RELOCATION_BYTES_PER_FUNCTION 64u
/* Largest package file, in bytes. */
#define LUCOS_MAX_PACKAGE_BYTES 1048576u
/* Most functions that one update replaces. */
#define LUCOS_MAX_FUNCTIONS 500u
/* Most contexts that one descriptor or report lists. */
#define LUCOS_MAX_CONTEXTS 65536u
/* Most dependencies and conflicts of one update. */
#define LUCOS_MAX_DEPENDENCIES 64u
/* Most callbacks of one update. */
#define LUCOS_MAX_CALLBACKS 256u
/* Most changed data structures of one update. */
#define LUCOS_MAX_TYPES 32u
/* Most statements about which function handles which type. */
#define LUCOS_MAX_HANDLERS 512u
/* Most preserved fields of one update. */
#define LUCOS_MAX_FIELDS 256u
/* Most instances of all changed data structures of one update. */
#define LUCOS_MAX_INSTANCES 131072u
/* Largest version of a data structure, with what belongs to it, in bytes. */
#define LUCOS_MAX_INSTANCE_BYTES 65536u
/* Largest stack for state transfers, in bytes. */
#define LUCOS_MAX_TRANSFER_STACK_BYTES 65536u
/* Bytes of code that one state transfer may execute. */
#define LUCOS_TRANSFER_BUDGET_BYTES 4194304u
/* Longest forecast of a check, in bytes. */
#define LUCOS_MAX_FORECAST_BYTES 65536u
/* Most sections of a package file. */
#define LUCOS_MAX_SECTIONS 4096u
/* Most symbols of a package file. */
#define LUCOS_MAX_SYMBOLS 65536u
/* Most bytes that the sections of a package take once they are loaded. */
#define LUCOS_MAX_LOADED_BYTES 4194304u
/* Largest alignment of a section: a page. */
#define LUCOS_MAX_SECTION_ALIGNMENT 4096u
/* Longest name of an update, in characters. */
#define LUCOS_MAX_NAME_LENGTH 63u
/* Bytes of a GNU build-id made with SHA-1. */
#define LUCOS_BUILD_ID_BYTES 20u
/* Bytes of a SHA-256 digest. */
#define LUCOS_DIGEST_BYTES 32u

/* Flags of a struct lucos_update_desc and of a struct lucos_request. */
/* Bit 0 of the descriptor: the update stays draining, or rolling back, until COMPLETE, because it has callbacks or changes data. */
#define LUCOS_UPDATE_FLAG_COMPLETES 1u
/* Bit 1 of the descriptor: every write to either version goes into the coherence ledger, and every transfer is checked. */
#define LUCOS_UPDATE_FLAG_VERIFY_COHERENCE 2u
/* Bit 0 of a request: apply with the coherence ledger. */
#define LUCOS_REQUEST_FLAG_VERIFY_COHERENCE 1u
/* Value of a type's state variable before the update is applied, and after it was rolled back. */
#define LUCOS_TYPE_INACTIVE 0u
/* Value of a type's state variable while both versions live and are kept coherent. */
#define LUCOS_TYPE_COEXISTS 1u
/* Value of a type's state variable when only the new version is in use. */
#define LUCOS_TYPE_RETIRED 2u
/* Lock offset of a type whose instances have no lock of their own. */
#define LUCOS_NO_LOCK 0xffffffffu

/* Names and numbers of the package format. The format itself is described in Lucos.Packaging. */
/* Version of the format, in the manifest. */
#define LUCOS_PACKAGE_FORMAT_VERSION 2u
/* First eight bytes of the manifest. */
#define LUCOS_PACKAGE_MAGIC "LUCOSPKG"
/* First eight bytes of the signature. */
#define LUCOS_SIGNATURE_MAGIC "LUCOSSIG"
/* Algorithm 1 of the signature: a SHA-256 digest. */
#define LUCOS_SIGNATURE_ALGORITHM_SHA256 1u
/* Bit 0 of the manifest's flags: lucos patch build has filled in what the compiler can't know. */
#define LUCOS_PACKAGE_FLAG_BUILT 1u
/* Section of the struct lucos_package_manifest. */
#define LUCOS_SECTION_MANIFEST ".lucos.manifest"
/* Section of the struct lucos_package_dependency array. */
#define LUCOS_SECTION_DEPS ".lucos.deps"
/* Section of the struct lucos_package_function array. */
#define LUCOS_SECTION_FUNCS ".lucos.funcs"
/* Section of the old function bodies. */
#define LUCOS_SECTION_OLDBYTES ".lucos.oldbytes"
/* Section of the struct lucos_package_callback array. */
#define LUCOS_SECTION_CALLBACKS ".lucos.callbacks"
/* Section of the struct lucos_package_type array. */
#define LUCOS_SECTION_TYPES ".lucos.types"
/* Section of the struct lucos_package_field array. */
#define LUCOS_SECTION_FIELDS ".lucos.fields"
/* Section of the struct lucos_package_handler array. */
#define LUCOS_SECTION_HANDLERS ".lucos.handlers"
/* Section of the struct lucos_package_signature. */
#define LUCOS_SECTION_SIG ".lucos.sig"
/* What stands between a static symbol's name and its source file: helper.in.pipe.c. */
#define LUCOS_STATIC_INFIX ".in."

/* Numbers of the hypercalls (RAX). Frozen: a number is never reused for another meaning. */
enum lucos_hypercall_number {
	/* RBX = the guest's ABI version. Returns the host's ABI version. */
	LUCOS_HC_VERSION = 0,
	/* RBX = address of a struct lucos_manager_info. The Update Manager makes itself known. Returns 0. */
	LUCOS_HC_REGISTER = 1,
	/* RBX = address of a struct lucos_update_desc. Applies it. Returns the update id. */
	LUCOS_HC_APPLY = 2,
	/* RBX = address of a struct lucos_update_desc with its update id set and the contexts that stand in the new code. Returns the new state. */
	LUCOS_HC_ROLLBACK = 3,
	/* RBX = address of a struct lucos_activation_report. Tells who still runs the version that is being left. Returns the new state. */
	LUCOS_HC_REPORT = 4,
	/* RBX = update id, or 0 for what was last refused; RCX = address of a struct lucos_update_status to fill. Returns 0. */
	LUCOS_HC_QUERY = 5,
	/* RBX = address of a struct lucos_request to fill. Returns 1 when there was one, 0 when none waits. */
	LUCOS_HC_DOORBELL_FETCH = 6,
	/* RBX = request id, RCX = destination address, RSI = offset in the package, RDI = length. Returns the bytes copied. */
	LUCOS_HC_DOORBELL_PULL = 7,
	/* RBX = address of a struct lucos_response. Ends a request. Returns 0. */
	LUCOS_HC_DOORBELL_COMPLETE = 8,
	/* RBX = address of a struct lucos_journal_entry. Puts what happened inside the guest into the host's history. Returns 0. */
	LUCOS_HC_JOURNAL = 9,
	/* RBX = update id. The module memory of a rolled-back update has been freed. Returns 0. */
	LUCOS_HC_RELEASED = 10,
	/* RBX = update id, RCX = address of an array of struct lucos_event to fill, RSI = its entries. Returns how many there were. */
	LUCOS_HC_EVENTS = 11,
	/* RBX = address of a struct lucos_instance_change. An instance was allocated; it is monitored from now on. Returns 0. */
	LUCOS_HC_BORN = 12,
	/* RBX = address of a struct lucos_instance_change. An instance is about to be freed; it is monitored no more. Returns 0. */
	LUCOS_HC_DIED = 13,
	/* RBX = address of a struct lucos_activation_report with who stands in the version that stays. Monitoring ends, and it is awaited that those leave. Returns 0. */
	LUCOS_HC_RETIRE = 14,
	/* RBX = update id. What the guest had to do for its end is done. Returns the new state. */
	LUCOS_HC_COMPLETE = 15,
	/* RBX = address of a return stub. Returns the return address that it stands for, or 0 for none. */
	LUCOS_HC_RETURN_ADDRESS = 16,
};

/* Why something was refused. The values and their identifiers are frozen; a hypercall returns the negative value. */
enum lucos_refusal {
	/* Not refused. */
	LUCOS_REFUSAL_NONE = 0,
	/* The hypercall number is not one of this ABI version. */
	LUCOS_REFUSAL_UNKNOWN_HYPERCALL = 1,
	/* The caller is not in ring 0, or not root. */
	LUCOS_REFUSAL_NOT_PRIVILEGED = 2,
	/* A guest address is not canonical, not mapped, or runs out of its mapping. */
	LUCOS_REFUSAL_BAD_POINTER = 3,
	/* An argument or a field has a value that is not allowed. */
	LUCOS_REFUSAL_BAD_ARGUMENT = 4,
	/* The update is in a state that does not allow this command. */
	LUCOS_REFUSAL_WRONG_STATE = 5,
	/* No Update Manager has registered. */
	LUCOS_REFUSAL_NOT_REGISTERED = 6,
	/* Guest and host speak different ABI versions. */
	LUCOS_REFUSAL_ABI_MISMATCH = 7,
	/* The package is not a well-formed one. */
	LUCOS_REFUSAL_BAD_PACKAGE = 8,
	/* The package's bytes are not those that its digest was made of. */
	LUCOS_REFUSAL_DIGEST_MISMATCH = 9,
	/* The package was made for another kernel build. */
	LUCOS_REFUSAL_BUILD_ID_MISMATCH = 10,
	/* A symbol is not in the kernel. */
	LUCOS_REFUSAL_MISSING_SYMBOL = 11,
	/* Several symbols of the kernel have this name. */
	LUCOS_REFUSAL_AMBIGUOUS_SYMBOL = 12,
	/* The function has no room for the five-byte jump. */
	LUCOS_REFUSAL_FUNCTION_TOO_SHORT = 13,
	/* The code in the kernel is not the code that the update was made for. */
	LUCOS_REFUSAL_OLD_BYTES_MISMATCH = 14,
	/* The new code is farther from the old than a 32-bit jump reaches. */
	LUCOS_REFUSAL_OUT_OF_REACH = 15,
	/* The update replaces one function twice. */
	LUCOS_REFUSAL_DUPLICATE_TARGET = 16,
	/* An update that this one depends on is not applied. */
	LUCOS_REFUSAL_DEPENDENCY_MISSING = 17,
	/* An applied update conflicts with this one. */
	LUCOS_REFUSAL_CONFLICT = 18,
	/* An update of this name is applied already. */
	LUCOS_REFUSAL_ALREADY_APPLIED = 19,
	/* There is no such update. */
	LUCOS_REFUSAL_NO_SUCH_UPDATE = 20,
	/* A later update stands on this one. */
	LUCOS_REFUSAL_UNDO_ORDER = 21,
	/* A thread stands in bytes that the jump overwrites and can't be moved. */
	LUCOS_REFUSAL_UNRELOCATABLE_CONTEXT = 22,
	/* The update's startup function returned an error. */
	LUCOS_REFUSAL_STARTUP_FAILED = 23,
	/* The guest has no memory for it. */
	LUCOS_REFUSAL_NO_MEMORY = 24,
	/* Something is larger than its limit. */
	LUCOS_REFUSAL_TOO_LARGE = 25,
	/* Another update is under way. */
	LUCOS_REFUSAL_BUSY = 26,
	/* The operator cancelled it. */
	LUCOS_REFUSAL_CANCELLED = 27,
	/* A defect in Lucos itself. */
	LUCOS_REFUSAL_INTERNAL = 28,
	/* A state-transfer function faulted, ran too long, or wrote where it may not. */
	LUCOS_REFUSAL_TRANSFER_FAILED = 29,
	/* A state transfer lost what the update declares as preserved. */
	LUCOS_REFUSAL_INCOHERENT = 30,
	/* The old version of a data structure can't say what an instance holds now. */
	LUCOS_REFUSAL_NOT_REPRESENTABLE = 31,
};

/* States of an update. Frozen values; which command is allowed in which state is the Update Server's table. */
enum lucos_update_state {
	/* Not an update's state: no update. */
	LUCOS_UPDATE_NONE = 0,
	/* The Update Server has it, nothing has been checked. */
	LUCOS_UPDATE_SUBMITTED = 1,
	/* The descriptor and the expected bytes have been checked. */
	LUCOS_UPDATE_VERIFIED = 2,
	/* Everything that can fail has been done; no byte of the kernel has changed. */
	LUCOS_UPDATE_PREPARED = 3,
	/* Old and new versions of changed data live side by side. */
	LUCOS_UPDATE_COEXISTING = 4,
	/* The new code is in force and someone still runs the old. */
	LUCOS_UPDATE_DRAINING = 5,
	/* The new code is in force and nobody runs the old. */
	LUCOS_UPDATE_FINISHED = 6,
	/* The old code is in force again and someone still runs the new. */
	LUCOS_UPDATE_ROLLING_BACK = 7,
	/* Undone; every byte is as before. */
	LUCOS_UPDATE_ROLLED_BACK = 8,
	/* Refused before any byte changed. */
	LUCOS_UPDATE_REFUSED = 9,
	/* Given up on the way; the old code runs and memory is as before. */
	LUCOS_UPDATE_ABORTED = 10,
};

/* What kind of slot holds the instruction pointer of a struct lucos_context_desc. */
enum lucos_context_kind {
	/* The saved RIP of an interrupt or exception frame. */
	LUCOS_CONTEXT_INTERRUPT_FRAME = 1,
	/* The saved RIP of a thread that was switched out. */
	LUCOS_CONTEXT_SWITCHED_OUT = 2,
	/* A return address in a stack frame. */
	LUCOS_CONTEXT_RETURN_ADDRESS = 3,
};

/* What the operator asks of the Update Manager through the doorbell. */
enum lucos_request_kind {
	/* Verify the package and change nothing. */
	LUCOS_REQUEST_CHECK = 1,
	/* Apply the package. */
	LUCOS_REQUEST_APPLY = 2,
	/* Undo the update that is named. */
	LUCOS_REQUEST_UNDO = 3,
	/* Cancel the update that is named, if it is under way. */
	LUCOS_REQUEST_CANCEL = 4,
};

/* Kinds of struct lucos_journal_entry. */
enum lucos_journal_kind {
	/* Something was refused inside the guest. */
	LUCOS_JOURNAL_REFUSAL = 1,
	/* Something worth knowing happened. */
	LUCOS_JOURNAL_NOTE = 2,
};

/* Kinds of struct lucos_package_dependency. */
enum lucos_dependency_kind {
	/* The named update must be applied already. */
	LUCOS_DEPENDENCY_DEPENDS_ON = 1,
	/* The named update must not be applied. */
	LUCOS_DEPENDENCY_CONFLICTS_WITH = 2,
};

/* Kinds of struct lucos_package_callback. Numbers from 6 on are reserved. */
enum lucos_callback_kind {
	/* int f(void), called before any byte changes; nonzero refuses the update. */
	LUCOS_CALLBACK_STARTUP = 1,
	/* void f(void), called when the update has been undone, before its memory is freed. */
	LUCOS_CALLBACK_CLEANUP = 2,
	/* void f(int thread), called when a thread has left the old version of the function that is its subject. */
	LUCOS_CALLBACK_FUNCTION_LEFT = 3,
	/* void f(void), called when no thread is left in the old version of the function that is its subject. */
	LUCOS_CALLBACK_THREADS_LEFT = 4,
	/* void f(void), called when no thread is left in any function that handles the type that is its subject, and monitoring of it has ended. */
	LUCOS_CALLBACK_DATA_LEFT = 5,
};

/* Where the instances of a changed data structure are found. */
enum lucos_instance_source {
	/* One variable of the kernel; its new version is a variable of the update. */
	LUCOS_SOURCE_VARIABLE = 1,
	/* All objects of a slab cache, those that are allocated and freed while the update is under way too. */
	LUCOS_SOURCE_CACHE = 2,
};

/* Where the new version of an instance lies. */
enum lucos_placement {
	/* In an object of its own, found by the old one as long as that lives; references may be moved to it when the old version is retired. */
	LUCOS_PLACEMENT_TWIN = 1,
	/* In an object of its own while both versions live, then over the old one, in whose allocation it fits. */
	LUCOS_PLACEMENT_IN_PLACE = 2,
	/* Beside the old one, which stays as it is: the new version has the new fields only. */
	LUCOS_PLACEMENT_SHADOW = 3,
};

/* How a store to a monitored instance is carried out. */
enum lucos_interception {
	/* The page is opened for the one vCPU, the instruction is single-stepped, the page is closed (LUCOS, VEE 2006); state is transferred behind the instruction. */
	LUCOS_INTERCEPTION_STEP = 1,
	/* The host carries the store out; state is transferred at the end of the basic block. */
	LUCOS_INTERCEPTION_EMULATE = 2,
	/* The host carries the store out, and state is transferred at once, on a service vCPU, inside the instruction. */
	LUCOS_INTERCEPTION_SERVICE = 3,
};

/* When state is transferred from the version that was written to the other. */
enum lucos_transfer_point {
	/* After each intercepted store. */
	LUCOS_TRANSFER_EACH_WRITE = 1,
	/* When the lock of the instance is released, so that half-done changes are never transferred. */
	LUCOS_TRANSFER_ON_UNLOCK = 2,
	/* When somebody reads the version that is out of date. */
	LUCOS_TRANSFER_LAZY = 3,
	/* When the update is applied and when it is rolled back only: what still runs does not use the version that is left. */
	LUCOS_TRANSFER_ONCE = 4,
};

/* What the Update Server tells the Update Manager about an update. */
enum lucos_event_kind {
	/* A thread has left a function of the version that is being left. */
	LUCOS_EVENT_FUNCTION_LEFT = 1,
	/* No thread is in that function any more. */
	LUCOS_EVENT_THREADS_LEFT = 2,
	/* No thread is in any function of the version that is being left. */
	LUCOS_EVENT_ALL_LEFT = 3,
	/* A state transfer failed: the server has put the old code back, the update is rolling back. */
	LUCOS_EVENT_FAILED = 4,
	/* No thread is in any function of the version that is being left that handles the type; others may be in other functions. */
	LUCOS_EVENT_TYPE_LEFT = 5,
};

/* Who the Update Manager is and where the kernel that it serves lies. */
struct lucos_manager_info {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u8 build_id[20]; /* GNU build-id of the running kernel. */
	lucos_u32 pad; /* Zero. */
	lucos_u64 module_base; /* Virtual address of the module area. */
	lucos_u64 module_size; /* Bytes of the module area. */
	lucos_u64 kernel_text_start; /* First virtual address of the kernel's code. */
	lucos_u64 kernel_text_end; /* First virtual address behind the kernel's code. */
	lucos_u64 stub_area; /* Virtual address of executable memory that is all INT3, aligned to 16 bytes: every 16 bytes are a return stub. */
	lucos_u64 stub_size; /* Bytes there. */
};
_Static_assert(sizeof(struct lucos_manager_info) == 80, "size of lucos_manager_info");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, size) == 0, "lucos_manager_info.size");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, abi) == 4, "lucos_manager_info.abi");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, build_id) == 8, "lucos_manager_info.build_id");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, pad) == 28, "lucos_manager_info.pad");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, module_base) == 32, "lucos_manager_info.module_base");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, module_size) == 40, "lucos_manager_info.module_size");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, kernel_text_start) == 48, "lucos_manager_info.kernel_text_start");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, kernel_text_end) == 56, "lucos_manager_info.kernel_text_end");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, stub_area) == 64, "lucos_manager_info.stub_area");
_Static_assert(__builtin_offsetof(struct lucos_manager_info, stub_size) == 72, "lucos_manager_info.stub_size");

/* One update, as the Update Manager hands it to the Update Server to apply or to roll back. */
struct lucos_update_desc {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u32 update_id; /* Zero to apply; the id that applying returned to roll back. */
	lucos_u32 flags; /* LUCOS_UPDATE_FLAG_*. */
	char name[64]; /* Name of the update. */
	char version[32]; /* Version of the update. */
	lucos_u8 digest[32]; /* SHA-256 digest of the package. */
	lucos_u8 build_id[20]; /* Build-id of the kernel that the package was made for. */
	lucos_u32 function_count; /* Entries of the function array. */
	lucos_u32 context_count; /* Entries of the context array. */
	lucos_u32 pad; /* Zero. */
	lucos_u64 functions; /* Address of an array of struct lucos_function_desc. */
	lucos_u64 contexts; /* Address of an array of struct lucos_context_desc. */
	lucos_u64 module_base; /* Virtual address of the loaded module. */
	lucos_u64 module_size; /* Bytes of the loaded module. */
	lucos_u64 relocation_area; /* Virtual address of executable module memory for displaced instructions. */
	lucos_u64 relocation_size; /* Bytes there: LUCOS_RELOCATION_BYTES_PER_FUNCTION for each function. */
	lucos_u64 request_id; /* The operator's request that this answers; zero from inside the guest. */
	lucos_u64 types; /* Address of an array of struct lucos_type_desc. */
	lucos_u64 instances; /* Address of an array of struct lucos_instance_desc. */
	lucos_u32 type_count; /* Entries of the type array. */
	lucos_u32 instance_count; /* Entries of the instance array. */
	lucos_u64 stack; /* Lowest address of the stack that state transfers run on: whole pages that nothing else lies in. */
	lucos_u64 stack_size; /* Bytes there. */
	lucos_u64 scratch; /* Address of memory that a checked transfer goes to and fro in: as large as the largest version of any type. */
	lucos_u64 scratch_size; /* Bytes there. */
	lucos_u64 ranges; /* Address of an array of struct lucos_writable_range. */
	lucos_u32 range_count; /* Entries there. */
	lucos_u32 range_pad; /* Zero. */
};
_Static_assert(sizeof(struct lucos_update_desc) == 304, "size of lucos_update_desc");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, size) == 0, "lucos_update_desc.size");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, abi) == 4, "lucos_update_desc.abi");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, update_id) == 8, "lucos_update_desc.update_id");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, flags) == 12, "lucos_update_desc.flags");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, name) == 16, "lucos_update_desc.name");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, version) == 80, "lucos_update_desc.version");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, digest) == 112, "lucos_update_desc.digest");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, build_id) == 144, "lucos_update_desc.build_id");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, function_count) == 164, "lucos_update_desc.function_count");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, context_count) == 168, "lucos_update_desc.context_count");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, pad) == 172, "lucos_update_desc.pad");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, functions) == 176, "lucos_update_desc.functions");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, contexts) == 184, "lucos_update_desc.contexts");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, module_base) == 192, "lucos_update_desc.module_base");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, module_size) == 200, "lucos_update_desc.module_size");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, relocation_area) == 208, "lucos_update_desc.relocation_area");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, relocation_size) == 216, "lucos_update_desc.relocation_size");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, request_id) == 224, "lucos_update_desc.request_id");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, types) == 232, "lucos_update_desc.types");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, instances) == 240, "lucos_update_desc.instances");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, type_count) == 248, "lucos_update_desc.type_count");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, instance_count) == 252, "lucos_update_desc.instance_count");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, stack) == 256, "lucos_update_desc.stack");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, stack_size) == 264, "lucos_update_desc.stack_size");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, scratch) == 272, "lucos_update_desc.scratch");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, scratch_size) == 280, "lucos_update_desc.scratch_size");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, ranges) == 288, "lucos_update_desc.ranges");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, range_count) == 296, "lucos_update_desc.range_count");
_Static_assert(__builtin_offsetof(struct lucos_update_desc, range_pad) == 300, "lucos_update_desc.range_pad");

/* One function that an update replaces. */
struct lucos_function_desc {
	lucos_u64 old_address; /* Virtual address of the booted kernel's function. */
	lucos_u64 new_address; /* Virtual address of its replacement in the module. */
	lucos_u64 old_bytes; /* Address of the expected bytes of the whole old function. */
	lucos_u32 old_size; /* Bytes of the old function. */
	lucos_u32 new_size; /* Bytes of the new function. */
	char name[64]; /* Name of the old function. */
	lucos_u8 old_hash[32]; /* SHA-256 of the old function's bytes. */
	lucos_u32 activations; /* How many contexts stand in the version that is being left. */
	lucos_u32 untouched_types; /* Bit i: neither its old nor its new version touches instances of type i. */
};
_Static_assert(sizeof(struct lucos_function_desc) == 136, "size of lucos_function_desc");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, old_address) == 0, "lucos_function_desc.old_address");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, new_address) == 8, "lucos_function_desc.new_address");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, old_bytes) == 16, "lucos_function_desc.old_bytes");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, old_size) == 24, "lucos_function_desc.old_size");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, new_size) == 28, "lucos_function_desc.new_size");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, name) == 32, "lucos_function_desc.name");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, old_hash) == 96, "lucos_function_desc.old_hash");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, activations) == 128, "lucos_function_desc.activations");
_Static_assert(__builtin_offsetof(struct lucos_function_desc, untouched_types) == 132, "lucos_function_desc.untouched_types");

/* One saved instruction pointer that lies in a function of the update. */
struct lucos_context_desc {
	lucos_u64 slot; /* Address of the eight bytes that hold the instruction pointer. */
	lucos_u64 rip; /* What they hold. */
	lucos_u32 kind; /* A enum lucos_context_kind. */
	lucos_u32 function; /* Index of the function in the descriptor's array. */
	lucos_u32 thread_id; /* Thread that the context belongs to. */
	lucos_u32 depth; /* Number of the frame, 0 the innermost. */
	char thread_name[16]; /* Name of the thread. */
	lucos_u64 return_slot; /* Address of the eight bytes that hold the return address of the function that the context stands in; zero when it has none. */
	lucos_u64 return_address; /* The return address, never that of a stub. */
	char waiting_on[32]; /* Name of the wait queue that the thread sleeps in, empty when it does not. */
};
_Static_assert(sizeof(struct lucos_context_desc) == 96, "size of lucos_context_desc");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, slot) == 0, "lucos_context_desc.slot");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, rip) == 8, "lucos_context_desc.rip");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, kind) == 16, "lucos_context_desc.kind");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, function) == 20, "lucos_context_desc.function");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, thread_id) == 24, "lucos_context_desc.thread_id");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, depth) == 28, "lucos_context_desc.depth");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, thread_name) == 32, "lucos_context_desc.thread_name");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, return_slot) == 48, "lucos_context_desc.return_slot");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, return_address) == 56, "lucos_context_desc.return_address");
_Static_assert(__builtin_offsetof(struct lucos_context_desc, waiting_on) == 64, "lucos_context_desc.waiting_on");

/* Who still runs the version that an update leaves. */
struct lucos_activation_report {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u32 update_id; /* The update. */
	lucos_u32 context_count; /* Entries of the context array. */
	lucos_u64 contexts; /* Address of an array of struct lucos_context_desc. */
	lucos_u64 old_or_new; /* 0: the contexts stand in old code; 1: in new code. */
};
_Static_assert(sizeof(struct lucos_activation_report) == 32, "size of lucos_activation_report");
_Static_assert(__builtin_offsetof(struct lucos_activation_report, size) == 0, "lucos_activation_report.size");
_Static_assert(__builtin_offsetof(struct lucos_activation_report, abi) == 4, "lucos_activation_report.abi");
_Static_assert(__builtin_offsetof(struct lucos_activation_report, update_id) == 8, "lucos_activation_report.update_id");
_Static_assert(__builtin_offsetof(struct lucos_activation_report, context_count) == 12, "lucos_activation_report.context_count");
_Static_assert(__builtin_offsetof(struct lucos_activation_report, contexts) == 16, "lucos_activation_report.contexts");
_Static_assert(__builtin_offsetof(struct lucos_activation_report, old_or_new) == 24, "lucos_activation_report.old_or_new");

/* What the Update Server knows of one update. */
struct lucos_update_status {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u32 update_id; /* The update. */
	lucos_u32 state; /* An enum lucos_update_state. */
	lucos_u32 refusal; /* A enum lucos_refusal, or zero. */
	lucos_u32 activations; /* Contexts in the version that is being left, as last reported. */
	lucos_u32 function_count; /* Functions that it replaces. */
	lucos_u32 depth; /* Position in the stack of applied updates, 0 the oldest. */
	char name[64]; /* Name of the update. */
	char version[32]; /* Version of the update. */
	char detail[128]; /* Why it was refused or aborted, or what it waits for. */
	lucos_u64 pause_blocks; /* Guest blocks for which applying it paused the guest. */
	lucos_u64 applied_at_block; /* Block count when it was applied. */
	lucos_u32 instances; /* Instances that are monitored. */
	lucos_u32 stubs; /* Activations whose return is awaited by a stub. */
	lucos_u64 intercepted; /* Stores to monitored pages so far. */
	lucos_u64 transfers; /* State transfers so far. */
	lucos_u64 false_sharing; /* Stores to monitored pages that hit no instance. */
};
_Static_assert(sizeof(struct lucos_update_status) == 304, "size of lucos_update_status");
_Static_assert(__builtin_offsetof(struct lucos_update_status, size) == 0, "lucos_update_status.size");
_Static_assert(__builtin_offsetof(struct lucos_update_status, abi) == 4, "lucos_update_status.abi");
_Static_assert(__builtin_offsetof(struct lucos_update_status, update_id) == 8, "lucos_update_status.update_id");
_Static_assert(__builtin_offsetof(struct lucos_update_status, state) == 12, "lucos_update_status.state");
_Static_assert(__builtin_offsetof(struct lucos_update_status, refusal) == 16, "lucos_update_status.refusal");
_Static_assert(__builtin_offsetof(struct lucos_update_status, activations) == 20, "lucos_update_status.activations");
_Static_assert(__builtin_offsetof(struct lucos_update_status, function_count) == 24, "lucos_update_status.function_count");
_Static_assert(__builtin_offsetof(struct lucos_update_status, depth) == 28, "lucos_update_status.depth");
_Static_assert(__builtin_offsetof(struct lucos_update_status, name) == 32, "lucos_update_status.name");
_Static_assert(__builtin_offsetof(struct lucos_update_status, version) == 96, "lucos_update_status.version");
_Static_assert(__builtin_offsetof(struct lucos_update_status, detail) == 128, "lucos_update_status.detail");
_Static_assert(__builtin_offsetof(struct lucos_update_status, pause_blocks) == 256, "lucos_update_status.pause_blocks");
_Static_assert(__builtin_offsetof(struct lucos_update_status, applied_at_block) == 264, "lucos_update_status.applied_at_block");
_Static_assert(__builtin_offsetof(struct lucos_update_status, instances) == 272, "lucos_update_status.instances");
_Static_assert(__builtin_offsetof(struct lucos_update_status, stubs) == 276, "lucos_update_status.stubs");
_Static_assert(__builtin_offsetof(struct lucos_update_status, intercepted) == 280, "lucos_update_status.intercepted");
_Static_assert(__builtin_offsetof(struct lucos_update_status, transfers) == 288, "lucos_update_status.transfers");
_Static_assert(__builtin_offsetof(struct lucos_update_status, false_sharing) == 296, "lucos_update_status.false_sharing");

/* What the operator asks for through the doorbell. */
struct lucos_request {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u64 id; /* Number of the request. */
	lucos_u32 kind; /* A enum lucos_request_kind. */
	lucos_u32 flags; /* LUCOS_REQUEST_FLAG_*. */
	lucos_u64 package_size; /* Bytes of the package to pull, zero if there is none. */
	char name[64]; /* Name of the update, for undo and cancel. */
};
_Static_assert(sizeof(struct lucos_request) == 96, "size of lucos_request");
_Static_assert(__builtin_offsetof(struct lucos_request, size) == 0, "lucos_request.size");
_Static_assert(__builtin_offsetof(struct lucos_request, abi) == 4, "lucos_request.abi");
_Static_assert(__builtin_offsetof(struct lucos_request, id) == 8, "lucos_request.id");
_Static_assert(__builtin_offsetof(struct lucos_request, kind) == 16, "lucos_request.kind");
_Static_assert(__builtin_offsetof(struct lucos_request, flags) == 20, "lucos_request.flags");
_Static_assert(__builtin_offsetof(struct lucos_request, package_size) == 24, "lucos_request.package_size");
_Static_assert(__builtin_offsetof(struct lucos_request, name) == 32, "lucos_request.name");

/* How an operator's request ended. */
struct lucos_response {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u64 request_id; /* Number of the request. */
	lucos_u32 refusal; /* A enum lucos_refusal, or zero when done. */
	lucos_u32 update_id; /* The update, or zero. */
	char detail[256]; /* What was refused and why. */
	lucos_u64 forecast; /* Address of text that a check adds, lines of fields: what applying the package would meet. Zero if there is none. */
	lucos_u64 forecast_size; /* Its bytes. */
};
_Static_assert(sizeof(struct lucos_response) == 296, "size of lucos_response");
_Static_assert(__builtin_offsetof(struct lucos_response, size) == 0, "lucos_response.size");
_Static_assert(__builtin_offsetof(struct lucos_response, abi) == 4, "lucos_response.abi");
_Static_assert(__builtin_offsetof(struct lucos_response, request_id) == 8, "lucos_response.request_id");
_Static_assert(__builtin_offsetof(struct lucos_response, refusal) == 16, "lucos_response.refusal");
_Static_assert(__builtin_offsetof(struct lucos_response, update_id) == 20, "lucos_response.update_id");
_Static_assert(__builtin_offsetof(struct lucos_response, detail) == 24, "lucos_response.detail");
_Static_assert(__builtin_offsetof(struct lucos_response, forecast) == 280, "lucos_response.forecast");
_Static_assert(__builtin_offsetof(struct lucos_response, forecast_size) == 288, "lucos_response.forecast_size");

/* Something that happened inside the guest, for the host's history. */
struct lucos_journal_entry {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u32 kind; /* A enum lucos_journal_kind. */
	lucos_u32 refusal; /* A enum lucos_refusal, or zero. */
	char name[64]; /* Name of the update that it is about, or empty. */
	char text[256]; /* What happened. */
};
_Static_assert(sizeof(struct lucos_journal_entry) == 336, "size of lucos_journal_entry");
_Static_assert(__builtin_offsetof(struct lucos_journal_entry, size) == 0, "lucos_journal_entry.size");
_Static_assert(__builtin_offsetof(struct lucos_journal_entry, abi) == 4, "lucos_journal_entry.abi");
_Static_assert(__builtin_offsetof(struct lucos_journal_entry, kind) == 8, "lucos_journal_entry.kind");
_Static_assert(__builtin_offsetof(struct lucos_journal_entry, refusal) == 12, "lucos_journal_entry.refusal");
_Static_assert(__builtin_offsetof(struct lucos_journal_entry, name) == 16, "lucos_journal_entry.name");
_Static_assert(__builtin_offsetof(struct lucos_journal_entry, text) == 80, "lucos_journal_entry.text");

/* One changed data structure of an update. */
struct lucos_type_desc {
	char name[32]; /* Name of the type. */
	lucos_u32 source; /* An enum lucos_instance_source. */
	lucos_u32 placement; /* A enum lucos_placement. */
	lucos_u32 interception; /* An enum lucos_interception. */
	lucos_u32 transfer; /* A enum lucos_transfer_point. */
	lucos_u32 old_size; /* Bytes of the old version. */
	lucos_u32 new_size; /* Bytes of the new version. */
	lucos_u32 extra_size; /* Bytes directly behind the new version that belong to it and that transfers may write. */
	lucos_u32 shared_head; /* Bytes at the start of the old version that both versions share there (locks, wait queues): never transferred. */
	lucos_u32 lock_offset; /* Offset in the old version of the lock word, which is 0 when the lock is free; LUCOS_NO_LOCK if there is none. */
	lucos_u32 lock_size; /* Bytes of the lock word: 4 or 8; 0 if there is none. */
	lucos_u64 lock; /* Address of the lock word when it is not in the instance; else zero. */
	lucos_u64 to_new; /* void f(const void *old, void *new): makes the new version what the old one says. */
	lucos_u64 to_old; /* void f(const void *new, void *old): the other direction. */
	lucos_u64 fields; /* Address of an array of struct lucos_field_desc: what no transfer may lose. */
	lucos_u32 field_count; /* Entries there. */
	lucos_u32 pad; /* Zero. */
};
_Static_assert(sizeof(struct lucos_type_desc) == 112, "size of lucos_type_desc");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, name) == 0, "lucos_type_desc.name");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, source) == 32, "lucos_type_desc.source");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, placement) == 36, "lucos_type_desc.placement");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, interception) == 40, "lucos_type_desc.interception");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, transfer) == 44, "lucos_type_desc.transfer");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, old_size) == 48, "lucos_type_desc.old_size");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, new_size) == 52, "lucos_type_desc.new_size");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, extra_size) == 56, "lucos_type_desc.extra_size");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, shared_head) == 60, "lucos_type_desc.shared_head");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, lock_offset) == 64, "lucos_type_desc.lock_offset");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, lock_size) == 68, "lucos_type_desc.lock_size");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, lock) == 72, "lucos_type_desc.lock");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, to_new) == 80, "lucos_type_desc.to_new");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, to_old) == 88, "lucos_type_desc.to_old");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, fields) == 96, "lucos_type_desc.fields");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, field_count) == 104, "lucos_type_desc.field_count");
_Static_assert(__builtin_offsetof(struct lucos_type_desc, pad) == 108, "lucos_type_desc.pad");

/* A range of the old version whose value survives a transfer to the new one and back. */
struct lucos_field_desc {
	lucos_u32 offset; /* First byte. */
	lucos_u32 size; /* Bytes. */
};
_Static_assert(sizeof(struct lucos_field_desc) == 8, "size of lucos_field_desc");
_Static_assert(__builtin_offsetof(struct lucos_field_desc, offset) == 0, "lucos_field_desc.offset");
_Static_assert(__builtin_offsetof(struct lucos_field_desc, size) == 4, "lucos_field_desc.size");

/* One instance of a changed data structure. */
struct lucos_instance_desc {
	lucos_u64 old_address; /* Address of the old version. */
	lucos_u64 new_address; /* Address of the new version. */
	lucos_u32 type; /* Index of the type in the descriptor's array. */
	lucos_u32 pad; /* Zero. */
};
_Static_assert(sizeof(struct lucos_instance_desc) == 24, "size of lucos_instance_desc");
_Static_assert(__builtin_offsetof(struct lucos_instance_desc, old_address) == 0, "lucos_instance_desc.old_address");
_Static_assert(__builtin_offsetof(struct lucos_instance_desc, new_address) == 8, "lucos_instance_desc.new_address");
_Static_assert(__builtin_offsetof(struct lucos_instance_desc, type) == 16, "lucos_instance_desc.type");
_Static_assert(__builtin_offsetof(struct lucos_instance_desc, pad) == 20, "lucos_instance_desc.pad");

/* An instance that was allocated, or is about to be freed, while an update is under way. */
struct lucos_instance_change {
	lucos_u32 size; /* Bytes of this struct. */
	lucos_u32 abi; /* LUCOS_ABI_VERSION. */
	lucos_u32 update_id; /* The update. */
	lucos_u32 type; /* Index of the type. */
	lucos_u64 old_address; /* Address of the old version. */
	lucos_u64 new_address; /* Address of the new version. */
};
_Static_assert(sizeof(struct lucos_instance_change) == 32, "size of lucos_instance_change");
_Static_assert(__builtin_offsetof(struct lucos_instance_change, size) == 0, "lucos_instance_change.size");
_Static_assert(__builtin_offsetof(struct lucos_instance_change, abi) == 4, "lucos_instance_change.abi");
_Static_assert(__builtin_offsetof(struct lucos_instance_change, update_id) == 8, "lucos_instance_change.update_id");
_Static_assert(__builtin_offsetof(struct lucos_instance_change, type) == 12, "lucos_instance_change.type");
_Static_assert(__builtin_offsetof(struct lucos_instance_change, old_address) == 16, "lucos_instance_change.old_address");
_Static_assert(__builtin_offsetof(struct lucos_instance_change, new_address) == 24, "lucos_instance_change.new_address");

/* Something that happened to an update, for the Update Manager. */
struct lucos_event {
	lucos_u32 kind; /* An enum lucos_event_kind. */
	lucos_u32 function; /* Index of the function, for the first two kinds; of the type for LUCOS_EVENT_TYPE_LEFT. */
	lucos_u32 thread_id; /* The thread that left, for the first kind. */
	lucos_u32 pad; /* Zero. */
	lucos_u64 block; /* Block count when it happened. */
	char thread_name[16]; /* Name of the thread. */
};
_Static_assert(sizeof(struct lucos_event) == 40, "size of lucos_event");
_Static_assert(__builtin_offsetof(struct lucos_event, kind) == 0, "lucos_event.kind");
_Static_assert(__builtin_offsetof(struct lucos_event, function) == 4, "lucos_event.function");
_Static_assert(__builtin_offsetof(struct lucos_event, thread_id) == 8, "lucos_event.thread_id");
_Static_assert(__builtin_offsetof(struct lucos_event, pad) == 12, "lucos_event.pad");
_Static_assert(__builtin_offsetof(struct lucos_event, block) == 16, "lucos_event.block");
_Static_assert(__builtin_offsetof(struct lucos_event, thread_name) == 24, "lucos_event.thread_name");

/* Memory that the transfers of a type may write to besides the instances: the declared scratch. */
struct lucos_writable_range {
	lucos_u64 address; /* First byte. */
	lucos_u32 length; /* Bytes. */
	lucos_u32 type; /* Index of the type. */
};
_Static_assert(sizeof(struct lucos_writable_range) == 16, "size of lucos_writable_range");
_Static_assert(__builtin_offsetof(struct lucos_writable_range, address) == 0, "lucos_writable_range.address");
_Static_assert(__builtin_offsetof(struct lucos_writable_range, length) == 8, "lucos_writable_range.length");
_Static_assert(__builtin_offsetof(struct lucos_writable_range, type) == 12, "lucos_writable_range.type");

/* What a package is: the one struct in its manifest section. */
struct lucos_package_manifest {
	lucos_u8 magic[8]; /* LUCOS_PACKAGE_MAGIC. */
	lucos_u32 format_version; /* LUCOS_PACKAGE_FORMAT_VERSION. */
	lucos_u32 struct_size; /* Bytes of this struct. */
	char name[64]; /* Name of the update. */
	char version[32]; /* Version of the update. */
	char description[256]; /* What the update does. */
	lucos_u8 build_id[20]; /* Build-id of the kernel that it was made for. */
	lucos_u32 flags; /* LUCOS_PACKAGE_FLAG_BUILT. */
};
_Static_assert(sizeof(struct lucos_package_manifest) == 392, "size of lucos_package_manifest");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, magic) == 0, "lucos_package_manifest.magic");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, format_version) == 8, "lucos_package_manifest.format_version");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, struct_size) == 12, "lucos_package_manifest.struct_size");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, name) == 16, "lucos_package_manifest.name");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, version) == 80, "lucos_package_manifest.version");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, description) == 112, "lucos_package_manifest.description");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, build_id) == 368, "lucos_package_manifest.build_id");
_Static_assert(__builtin_offsetof(struct lucos_package_manifest, flags) == 388, "lucos_package_manifest.flags");

/* Another update that this one needs or does not bear. */
struct lucos_package_dependency {
	lucos_u32 kind; /* A enum lucos_dependency_kind. */
	lucos_u32 pad; /* Zero. */
	char name[64]; /* Name of the other update. */
	char version[32]; /* Its version; empty for any. */
};
_Static_assert(sizeof(struct lucos_package_dependency) == 104, "size of lucos_package_dependency");
_Static_assert(__builtin_offsetof(struct lucos_package_dependency, kind) == 0, "lucos_package_dependency.kind");
_Static_assert(__builtin_offsetof(struct lucos_package_dependency, pad) == 4, "lucos_package_dependency.pad");
_Static_assert(__builtin_offsetof(struct lucos_package_dependency, name) == 8, "lucos_package_dependency.name");
_Static_assert(__builtin_offsetof(struct lucos_package_dependency, version) == 72, "lucos_package_dependency.version");

/* One function that a package replaces. */
struct lucos_package_function {
	lucos_u64 new_function; /* The new function: a relocation of type R_X86_64_64 stands here. */
	lucos_u64 old_address; /* Virtual address of the old function in the kernel. */
	lucos_u32 old_size; /* Bytes of the old function. */
	lucos_u32 new_size; /* Bytes of the new function. */
	lucos_u32 old_bytes_offset; /* Where the old function's bytes start in the old-bytes section. */
	lucos_u32 flags; /* Zero. */
	lucos_u8 old_hash[32]; /* SHA-256 of the old function's bytes. */
	char old_name[64]; /* Name of the old function. */
	char old_file[64]; /* Base name of its source file; empty when the name is unique. */
};
_Static_assert(sizeof(struct lucos_package_function) == 192, "size of lucos_package_function");
_Static_assert(__builtin_offsetof(struct lucos_package_function, new_function) == 0, "lucos_package_function.new_function");
_Static_assert(__builtin_offsetof(struct lucos_package_function, old_address) == 8, "lucos_package_function.old_address");
_Static_assert(__builtin_offsetof(struct lucos_package_function, old_size) == 16, "lucos_package_function.old_size");
_Static_assert(__builtin_offsetof(struct lucos_package_function, new_size) == 20, "lucos_package_function.new_size");
_Static_assert(__builtin_offsetof(struct lucos_package_function, old_bytes_offset) == 24, "lucos_package_function.old_bytes_offset");
_Static_assert(__builtin_offsetof(struct lucos_package_function, flags) == 28, "lucos_package_function.flags");
_Static_assert(__builtin_offsetof(struct lucos_package_function, old_hash) == 32, "lucos_package_function.old_hash");
_Static_assert(__builtin_offsetof(struct lucos_package_function, old_name) == 64, "lucos_package_function.old_name");
_Static_assert(__builtin_offsetof(struct lucos_package_function, old_file) == 128, "lucos_package_function.old_file");

/* A function of the package that is called at a step of the update. */
struct lucos_package_callback {
	lucos_u32 kind; /* A enum lucos_callback_kind. */
	lucos_u32 pad; /* Zero. */
	lucos_u64 function; /* The function: a relocation of type R_X86_64_64 stands here. */
	lucos_u64 subject; /* What it is about: a relocation to the new function or to the struct lucos_package_type; zero for startup and cleanup. */
};
_Static_assert(sizeof(struct lucos_package_callback) == 24, "size of lucos_package_callback");
_Static_assert(__builtin_offsetof(struct lucos_package_callback, kind) == 0, "lucos_package_callback.kind");
_Static_assert(__builtin_offsetof(struct lucos_package_callback, pad) == 4, "lucos_package_callback.pad");
_Static_assert(__builtin_offsetof(struct lucos_package_callback, function) == 8, "lucos_package_callback.function");
_Static_assert(__builtin_offsetof(struct lucos_package_callback, subject) == 16, "lucos_package_callback.subject");

/* One data structure that a package changes. Each address is a relocation of type R_X86_64_64, or zero where there is none. */
struct lucos_package_type {
	char name[32]; /* Name of the type. */
	lucos_u32 source; /* An enum lucos_instance_source. */
	lucos_u32 placement; /* A enum lucos_placement. */
	lucos_u32 interception; /* An enum lucos_interception. */
	lucos_u32 transfer; /* A enum lucos_transfer_point. */
	lucos_u32 old_size; /* Bytes of the old version. */
	lucos_u32 new_size; /* Bytes of the new version. */
	lucos_u32 extra_size; /* Bytes behind the new version that belong to it. */
	lucos_u32 shared_head; /* Bytes at the start of the old version that both versions share there. */
	lucos_u32 lock_offset; /* Offset of the lock word in the old version; LUCOS_NO_LOCK if there is none. */
	lucos_u32 lock_size; /* Bytes of the lock word: 4 or 8; 0 if there is none. */
	char cache[32]; /* Name of the slab cache, for LUCOS_SOURCE_CACHE; else empty. */
	char scratch_cache[32]; /* Name of a slab cache to whose objects the transfers may write too; else empty. */
	lucos_u64 old_variable; /* The kernel's variable, for LUCOS_SOURCE_VARIABLE. */
	lucos_u64 new_variable; /* The update's variable, for LUCOS_SOURCE_VARIABLE. */
	lucos_u64 lock; /* The lock word when it is not in the instance. */
	lucos_u64 to_new; /* void f(const void *old, void *new). */
	lucos_u64 to_old; /* void f(const void *new, void *old); none for a shadow. */
	lucos_u64 representable; /* int f(const void *new): whether the old version can say what the new one says; none: always. */
	lucos_u64 release; /* void f(void *new): gives back what a new version holds, before its memory is freed. */
	lucos_u64 moved; /* void f(void *old, void *new): moves the references; none: the old version stays as the handle of the new one. */
	lucos_u64 state; /* The update's unsigned int that tells its code how the type stands. */
};
_Static_assert(sizeof(struct lucos_package_type) == 208, "size of lucos_package_type");
_Static_assert(__builtin_offsetof(struct lucos_package_type, name) == 0, "lucos_package_type.name");
_Static_assert(__builtin_offsetof(struct lucos_package_type, source) == 32, "lucos_package_type.source");
_Static_assert(__builtin_offsetof(struct lucos_package_type, placement) == 36, "lucos_package_type.placement");
_Static_assert(__builtin_offsetof(struct lucos_package_type, interception) == 40, "lucos_package_type.interception");
_Static_assert(__builtin_offsetof(struct lucos_package_type, transfer) == 44, "lucos_package_type.transfer");
_Static_assert(__builtin_offsetof(struct lucos_package_type, old_size) == 48, "lucos_package_type.old_size");
_Static_assert(__builtin_offsetof(struct lucos_package_type, new_size) == 52, "lucos_package_type.new_size");
_Static_assert(__builtin_offsetof(struct lucos_package_type, extra_size) == 56, "lucos_package_type.extra_size");
_Static_assert(__builtin_offsetof(struct lucos_package_type, shared_head) == 60, "lucos_package_type.shared_head");
_Static_assert(__builtin_offsetof(struct lucos_package_type, lock_offset) == 64, "lucos_package_type.lock_offset");
_Static_assert(__builtin_offsetof(struct lucos_package_type, lock_size) == 68, "lucos_package_type.lock_size");
_Static_assert(__builtin_offsetof(struct lucos_package_type, cache) == 72, "lucos_package_type.cache");
_Static_assert(__builtin_offsetof(struct lucos_package_type, scratch_cache) == 104, "lucos_package_type.scratch_cache");
_Static_assert(__builtin_offsetof(struct lucos_package_type, old_variable) == 136, "lucos_package_type.old_variable");
_Static_assert(__builtin_offsetof(struct lucos_package_type, new_variable) == 144, "lucos_package_type.new_variable");
_Static_assert(__builtin_offsetof(struct lucos_package_type, lock) == 152, "lucos_package_type.lock");
_Static_assert(__builtin_offsetof(struct lucos_package_type, to_new) == 160, "lucos_package_type.to_new");
_Static_assert(__builtin_offsetof(struct lucos_package_type, to_old) == 168, "lucos_package_type.to_old");
_Static_assert(__builtin_offsetof(struct lucos_package_type, representable) == 176, "lucos_package_type.representable");
_Static_assert(__builtin_offsetof(struct lucos_package_type, release) == 184, "lucos_package_type.release");
_Static_assert(__builtin_offsetof(struct lucos_package_type, moved) == 192, "lucos_package_type.moved");
_Static_assert(__builtin_offsetof(struct lucos_package_type, state) == 200, "lucos_package_type.state");

/* A field of a type's old version that no transfer may lose. */
struct lucos_package_field {
	lucos_u64 type; /* The struct lucos_package_type: a relocation of type R_X86_64_64 stands here. */
	lucos_u32 offset; /* First byte of the field in the old version. */
	lucos_u32 size; /* Bytes of the field. */
};
_Static_assert(sizeof(struct lucos_package_field) == 16, "size of lucos_package_field");
_Static_assert(__builtin_offsetof(struct lucos_package_field, type) == 0, "lucos_package_field.type");
_Static_assert(__builtin_offsetof(struct lucos_package_field, offset) == 8, "lucos_package_field.offset");
_Static_assert(__builtin_offsetof(struct lucos_package_field, size) == 12, "lucos_package_field.size");

/* Says that a function of the package handles a type. A function of which nothing is said handles all of them. Each address is a relocation of type R_X86_64_64, or zero where there is none. */
struct lucos_package_handler {
	lucos_u64 function; /* The new function. */
	lucos_u64 type; /* The struct lucos_package_type; none: the function handles no type. */
};
_Static_assert(sizeof(struct lucos_package_handler) == 16, "size of lucos_package_handler");
_Static_assert(__builtin_offsetof(struct lucos_package_handler, function) == 0, "lucos_package_handler.function");
_Static_assert(__builtin_offsetof(struct lucos_package_handler, type) == 8, "lucos_package_handler.type");

/* Digest of the whole package file, taken with these digest bytes as zero. */
struct lucos_package_signature {
	lucos_u8 magic[8]; /* LUCOS_SIGNATURE_MAGIC. */
	lucos_u32 algorithm; /* LUCOS_SIGNATURE_ALGORITHM_SHA256. */
	lucos_u32 pad; /* Zero. */
	lucos_u8 digest[32]; /* SHA-256 digest. */
};
_Static_assert(sizeof(struct lucos_package_signature) == 48, "size of lucos_package_signature");
_Static_assert(__builtin_offsetof(struct lucos_package_signature, magic) == 0, "lucos_package_signature.magic");
_Static_assert(__builtin_offsetof(struct lucos_package_signature, algorithm) == 8, "lucos_package_signature.algorithm");
_Static_assert(__builtin_offsetof(struct lucos_package_signature, pad) == 12, "lucos_package_signature.pad");
_Static_assert(__builtin_offsetof(struct lucos_package_signature, digest) == 16, "lucos_package_signature.digest");

static inline const char *lucos_refusal_name(lucos_u32 code)
{
	switch (code) {
	case LUCOS_REFUSAL_UNKNOWN_HYPERCALL: return "unknown-hypercall";
	case LUCOS_REFUSAL_NOT_PRIVILEGED: return "not-privileged";
	case LUCOS_REFUSAL_BAD_POINTER: return "bad-pointer";
	case LUCOS_REFUSAL_BAD_ARGUMENT: return "bad-argument";
	case LUCOS_REFUSAL_WRONG_STATE: return "wrong-state";
	case LUCOS_REFUSAL_NOT_REGISTERED: return "not-registered";
	case LUCOS_REFUSAL_ABI_MISMATCH: return "abi-mismatch";
	case LUCOS_REFUSAL_BAD_PACKAGE: return "bad-package";
	case LUCOS_REFUSAL_DIGEST_MISMATCH: return "digest-mismatch";
	case LUCOS_REFUSAL_BUILD_ID_MISMATCH: return "build-id-mismatch";
	case LUCOS_REFUSAL_MISSING_SYMBOL: return "missing-symbol";
	case LUCOS_REFUSAL_AMBIGUOUS_SYMBOL: return "ambiguous-symbol";
	case LUCOS_REFUSAL_FUNCTION_TOO_SHORT: return "function-too-short";
	case LUCOS_REFUSAL_OLD_BYTES_MISMATCH: return "old-bytes-mismatch";
	case LUCOS_REFUSAL_OUT_OF_REACH: return "out-of-reach";
	case LUCOS_REFUSAL_DUPLICATE_TARGET: return "duplicate-target";
	case LUCOS_REFUSAL_DEPENDENCY_MISSING: return "dependency-missing";
	case LUCOS_REFUSAL_CONFLICT: return "conflict";
	case LUCOS_REFUSAL_ALREADY_APPLIED: return "already-applied";
	case LUCOS_REFUSAL_NO_SUCH_UPDATE: return "no-such-update";
	case LUCOS_REFUSAL_UNDO_ORDER: return "undo-order";
	case LUCOS_REFUSAL_UNRELOCATABLE_CONTEXT: return "unrelocatable-context";
	case LUCOS_REFUSAL_STARTUP_FAILED: return "startup-failed";
	case LUCOS_REFUSAL_NO_MEMORY: return "no-memory";
	case LUCOS_REFUSAL_TOO_LARGE: return "too-large";
	case LUCOS_REFUSAL_BUSY: return "busy";
	case LUCOS_REFUSAL_CANCELLED: return "cancelled";
	case LUCOS_REFUSAL_INTERNAL: return "internal";
	case LUCOS_REFUSAL_TRANSFER_FAILED: return "transfer-failed";
	case LUCOS_REFUSAL_INCOHERENT: return "incoherent";
	case LUCOS_REFUSAL_NOT_REPRESENTABLE: return "not-representable";
	default: return "none";
	}
}

static inline const char *lucos_refusal_advice(lucos_u32 code)
{
	switch (code) {
	case LUCOS_REFUSAL_UNKNOWN_HYPERCALL: return "rebuild the guest against this host's lucos_abi.h";
	case LUCOS_REFUSAL_NOT_PRIVILEGED: return "issue it from the kernel, or run the command as root";
	case LUCOS_REFUSAL_BAD_POINTER: return "pass the address of a mapped kernel buffer that is large enough";
	case LUCOS_REFUSAL_BAD_ARGUMENT: return "correct the field that the detail names";
	case LUCOS_REFUSAL_WRONG_STATE: return "look at the state in the status and wait for it, or give a command that it allows";
	case LUCOS_REFUSAL_NOT_REGISTERED: return "insert update-manager.ko in the guest first";
	case LUCOS_REFUSAL_ABI_MISMATCH: return "build the guest kernel, its modules and the host from one tree";
	case LUCOS_REFUSAL_BAD_PACKAGE: return "build it again with lucos patch build";
	case LUCOS_REFUSAL_DIGEST_MISMATCH: return "copy the package again, or build it again";
	case LUCOS_REFUSAL_BUILD_ID_MISMATCH: return "build the package against the kernel.elf that the guest runs";
	case LUCOS_REFUSAL_MISSING_SYMBOL: return "correct the name, or build against the kernel that has it";
	case LUCOS_REFUSAL_AMBIGUOUS_SYMBOL: return "name the source file: name.in.file.c, or LUCOS_REPLACE_IN";
	case LUCOS_REFUSAL_FUNCTION_TOO_SHORT: return "replace the callers of the function instead";
	case LUCOS_REFUSAL_OLD_BYTES_MISMATCH: return "build the update against the running kernel, or undo what else changed the function";
	case LUCOS_REFUSAL_OUT_OF_REACH: return "load the module within 2 GiB of the kernel's text";
	case LUCOS_REFUSAL_DUPLICATE_TARGET: return "keep one replacement of the function";
	case LUCOS_REFUSAL_DEPENDENCY_MISSING: return "apply that update first";
	case LUCOS_REFUSAL_CONFLICT: return "undo that update first";
	case LUCOS_REFUSAL_ALREADY_APPLIED: return "undo the applied one first, or give the new one another name";
	case LUCOS_REFUSAL_NO_SUCH_UPDATE: return "list the updates and use a name from there";
	case LUCOS_REFUSAL_UNDO_ORDER: return "undo the update that the detail names first";
	case LUCOS_REFUSAL_UNRELOCATABLE_CONTEXT: return "try again: the thread will have moved on";
	case LUCOS_REFUSAL_STARTUP_FAILED: return "see the guest's log for what it complained about";
	case LUCOS_REFUSAL_NO_MEMORY: return "free memory in the guest, or give it more";
	case LUCOS_REFUSAL_TOO_LARGE: return "make it smaller; the limits are in the package format's document";
	case LUCOS_REFUSAL_BUSY: return "wait until it has finished, or cancel it";
	case LUCOS_REFUSAL_CANCELLED: return "give the command again if it is still wanted";
	case LUCOS_REFUSAL_INTERNAL: return "report it with the log and the history";
	case LUCOS_REFUSAL_TRANSFER_FAILED: return "correct the function that the detail names";
	case LUCOS_REFUSAL_INCOHERENT: return "correct the transfer functions; the ledger names the write";
	case LUCOS_REFUSAL_NOT_REPRESENTABLE: return "bring the instances that the detail names back within what the old version holds";
	default: return "";
	}
}

static inline const char *lucos_update_state_name(lucos_u32 code)
{
	switch (code) {
	case LUCOS_UPDATE_SUBMITTED: return "submitted";
	case LUCOS_UPDATE_VERIFIED: return "verified";
	case LUCOS_UPDATE_PREPARED: return "prepared";
	case LUCOS_UPDATE_COEXISTING: return "coexisting";
	case LUCOS_UPDATE_DRAINING: return "draining";
	case LUCOS_UPDATE_FINISHED: return "finished";
	case LUCOS_UPDATE_ROLLING_BACK: return "rolling-back";
	case LUCOS_UPDATE_ROLLED_BACK: return "rolled-back";
	case LUCOS_UPDATE_REFUSED: return "refused";
	case LUCOS_UPDATE_ABORTED: return "aborted";
	default: return "none";
	}
}

#endif

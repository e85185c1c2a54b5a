/*
 * The updates that stand in this kernel, oldest first, and the history of those that don't any more.
 * The Update Server keeps its own list; this one says what the guest must know: names, dependencies, module memory,
 * and the original bytes that applied updates cover.
 */
#ifndef UM_UPDATES_H
#define UM_UPDATES_H

#include <kernel/types.h>
#include <kernel/list.h>
#include <kernel/stackwalk.h>
#include <lucos_abi.h>
#include "callback.h"
#include "types.h"

struct module;
struct update_callback;

#define UPDATE_MAX_BLOCKERS 16

struct update_blocker {
	struct lucos_context_desc context;
	u64 since_ns;			/* when a walk first found it there */
};

struct update {
	struct list_head link;
	u32 id;				/* the Update Server's; 0 while it is being applied */
	u32 state;			/* enum lucos_update_state */
	u32 activations;		/* in the version being left, by the last walk */
	char name[64];
	char version[32];
	u8 digest[32];
	u8 build_id[20];
	u64 request_id;			/* the doorbell request that it came with; 0 from inside */

	struct lucos_function_desc *functions;
	u32 function_count;
	u8 *old_bytes; /* bodies of the replaced functions, as booted; functions[].old_bytes points in here */
	struct lucos_package_dependency *dependencies;
	u32 dependency_count;

	struct module *module;
	u64 module_base;
	u64 module_size;
	u64 relocation_area;
	u64 relocation_size;
	struct code_region displaced;	/* the relocation area, for whoever walks stacks */
	int (*startup)(void);
	void (*cleanup)(void);
	struct callback callback;	/* the last call of one of them */
	struct update_callback *callbacks;	/* the others */
	u32 callback_count;
	struct list_head calls;		/* of those, which have not ended */

	/* Changed data; see types.h and data.h. */
	struct update_type *types;
	struct lucos_type_desc *type_descs;	/* the same, for the server */
	struct lucos_field_desc *fields;	/* type_descs[].fields points in here */
	u32 type_count;
	enum data_phase phase;
	void *transfer_stack;
	void *scratch;
	u64 transfer_stack_size;
	u64 scratch_size;
	bool verify_coherence;
	bool all_left;			/* nobody is in the code that is left, as the server says */
	bool retired;			/* the old versions are out of use */
	bool failed;			/* a transfer failed: the server rolls it back */

	struct update_blocker blockers[UPDATE_MAX_BLOCKERS];	/* who keeps it from finishing, by the last walk */
	u32 blocker_count;
	u32 report_refusal;		/* of the last report; 0: none */
	bool report_noted;		/* it has been written down */
	bool stubs_tell;		/* the return of each of them is noticed at once: walks are a fallback */
};

extern struct list_head update_list;

/* Whether its jumps are written: not once it has been undone, though its module may still be in use. */
bool update_in_force(const struct update *update);

/* Whether the update replaces the kernel's function at `address`. */
bool update_replaces(const struct update *update, u64 address);

/* The standing update of that name or number; NULL when there is none. */
struct update *updates_find(const char *name);
struct update *updates_find_id(u32 id);

/* Newest standing update, `except` left out, that replaces the function at `address`; its index there in `index`. */
struct update *updates_top(u64 address, const struct update *except, u32 *index);

/* A standing update, other than `update`, that depends on it; NULL when there is none. */
struct update *updates_dependent(const struct update *update);

/* A newer standing update that replaces one of its functions too; NULL when there is none. */
struct update *updates_above(const struct update *update);

u32 updates_count(void);

#endif

/*
 * A changed data structure at run time: what the package declares, where the versions of its instances lie, and how
 * things stand with it. The protocol is src/Lucos.UpdateServer/Data/README.md.
 */
#ifndef UM_TYPES_H
#define UM_TYPES_H

#include <kernel/slab.h>
#include <kernel/types.h>
#include <lucos_abi.h>
#include "verdict.h"

struct update;

/*
 * How things stand with the data of an update. Changes only while all other CPUs are parked. The values are those of
 * LUCOSCTL_DATA_*.
 */
enum data_phase {
	DATA_INACTIVE,	/* only the old versions are in use: before APPLY, and after the roll-back */
	DATA_PREPARED,	/* new versions are allocated, and say nothing yet */
	DATA_COEXISTS,	/* the server keeps both versions coherent */
	DATA_RETIRED,	/* only the new versions are in use */
	DATA_FAILED,	/* only the old versions are; code that still runs has new ones of its own */
};

struct update_type {
	struct lucos_package_type declared;	/* its addresses are final */
	struct update *update;
	u32 index;
	struct kmem_cache *cache;		/* of the old versions; NULL for a variable */
	struct kmem_cache *twins;		/* of the new versions; NULL for a variable */
	struct kmem_cache *scratch;		/* to whose objects transfers may write too; NULL: none */
	struct kmem_observer observer;		/* of cache */
	struct kmem_observer twin_observer;	/* of twins */
	bool observed;
	void *restoring;			/* new version that the next object of the cache is the old version of */
};

/* Reads the loaded module's tables. 0, or bad-package, missing-symbol, conflict, no-memory; types_free undoes it. */
u32 types_load(struct update *update, struct verdict *verdict);
void types_free(struct update *update);

bool type_is_shadow(const struct update_type *type);
bool type_is_in_place(const struct update_type *type);
/* Whether state is transferred at APPLY and ROLLBACK only. */
bool type_is_once(const struct update_type *type);
bool type_has_scratch(const struct update_type *type);
/* Whether references are moved to the new versions, so that the old ones can be freed. */
bool type_moves(const struct update_type *type);

/* Bytes of a new version with what belongs to it. */
u64 type_new_bytes(const struct update_type *type);

void type_to_new(const struct update_type *type, const void *old_version, void *new_version);

bool types_any(const struct update *update, bool (*test)(const struct update_type *));
/* Tells the update's code: LUCOS_TYPE_*. */
void types_set_state(struct update *update, u32 state);

#endif

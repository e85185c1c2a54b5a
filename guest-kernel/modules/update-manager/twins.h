/*
 * New versions of objects of slab caches: allocated, found by the old ones as their companions, made and ended with them.
 * Each type has a cache of its own for them, so that nothing else lies in the pages that the server monitors.
 */
#ifndef UM_TWINS_H
#define UM_TWINS_H

#include "types.h"
#include "verdict.h"

/* Caches, observers, and a new version for every object; all may be undone with twins_discard. Sleeps. */
u32 twins_prepare(struct update *update, struct verdict *verdict);
/* Ends observation, and frees every new version. No code may use one any more. Sleeps. */
void twins_discard(struct update *update);

/* Fills in the shadows of all objects. The other CPUs are parked. */
void twins_make_shadows(struct update *update);

/* The old version, or NULL: it was freed, once the references had been moved. */
void *twin_old(const struct update_type *type, const void *new_version);

/* The following are for one instance, with the other CPUs parked. */

/* Whether it goes with no object, so that nobody knows it: it is in nobody's way, and goes with twins_discard. */
bool twin_is_stray(const struct update_type *type, const void *new_version);

/* Notes down which version references lead to. Those of objects that are born once the old ones are retired lead to the old one. */
void twin_refer_to_new(struct update_type *type, void *new_version, bool to_new);
bool twin_is_referred_to(const struct update_type *type, const void *new_version);
/* Frees an old version whose references were moved; the new one stays. */
void twin_free_old(struct update_type *type, void *new_version);
/* The opposite: allocates an old version again. False: no memory. */
bool twin_restore_old(struct update_type *type, void *new_version);
/* Puts the new version in the old one's place, behind the shared head, and frees the memory it had. */
void twin_put_in_place(struct update_type *type, void *new_version);
/* The opposite: a new version apart, of what lies in the object. False: no memory. */
bool twin_take_apart(struct update_type *type, void *object);

#endif

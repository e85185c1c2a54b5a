/*
 * See twins.h. Observers are called with interrupts off, so never in the middle of a change of the phase, which is made with
 * all other CPUs parked: what an observer sees of it holds until it returns.
 */
#include <kernel/string.h>
#include <uapi/errno.h>
#include "hypercall.h"
#include "twins.h"
#include "updates.h"

#define DEATH_TRIES 8

/* Behind each new version, where no transfer may write. */
struct link {
	void *old_version;	/* NULL: freed, or about to be */
	bool moved_out;		/* what it holds lies elsewhere now: nothing to release */
	bool referred_to;	/* references to the old version have been moved here */
};

static u64 link_offset(const struct update_type *type)
{
	return ALIGN_UP(type_new_bytes(type), sizeof(u64));
}

static struct link *link_of(const struct update_type *type, const void *new_version)
{
	return (struct link *)((char *)new_version + link_offset(type));
}

void *twin_old(const struct update_type *type, const void *new_version)
{
	return link_of(type, new_version)->old_version;
}

/*
 * While new versions are given to what is there already, objects come and go on other CPUs: one that has just been taken is
 * both found and announced, and one that is about to be given back is found when its death has been told of. What is left
 * then belongs to nobody.
 */
bool twin_is_stray(const struct update_type *type, const void *new_version)
{
	const void *old_version = twin_old(type, new_version);

	return old_version && kmem_companion(old_version) != new_version;
}

static void *twin_create(struct update_type *type, void *old_version)
{
	void *new_version = kmem_cache_alloc(type->twins);

	if (!new_version)
		return NULL;
	link_of(type, new_version)->old_version = old_version;
	kmem_set_companion(old_version, new_version);
	return new_version;
}

/* Not by way of the old version's death. */
static void twin_part(struct update_type *type, void *new_version)
{
	struct link *link = link_of(type, new_version);

	if (link->old_version)
		kmem_set_companion(link->old_version, NULL);
	link->old_version = NULL;
}

static s64 tell(u32 number, const struct update_type *type, const void *old_version, const void *new_version)
{
	struct lucos_instance_change change = {
		.size = sizeof(change),
		.abi = LUCOS_ABI_VERSION,
		.update_id = type->update->id,
		.type = type->index,
		.old_address = (u64)old_version,
		.new_address = (u64)new_version,
	};

	return hypercall1(number, &change);
}

/*
 * Who frees an object can't be told that this fails, and memory that the server still takes for a version must not be used
 * again: what is refused is said again.
 */
static void tell_death(const struct update_type *type, const void *old_version, const void *new_version)
{
	for (u32 tries = 0; tries < DEATH_TRIES; tries++) {
		s64 result = tell(LUCOS_HC_DIED, type, old_version, new_version);

		if (result >= 0 || result == -LUCOS_REFUSAL_WRONG_STATE)
			return;
	}
}

static bool monitored(const struct update_type *type)
{
	return type->update->phase == DATA_COEXISTS && !type_is_shadow(type);
}

/* False: the server can't have it. */
static bool enter(struct update_type *type, void *old_version, void *new_version)
{
	s64 result = monitored(type) ? tell(LUCOS_HC_BORN, type, old_version, new_version) : -LUCOS_REFUSAL_WRONG_STATE;

	if (result == -LUCOS_REFUSAL_WRONG_STATE) {
		/* Nothing is monitored, or no more: a failure that this side has not heard of yet. */
		if (type->update->phase != DATA_PREPARED)
			type_to_new(type, old_version, new_version);
		result = 0;
	}
	if (result < 0) {
		twin_part(type, new_version);
		kmem_cache_free(type->twins, new_version);
	}
	return result >= 0;
}

static bool old_born(struct kmem_observer *observer, void *object)
{
	struct update_type *type = container_of(observer, struct update_type, observer);
	void *new_version;

	if (type->restoring) {
		link_of(type, type->restoring)->old_version = object;
		kmem_set_companion(object, type->restoring);
		return true;
	}
	if (type->update->phase == DATA_INACTIVE)
		return true;
	new_version = twin_create(type, object);
	if (!new_version || !enter(type, object, new_version))
		return false;
	if (type->update->phase == DATA_RETIRED && type_is_in_place(type))
		twin_put_in_place(type, new_version);
	return true;
}

static void old_died(struct kmem_observer *observer, void *object)
{
	struct update_type *type = container_of(observer, struct update_type, observer);
	void *new_version = kmem_companion(object);

	if (!new_version)
		return;
	if (monitored(type))
		tell_death(type, object, new_version);
	twin_part(type, new_version);
	kmem_cache_free(type->twins, new_version);
}

static bool new_born(struct kmem_observer *observer, void *object)
{
	return true;
}

static void new_died(struct kmem_observer *observer, void *new_version)
{
	struct update_type *type = container_of(observer, struct update_type, twin_observer);
	struct link *link = link_of(type, new_version);
	void *old_version = link->old_version;

	/* New code freed what the references were moved to, before the old version was. */
	if (old_version) {
		if (monitored(type))
			tell_death(type, old_version, new_version);
		twin_part(type, new_version);
		kmem_cache_free(type->cache, old_version);
	}
	if (type->declared.release && !link->moved_out)
		((void (*)(void *))type->declared.release)(new_version);
}

struct visit {
	struct update_type *type;
	bool failed;
};

static bool give_twin(void *object, void *arg)
{
	struct visit *visit = arg;

	if (!kmem_companion(object) && !twin_create(visit->type, object))
		visit->failed = true;
	return !visit->failed;
}

static u32 no_memory(const struct update_type *type, struct verdict *verdict)
{
	return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "type %s: no memory for the new versions of %lu objects",
		type->declared.name, type->cache->live);
}

static u32 prepare(struct update_type *type, struct verdict *verdict)
{
	struct visit visit = { .type = type };
	char name[sizeof(type->cache->name)];
	int error;

	snprintf(name, sizeof(name), "new:%s", type->declared.name);
	type->twins = kmem_cache_create(name, link_offset(type) + sizeof(struct link), NULL);
	if (!type->twins)
		return no_memory(type, verdict);
	type->observer = (struct kmem_observer){ .born = old_born, .died = old_died };
	type->twin_observer = (struct kmem_observer){ .born = new_born, .died = new_died };
	if (kmem_observe(type->twins, &type->twin_observer)) {
		kmem_cache_destroy(type->twins);
		type->twins = NULL;
		return no_memory(type, verdict);
	}
	error = kmem_observe(type->cache, &type->observer);
	if (error == -EBUSY)
		return refuse(verdict, LUCOS_REFUSAL_CONFLICT, "type %s: somebody else observes the objects of cache %s",
			type->declared.name, type->declared.cache);
	if (error)
		return no_memory(type, verdict);
	type->observed = true;
	/* What is born from here on has one already. */
	kmem_cache_for_each(type->cache, give_twin, &visit);
	return visit.failed ? no_memory(type, verdict) : 0;
}

u32 twins_prepare(struct update *update, struct verdict *verdict)
{
	update->phase = DATA_PREPARED;
	for (u32 i = 0; i < update->type_count; i++) {
		if (update->types[i].cache && prepare(&update->types[i], verdict))
			return verdict->refusal;
	}
	return 0;
}

static bool take_first(void *object, void *arg)
{
	*(void **)arg = object;
	return false;
}

static void free_all(struct update_type *type)
{
	void *first;

	for (;;) {
		first = NULL;
		kmem_cache_for_each(type->twins, take_first, &first);
		if (!first)
			return;
		link_of(type, first)->old_version = NULL;	/* its companion is forgotten already */
		kmem_cache_free(type->twins, first);
	}
}

void twins_discard(struct update *update)
{
	for (u32 i = 0; i < update->type_count; i++) {
		struct update_type *type = &update->types[i];

		if (type->observed)
			kmem_unobserve(type->cache);
		type->observed = false;
		if (!type->twins)
			continue;
		free_all(type);
		kmem_unobserve(type->twins);
		kmem_cache_destroy(type->twins);
		type->twins = NULL;
	}
}

static bool make_shadow(void *new_version, void *arg)
{
	struct update_type *type = arg;

	if (!twin_is_stray(type, new_version))
		type_to_new(type, twin_old(type, new_version), new_version);
	return true;
}

void twins_make_shadows(struct update *update)
{
	for (u32 i = 0; i < update->type_count; i++) {
		if (type_is_shadow(&update->types[i]))
			kmem_cache_for_each(update->types[i].twins, make_shadow, &update->types[i]);
	}
}

void twin_refer_to_new(struct update_type *type, void *new_version, bool to_new)
{
	link_of(type, new_version)->referred_to = to_new;
}

bool twin_is_referred_to(const struct update_type *type, const void *new_version)
{
	return link_of(type, new_version)->referred_to;
}

void twin_free_old(struct update_type *type, void *new_version)
{
	void *old_version = twin_old(type, new_version);

	twin_part(type, new_version);
	if (old_version)
		kmem_cache_free(type->cache, old_version);
}

bool twin_restore_old(struct update_type *type, void *new_version)
{
	void *old_version;

	type->restoring = new_version;
	old_version = kmem_cache_alloc(type->cache);
	type->restoring = NULL;
	return old_version != NULL;
}

void twin_put_in_place(struct update_type *type, void *new_version)
{
	u32 head = type->declared.shared_head;
	char *object = twin_old(type, new_version);
	struct link *link = link_of(type, new_version);

	if (type_new_bytes(type) > head)
		memcpy(object + head, (char *)new_version + head, type_new_bytes(type) - head);
	link->moved_out = true;
	twin_part(type, new_version);
	kmem_cache_free(type->twins, new_version);
}

bool twin_take_apart(struct update_type *type, void *object)
{
	u32 head = type->declared.shared_head;
	char *new_version = twin_create(type, object);

	if (new_version && type_new_bytes(type) > head)
		memcpy(new_version + head, (char *)object + head, type_new_bytes(type) - head);
	return new_version != NULL;
}

/*
 * The ioctls of /dev/lucos. Every request struct is copied in once, so that the program can't change it between check
 * and use, and copied out whole.
 */
#include <kernel/fs.h>
#include <kernel/module.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <kernel/vmm.h>
#include <uapi/lucosctl.h>
#include "device.h"
#include "history.h"
#include "pin.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

/* check and apply: copies the package in, within its limit. */
static s64 serve_package(u64 command, const struct lucosctl_request *request, struct outcome *outcome)
{
	u8 *image;
	s64 error;

	if (request->image_size == 0 || request->image_size > LUCOS_MAX_PACKAGE_BYTES) {
		refuse(&outcome->verdict, request->image_size ? LUCOS_REFUSAL_TOO_LARGE : LUCOS_REFUSAL_BAD_PACKAGE,
			"a package of %lu bytes, from 1 to %u are taken", request->image_size, LUCOS_MAX_PACKAGE_BYTES);
		return 0;
	}
	image = vmalloc(request->image_size);
	if (!image) {
		refuse(&outcome->verdict, LUCOS_REFUSAL_NO_MEMORY, "no %lu bytes for the package", request->image_size);
		return 0;
	}
	error = copy_from_user(image, (const void *)request->image, request->image_size);
	if (!error && command == LUCOSCTL_CHECK)
		transaction_check(image, request->image_size, outcome, NULL);
	else if (!error)
		transaction_apply(image, request->image_size, 0, request->verify_coherence, outcome);
	vfree(image);
	return error;
}

static s64 serve_request(u64 command, void *user)
{
	struct lucosctl_request request;
	struct outcome outcome = { 0 };
	s64 error = copy_from_user(&request, user, sizeof(request));

	if (error)
		return error;
	request.name[sizeof(request.name) - 1] = 0;
	if (command == LUCOSCTL_UNDO)
		transaction_undo(request.name, 0, &outcome);
	else if (command == LUCOSCTL_CANCEL)
		transaction_cancel(request.name, 0, &outcome);
	else
		error = serve_package(command, &request, &outcome);
	if (error)
		return error;

	memcpy(request.name, outcome.name, sizeof(request.name));
	memcpy(request.version, outcome.version, sizeof(request.version));
	memcpy(request.detail, outcome.verdict.detail, sizeof(request.detail));
	request.refusal = outcome.verdict.refusal;
	request.update_id = outcome.update_id;
	request.state = outcome.state;
	request.activations = outcome.activations;
	return copy_to_user(user, &request, sizeof(request));
}

static struct update *find(const char *name, u32 index)
{
	struct update *update;

	if (name[0])
		return updates_find(name);
	list_for_each(update, &update_list, link) {
		if (index-- == 0)
			return update;
	}
	return NULL;
}

static void describe_update(struct lucosctl_update *out, const struct update *update)
{
	struct lucos_update_status status;

	out->id = update->id;
	out->state = update->state;
	out->activations = update->activations;
	out->function_count = update->function_count;
	out->blocker_count = update->blocker_count;
	out->module_base = update->module_base;
	out->module_size = update->module_size;
	memcpy(out->name, update->name, sizeof(out->name));
	memcpy(out->version, update->version, sizeof(out->version));
	memcpy(out->digest, update->digest, sizeof(out->digest));
	out->type_count = update->type_count;
	out->callback_count = update->callback_count;
	out->phase = update->phase;
	out->verify_coherence = update->verify_coherence;
	if (server_query(update->id, &status)) {
		out->pause_blocks = status.pause_blocks;
		out->applied_at_block = status.applied_at_block;
		out->stubs = status.stubs;
		out->instances = status.instances;
		out->intercepted = status.intercepted;
		out->transfers = status.transfers;
		out->false_sharing = status.false_sharing;
	}
}

static s64 serve_update(void *user)
{
	struct lucosctl_update out;
	struct update *update;
	s64 error = copy_from_user(&out, user, sizeof(out));

	if (error)
		return error;
	out.name[sizeof(out.name) - 1] = 0;
	mutex_lock(&transaction_lock);
	update = find(out.name, out.index);
	if (update)
		describe_update(&out, update);
	mutex_unlock(&transaction_lock);
	return update ? copy_to_user(user, &out, sizeof(out)) : -ENOENT;
}

/* How far into the version that it stands in; kallsyms knows the booted body and the modules' functions. */
static u64 offset_of(u64 rip)
{
	struct ksym symbol;

	return kallsyms_lookup(rip, &symbol) ? rip - symbol.address : 0;
}

static void describe_blocker(struct lucosctl_blocker *out, const struct update *update, u32 index)
{
	const struct update_blocker *blocker = &update->blockers[index];
	const struct lucos_context_desc *context = &blocker->context;

	out->thread = context->thread_id;
	out->depth = context->depth;
	out->kind = context->kind;
	out->rip = context->rip;
	out->offset = offset_of(context->rip);
	out->for_ns = time_ns() - blocker->since_ns;
	memcpy(out->function, update->functions[context->function].name, sizeof(out->function));
	memcpy(out->thread_name, context->thread_name, sizeof(out->thread_name));
	strlcpy(out->waiting_on, context->waiting_on, sizeof(out->waiting_on));
}

static s64 serve_blocker(void *user)
{
	struct lucosctl_blocker out;
	struct update *update;
	bool found = false;
	s64 error = copy_from_user(&out, user, sizeof(out));

	if (error)
		return error;
	out.name[sizeof(out.name) - 1] = 0;
	mutex_lock(&transaction_lock);
	update = updates_find(out.name);
	if (update && out.index < update->blocker_count) {
		describe_blocker(&out, update, out.index);
		found = true;
	}
	mutex_unlock(&transaction_lock);
	return found ? copy_to_user(user, &out, sizeof(out)) : -ENOENT;
}

static u64 instances_of(const struct update_type *type)
{
	if (!type->cache)
		return 1;
	/* Retired in place, every object is a new version. */
	return type_is_in_place(type) && type->update->phase == DATA_RETIRED ? type->cache->live
		: type->twins ? type->twins->live : 0;
}

static void describe_type(struct lucosctl_type *out, const struct update_type *type)
{
	const struct lucos_package_type *declared = &type->declared;

	out->source = declared->source;
	out->placement = declared->placement;
	out->interception = declared->interception;
	out->transfer = declared->transfer;
	out->old_size = declared->old_size;
	out->new_size = type_new_bytes(type);
	out->instances = instances_of(type);
	memcpy(out->type, declared->name, sizeof(out->type));
	memcpy(out->cache, declared->cache, sizeof(out->cache));
}

static s64 serve_type(void *user)
{
	struct lucosctl_type out;
	struct update *update;
	bool found = false;
	s64 error = copy_from_user(&out, user, sizeof(out));

	if (error)
		return error;
	out.name[sizeof(out.name) - 1] = 0;
	mutex_lock(&transaction_lock);
	update = updates_find(out.name);
	if (update && out.index < update->type_count) {
		describe_type(&out, &update->types[out.index]);
		found = true;
	}
	mutex_unlock(&transaction_lock);
	return found ? copy_to_user(user, &out, sizeof(out)) : -ENOENT;
}

static s64 serve_history(void *user)
{
	struct lucosctl_event out;
	bool found;
	s64 error = copy_from_user(&out, user, sizeof(out));
	u32 index = out.index;

	if (error)
		return error;
	mutex_lock(&transaction_lock);
	found = history_entry(index, &out);
	mutex_unlock(&transaction_lock);
	out.index = index;
	return found ? copy_to_user(user, &out, sizeof(out)) : -ENOENT;
}

static s64 serve(u64 command, void *user)
{
	switch (command) {
	case LUCOSCTL_CHECK:
	case LUCOSCTL_APPLY:
	case LUCOSCTL_UNDO:
	case LUCOSCTL_CANCEL:
		return serve_request(command, user);
	case LUCOSCTL_UPDATE:
		return serve_update(user);
	case LUCOSCTL_BLOCKER:
		return serve_blocker(user);
	case LUCOSCTL_HISTORY:
		return serve_history(user);
	case LUCOSCTL_TYPE:
		return serve_type(user);
	}
	return -ENOTTY;
}

/* The node is 0600, but descriptors can be inherited: who asks must be root now. */
static s64 device_ioctl(struct file *file, u64 command, void *user)
{
	s64 result;

	if (current_process()->uid != 0)
		return -EPERM;
	pin();
	result = serve(command, user);
	unpin();
	return result;
}

static const struct file_operations operations = {
	.ioctl = device_ioctl,
};

int device_start(void)
{
	return register_device("lucos", 0600, &operations);
}

void device_stop(void)
{
	unregister_device("lucos");
}

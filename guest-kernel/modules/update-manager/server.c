/*
 * The hypercalls about updates. The other CPUs are parked and preemption is off from the walk to the hypercall's return:
 * threads don't run, so that the slots which the descriptor names still hold what it says when the server reads them
 * (TRICKS: interrupt handlers may come in between, but leave no frame and start no thread).
 */
#include <kernel/ipi.h>
#include <kernel/layout.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include "activations.h"
#include "data.h"
#include "hypercall.h"
#include "kernel_view.h"
#include "server.h"
#include "stubs.h"
#include "types.h"

#define UNDO_TRIES 64	/* a tick apart */

/* Its words are in the status of update 0, the last refused one. */
u32 server_refused(const char *name, s64 result, struct verdict *verdict)
{
	struct lucos_update_status status = { 0 };
	u32 code = -result;

	if (server_query(0, &status) && status.refusal == code && status.detail[0])
		return refuse(verdict, code, "%s", status.detail);
	return refuse(verdict, code, "%s: refused by the Update Server", name);
}

u32 server_register(struct verdict *verdict)
{
	struct lucos_manager_info info = {
		.size = sizeof(info),
		.abi = LUCOS_ABI_VERSION,
		.module_base = MODULE_BASE,
		.module_size = MODULE_SIZE,
	};
	s64 version = hypercall(LUCOS_HC_VERSION, LUCOS_ABI_VERSION, 0, 0, 0), result;

	if (version != LUCOS_ABI_VERSION)
		return refuse(verdict, LUCOS_REFUSAL_ABI_MISMATCH,
			"this module speaks version %u, the host answers %ld", LUCOS_ABI_VERSION, version);
	memcpy(info.build_id, kernel_build_id(), sizeof(info.build_id));
	kernel_text(&info.kernel_text_start, &info.kernel_text_end);
	info.stub_area = stubs.start;
	info.stub_size = stubs.size;
	result = hypercall1(LUCOS_HC_REGISTER, &info);
	if (result < 0)
		return server_refused("update-manager", result, verdict);
	return 0;
}

/* Who stands where, for `lucosctl status`; a context seen there before keeps the time when that was first so. */
static void remember_blockers(struct update *update, const struct activations *activations)
{
	struct update_blocker blockers[UPDATE_MAX_BLOCKERS];
	u32 count = MIN(activations->count, UPDATE_MAX_BLOCKERS);

	for (u32 i = 0; i < count; i++) {
		const struct lucos_context_desc *context = &activations->contexts[i];

		blockers[i] = (struct update_blocker){ .context = *context, .since_ns = time_ns() };
		for (u32 j = 0; j < update->blocker_count; j++) {
			if (update->blockers[j].context.slot == context->slot &&
			    update->blockers[j].context.thread_id == context->thread_id)
				blockers[i].since_ns = update->blockers[j].since_ns;
		}
	}
	memcpy(update->blockers, blockers, count * sizeof(blockers[0]));
	update->blocker_count = count;
	update->stubs_tell = true;
	for (u32 i = 0; i < activations->count; i++)
		update->stubs_tell &= activations->contexts[i].return_slot != 0;
	update->activations = activations->count;
}

static u32 flags_of(const struct update *update)
{
	return (data_completes(update) ? LUCOS_UPDATE_FLAG_COMPLETES : 0) |
		(update->verify_coherence ? LUCOS_UPDATE_FLAG_VERIFY_COHERENCE : 0);
}

static void describe(struct lucos_update_desc *desc, const struct update *update, const struct hold *hold,
	const struct instances *instances, u64 request_id)
{
	*desc = (struct lucos_update_desc){
		.size = sizeof(*desc),
		.abi = LUCOS_ABI_VERSION,
		.update_id = update->id,
		.flags = flags_of(update),
		.function_count = update->function_count,
		.context_count = hold->activations.count,
		.functions = (u64)update->functions,
		.contexts = (u64)hold->activations.contexts,
		.module_base = update->module_base,
		.module_size = update->module_size,
		.relocation_area = update->relocation_area,
		.relocation_size = update->relocation_size,
		.request_id = request_id,
		.types = (u64)update->type_descs,
		.type_count = update->type_count,
		.instances = (u64)instances->list,
		.instance_count = instances->count,
		.stack = (u64)update->transfer_stack,
		.stack_size = update->transfer_stack ? update->transfer_stack_size : 0,
		.scratch = (u64)update->scratch,
		.scratch_size = update->scratch ? update->scratch_size : 0,
		.ranges = (u64)hold->ranges.list,
		.range_count = hold->ranges.count,
	};
	memcpy(desc->name, update->name, sizeof(desc->name));
	memcpy(desc->version, update->version, sizeof(desc->version));
	memcpy(desc->digest, update->digest, sizeof(desc->digest));
	memcpy(desc->build_id, update->build_id, sizeof(desc->build_id));
}

static void apply_held(struct update *update, struct hold *hold, struct verdict *verdict)
{
	struct lucos_update_desc desc;
	struct lucos_update_status status;
	s64 id;

	data_before_apply(update);
	describe(&desc, update, hold, &hold->instances, update->request_id);
	id = hypercall1(LUCOS_HC_APPLY, &desc);
	if (id < 0) {
		server_refused(update->name, id, verdict);
		return;
	}
	update->id = id;
	update->state = server_query(id, &status) ? status.state : LUCOS_UPDATE_DRAINING;
	remember_blockers(update, &hold->activations);
	data_applied(update, hold);
}

u32 server_apply(struct update *update, struct verdict *verdict)
{
	struct hold hold;

	if (hold_begin_transfer(&hold, update, OLD_CODE, verdict))
		return verdict->refusal;
	apply_held(update, &hold, verdict);
	hold_release(&hold);
	hold_free(&hold);
	return verdict->refusal;
}

static void rollback_held(struct update *update, u64 request_id, struct hold *hold, struct verdict *verdict)
{
	struct lucos_update_desc desc;
	s64 state;

	if (data_before_rollback(update, hold, verdict))
		return;
	describe(&desc, update, hold, &hold->restored, request_id);
	state = hypercall1(LUCOS_HC_ROLLBACK, &desc);
	if (state < 0) {
		server_refused(update->name, state, verdict);
		data_rollback_refused(update, hold);
		return;
	}
	update->state = state;
	remember_blockers(update, &hold->activations);
	data_rolled_back(update, hold);
}

static u32 try_rollback(struct update *update, u64 request_id, struct verdict *verdict)
{
	struct hold hold;

	verdict->refusal = 0;
	if (hold_begin_transfer(&hold, update, NEW_CODE, verdict))
		return verdict->refusal;
	rollback_held(update, request_id, &hold, verdict);
	hold_release(&hold);
	hold_free(&hold);
	return verdict->refusal;
}

/* All sleepers look at what they wait for again: they may have gone to sleep because of the state that the types had. */
static void wake_all(void)
{
	struct thread *thread;
	u64 flags = spin_lock_irqsave(&thread_list_lock);

	for_each_thread(thread)
		thread_wake(thread);
	spin_unlock_irqrestore(&thread_list_lock, flags);
}

static void set_state(struct update *update, u32 state)
{
	cpus_park();
	types_set_state(update, state);
	cpus_release();
}

/*
 * What the old version can't say may be on its way out: new code adds nothing to it while the types coexist, and is given time
 * to use it up. Otherwise a load that always has more under way could never be undone.
 */
u32 server_rollback(struct update *update, u64 request_id, struct verdict *verdict)
{
	bool retired = update->phase == DATA_RETIRED, narrow = false;

	for (u32 tries = 0; tries < UNDO_TRIES; tries++) {
		if (try_rollback(update, request_id, verdict) != LUCOS_REFUSAL_NOT_REPRESENTABLE || !retired)
			break;
		if (!narrow)
			set_state(update, LUCOS_TYPE_COEXISTS);
		narrow = true;
		sleep_ns(NS_PER_TICK);
	}
	if (narrow && verdict->refusal) {
		set_state(update, LUCOS_TYPE_RETIRED);
		wake_all();
	}
	return verdict->refusal;
}

u32 server_report(struct update *update, struct verdict *verdict)
{
	enum version version = data_awaited(update);
	struct lucos_activation_report report = {
		.size = sizeof(report),
		.abi = LUCOS_ABI_VERSION,
		.update_id = update->id,
		.old_or_new = version == NEW_CODE,
	};
	struct hold hold;
	s64 state;

	if (hold_begin(&hold, update, version, verdict))
		return verdict->refusal;
	report.contexts = (u64)hold.activations.contexts;
	report.context_count = hold.activations.count;
	state = hypercall1(LUCOS_HC_REPORT, &report);
	hold_release(&hold);

	remember_blockers(update, &hold.activations);
	hold_free(&hold);
	if (state < 0)
		return server_refused(update->name, state, verdict);
	update->state = state;
	return 0;
}

bool server_query(u32 id, struct lucos_update_status *status)
{
	*status = (struct lucos_update_status){ .size = sizeof(*status), .abi = LUCOS_ABI_VERSION };
	return hypercall(LUCOS_HC_QUERY, id, (u64)status, 0, 0) >= 0;
}

bool server_released(u32 id)
{
	return hypercall(LUCOS_HC_RELEASED, id, 0, 0, 0) >= 0;
}

bool module_quiet(struct update *update)
{
	struct verdict verdict = { 0 };
	struct hold hold;
	bool quiet;

	if (hold_begin(&hold, update, NEW_CODE, &verdict))
		return false;
	quiet = hold.activations.count == 0 && hold.activations.outside == 0;
	hold_release(&hold);
	hold_free(&hold);
	return quiet;
}

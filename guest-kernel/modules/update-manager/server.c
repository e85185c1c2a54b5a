/*
 * The hypercalls about updates. The other CPUs are parked and preemption is off from the walk to the hypercall's return:
 * threads don't run, so that the slots which the descriptor names still hold what it says when the server reads them
 * (TRICKS: interrupt handlers may come in between, but leave no frame and start no thread).
 */
#include <kernel/ipi.h>
#include <kernel/layout.h>
#include <kernel/percpu.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include "activations.h"
#include "hypercall.h"
#include "kernel_view.h"
#include "server.h"

#define FIRST_CAPACITY 64

/* A refusal that the server gave: its words are in the status of update 0, the last refused one. */
static u32 refuse_for_server(const char *name, s64 result, struct verdict *verdict)
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
	result = hypercall1(LUCOS_HC_REGISTER, &info);
	if (result < 0)
		return refuse_for_server("update-manager", result, verdict);
	return 0;
}

static void queue_of(int tid, char *name, u64 size)
{
	struct thread *thread;
	u64 flags = spin_lock_irqsave(&thread_list_lock);

	for_each_thread(thread) {
		if (thread->tid == tid)
			thread_waiting_on(thread, name, size);
	}
	spin_unlock_irqrestore(&thread_list_lock, flags);
}

/* Who stands where, for `lucosctl status`; a context seen there before keeps the time when that was first so. */
static void remember_blockers(struct update *update, const struct activations *activations)
{
	struct update_blocker blockers[UPDATE_MAX_BLOCKERS];
	u32 count = MIN(activations->count, UPDATE_MAX_BLOCKERS);

	for (u32 i = 0; i < count; i++) {
		const struct lucos_context_desc *context = &activations->contexts[i];

		blockers[i] = (struct update_blocker){ .context = *context, .since_ns = time_ns() };
		queue_of(context->thread_id, blockers[i].waiting_on, sizeof(blockers[i].waiting_on));
		for (u32 j = 0; j < update->blocker_count; j++) {
			if (update->blockers[j].context.slot == context->slot &&
			    update->blockers[j].context.thread_id == context->thread_id)
				blockers[i].since_ns = update->blockers[j].since_ns;
		}
	}
	memcpy(update->blockers, blockers, count * sizeof(blockers[0]));
	update->blocker_count = count;
	update->activations = activations->count;
}

/*
 * Walks with the other CPUs parked and, when the walk is whole, leaves them so: the caller releases them behind the
 * hypercall. Otherwise a refusal, with all CPUs running.
 */
static u32 walk_and_hold(struct update *update, enum version version, struct activations *activations,
	struct verdict *verdict)
{
	u32 capacity = FIRST_CAPACITY;

	for (;;) {
		if (activations_allocate(activations, capacity))
			return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to list %u contexts",
				update->name, capacity);
		cpus_park();
		activations_find(activations, update, version);
		if (!activations->overflow && !activations->broken)
			return 0;
		cpus_release();
		activations_free(activations);
		if (activations->broken)
			return refuse(verdict, LUCOS_REFUSAL_UNRELOCATABLE_CONTEXT,
				"%s: the stack of thread %d can't be walked: %s", update->name,
				activations->broken_thread, activations->broken);
		capacity *= 2;
		if (capacity > LUCOS_MAX_CONTEXTS)
			return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE,
				"%s: more than %u contexts stand in its functions", update->name, LUCOS_MAX_CONTEXTS);
	}
}

static void describe(struct lucos_update_desc *desc, const struct update *update, const struct activations *activations,
	u64 request_id)
{
	*desc = (struct lucos_update_desc){
		.size = sizeof(*desc),
		.abi = LUCOS_ABI_VERSION,
		.update_id = update->id,
		.function_count = update->function_count,
		.context_count = activations->count,
		.functions = (u64)update->functions,
		.contexts = (u64)activations->contexts,
		.module_base = update->module_base,
		.module_size = update->module_size,
		.relocation_area = update->relocation_area,
		.relocation_size = update->relocation_size,
		.request_id = request_id,
	};
	memcpy(desc->name, update->name, sizeof(desc->name));
	memcpy(desc->version, update->version, sizeof(desc->version));
	memcpy(desc->digest, update->digest, sizeof(desc->digest));
	memcpy(desc->build_id, update->build_id, sizeof(desc->build_id));
}

static u32 submit(u32 number, struct update *update, u64 request_id, enum version version, s64 *result,
	struct verdict *verdict)
{
	struct activations activations;
	struct lucos_update_desc desc;

	if (walk_and_hold(update, version, &activations, verdict))
		return verdict->refusal;
	describe(&desc, update, &activations, request_id);
	*result = hypercall1(number, &desc);
	cpus_release();

	remember_blockers(update, &activations);
	activations_free(&activations);
	if (*result < 0)
		return refuse_for_server(update->name, *result, verdict);
	return 0;
}

u32 server_apply(struct update *update, struct verdict *verdict)
{
	struct lucos_update_status status;
	s64 id;

	if (submit(LUCOS_HC_APPLY, update, update->request_id, OLD_CODE, &id, verdict))
		return verdict->refusal;
	update->id = id;
	update->state = server_query(id, &status) ? status.state : LUCOS_UPDATE_DRAINING;
	return 0;
}

u32 server_rollback(struct update *update, u64 request_id, struct verdict *verdict)
{
	s64 state;

	if (submit(LUCOS_HC_ROLLBACK, update, request_id, NEW_CODE, &state, verdict))
		return verdict->refusal;
	update->state = state;
	return 0;
}

u32 server_report(struct update *update, struct verdict *verdict)
{
	enum version version = update->state == LUCOS_UPDATE_ROLLING_BACK ? NEW_CODE : OLD_CODE;
	struct lucos_activation_report report = {
		.size = sizeof(report),
		.abi = LUCOS_ABI_VERSION,
		.update_id = update->id,
		.old_or_new = version == NEW_CODE,
	};
	struct activations activations;
	s64 state;

	if (walk_and_hold(update, version, &activations, verdict))
		return verdict->refusal;
	report.contexts = (u64)activations.contexts;
	report.context_count = activations.count;
	state = hypercall1(LUCOS_HC_REPORT, &report);
	cpus_release();

	remember_blockers(update, &activations);
	activations_free(&activations);
	if (state < 0)
		return refuse_for_server(update->name, state, verdict);
	update->state = state;
	return 0;
}

bool server_query(u32 id, struct lucos_update_status *status)
{
	*status = (struct lucos_update_status){ .size = sizeof(*status), .abi = LUCOS_ABI_VERSION };
	return hypercall(LUCOS_HC_QUERY, id, (u64)status, 0, 0) >= 0;
}

void server_released(u32 id)
{
	hypercall(LUCOS_HC_RELEASED, id, 0, 0, 0);
}

bool module_quiet(struct update *update)
{
	struct activations activations;
	struct verdict verdict = { 0 };
	bool quiet;

	if (walk_and_hold(update, NEW_CODE, &activations, &verdict))
		return false;
	cpus_release();
	quiet = activations.count == 0 && activations.outside == 0;
	activations_free(&activations);
	return quiet;
}

/*
 * Serves the host's requests in a kernel thread, one after the other, by the same functions that serve /dev/lucos.
 * The interrupt handler only wakes it: the line is edge triggered, so the thread fetches until nothing waits.
 */
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>
#include "doorbell.h"
#include "drain.h"
#include "forecast.h"
#include "hypercall.h"
#include "transaction.h"

#define PULL_BYTES 32768UL

static WAIT_QUEUE(doorbell_queue, "lucos-doorbell");
static struct thread *doorbell_thread;
static bool rung = true;

static void ring(struct trap_frame *frame, void *arg)
{
	WRITE_ONCE(rung, true);
	wake_up(&doorbell_queue);
	drain_kick();	/* it may have rung because an update has events */
}

static u32 pull(const struct lucos_request *request, u8 *image, struct verdict *verdict)
{
	u64 at = 0;

	while (at < request->package_size) {
		u64 want = MIN(request->package_size - at, PULL_BYTES);
		s64 got = hypercall(LUCOS_HC_DOORBELL_PULL, request->id, (u64)(image + at), at, want);

		if (got < 0)
			return refuse(verdict, -got, "pulling byte %lu of request %lu", at, request->id);
		if (got == 0 || got > want)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"the host gave %ld of %lu bytes of request %lu", at + got, request->package_size,
				request->id);
		at += got;
	}
	return 0;
}

/* check and apply: with the package pulled into memory of its own. */
static u32 serve_package(const struct lucos_request *request, struct outcome *outcome, struct forecast *forecast)
{
	u32 refusal;
	u8 *image;

	memset(outcome, 0, sizeof(*outcome));
	if (request->package_size == 0 || request->package_size > LUCOS_MAX_PACKAGE_BYTES)
		return refuse(&outcome->verdict,
			request->package_size ? LUCOS_REFUSAL_TOO_LARGE : LUCOS_REFUSAL_BAD_PACKAGE,
			"a package of %lu bytes, from 1 to %u are taken", request->package_size,
			LUCOS_MAX_PACKAGE_BYTES);
	image = vmalloc(request->package_size);
	if (!image)
		return refuse(&outcome->verdict, LUCOS_REFUSAL_NO_MEMORY, "no %lu bytes for the package",
			request->package_size);

	refusal = pull(request, image, &outcome->verdict);
	if (!refusal && request->kind == LUCOS_REQUEST_CHECK)
		refusal = transaction_check(image, request->package_size, outcome, forecast);
	else if (!refusal)
		refusal = transaction_apply(image, request->package_size, request->id,
			request->flags & LUCOS_REQUEST_FLAG_VERIFY_COHERENCE, outcome);
	vfree(image);
	return refusal;
}

/* Without memory for it a check has no forecast. */
static void forecast_allocate(struct forecast *forecast)
{
	*forecast = (struct forecast){ .text = vmalloc(LUCOS_MAX_FORECAST_BYTES) };
	forecast->capacity = forecast->text ? LUCOS_MAX_FORECAST_BYTES : 0;
}

static void serve(struct lucos_request *request)
{
	struct lucos_response response = {
		.size = sizeof(response),
		.abi = LUCOS_ABI_VERSION,
		.request_id = request->id,
	};
	struct forecast forecast = { 0 };
	struct outcome outcome = { 0 };

	request->name[sizeof(request->name) - 1] = 0;
	switch (request->kind) {
	case LUCOS_REQUEST_CHECK:
		forecast_allocate(&forecast);
		response.refusal = serve_package(request, &outcome, &forecast);
		break;
	case LUCOS_REQUEST_APPLY:
		response.refusal = serve_package(request, &outcome, NULL);
		break;
	case LUCOS_REQUEST_UNDO:
		response.refusal = transaction_undo(request->name, request->id, &outcome);
		break;
	case LUCOS_REQUEST_CANCEL:
		response.refusal = transaction_cancel(request->name, request->id, &outcome);
		break;
	default:
		response.refusal = refuse(&outcome.verdict, LUCOS_REFUSAL_BAD_ARGUMENT, "request kind %u is not known",
			request->kind);
	}
	response.update_id = outcome.update_id;
	strlcpy(response.detail, outcome.verdict.detail, sizeof(response.detail));
	response.forecast = (u64)forecast.text;
	response.forecast_size = forecast.size;
	hypercall1(LUCOS_HC_DOORBELL_COMPLETE, &response);
	if (forecast.text)
		vfree(forecast.text);
}

static bool fetch(struct lucos_request *request)
{
	*request = (struct lucos_request){ .size = sizeof(*request), .abi = LUCOS_ABI_VERSION };
	return hypercall1(LUCOS_HC_DOORBELL_FETCH, request) == 1;
}

static void answer_the_door(void *arg)
{
	struct lucos_request request;

	while (!kthread_should_stop()) {
		wait_event(&doorbell_queue, READ_ONCE(rung) || kthread_should_stop());
		WRITE_ONCE(rung, false);	/* before fetching: a ring from here on is served in the next round */
		while (!kthread_should_stop() && fetch(&request))
			serve(&request);
	}
}

int doorbell_start(void)
{
	int error;

	doorbell_thread = kthread_create("lucos-doorbell", answer_the_door, NULL);
	if (!doorbell_thread)
		return -ENOMEM;
	error = irq_register(IRQ_DOORBELL, ring, NULL);
	if (error) {
		kthread_stop(doorbell_thread);
		return error;
	}
	/* Whoever rang before there was somebody to hear it has a request waiting. */
	WRITE_ONCE(rung, true);
	wake_up(&doorbell_queue);
	return 0;
}

void doorbell_stop(void)
{
	irq_unregister(IRQ_DOORBELL);
	kthread_stop(doorbell_thread);
}

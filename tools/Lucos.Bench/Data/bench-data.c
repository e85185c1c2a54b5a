/*
 * The update that the data benchmarks apply. It changes the records of bench.ko, and takes the place of thread_join,
 * in which bench.ko's waiters stand. Transfers on unlock go by the lock that records_store_locked takes. INTERCEPTION,
 * TRANSFER and SHARED_HEAD come from the command line; functions that are replaced besides are added below.
 */
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/wait.h>
#include <lucos_update.h>

LUCOS_UPDATE("bench-data", "1.0", "records of 64 bytes, the other way round");

#define WORDS 8

struct record {
	u64 words[WORDS];
};

struct reversed {
	u64 words[WORDS];
};

static void to_new(const struct record *old, struct reversed *new)
{
	for (int i = 0; i < WORDS; i++)
		new->words[WORDS - 1 - i] = old->words[i];
}

static void to_old(const struct reversed *new, struct record *old)
{
	for (int i = SHARED_HEAD / sizeof(u64); i < WORDS; i++)
		old->words[i] = new->words[WORDS - 1 - i];
}

LUCOS_TYPE_CACHE(records, "bench-record", struct record, struct reversed, to_new, to_old,
	.interception = INTERCEPTION, .transfer = TRANSFER, .shared_head = SHARED_HEAD,
	.lock = TRANSFER == LUCOS_TRANSFER_ON_UNLOCK ? LUCOS_ADDRESS(thread_list_lock.locked) : 0,
	.lock_size = TRANSFER == LUCOS_TRANSFER_ON_UNLOCK ? sizeof(thread_list_lock.locked) : 0);
LUCOS_PRESERVES_BYTES(records, SHARED_HEAD, sizeof(struct record) - SHARED_HEAD);

LUCOS_STATIC_REF(struct wait_queue, thread_gone, "thread.c");

static void joining(int tid)
{
	wait_event(&thread_gone, !thread_exists(tid));
}

LUCOS_REPLACE(thread_join, joining);


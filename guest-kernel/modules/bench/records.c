/*
 * Data that an update changes while it is measured: records in a slab cache of their own, stores to them, and threads that stand in
 * thread_join, so that an update of that function has somebody to wait for. tools/Lucos.Bench makes the update.
 */
#include <kernel/slab.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>
#include <uapi/errno.h>
#include "bench.h"

#define MOST_RECORDS 131072UL
#define WORDS 8

struct record {
	u64 words[WORDS];
};

static struct kmem_cache *cache;
static struct record **records;
static u64 record_count;
static WAIT_QUEUE(keeping, "bench keeper");
static struct thread *keeper;
static int keeper_tid;
static struct crew waiters;

s64 records_make(u64 wanted)
{
	if (records)
		return -EBUSY;
	if (wanted == 0 || wanted > MOST_RECORDS)
		return -EINVAL;
	records = vmalloc(wanted * sizeof(*records));
	cache = kmem_cache_create("bench-record", sizeof(struct record), NULL);
	if (!records || !cache) {
		records_free();
		return -ENOMEM;
	}
	for (; record_count < wanted; record_count++) {
		records[record_count] = kmem_cache_alloc(cache);
		if (!records[record_count]) {
			records_free();
			return -ENOMEM;
		}
	}
	return 0;
}

/* One store a round, each time to the next record, and so to the next word when all have had their turn. */
s64 records_store(u64 stores)
{
	u64 record = 0, word = 0;

	if (!records)
		return -EINVAL;
	for (u64 i = 0; i < stores; i++) {
		WRITE_ONCE(records[record]->words[word], i);
		if (++record == record_count) {
			record = 0;
			word = (word + 1) % WORDS;
		}
	}
	return 0;
}

/* The same, and behind each store a load of a word of the record's new version. */
s64 records_carry(u64 stores)
{
	u64 record = 0;

	if (!records)
		return -EINVAL;
	for (u64 i = 0; i < stores; i++) {
		const struct record *new = kmem_companion(records[record]) ?: records[record];

		WRITE_ONCE(records[record]->words[0], i);
		READ_ONCE(new->words[WORDS - 1]);
		if (++record == record_count)
			record = 0;
	}
	return 0;
}

/* One store a round, with a lock outside of the records held: one of the kernel's, since an update can't name a module's. */
s64 records_store_locked(u64 stores)
{
	u64 record = 0;

	if (!records)
		return -EINVAL;
	for (u64 i = 0; i < stores; i++) {
		u64 flags = spin_lock_irqsave(&thread_list_lock);

		WRITE_ONCE(records[record]->words[0], i);
		spin_unlock_irqrestore(&thread_list_lock, flags);
		if (++record == record_count)
			record = 0;
	}
	return 0;
}

void records_free(void)
{
	for (u64 i = 0; i < record_count; i++)
		kmem_cache_free(cache, records[i]);
	if (cache)
		kmem_cache_destroy(cache);
	if (records)
		vfree(records);
	cache = NULL;
	records = NULL;
	record_count = 0;
}

static void keep(void *arg)
{
	wait_event(&keeping, kthread_should_stop());
}

static void wait_for_keeper(void *arg)
{
	thread_join(READ_ONCE(keeper_tid));
}

s64 waiters_start(u64 count)
{
	s64 err;

	if (keeper)
		return -EBUSY;
	keeper = kthread_create("bench-keeper", keep, NULL);
	if (!keeper)
		return -ENOMEM;
	WRITE_ONCE(keeper_tid, keeper->tid);
	err = crew_start(&waiters, wait_for_keeper, count);
	if (err)
		waiters_stop();
	return err;
}

void waiters_stop(void)
{
	if (!keeper)
		return;
	kthread_stop(keeper);
	keeper = NULL;
	crew_join(&waiters);
}

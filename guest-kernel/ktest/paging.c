/*
 * Tests of the kernel's page tables and of vmalloc.
 */
#include <kernel/io.h>
#include <kernel/ktest.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/sched.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/vmm.h>

struct survey {
	u64 pages, writable_and_executable, user;
};

static void survey_table(const u64 *table, int level, u64 rights, bool nx, struct survey *s)
{
	for (int i = level == 3 ? 256 : 0; i < 512; i++) {
		u64 e = table[i];
		if (!(e & PTE_P))
			continue;
		u64 here = rights & e;
		bool here_nx = nx || (e & PTE_NX);
		if (level > 0 && !(e & PTE_PS)) {
			survey_table(phys_to_virt(e & PTE_ADDR), level - 1, here, here_nx, s);
			continue;
		}
		s->pages++;
		s->writable_and_executable += (here & PTE_W) && !here_nx;
		s->user += !!(here & PTE_U);
	}
}

KTEST(NoKernelPageIsBothWritableAndExecutable)
{
	struct survey s = { 0 };
	survey_table(phys_to_virt(kernel_cr3), 3, ~0UL, false, &s);
	KT_EXPECT(s.pages > 100);
	KT_EXPECT(s.writable_and_executable == 0);
	KT_EXPECT(s.user == 0);
}

KTEST(VmallocHasGuardPagesAndLeavesNoTrace)
{
	u64 before = page_free_count;
	u64 p = (u64)vmalloc(3 * PAGE_SIZE);
	KT_REQUIRE(p);
	KT_EXPECT(!walk_pte(kernel_cr3, p - PAGE_SIZE));
	KT_EXPECT(!walk_pte(kernel_cr3, p + 3 * PAGE_SIZE));
	KT_EXPECT(walk_pte(kernel_cr3, p + 2 * PAGE_SIZE));
	memset((void *)p, 1, 3 * PAGE_SIZE);
	vfree((void *)p);
	KT_EXPECT(!walk_pte(kernel_cr3, p));
	KT_EXPECT(page_free_count == before);
	void *again = vmalloc(PAGE_SIZE);
	KT_EXPECT((u64)again == p);
	vfree(again);
}

KTEST(ModuleAreaGivesItsPageTablesBack)
{
	u64 before = page_free_count;
	void *p = module_alloc(PAGE_SIZE);
	KT_REQUIRE(p);
	KT_EXPECT((u64)p > MODULE_BASE && (u64)p < MODULE_BASE + MODULE_SIZE);
	module_free(p);
	KT_EXPECT(page_free_count == before);
}

static void touch(void *address)
{
	*(volatile char *)address = 1;
}

/* Runs touch(address) in a thread; whether that thread was killed by an oops. */
static bool kills_thread(void *address)
{
	u64 oopses = oops_count;
	struct thread *t = thread_create("touch", touch, address);
	if (!t)
		return false;
	int tid = t->tid;
	ktest_expect_oops();
	sched_start(t);
	thread_join(tid);
	return oops_count == oopses + 1;
}

KTEST(StoreBehindVmallocKillsTheThreadOnly)
{
	char *p = vmalloc(PAGE_SIZE);
	KT_REQUIRE(p);
	KT_EXPECT(kills_thread(p + PAGE_SIZE));
	vfree(p);
}

KTEST(StoreIntoKernelTextKillsTheThreadOnly)
{
	u8 before = *(u8 *)touch;
	KT_EXPECT(kills_thread(touch));
	KT_EXPECT(*(u8 *)touch == before);
}

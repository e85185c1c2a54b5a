/*
 * Tests of processes, of user memory and of symbols, from inside the kernel.
 * What can be seen from user space is tested by /bin/utest.
 */
#include <kernel/io.h>
#include <kernel/ktest.h>
#include <kernel/lucos.h>
#include <kernel/module.h>
#include <kernel/page.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/uaccess.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

static int run(const char *path, const char *argument)
{
	const char *argv[] = { path, argument, NULL };
	int pid = process_spawn(path, argv);
	return pid < 0 ? pid : process_reap(pid);
}

KTEST(ExitStatusReachesWhoWaits)
{
	KT_EXPECT(run("/bin/true", NULL) == 0);
	KT_EXPECT(run("/bin/false", NULL) == 1);
}

KTEST(ProgramThatIsNoneIsRefused)
{
	KT_EXPECT(run("/bin/no-such-program", NULL) == -ENOENT);
	KT_EXPECT(run("/dev", NULL) < 0);
}

KTEST(ProcessLeavesNoMemoryBehind)
{
	run("/bin/true", NULL);
	u64 before = page_free_count;
	for (int i = 0; i < 5; i++)
		run("/bin/true", NULL);
	KT_EXPECT(page_free_count == before);
}

/* Forks and touches memory until there is none, and ends: the kernel goes on, and has every page back. */
KTEST(ExhaustedMemoryComesBackWhole)
{
	KT_EXPECT(run("/bin/exhaust", NULL) == 0);
	u64 before = page_free_count;
	KT_EXPECT(run("/bin/exhaust", NULL) == 0);
	KT_EXPECT(page_free_count == before);
	KT_EXPECT(run("/bin/true", NULL) == 0);
}

KTEST(KilledProcessSaysBySignal)
{
	const char *argv[] = { "/bin/cpuburn", NULL };
	int pid = process_spawn(argv[0], argv);
	KT_REQUIRE(pid > 0);
	sleep_ns(20000000);
	KT_EXPECT(process_kill(pid, SIGKILL) == 0);
	KT_EXPECT(process_reap(pid) == 128 + SIGKILL);
	KT_EXPECT(process_kill(pid, SIGKILL) == -ESRCH);
}

KTEST(UserCopiesRefuseKernelAndUnmappedAddresses)
{
	char byte = 1;
	u64 word;
	KT_EXPECT(copy_from_user(&byte, (void *)KERNEL_BASE, 1) == -EFAULT);
	KT_EXPECT(copy_from_user(&byte, (void *)DIRECT_MAP_BASE, 1) == -EFAULT);
	KT_EXPECT(copy_from_user(&word, (void *)0x400000, 8) == -EFAULT);
	KT_EXPECT(copy_to_user((void *)0x400000, &byte, 1) == -EFAULT);
	KT_EXPECT(copy_to_user((void *)0x8000000000000000, &byte, 1) == -EFAULT);
	KT_EXPECT(!user_range_ok((void *)(USER_END - 4), 8));
	KT_EXPECT(!user_range_ok((void *)8, ~0UL));
	KT_EXPECT(user_range_ok((void *)(USER_END - 8), 8));
}

/* Copies into a space are seen by nobody else: parent and child of a fork. */
KTEST(ForkedSpaceSharesPagesUntilOneWrites)
{
	static const char old[] = "parent", new[] = "child!";
	u64 va = 0x500000, before = page_free_count;
	struct vmspace *parent = vmspace_create();
	KT_REQUIRE(parent);
	KT_EXPECT(vmspace_add_region(parent, va, va + PAGE_SIZE, PTE_W | PTE_NX) == 0);
	KT_EXPECT(vmspace_add_region(parent, va, va + PAGE_SIZE, PTE_W) == -EEXIST);
	KT_EXPECT(vmspace_write(parent, va, old, sizeof(old)) == 0);
	struct vmspace *child = vmspace_fork(parent);
	KT_REQUIRE(child);
	u64 shared = *walk_pte(parent->cr3, va) & PTE_ADDR;
	KT_EXPECT((*walk_pte(child->cr3, va) & PTE_ADDR) == shared);
	KT_EXPECT(vmspace_write(child, va, new, sizeof(new)) == 0);
	KT_EXPECT((*walk_pte(child->cr3, va) & PTE_ADDR) != shared);
	KT_EXPECT(!memcmp(phys_to_virt(shared), old, sizeof(old)));
	KT_EXPECT(vmspace_fault(child, va + PAGE_SIZE, PF_WRITE) == -EFAULT);
	KT_EXPECT(vmspace_fault(child, va, PF_FETCH) == -EFAULT);
	vmspace_destroy(child);
	vmspace_destroy(parent);
	KT_EXPECT(page_free_count == before);
}

KTEST(RegionsAreCutWhereTheyAreRemoved)
{
	u64 va = 0x500000;
	struct vmspace *vm = vmspace_create();
	KT_REQUIRE(vm);
	KT_EXPECT(vmspace_add_region(vm, va, va + 4 * PAGE_SIZE, PTE_W | PTE_NX) == 0);
	KT_EXPECT(vmspace_remove_region(vm, va + PAGE_SIZE, va + 2 * PAGE_SIZE) == 0);
	KT_EXPECT(vmspace_fault(vm, va, PF_WRITE) == 0);
	KT_EXPECT(vmspace_fault(vm, va + PAGE_SIZE, PF_WRITE) == -EFAULT);
	KT_EXPECT(vmspace_fault(vm, va + 2 * PAGE_SIZE, PF_WRITE) == 0);
	KT_EXPECT(vmspace_remove_region(vm, va + 1, va + PAGE_SIZE) == -EINVAL);
	vmspace_destroy(vm);
}

static noinline int known_function(void)
{
	return 42;
}

KTEST(SymbolsAreFoundByAddressAndByNameAndFile)
{
	struct ksym s;
	char text[KSYM_NAME];
	KT_EXPECT(known_function() == 42);
	KT_REQUIRE(kallsyms_lookup((u64)known_function + 1, &s));
	KT_EXPECT(!strcmp(s.name, "known_function") && !strcmp(s.file, "process.c"));
	KT_EXPECT(s.address == (u64)known_function && s.type == KSYM_FUNCTION);
	KT_EXPECT(kallsyms_lookup_name("known_function", NULL, &s) == 1);
	KT_EXPECT(s.address == (u64)known_function);
	KT_EXPECT(kallsyms_lookup_name("known_function.in.process.c", NULL, &s) == 1);
	KT_EXPECT(kallsyms_lookup_name("known_function.in.other.c", NULL, &s) == 0);
	KT_EXPECT(kallsyms_lookup_name("ktest_duplicate", NULL, &s) == 2);
	KT_EXPECT(kallsyms_lookup_name("run", "process.c", &s) == 1 && s.address == (u64)run);
	KT_EXPECT(!kallsyms_lookup(0x1000, &s));
	KT_EXPECT(!kallsyms_lookup(~0UL, &s));
	kallsyms_format((u64)known_function, text, sizeof(text));
	KT_EXPECT(!strncmp(text, "known_function+0x0/", 19));
}

KTEST(UpdatesShowInTheEffectiveVersionInOrder)
{
	char before[64], text[64], expected[64];
	version_effective(before, sizeof(before));
	KT_EXPECT(version_add_update("ktest-a") == 0);
	KT_EXPECT(version_add_update("ktest-b") == 0);
	snprintf(expected, sizeof(expected), "%s+ktest-a+ktest-b", before);
	version_effective(text, sizeof(text));
	KT_EXPECT(!strcmp(text, expected));
	KT_EXPECT(version_remove_update("ktest") == -ENOENT);
	KT_EXPECT(version_remove_update("ktest-a") == 0);
	KT_EXPECT(version_remove_update("ktest-b") == 0);
	version_effective(text, sizeof(text));
	KT_EXPECT(!strcmp(text, before));
}

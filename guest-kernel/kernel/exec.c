/*
 * Starting a program: its ELF64 file is hostile, so every field is checked
 * before the old address space is given up; after that nothing can fail but
 * for lack of memory, which kills the process.
 */
#include <kernel/arch.h>
#include <kernel/elf.h>
#include <kernel/fs.h>
#include <kernel/ipi.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

#define MAX_SEGMENTS 16

static bool segment_ok(const struct elf_program_header *ph, u64 file_size)
{
	return ph->filesz <= ph->memsz && ph->offset <= file_size && ph->filesz <= file_size - ph->offset
	       && ph->vaddr >= USER_TEXT_BASE && ph->vaddr < USER_MMAP_BASE
	       && ph->memsz && ph->memsz <= USER_MMAP_BASE - ph->vaddr
	       && !((ph->flags & PF_W) && (ph->flags & PF_X));
}

static int check_program(const void *data, u64 size)
{
	const struct elf_header *h = data;
	if (size < sizeof(*h) || h->magic != ELF_MAGIC || h->class != ELF_CLASS64 || h->data != ELF_DATA_LSB
	    || h->machine != EM_X86_64 || h->type != ET_EXEC)
		return -ENOEXEC;
	if (h->phentsize != sizeof(struct elf_program_header) || !h->phnum || h->phnum > MAX_SEGMENTS
	    || (h->phoff & 7) || h->phoff > size || (u64)h->phnum * h->phentsize > size - h->phoff)
		return -ENOEXEC;
	const struct elf_program_header *ph = data + h->phoff;
	bool entry_ok = false;
	for (u32 i = 0; i < h->phnum; i++) {
		if (ph[i].type != PT_LOAD || !ph[i].memsz)
			continue;
		if (!segment_ok(&ph[i], size))
			return -ENOEXEC;
		entry_ok |= (ph[i].flags & PF_X) && h->entry >= ph[i].vaddr && h->entry - ph[i].vaddr < ph[i].memsz;
	}
	return entry_ok ? 0 : -ENOEXEC;
}

static u64 segment_prot(const struct elf_program_header *ph)
{
	return ((ph->flags & PF_W) ? PTE_W : 0) | ((ph->flags & PF_X) ? 0 : PTE_NX);
}

static int map_segment(struct vmspace *vm, const void *data, const struct elf_program_header *ph)
{
	u64 end = ALIGN_UP(ph->vaddr + ph->memsz, PAGE_SIZE);
	int result = vmspace_add_region(vm, ALIGN_DOWN(ph->vaddr, PAGE_SIZE), end, segment_prot(ph));
	if (!result && ph->filesz)
		result = vmspace_write(vm, ph->vaddr, data + ph->offset, ph->filesz);
	if (!result && end > vm->brk_start)
		vm->brk_start = vm->brk = end;
	return result;
}

static int map_program(struct vmspace *vm, const void *data)
{
	const struct elf_header *h = data;
	const struct elf_program_header *ph = data + h->phoff;
	for (u32 i = 0; i < h->phnum; i++) {
		if (ph[i].type != PT_LOAD || !ph[i].memsz)
			continue;
		int result = map_segment(vm, data, &ph[i]);
		if (result)
			return result == -EEXIST ? -ENOEXEC : result;	/* two segments in one page */
	}
	return vmspace_add_region(vm, USER_STACK_TOP - USER_STACK_SIZE, USER_STACK_TOP, PTE_W | PTE_NX);
}

/*
 * The System V start-up stack: the strings at the top, below them argc, argv,
 * NULL, and the NULL of an empty environment. Returns rsp, which points at argc.
 */
static s64 push_arguments(struct vmspace *vm, char *const argv[], u64 argc)
{
	u64 at = USER_STACK_TOP, block[MAX_ARGS + 3] = { argc };
	for (u64 i = argc; i-- > 0; ) {
		u64 n = strlen(argv[i]) + 1;
		at -= n;
		if (USER_STACK_TOP - at > ARG_BYTES)
			return -E2BIG;
		int result = vmspace_write(vm, at, argv[i], n);
		if (result)
			return result;
		block[1 + i] = at;
	}
	at = ALIGN_DOWN(at - (argc + 3) * 8, 16);
	int result = vmspace_write(vm, at, block, (argc + 3) * 8);
	return result ? result : (s64)at;
}

/* A new address space with the program in it; *rsp is its stack pointer. */
static int build_space(const void *data, u64 size, char *const argv[], u64 argc,
		       struct vmspace **out, u64 *rsp)
{
	int result = check_program(data, size);
	if (result)
		return result;
	struct vmspace *vm = vmspace_create();
	if (!vm)
		return -ENOMEM;
	result = map_program(vm, data);
	s64 at = result ? result : push_arguments(vm, argv, argc);
	if (at < 0) {
		vmspace_destroy(vm);
		return at;
	}
	*out = vm;
	*rsp = at;
	return 0;
}

/* From here on the process is the new program. */
static void switch_space(struct process *p, struct vmspace *vm)
{
	struct vmspace *old = p->vm;
	u64 flags = irq_save();
	p->vm = current->vm = vm;
	vmspace_activate(vm);
	irq_restore(flags);
	sync_core_all();	/* the program's text was written through the direct map */
	if (old)
		vmspace_destroy(old);
}

static void reset_signals(struct process *p)
{
	for (u32 i = 0; i < NSIG; i++)
		if (p->handlers[i] != SIG_IGN)
			p->handlers[i] = SIG_DFL;
	p->signal_restorer = 0;
}

int process_exec(const char *path, char *const argv[], u64 argc, struct trap_frame *tf)
{
	struct process *p = current_process();
	struct vmspace *vm = NULL;
	void *data;
	u64 size, rsp = 0;
	int result = fs_read_file(path, true, &data, &size);
	if (result)
		return result;
	u64 entry = size >= sizeof(struct elf_header) ? ((struct elf_header *)data)->entry : 0;
	result = build_space(data, size, argv, argc, &vm, &rsp);
	vfree(data);
	if (result)
		return result;
	switch_space(p, vm);
	reset_signals(p);
	const char *slash = strrchr(path, '/');
	strlcpy(p->name, slash ? slash + 1 : path, sizeof(p->name));
	strlcpy(current->name, p->name, sizeof(current->name));
	*tf = (struct trap_frame){
		.rip = entry, .rsp = rsp, .cs = SEL_UCODE, .ss = SEL_UDATA,
		.rflags = 0x202, .vector = VEC_FULL_RETURN,
	};
	return 0;
}

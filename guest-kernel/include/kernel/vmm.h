/*
 * Virtual memory: the kernel's page tables, vmalloc, the module area, and the
 * address spaces of processes.
 */
#ifndef KERNEL_VMM_H
#define KERNEL_VMM_H

#include <kernel/types.h>
#include <kernel/layout.h>
#include <kernel/list.h>
#include <kernel/mutex.h>

/* Page table entry bits. */
#define PTE_P (1UL << 0)
#define PTE_W (1UL << 1)
#define PTE_U (1UL << 2)
#define PTE_A (1UL << 5)
#define PTE_D (1UL << 6)
#define PTE_PS (1UL << 7)
#define PTE_G (1UL << 8)
#define PTE_COW (1UL << 9)	/* software: copy on the next write */
#define PTE_NX (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL

/*
 * Accessed and dirty are set from the start: nobody looks at them in the
 * kernel's half, and so the CPU never changes a table by a mere access.
 */
#define PROT_KERNEL_DATA (PTE_P | PTE_W | PTE_NX | PTE_A | PTE_D)
#define PROT_KERNEL_RO (PTE_P | PTE_NX | PTE_A)
#define PROT_KERNEL_TEXT (PTE_P | PTE_A)
#define PROT_KERNEL_TABLE (PTE_P | PTE_W | PTE_A)

extern u64 kernel_cr3;

/* Maps one page of the kernel half. -ENOMEM, -EEXIST. */
int kernel_map(u64 va, u64 phys, u64 prot);
/*
 * Taking pages away is done in two steps, since their memory must not be used for anything else while another CPU may
 * still reach it: kernel_revoke makes a range unreachable on all CPUs, kernel_unmap then forgets one page of it and returns what
 * was mapped there (0: nothing).
 */
void kernel_revoke(u64 va, u64 size);
u64 kernel_unmap(u64 va);
/* Changes the protection of mapped pages, on all CPUs. Sizes are in bytes, page aligned. */
int kernel_protect(u64 va, u64 size, u64 prot);
/* Physical address behind va in the tables of cr3, and the entry; 0: none. */
u64 *walk_pte(u64 cr3, u64 va);

/* Zeroed memory with an unmapped guard page on each side; NULL if none. */
void *vmalloc(u64 size);
void vfree(void *p);
/* The same in the module area: writable data first, see kernel_protect. */
void *module_alloc(u64 size);
void module_free(void *p);

/* A range of a process's addresses. */
struct vm_region {
	struct list_head link;	/* sorted by start */
	u64 start, end;
	u64 prot;		/* PTE_W, PTE_NX */
};

struct vmspace {
	u64 cr3;		/* physical address of the PML4 */
	u32 active;		/* mask of the CPUs that have it loaded */
	struct mutex lock;	/* guards regions and user tables */
	struct list_head regions;
	u64 brk_start, brk;
	u64 mmap_next;
};

struct vmspace *vmspace_create(void);
struct vmspace *vmspace_fork(struct vmspace *parent);	/* copy on write */
void vmspace_destroy(struct vmspace *vm);
void vmspace_activate(struct vmspace *vm);		/* NULL: kernel only */
int vmspace_add_region(struct vmspace *vm, u64 start, u64 end, u64 prot);
/* Takes away what of the range is there; nothing there is no error. -EINVAL, -ENOMEM. */
int vmspace_remove_region(struct vmspace *vm, u64 start, u64 end);
/* Makes the page present with the asked access; -EFAULT if it may not be. */
int vmspace_fault(struct vmspace *vm, u64 va, u64 error);
/* Writes into a not necessarily active space, whatever the region's prot. */
int vmspace_write(struct vmspace *vm, u64 va, const void *data, u64 size);

#endif

/*
 * Segments, task state and GS of a CPU. #DF, NMI and #MC get stacks of their
 * own (IST), since the current one may be what is broken.
 */
#include <kernel/arch.h>
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/layout.h>
#include <kernel/percpu.h>

#define IST_STACK_SIZE 4096

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, io_map;
} __packed;

struct descriptor_pointer {
	u16 limit;
	u64 base;
} __packed;

struct cpu cpus[MAX_CPUS];
u32 cpus_online = 1;

static struct tss tsses[MAX_CPUS] __aligned(16);
static u64 gdts[MAX_CPUS][8] __aligned(16);
u8 ist_stacks[MAX_CPUS][3][IST_STACK_SIZE] __aligned(16);

static void gdt_fill(u32 id)
{
	u64 *gdt = gdts[id];
	u64 base = (u64)&tsses[id];
	gdt[SEL_KCODE / 8] = 0x00af9b000000ffff;
	gdt[SEL_KDATA / 8] = 0x00cf93000000ffff;
	gdt[SEL_UDATA / 8] = 0x00cff3000000ffff;
	gdt[SEL_UCODE / 8] = 0x00affb000000ffff;
	gdt[SEL_TSS / 8] = (sizeof(struct tss) - 1) | ((base & 0xffffff) << 16)
		| (0x89UL << 40) | ((base >> 24 & 0xff) << 56);
	gdt[SEL_TSS / 8 + 1] = base >> 32;
}

void percpu_init(u32 id)
{
	struct cpu *c = &cpus[id];
	c->self = c;
	c->id = id;
	c->preempt_count = 1;	/* until there is something to switch to */
	gdt_fill(id);
	tsses[id].io_map = sizeof(struct tss);
	for (int i = 0; i < 3; i++)
		tsses[id].ist[i] = (u64)ist_stacks[id][i] + IST_STACK_SIZE;
	struct descriptor_pointer gdtr = { sizeof(gdts[id]) - 1, (u64)gdts[id] };
	asm volatile("lgdt %0" :: "m"(gdtr));
	asm volatile("ltr %w0" :: "r"(SEL_TSS));
	wrmsr(MSR_GS_BASE, (u64)c);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
}

u32 cpus_count(void)
{
	u32 n = 0;
	for_each_online_cpu(c)
		n++;
	return n;
}

void set_kernel_stack(u64 top)
{
	struct cpu *c = this_cpu();
	c->kernel_rsp = top;
	tsses[c->id].rsp[0] = top;
}

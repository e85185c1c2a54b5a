/*
 * hcgarbage.ko floods the host with hypercalls that make no sense: every number, known or not, with arguments that are
 * null, not canonical, unmapped, misaligned, read-only, too near the end of the address space, or simply random; and
 * the known structures filled with random bytes. The host must refuse or answer each, and the kernel must live on.
 *
 *	insmod /lib/modules/hcgarbage.ko; rmmod hcgarbage
 *
 * Prints `hcgarbage: calls=N refused=N ok=N` into the log. The same numbers every time: the generator has a fixed seed.
 * An answer is "ok" when it is not negative; VERSION and DOORBELL_FETCH have such answers to some garbage.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/types.h>
#include <lucos_abi.h>

#define NUMBERS 64		/* 0..63: all known ones and many unknown ones */
#define RANDOM_CALLS 4000

static u64 random_state = 0x9e3779b97f4a7c15UL;
static u64 calls, refused, ok;
static u8 scribble[8192] __aligned(4096);
static const u8 read_only[64] = { 1 };

static u64 next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void call(u64 number, u64 rbx, u64 rcx, u64 rsi, u64 rdi)
{
	s64 result = number;

	asm volatile("out %%eax, %%dx\n\tjmp 1f\n1:"
		: "+a"(result)
		: "d"(LUCOS_HYPERCALL_PORT), "b"(rbx), "c"(rcx), "S"(rsi), "D"(rdi)
		: "memory", "cc");
	calls++;
	if (result < 0)
		refused++;
	else
		ok++;
}

static u64 garbage(void)
{
	u64 value = next();

	switch (value >> 60) {
	case 0: return 0;
	case 1: return ~0UL - value % 64;
	case 2: return 0x0000800000000000UL + value % 4096;	/* not canonical */
	case 3: return 0xffff800000000000UL + value % (1UL << 40);	/* direct map, most of it not there */
	case 4: return (u64)read_only;
	case 5: return (u64)scribble + value % sizeof(scribble);	/* may be misaligned, may run over the end */
	case 6: return value % 4096;				/* user half, unmapped */
	case 7: return 0xffffffff80000000UL + value % (1UL << 24);
	case 8: return value % 16;
	case 9: return 0xffffffffa0000000UL + value % (64UL << 20);
	default: return value;
	}
}

/* A structure with a right head and random contents, so that checks behind the first are reached too. */
static void call_with_struct(u64 number)
{
	static const u32 sizes[] = {
		sizeof(struct lucos_update_desc), sizeof(struct lucos_activation_report), sizeof(struct lucos_response),
		sizeof(struct lucos_journal_entry), sizeof(struct lucos_request), sizeof(struct lucos_update_status),
	};
	u32 *head = (u32 *)scribble;

	for (u64 i = 0; i < 4096 / 8; i++)
		((u64 *)scribble)[i] = next() % 3 ? garbage() : next() % 8;
	head[0] = sizes[next() % ARRAY_SIZE(sizes)];
	head[1] = LUCOS_ABI_VERSION;
	call(number, (u64)scribble, garbage(), garbage(), garbage());
}

/* Calls that could take something from the real Update Manager: its registration, an operator's waiting request. */
static bool harmless(u64 number)
{
	return number != LUCOS_HC_REGISTER && number != LUCOS_HC_DOORBELL_FETCH;
}

int module_init(void)
{
	calls = refused = ok = 0;
	for (u64 number = 0; number < NUMBERS; number++) {
		call(number, 0, 0, 0, 0);
		call(number, ~0UL, ~0UL, ~0UL, ~0UL);
		for (int i = 0; i < 16; i++)
			call(number, garbage(), garbage(), garbage(), garbage());
		for (int i = 0; harmless(number) && i < 16; i++)
			call_with_struct(number);
	}
	for (int i = 0; i < RANDOM_CALLS; i++)
		call(next() % 4 ? next() % 12 : next(), garbage(), garbage(), garbage(), garbage());
	printk("hcgarbage: calls=%lu refused=%lu ok=%lu\n", calls, refused, ok);
	return 0;
}

/* Nothing to take back; without it the module could not be removed. */
void module_exit(void)
{
}

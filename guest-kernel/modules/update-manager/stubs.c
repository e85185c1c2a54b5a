/*
 * A page-aligned area of this module's code, each byte of it an INT3, which the server takes before the guest sees it. The
 * module loader fills code with INT3, so a section without contents is that.
 */
#include "hypercall.h"
#include "stubs.h"

#define STUB_BYTES 65536

asm(".section .text.stubs, \"ax\", @nobits\n"
	".balign 4096\n"
	".type return_stub_area, @function\n"
	"return_stub_area:\n"
	".skip 65536\n"
	".size return_stub_area, 65536\n"
	".previous\n");

extern char return_stub_area[STUB_BYTES];

static u64 resolve(u64 stub)
{
	s64 address = hypercall(LUCOS_HC_RETURN_ADDRESS, stub, 0, 0, 0);

	/* A refusal is a small negative number; kernel addresses are negative too, but not small. */
	return address < 0 && address > -4096 ? 0 : address;
}

struct return_stubs stubs = {
	.start = (u64)return_stub_area,
	.size = STUB_BYTES,
	.resolve = resolve,
};

/*
 * hcgarbage: asks for hypercalls from ring 3, which must do harm to nobody but the asker. Each attempt is a child:
 *	out	OUT to the hypercall port: I/O privilege is the kernel's, so #GP kills the child
 *	in	IN from it, the same
 *	vmcall, vmmcall	killed (#UD on a CPU without a monitor, or the monitor's), or answered with a refusal
 * Prints `hcgarbage: NAME: OUTCOME` each and exits 0 when none of them reached the host.
 * The flood from ring 0 is the module hcgarbage.ko.
 */
#include <lucos_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOT_REFUSED 1

static void out(void)
{
	long result = LUCOS_HC_VERSION;

	__asm__ volatile("out %%eax, %%dx" : "+a"(result) : "d"(LUCOS_HYPERCALL_PORT), "b"(1L) : "memory");
}

static void in(void)
{
	unsigned value;

	__asm__ volatile("in %%dx, %%eax" : "=a"(value) : "d"(LUCOS_HYPERCALL_PORT));
}

static void vmcall(void)
{
	long result = LUCOS_HC_VERSION;

	__asm__ volatile("vmcall" : "+a"(result) : "b"(1L) : "memory");
	exit(result == -LUCOS_REFUSAL_NOT_PRIVILEGED ? 0 : NOT_REFUSED);
}

static void vmmcall(void)
{
	long result = LUCOS_HC_VERSION;

	__asm__ volatile("vmmcall" : "+a"(result) : "b"(1L) : "memory");
	exit(result == -LUCOS_REFUSAL_NOT_PRIVILEGED ? 0 : NOT_REFUSED);
}

/* Returns whether the attempt came to nothing. */
static int attempt(const char *name, void (*instruction)(void))
{
	int status = 0;
	long child = fork();

	if (child == 0) {
		instruction();
		exit(NOT_REFUSED);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		warn(child, "%s", name);
		return 0;
	}
	if (status > 128)
		printf("hcgarbage: %s: killed by signal %d\n", name, status - 128);
	else if (status == 0)
		printf("hcgarbage: %s: not-privileged\n", name);
	else
		printf("hcgarbage: %s: WAS NOT REFUSED\n", name);
	return status != NOT_REFUSED;
}

int main(void)
{
	int refused = 0;

	program_name = "hcgarbage";
	refused += attempt("out", out);
	refused += attempt("in", in);
	refused += attempt("vmcall", vmcall);
	refused += attempt("vmmcall", vmmcall);
	printf("hcgarbage: attempts=4 refused=%d\n", refused);
	return refused == 4 ? 0 : 1;
}

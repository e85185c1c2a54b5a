/*
 * The Update Manager: the part of LUCOS that runs in the guest's kernel. README.md tells how its parts play together.
 * `insmod /lib/modules/update-manager.ko`; it can be removed while no update stands.
 */
#include <kernel/lucos.h>
#include <kernel/module.h>
#include <kernel/printk.h>
#include <uapi/errno.h>
#include "device.h"
#include "doorbell.h"
#include "drain.h"
#include "pin.h"
#include "server.h"
#include "stubs.h"
#include "verdict.h"

/* The module that this code is in; under whatever name it was inserted. */
static struct module *self(void)
{
	struct ksym symbol;

	return kallsyms_lookup((u64)self, &symbol) ? (struct module *)symbol.module : NULL;
}

void pin(void)
{
	__atomic_add_fetch(&self()->users, 1, __ATOMIC_SEQ_CST);
}

void unpin(void)
{
	__atomic_sub_fetch(&self()->users, 1, __ATOMIC_SEQ_CST);
}

int module_init(void)
{
	struct verdict verdict = { 0 };
	int error;

	if (!lucos_present()) {
		pr_err("update-manager: this machine has no Lucos hypercall port: live updates are not available\n");
		return -ENODEV;
	}
	if (server_register(&verdict)) {
		pr_err("update-manager: the Update Server refused to register it: %s %s\n",
			lucos_refusal_name(verdict.refusal), verdict.detail);
		return -EIO;
	}

	error = return_stubs_set(&stubs);
	if (error)
		return error;
	error = drain_start();
	if (error)
		goto stubs;
	error = device_start();
	if (error)
		goto drain;
	error = doorbell_start();
	if (error)
		goto device;
	printk("update-manager: ready\n");
	return 0;

device:
	device_stop();
drain:
	drain_stop();
stubs:
	return_stubs_set(NULL);
	return error;
}

void module_exit(void)
{
	doorbell_stop();
	device_stop();
	drain_stop();
	return_stubs_set(NULL);
}

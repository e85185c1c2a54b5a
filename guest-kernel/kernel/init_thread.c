/*
 * The first kernel thread: mounts the root, then runs the kernel's tests or
 * /init (`init=` on the command line names another program). When that ends,
 * so does the machine.
 */
#include <kernel/cmdline.h>
#include <kernel/fs.h>
#include <kernel/init.h>
#include <kernel/ktest.h>
#include <kernel/oops.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <kernel/process.h>

void init_thread(void *arg)
{
	static char path[64] = "/init";
	const char *argv[] = { path, NULL };
	fs_init();
	if (cmdline_has("ktest"))
		ktest_run_all();
	cmdline_get("init", path, sizeof(path));
	int pid = process_spawn(path, argv);
	if (pid < 0)
		panic("cannot start %s: error %d", path, -pid);
	int status = process_reap(pid);
	if (status)
		pr_err("%s ended with status %d\n", path, status);
	power_off(status);
}

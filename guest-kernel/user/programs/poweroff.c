/* poweroff: stops the machine. Only root may. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	long err = syscall2(SYS_reboot, REBOOT_POWER_OFF, 0);

	program_name = "poweroff";
	warn(err, "can't stop the machine");
	return 1;
}

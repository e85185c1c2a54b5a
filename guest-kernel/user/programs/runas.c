/* runas UID COMMAND [ARGUMENT...]: runs a command as another user. Only root may. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long uid;
	long err;

	program_name = "runas";
	if (argc < 3 || parse_number(argv[1], &uid) || uid > 0xffffffff) {
		dprintf(STDERR, "usage: runas UID COMMAND [ARGUMENT...]\n");
		return 2;
	}
	err = setuid((unsigned)uid);
	if (err) {
		warn(err, "can't become user %lu", uid);
		return 126;
	}
	err = execvp(argv[2], argv + 2);
	warn(err, "%s", argv[2]);
	return err == -ENOENT ? 127 : 126;
}

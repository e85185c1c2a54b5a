/* strerror.c: error numbers in words. */
#include <string.h>
#include <uapi/errno.h>

static const struct {
	int number;
	const char *text;
} table[] = {
	{ EPERM, "not permitted" }, { ENOENT, "no such file or directory" }, { ESRCH, "no such process" },
	{ EINTR, "interrupted" }, { EIO, "input/output error" }, { E2BIG, "argument list too long" },
	{ ENOEXEC, "not an executable" }, { EBADF, "bad file descriptor" }, { ECHILD, "no child" },
	{ EAGAIN, "try again" }, { ENOMEM, "out of memory" }, { EACCES, "permission denied" },
	{ EFAULT, "bad address" }, { EBUSY, "busy" }, { EEXIST, "exists already" }, { ENODEV, "no such device" },
	{ ENOTDIR, "not a directory" }, { EISDIR, "is a directory" }, { EINVAL, "invalid argument" },
	{ ENFILE, "too many open files" }, { EMFILE, "too many open files in this process" },
	{ ENOTTY, "not possible on this file" }, { EFBIG, "file too large" }, { ENOSPC, "no space left" },
	{ ESPIPE, "can't seek" }, { EROFS, "read-only" }, { EPIPE, "nobody reads the pipe" },
	{ ERANGE, "out of range" }, { ENAMETOOLONG, "name too long" }, { ENOSYS, "no such system call" },
	{ ENOTEMPTY, "directory not empty" },
};

const char *strerror(long err)
{
	if (err < 0)
		err = -err;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].number == err)
			return table[i].text;
	return "unknown error";
}

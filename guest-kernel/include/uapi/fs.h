/*
 * Files, beyond stat.h: limits, and what can be asked of the console.
 */
#ifndef UAPI_FS_H
#define UAPI_FS_H

#include <uapi/stat.h>

#define NAME_MAX 59	/* longest file name, without NUL */
#define PATH_MAX 256	/* longest path, with NUL */
#define PIPE_SIZE 4096	/* bytes a pipe holds; writes of up to this many are atomic */
#define STREAM_BUFFERS 16	/* page buffers of a stream */

#define O_EXCL 0200	/* with O_CREAT: -EEXIST if the file is there */

/* ioctl commands of the console; the argument is the number itself. */
#define TTY_SET_FOREGROUND 0x5401	/* process group that gets ^C; 0 for none */
#define TTY_GET_FOREGROUND 0x5402	/* result: that group */

#endif

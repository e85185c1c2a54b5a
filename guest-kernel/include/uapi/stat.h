/*
 * struct stat, directory entries, open flags.
 */
#ifndef UAPI_STAT_H
#define UAPI_STAT_H

#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFREG 0100000
#define S_IFIFO 0010000

struct stat {
	unsigned long ino;
	unsigned int mode;	/* S_IF* | permission bits */
	unsigned int uid;
	unsigned long size;
};

struct dirent {
	unsigned long ino;
	unsigned int type;	/* S_IF* */
	char name[60];
};

#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_ACCMODE 3
#define O_CREAT 0100
#define O_TRUNC 01000
#define O_APPEND 02000

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#endif

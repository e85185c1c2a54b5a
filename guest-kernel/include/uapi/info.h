/*
 * What SYS_uname and SYS_ps tell.
 */
#ifndef UAPI_INFO_H
#define UAPI_INFO_H

struct utsname {
	char sysname[32];
	char nodename[32];
	char release[512];	/* effective version: 0.1.0+update+update */
	char booted[32];	/* version as booted */
	char version[64];
	char machine[32];
};

struct ps_info {
	int pid;		/* 0: a kernel thread */
	int tid;
	int ppid;
	unsigned int uid;
	char state;		/* R runnable or running, S sleeping, Z zombie, D dead */
	char name[16];
	char waiting_on[24];	/* name of the wait queue, or "" */
	unsigned long cpu_ticks;
};

#endif

/*
 * The audit trail: programs put lines into a ring (write to /dev/audit), and it is counted how many each user wrote
 * (read from /dev/audit).
 *
 * Two locks, whose holders may sleep: `log` guards the ring, `totals` the counts. Whoever needs both takes `log` first.
 */
#ifndef KERNEL_AUDIT_H
#define KERNEL_AUDIT_H

#include <kernel/types.h>

#define AUDIT_LINES 64
#define AUDIT_LINE_SIZE 64
#define AUDIT_USERS 16

/* 0: free; else the holder's tid. */
struct audit_locks {
	u32 log;
	u32 totals;
};

struct audit_user {
	u32 uid;
	u32 lines;	/* 0: the entry is free */
};

extern struct audit_locks audit_locks;
extern char audit_ring[AUDIT_LINES][AUDIT_LINE_SIZE];
extern u64 audit_lines;				/* ever written; the newest AUDIT_LINES are in the ring */
extern struct audit_user audit_users[AUDIT_USERS];

void audit_init(void);
void audit_lock(u32 *lock);
void audit_unlock(u32 *lock);

/* The entry of a user, made if there is room; NULL if there is none. Under `totals`. */
struct audit_user *audit_user_of(u32 uid);
/* One line per user; its length. Under `totals`. */
u64 audit_describe(char *text, u64 size);

#endif

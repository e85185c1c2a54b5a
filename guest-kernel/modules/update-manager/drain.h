/* The thread that sees updates through: from Draining to Finished, from RollingBack to an unloaded module. */
#ifndef UM_DRAIN_H
#define UM_DRAIN_H

/* 0 or -ENOMEM. */
int drain_start(void);
void drain_stop(void);

/* There may be something to see through. */
void drain_kick(void);

#endif

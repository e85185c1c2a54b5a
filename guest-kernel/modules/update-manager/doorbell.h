/* The operator's way in: IRQ 5 says that requests wait at the host. */
#ifndef UM_DOORBELL_H
#define UM_DOORBELL_H

/* 0, -ENOMEM or -EBUSY. Requests that wait already are served too. */
int doorbell_start(void);
void doorbell_stop(void);

#endif

/* /dev/lucos: how programs in the guest (lucosctl) reach the Update Manager. The requests are in uapi/lucosctl.h. */
#ifndef UM_DEVICE_H
#define UM_DEVICE_H

/* 0 or -errno. */
int device_start(void);
void device_stop(void);

#endif

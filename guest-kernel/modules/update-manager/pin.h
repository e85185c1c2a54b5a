/*
 * Keeps this module from being removed (rmmod answers -EBUSY): once per standing update, and while a program's request
 * is being served.
 */
#ifndef UM_PIN_H
#define UM_PIN_H

void pin(void);
void unpin(void);

#endif

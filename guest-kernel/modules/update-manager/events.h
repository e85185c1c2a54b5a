/* What the server tells about an update: fetched, and acted on. */
#ifndef UM_EVENTS_H
#define UM_EVENTS_H

struct update;

/* Fetches what waits and calls the callbacks that it calls for. Sleeps. */
void events_fetch(struct update *update);
/* With the other CPUs parked: takes in only whether all have left, or a transfer has failed. */
void events_fetch_parked(struct update *update);

#endif

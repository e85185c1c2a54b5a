/*
 * How the data of an update goes from one version to the other, and back: the guest's part of the protocol in
 * src/Lucos.UpdateServer/Data/README.md, for updates without types too where those have callbacks.
 */
#ifndef UM_DATA_H
#define UM_DATA_H

#include "hold.h"
#include "verdict.h"

struct update;

/* Memory, observers, new versions. 0 or a refusal; data_discard undoes it, and is also the end of a roll-back. Sleeps. */
u32 data_prepare(struct update *update, struct verdict *verdict);
void data_discard(struct update *update);

/* Whether the update stays under way until the manager says COMPLETE. */
bool data_completes(const struct update *update);

/* With the other CPUs parked: around APPLY. */
void data_before_apply(struct update *update);
void data_applied(struct update *update, struct hold *hold);

/* With the other CPUs parked: around ROLLBACK. A refusal leaves everything as it was. */
u32 data_before_rollback(struct update *update, struct hold *hold, struct verdict *verdict);
void data_rollback_refused(struct update *update, struct hold *hold);
void data_rolled_back(struct update *update, struct hold *hold);

/* Sees an update through that is Draining or RollingBack and completes: as far as it goes now. */
void data_advance(struct update *update);

/* Which code is left: the old one, or, once the old versions are out of use, by those who were in the new code then. */
enum version data_awaited(const struct update *update);

#endif

/*
 * What the Update Manager asks of the Update Server about one update. Both sides of an apply and of a roll-back are
 * here: the walk and the hypercall, with nothing in between that could make the walk untrue.
 */
#ifndef UM_SERVER_H
#define UM_SERVER_H

#include "updates.h"
#include "verdict.h"

/* Makes this module known. 0 or a refusal. */
u32 server_register(struct verdict *verdict);

/* Fills in update->id and update->state. */
u32 server_apply(struct update *update, struct verdict *verdict);
/* Fills in update->state: RollingBack or RolledBack. */
u32 server_rollback(struct update *update, u64 request_id, struct verdict *verdict);
/* Walks again and tells the server; fills in update->state. */
u32 server_report(struct update *update, struct verdict *verdict);

/* A refusal that the server gave, in its words. Returns its code. */
u32 server_refused(const char *name, s64 result, struct verdict *verdict);
/* That its module's memory is free. False: refused. */
bool server_released(u32 id);
/* False: the server doesn't know it. */
bool server_query(u32 id, struct lucos_update_status *status);

/* True when no saved instruction pointer or return address lies anywhere in the update's module. */
bool module_quiet(struct update *update);

#endif

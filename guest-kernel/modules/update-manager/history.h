/* What happened to updates in this kernel since the module was inserted: the last HISTORY_SIZE events, and the host's
 * journal. */
#ifndef UM_HISTORY_H
#define UM_HISTORY_H

#include <kernel/types.h>
#include <uapi/lucosctl.h>
#include "verdict.h"

#define HISTORY_SIZE 128

/* Notes what an update came to; `event` is a constant such as "finished". Also in the kernel's log. */
void history_note(const char *name, const char *version, const char *event);
/* Notes a refusal that the Update Server doesn't know of, and tells its journal. */
void history_refused(const char *name, const char *version, const char *event, const struct verdict *verdict);

/* Notes something that went wrong without a refusal, and tells the host's journal. */
void history_trouble(const char *name, const char *version, const char *event, const char *detail);

/* Entry `index`, 0 the oldest that is kept. False: there is none. */
bool history_entry(u32 index, struct lucosctl_event *event);

#endif

/* What applying a package would meet: part of a check, so that an operator's plan can tell it. */
#ifndef UM_FORECAST_H
#define UM_FORECAST_H

#include "package.h"
#include "transaction.h"

/*
 * Loads the verified package, counts who stands in the functions that it replaces, and unloads it again; none of its
 * code runs. The counts go into the verdict's detail as "FUNCTION=N" with blanks between; those that don't fit are left
 * out. Returns the refusal that loading would come to, else 0. With the transaction lock held.
 */
u32 forecast(const struct package *package, struct outcome *outcome);

#endif

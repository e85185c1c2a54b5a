/*
 * Page tables, for the code in mm/.
 */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include <kernel/types.h>

/*
 * The entry for the 4 KiB page at va in the tables at cr3, made if `create`
 * (tables get the bits in `upper`). NULL: not there, or no memory. A table's
 * page counts its entries in use in page.refs - 1: see table_entry_*.
 */
u64 *paging_entry(u64 cr3, u64 va, bool create, u64 upper);
/* Bookkeeping: an entry of the table that holds pte came into, went out of use. */
void table_entry_added(u64 *pte);
/* Frees tables that became empty, below the top level, on the way to va. */
void table_entry_removed(u64 cr3, u64 va);

#endif

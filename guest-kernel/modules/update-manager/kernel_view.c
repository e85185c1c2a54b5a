/* The running kernel's answers: its symbol table and its text. */
#include <kernel/module.h>
#include <kernel/string.h>
#include "kernel_view.h"

extern char text_start[], text_end[];	/* boot/kernel.lds.S */

struct search {
	const char *file;
	struct kernel_symbol *found;
	u32 limit;
	u32 count;
};

static bool visit(const struct ksym *symbol, void *arg)
{
	struct search *search = arg;

	if (search->file[0] && strcmp(search->file, symbol->file))
		return true;
	if (search->count < search->limit)
		search->found[search->count] = (struct kernel_symbol){
			.address = symbol->address,
			.size = symbol->size,
			.name = symbol->name,
			.file = symbol->file,
			.function = symbol->type == KSYM_FUNCTION,
		};
	search->count++;
	return true;
}

u32 kernel_find_symbols(const char *name, const char *file, struct kernel_symbol *found, u32 limit)
{
	struct search search = { .file = file, .found = found, .limit = limit };

	kallsyms_for_each(name, visit, &search);
	return search.count;
}

void kernel_text(u64 *start, u64 *end)
{
	*start = (u64)text_start;
	*end = (u64)text_end;
}

bool kernel_read_text(u64 address, u8 *bytes, u32 size)
{
	if (address < (u64)text_start || address > (u64)text_end ||
	    size > (u64)text_end - address)
		return false;
	memcpy(bytes, (const void *)address, size);
	return true;
}

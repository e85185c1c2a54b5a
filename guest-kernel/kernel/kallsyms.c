/*
 * Looks symbols up in the table that scripts/kallsyms made, and addresses in
 * the modules' tables too.
 */
#include <kernel/module.h>
#include <kernel/percpu.h>
#include <kernel/string.h>

#define TYPE_FRAMED 256

struct entry {
	u64 address;
	u32 size, name, file, type;
};

extern const char kallsyms_start[], kallsyms_end[];

static u64 count(void)
{
	return kallsyms_end - kallsyms_start > 8 ? *(const u64 *)kallsyms_start : 0;
}

static const struct entry *entries(void)
{
	return (const struct entry *)(kallsyms_start + 8);
}

static const char *string(u32 offset)
{
	return (const char *)(entries() + count()) + offset;
}

static void fill(const struct entry *e, struct ksym *out)
{
	*out = (struct ksym){ e->address, e->size, e->type & ~TYPE_FRAMED, string(e->name), string(e->file), NULL,
			 e->type & TYPE_FRAMED };
}

/* Index of the last entry at or below address, or count() if none is. */
static u64 at_or_below(u64 address)
{
	u64 low = 0, high = count();
	while (low < high) {
		u64 middle = (low + high) / 2;
		if (entries()[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : count();
}

static bool lookup_module_held(u64 address, struct ksym *out)
{
	struct module *m;
	list_for_each(m, &module_list, link) {
		if (address < m->base || address >= m->base + m->size)
			continue;
		for (u32 i = 0; i < m->symbol_count; i++) {
			const struct module_symbol *s = &m->symbols[i];
			if (address >= s->address && address < s->address + s->size) {
				*out = (struct ksym){ s->address, s->size, s->type, s->name, s->file, m,
						      s->framed };
				return true;
			}
		}
	}
	return false;
}

/* Held: with preemption off, so that no module goes away meanwhile. */
static bool lookup_module(u64 address, struct ksym *out)
{
	preempt_disable();
	bool found = lookup_module_held(address, out);
	preempt_enable();
	return found;
}

bool kallsyms_lookup(u64 address, struct ksym *out)
{
	if (!count() || address < entries()[0].address)
		return false;
	/* Labels (size 0) may lie inside of a function: step over them. */
	for (u64 i = at_or_below(address); i < count(); i--) {
		const struct entry *e = &entries()[i];
		if (e->size && address - e->address < e->size) {
			fill(e, out);
			return true;
		}
		if (e->size)
			break;
	}
	return lookup_module(address, out);
}

static void split_name(const char *name, const char *file, char *bare, const char **wanted)
{
	strlcpy(bare, name, KSYM_NAME);
	*wanted = file && *file ? file : NULL;
	for (char *p = bare; !*wanted && (p = strchr(p, '.')); p++) {
		if (strncmp(p, ".in.", 4))
			continue;
		*wanted = name + (p - bare) + 4;
		*p = 0;
		break;
	}
}

u32 kallsyms_lookup_name(const char *name, const char *file, struct ksym *out)
{
	char bare[KSYM_NAME];
	const char *wanted;
	u32 found = 0;
	split_name(name, file, bare, &wanted);
	for (u64 i = 0; i < count(); i++) {
		const struct entry *e = &entries()[i];
		if (strcmp(string(e->name), bare) || (wanted && strcmp(string(e->file), wanted)))
			continue;
		if (!found++)
			fill(e, out);
	}
	return found;
}

void kallsyms_for_each(const char *name, bool (*visit)(const struct ksym *, void *), void *arg)
{
	struct ksym s;
	for (u64 i = 0; i < count(); i++) {
		if (strcmp(string(entries()[i].name), name))
			continue;
		fill(&entries()[i], &s);
		if (!visit(&s, arg))
			return;
	}
}

void kallsyms_format(u64 address, char *buf, size_t size)
{
	struct ksym s;
	preempt_disable();	/* the names are the module's */
	if (!kallsyms_lookup(address, &s))
		snprintf(buf, size, "%lx", address);
	else
		snprintf(buf, size, "%s+0x%lx/0x%lx%s%s%s", s.name, address - s.address, s.size,
			 s.module ? " [" : "", s.module ? s.module->name : "", s.module ? "]" : "");
	preempt_enable();
}

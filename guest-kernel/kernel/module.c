/*
 * Modules: memory, the list, load and unload. A module's memory is laid out
 * as text, then read-only data, then writable data, each from a page of its
 * own, and protected so once it is linked; its text alone is executable.
 */
#include "module_image.h"
#include <kernel/ipi.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

struct list_head module_list = LIST_HEAD_INIT(module_list);
static MUTEX(module_lock, "modules");	/* serialises load and unload */
/*
 * Guards the list's changes, and `users` against `going`. Those who only look
 * (kallsyms, from an oops too) take no lock but have preemption off: a module
 * that is taken out is freed when all of them have gone on (synchronize_cpus).
 */
static struct spinlock list_lock = SPINLOCK("module list");	/* irqsave; leaf */

enum part { PART_TEXT, PART_RO, PART_DATA, PART_COUNT };

static enum part part_of(const struct elf_section_header *s)
{
	if (s->flags & SHF_EXECINSTR)
		return PART_TEXT;
	return s->flags & SHF_WRITE ? PART_DATA : PART_RO;
}

/* Gives every loaded section its offset (in img->addresses) and sizes the module. */
static bool lay_out(struct module *m, struct module_image *img, u64 reserve)
{
	u64 at = 0, ends[PART_COUNT];
	if (reserve > MODULE_MAX_SIZE)
		return module_fail(img->err, MODULE_BAD_FORMAT, EFBIG, "too much room reserved");
	for (enum part part = PART_TEXT; part < PART_COUNT; part++) {
		for (u32 i = 0; i < img->section_count; i++) {
			const struct elf_section_header *s = &img->sections[i];
			if (!(s->flags & SHF_ALLOC) || part_of(s) != part || !s->size)
				continue;
			at = ALIGN_UP(at, MAX(s->addralign, 1));
			img->addresses[i] = at;
			at += s->size;
			if (at > MODULE_MAX_SIZE)
				return module_fail(img->err, MODULE_BAD_FORMAT, EFBIG, "more than %lu bytes in memory",
						   MODULE_MAX_SIZE);
		}
		if (part == PART_TEXT && reserve) {
			m->reserved = ALIGN_UP(at, 16);	/* an offset until the memory is there */
			at = m->reserved + reserve;
		}
		ends[part] = at = ALIGN_UP(at, PAGE_SIZE);
	}
	m->text_size = ends[PART_TEXT];
	m->ro_size = ends[PART_RO] - ends[PART_TEXT];
	m->size = ends[PART_DATA];
	if (!m->text_size)
		return module_fail(img->err, MODULE_BAD_FORMAT, ENOEXEC, "no code");
	return true;
}

static bool copy_sections(struct module *m, struct module_image *img, u64 reserve)
{
	u8 *memory = module_alloc(m->size);
	if (!memory)
		return module_fail(img->err, MODULE_NO_MEMORY, ENOMEM, "no room for %lu bytes of module", m->size);
	m->base = (u64)memory;
	/* int3 between functions too: a short one so has room for a jump. */
	memset(memory, 0xcc, m->text_size);
	if (reserve)
		m->reserved += m->base;
	for (u32 i = 0; i < img->section_count; i++) {
		const struct elf_section_header *s = &img->sections[i];
		if (!(s->flags & SHF_ALLOC) || !s->size)
			continue;
		img->addresses[i] += m->base;
		if (s->type != SHT_NOBITS)
			memcpy((void *)img->addresses[i], img->data + s->offset, s->size);
	}
	return true;
}

static bool record_sections(struct module *m, const struct module_image *img)
{
	u64 names_size = img->sections[img->header->shstrndx].size;
	m->section_count = img->section_count;
	m->sections = kmalloc(img->section_count * sizeof(*m->sections) + names_size);
	if (!m->sections)
		return module_fail(img->err, MODULE_NO_MEMORY, ENOMEM, "no memory for the section table");
	char *names = (char *)(m->sections + img->section_count);
	memcpy(names, img->section_names, names_size);
	for (u32 i = 0; i < img->section_count; i++)
		m->sections[i] = (struct module_section){ names + img->sections[i].name, img->addresses[i],
							  img->sections[i].size, img->sections[i].flags };
	return true;
}

static void protect(const struct module *m)
{
	kernel_protect(m->base, m->text_size, PROT_KERNEL_TEXT);
	if (m->ro_size)
		kernel_protect(m->base + m->text_size, m->ro_size, PROT_KERNEL_RO);
	sync_core_all();
}

static void set_listed(struct module *m, bool listed)
{
	u64 flags = spin_lock_irqsave(&list_lock);
	if (listed)
		list_publish(&m->link, &module_list);
	else
		list_withdraw(&m->link);
	spin_unlock_irqrestore(&list_lock, flags);
}

static void release(struct module *m)
{
	if (m->base)
		module_free((void *)m->base);
	kfree(m->sections);
	kfree(m->symbols);
	kfree(m->strings);
	kfree(m);
}

static bool link_image(struct module *m, struct module_image *img, u64 reserve)
{
	return module_image_check(img) && (img->addresses = kmalloc(img->section_count * sizeof(u64)))
	       && lay_out(m, img, reserve) && copy_sections(m, img, reserve) && module_relocate(img)
	       && module_build_symbols(m, img) && record_sections(m, img);
}

static bool run_init(struct module *m, struct module_error *err)
{
	int code = m->init ? m->init() : 0;
	if (code)
		return module_fail(err, MODULE_INIT_FAILED, code < 0 ? -code : EINVAL,
				   "module_init returned %d", code);
	m->live = true;
	return true;
}

static struct module *load_locked(const void *image, u64 size, const char *name, u64 reserve,
				  struct module_error *err)
{
	struct module_image img = { .data = image, .size = size, .err = err };
	if (!*name || strnlen(name, 64) >= 64) {
		module_fail(err, MODULE_BAD_FORMAT, EINVAL, "a module's name has 1 to 63 characters");
		return NULL;
	}
	if (module_find(name)) {
		module_fail(err, MODULE_EXISTS, EEXIST, "module %s is loaded already", name);
		return NULL;
	}
	struct module *m = kmalloc(sizeof(*m));
	if (!m) {
		module_fail(err, MODULE_NO_MEMORY, ENOMEM, "no memory");
		return NULL;
	}
	strlcpy(m->name, name, sizeof(m->name));
	module_fail(err, MODULE_NO_MEMORY, ENOMEM, "no memory");	/* for what fails without a word */
	bool ok = link_image(m, &img, reserve);
	kfree(img.addresses);
	if (!ok) {
		release(m);
		return NULL;
	}
	m->init = (void *)module_symbol_address(m, "module_init");
	m->exit = (void *)module_symbol_address(m, "module_exit");
	protect(m);
	set_listed(m, true);
	*err = (struct module_error){ .failure = MODULE_OK };
	return m;
}

struct module *module_load(const void *image, u64 size, const char *name,
			   u32 flags, struct module_error *err)
{
	return module_load_reserving(image, size, name, flags, 0, err);
}

struct module *module_load_reserving(const void *image, u64 size, const char *name,
				     u32 flags, u64 reserve, struct module_error *err)
{
	mutex_lock(&module_lock);
	struct module *m = load_locked(image, size, name, reserve, err);
	mutex_unlock(&module_lock);
	/* Outside the lock: init may itself load or look up modules. */
	if (m && (flags & MODULE_RUN_INIT) && !run_init(m, err)) {
		module_unload(m);
		m = NULL;
	}
	return m;
}

void module_unload(struct module *m)
{
	if (m->live && m->exit)
		m->exit();
	mutex_lock(&module_lock);
	set_listed(m, false);
	synchronize_cpus();
	release(m);
	sync_core_all();	/* before another module's code may lie there */
	mutex_unlock(&module_lock);
}

int module_remove(const char *name)
{
	int result = -ENOENT;
	/* Found and closed in one go: two callers must not both run its exit. */
	u64 flags = spin_lock_irqsave(&list_lock);
	struct module *m = module_find(name);
	if (m)
		result = m->exit && m->live && !m->users && !m->going ? 0 : -EBUSY;
	if (!result)
		m->going = true;
	spin_unlock_irqrestore(&list_lock, flags);
	if (!result)
		module_unload(m);
	return result;
}

bool module_get(const void *address, struct module **found)
{
	bool ok = true;
	struct module *m;
	u64 flags = spin_lock_irqsave(&list_lock);
	*found = NULL;
	list_for_each(m, &module_list, link) {
		if ((u64)address - m->base >= m->size)
			continue;
		ok = !m->going;
		if (ok) {
			__atomic_add_fetch(&m->users, 1, __ATOMIC_SEQ_CST);
			*found = m;
		}
		break;
	}
	spin_unlock_irqrestore(&list_lock, flags);
	return ok;
}

void module_put(struct module *m)
{
	if (m)
		__atomic_sub_fetch(&m->users, 1, __ATOMIC_SEQ_CST);
}

s64 module_describe_all(char *text, u64 size)
{
	u64 used = 0;
	struct module *m;
	u64 flags = spin_lock_irqsave(&list_lock);
	list_for_each(m, &module_list, link) {
		used += snprintf(text + used, size - used, "%s 0x%lx %lu\n", m->name, m->base, m->size);
		if (used >= size)
			break;
	}
	spin_unlock_irqrestore(&list_lock, flags);
	return used < size ? (s64)used : -ERANGE;
}

struct module *module_find(const char *name)
{
	struct module *m, *found = NULL;
	preempt_disable();
	list_for_each(m, &module_list, link) {
		if (strcmp(m->name, name))
			continue;
		found = m;
		break;
	}
	preempt_enable();
	return found;
}

const struct module_section *module_find_section(const struct module *m, const char *name)
{
	for (u32 i = 0; i < m->section_count; i++)
		if (m->sections[i].address && !strcmp(m->sections[i].name, name))
			return &m->sections[i];
	return NULL;
}

u64 module_symbol_address(const struct module *m, const char *name)
{
	for (u32 i = 0; i < m->symbol_count; i++)
		if (!strcmp(m->symbols[i].name, name))
			return m->symbols[i].address;
	return 0;
}

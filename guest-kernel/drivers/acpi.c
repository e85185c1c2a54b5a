/*
 * Finds the CPUs in the ACPI tables: RSDP, then XSDT or RSDT, then MADT. The
 * tables are the firmware's and may be damaged: each address, length and
 * checksum is looked at before what it covers is used.
 */
#include <kernel/acpi.h>
#include <kernel/bootinfo.h>
#include <kernel/layout.h>
#include <kernel/lucos.h>
#include <kernel/page.h>
#include <kernel/string.h>

#define TABLE_MAX 65536
#define BIOS_START 0xe0000UL
#define BIOS_END 0x100000UL
#define RSDP_V1_SIZE 20

enum { MADT_LOCAL_APIC = 0 };
enum { LOCAL_APIC_ENABLED = 1 };

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;		/* from here on: revision 2 */
	u64 xsdt;
	u8 extended_checksum, reserved[3];
} __packed;

struct table {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct madt {
	struct table header;
	u32 lapic_phys, flags;
	u8 entries[];
} __packed;

struct madt_local_apic {
	u8 type, length, acpi_id, apic_id;
	u32 flags;
} __packed;

/* The direct map is made of large pages, so it reaches a little beyond the RAM: as far as firmware's tables behind it. */
static const void *reach(u64 phys, u64 size)
{
	u64 end = ALIGN_UP(page_total << PAGE_SHIFT, LARGE_PAGE_SIZE);
	return phys && phys < end && size <= end - phys ? phys_to_virt(phys) : NULL;
}

static bool sums_to_zero(const void *p, u64 size)
{
	u8 sum = 0;
	for (u64 i = 0; i < size; i++)
		sum += ((const u8 *)p)[i];
	return sum == 0;
}

static const struct rsdp *rsdp_at(u64 phys)
{
	const struct rsdp *r = reach(phys, sizeof(*r));
	return r && !memcmp(r->signature, "RSD PTR ", 8) && sums_to_zero(r, RSDP_V1_SIZE) ? r : NULL;
}

/* Loaders that don't tell leave it where a BIOS puts it. Lucos tells. */
static const struct rsdp *scan_bios(void)
{
	for (u64 phys = BIOS_START; !lucos_present() && phys < BIOS_END; phys += 16) {
		const struct rsdp *r = rsdp_at(phys);
		if (r)
			return r;
	}
	return NULL;
}

static const struct table *table_at(u64 phys)
{
	const struct table *t = reach(phys, sizeof(*t));
	if (!t || t->length < sizeof(*t) || t->length > TABLE_MAX || !reach(phys, t->length) || !sums_to_zero(t, t->length))
		return NULL;
	return t;
}

/* Through the table of tables, whose entries have `width` bytes. */
static const struct madt *find_madt(const struct table *root, u64 width, const char **why)
{
	const u8 *entry = (const u8 *)(root + 1), *end = (const u8 *)root + root->length;
	for (; entry + width <= end; entry += width) {
		u64 phys = 0;
		memcpy(&phys, entry, width);
		const struct table *t = reach(phys, sizeof(*t));
		if (!t || memcmp(t->signature, "APIC", 4))
			continue;
		t = table_at(phys);
		if (t && t->length >= sizeof(struct madt))
			return (const struct madt *)t;
		*why = "the MADT has a bad length or checksum";
		return NULL;
	}
	return NULL;
}

static const struct madt *open_madt(const char **why)
{
	const struct rsdp *r = boot_info.rsdp ? rsdp_at(boot_info.rsdp) : scan_bios();
	if (!r) {
		*why = boot_info.rsdp ? "no RSDP where the loader says" : NULL;
		return NULL;
	}
	bool extended = r->revision >= 2 && r->xsdt;
	if (extended && (r->length < sizeof(*r) || r->length > 256 || !reach(virt_to_phys(r), r->length)
			 || !sums_to_zero(r, r->length))) {
		*why = "the RSDP has a bad length or checksum";
		return NULL;
	}
	const struct table *root = table_at(extended ? r->xsdt : r->rsdt);
	if (!root || memcmp(root->signature, extended ? "XSDT" : "RSDT", 4)) {
		*why = "the table of tables has a bad address, length or checksum";
		return NULL;
	}
	return find_madt(root, extended ? 8 : 4, why);
}

static bool add_cpu(struct acpi_cpus *out, u32 max, u8 apic_id)
{
	for (u32 i = 0; i < out->count; i++)
		if (out->apic_ids[i] == apic_id)
			return false;
	if (out->count < max)
		out->apic_ids[out->count++] = apic_id;
	else
		out->ignored++;
	return true;
}

static const char *read_entries(const struct madt *m, struct acpi_cpus *out, u32 max, u8 boot_id)
{
	const u8 *at = m->entries, *end = (const u8 *)m + m->header.length;
	bool boot_listed = false;
	out->apic_ids[out->count++] = boot_id;
	while (end - at >= 2) {
		const struct madt_local_apic *e = (const void *)at;
		if (e->length < 2 || e->length > end - at)
			return "an entry of the MADT has a bad length";
		at += e->length;
		if (e->type != MADT_LOCAL_APIC)
			continue;
		if (e->length != sizeof(*e))
			return "an entry of the MADT has a bad length";
		if (!(e->flags & LOCAL_APIC_ENABLED))
			continue;
		bool is_boot = e->apic_id == boot_id;
		if (is_boot ? boot_listed : !add_cpu(out, max, e->apic_id))
			return "the MADT lists an APIC id twice";
		boot_listed |= is_boot;
	}
	return boot_listed ? NULL : "the MADT does not list the boot CPU";
}

bool acpi_find_cpus(struct acpi_cpus *out, u32 max, u8 boot_id, const char **why)
{
	*why = NULL;
	memset(out, 0, sizeof(*out));
	const struct madt *m = open_madt(why);
	if (!m)
		return false;
	out->lapic_phys = m->lapic_phys;
	*why = read_entries(m, out, max, boot_id);
	if (!*why && (out->lapic_phys % PAGE_SIZE || out->lapic_phys < page_total << PAGE_SHIFT))
		*why = "the MADT has the local APICs at an address that can't be";
	return !*why;
}

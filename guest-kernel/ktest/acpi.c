/*
 * The reader of the ACPI tables against tables that lie: all of them are refused, with a reason.
 */
#include <kernel/acpi.h>
#include <kernel/bootinfo.h>
#include <kernel/ktest.h>
#include <kernel/page.h>
#include <kernel/string.h>

enum { RSDP = 0, RSDT = 64, MADT = 128, CPUS = 3, MADT_SIZE = 44 + 8 * CPUS, USED = MADT + MADT_SIZE };

static void fix_sum(u8 *table, u64 size, u64 at)
{
	u8 sum = 0;
	table[at] = 0;
	for (u64 i = 0; i < size; i++)
		sum += table[i];
	table[at] = -sum;
}

static void put32(u8 *to, u32 value)
{
	memcpy(to, &value, sizeof(value));
}

/* RSDP (revision 0) -> RSDT -> MADT with the APIC ids 0, 1, 2. */
static void build(u8 *p)
{
	u32 phys = virt_to_phys(p);
	memset(p, 0, PAGE_SIZE);
	memcpy(p + RSDP, "RSD PTR ", 8);
	put32(p + RSDP + 16, phys + RSDT);
	memcpy(p + RSDT, "RSDT", 4);
	put32(p + RSDT + 4, 40);
	put32(p + RSDT + 36, phys + MADT);
	memcpy(p + MADT, "APIC", 4);
	put32(p + MADT + 4, MADT_SIZE);
	put32(p + MADT + 36, 0xfee00000);
	for (u8 i = 0; i < CPUS; i++)
		memcpy(p + MADT + 44 + 8 * i, (u8[8]){ 0, 8, i, i, 1 }, 8);
	fix_sum(p + RSDP, 20, 8);
	fix_sum(p + RSDT, 40, 9);
	fix_sum(p + MADT, MADT_SIZE, 9);
}

static bool find(u8 boot_id, u32 max, struct acpi_cpus *out, const char **why)
{
	return acpi_find_cpus(out, max, boot_id, why);
}

KTEST(GoodAcpiTablesTellTheCpusAndDamagedOnesAreRefused)
{
	struct acpi_cpus found;
	const char *why;
	u64 real = boot_info.rsdp;
	u8 *p = page_alloc();
	KT_REQUIRE(p);
	boot_info.rsdp = virt_to_phys(p);
	build(p);
	KT_EXPECT(find(0, 8, &found, &why) && found.count == CPUS && found.lapic_phys == 0xfee00000);
	KT_EXPECT(find(2, 2, &found, &why) && found.count == 2 && found.ignored == 1 && found.apic_ids[0] == 2);
	KT_EXPECT(!find(7, 8, &found, &why) && why);		/* the boot CPU is not listed */
	for (u32 at = 0; at < USED; at++) {
		bool covered = at < RSDP + 20 || (at >= RSDT && at < RSDT + 40) || at >= MADT;
		p[at] ^= 0x40;
		if (covered && at / 4 != (RSDT + 36) / 4)
			KT_EXPECT(!find(0, 8, &found, &why));
		p[at] ^= 0x40;
	}
	p[MADT + 44 + 8 + 3] = 0;		/* the same id twice */
	fix_sum(p + MADT, MADT_SIZE, 9);
	KT_EXPECT(!find(0, 8, &found, &why) && why);
	build(p);
	p[MADT + 44 + 1] = 0;			/* an entry without length, which would never end */
	fix_sum(p + MADT, MADT_SIZE, 9);
	KT_EXPECT(!find(0, 8, &found, &why) && why);
	build(p);
	put32(p + MADT + 36, 0x100000);		/* local APICs in RAM */
	fix_sum(p + MADT, MADT_SIZE, 9);
	KT_EXPECT(!find(0, 8, &found, &why) && why);
	boot_info.rsdp = real;
	page_free(p);
}

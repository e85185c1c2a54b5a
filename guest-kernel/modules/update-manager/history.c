/* A ring of events. Callers hold the transaction lock. */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include "history.h"
#include "hypercall.h"

static struct lucosctl_event events[HISTORY_SIZE];
static u64 events_written;

static void add(const char *name, const char *version, const char *event, u32 refusal, const char *detail)
{
	struct lucosctl_event *entry = &events[events_written++ % HISTORY_SIZE];

	memset(entry, 0, sizeof(*entry));
	entry->time_ns = time_ns();
	entry->refusal = refusal;
	strlcpy(entry->name, name, sizeof(entry->name));
	strlcpy(entry->version, version, sizeof(entry->version));
	strlcpy(entry->event, event, sizeof(entry->event));
	strlcpy(entry->detail, detail, sizeof(entry->detail));
}

void history_note(const char *name, const char *version, const char *event)
{
	add(name, version, event, 0, "");
	printk("lucos: %s %s: %s\n", name, version, event);
}

static void journal(u32 kind, const char *name, u32 refusal, const char *text)
{
	struct lucos_journal_entry entry = {
		.size = sizeof(entry),
		.abi = LUCOS_ABI_VERSION,
		.kind = kind,
		.refusal = refusal,
	};

	strlcpy(entry.name, name, sizeof(entry.name));
	strlcpy(entry.text, text, sizeof(entry.text));
	hypercall1(LUCOS_HC_JOURNAL, &entry);
}

void history_refused(const char *name, const char *version, const char *event, const struct verdict *verdict)
{
	add(name, version, event, verdict->refusal, verdict->detail);
	printk("lucos: %s: %s refused: %s %s\n", name[0] ? name : "package", event,
		lucos_refusal_name(verdict->refusal), verdict->detail);
	journal(LUCOS_JOURNAL_REFUSAL, name, verdict->refusal, verdict->detail);
}

void history_trouble(const char *name, const char *version, const char *event, const char *detail)
{
	add(name, version, event, 0, detail);
	printk("lucos: %s %s: %s: %s\n", name, version, event, detail);
	journal(LUCOS_JOURNAL_NOTE, name, 0, detail);
}

bool history_entry(u32 index, struct lucosctl_event *event)
{
	u64 oldest = events_written > HISTORY_SIZE ? events_written - HISTORY_SIZE : 0;

	if (oldest + index >= events_written)
		return false;
	*event = events[(oldest + index) % HISTORY_SIZE];
	return true;
}

/*
 * The ioctls of /dev/lucos, which lucosctl speaks with the Update Manager. Root only. An ioctl's result says whether
 * the request could be read (0, -EFAULT, -EPERM, -ENOTTY); what became of it is in the struct, as a refusal code or
 * 0.
 */
#ifndef UAPI_LUCOSCTL_H
#define UAPI_LUCOSCTL_H

#define LUCOSCTL_CHECK		0x4c01	/* struct lucosctl_request: verify a package, change nothing */
#define LUCOSCTL_APPLY		0x4c02	/* struct lucosctl_request: apply a package */
#define LUCOSCTL_UNDO		0x4c03	/* struct lucosctl_request: undo the update `name` */
#define LUCOSCTL_CANCEL		0x4c04	/* struct lucosctl_request: undo the update `name` if it is still draining */
#define LUCOSCTL_UPDATE		0x4c05	/* struct lucosctl_update: the update at `index`, or named `name` */
#define LUCOSCTL_BLOCKER	0x4c06	/* struct lucosctl_blocker: who keeps update `name` from finishing */
#define LUCOSCTL_HISTORY	0x4c07	/* struct lucosctl_event: the event at `index` */
#define LUCOSCTL_TYPE		0x4c08	/* struct lucosctl_type: a data structure that update `name` changes */

struct lucosctl_request {
	unsigned long image;		/* address of the package, for check and apply */
	unsigned long image_size;
	unsigned int verify_coherence;	/* for apply: check every state transfer, and keep a ledger of stores */
	unsigned int pad;
	char name[64];			/* in: for undo and cancel. Out: the update that it was about */
	/* Out. */
	char version[32];
	unsigned int refusal;		/* enum lucos_refusal; 0: done */
	unsigned int update_id;
	unsigned int state;		/* enum lucos_update_state */
	unsigned int activations;	/* contexts still in the code that is being left */
	char detail[256];		/* why it was refused */
};

/* `index` and `name` are inputs: with an empty name the index counts updates, oldest first. -ENOENT: no such. */
struct lucosctl_update {
	unsigned int index;
	unsigned int id;
	unsigned int state;
	unsigned int activations;
	unsigned int function_count;
	unsigned int blocker_count;
	unsigned long module_base;
	unsigned long module_size;
	unsigned long pause_blocks;	/* guest blocks for which applying paused the guest */
	unsigned long applied_at_block;
	char name[64];
	char version[32];
	unsigned char digest[32];
	unsigned int type_count;
	unsigned int callback_count;
	unsigned int phase;		/* LUCOSCTL_DATA_* */
	unsigned int stubs;		/* activations whose return is noticed at once */
	unsigned int instances;		/* monitored */
	unsigned int verify_coherence;
	unsigned long intercepted;	/* stores to monitored pages */
	unsigned long transfers;	/* of state, from one version to the other */
	unsigned long false_sharing;	/* stores to monitored pages that hit no instance */
};

/* How things stand with the data of an update. */
#define LUCOSCTL_DATA_OLD	0	/* only the old versions are in use */
#define LUCOSCTL_DATA_PREPARED	1
#define LUCOSCTL_DATA_COEXISTS	2	/* both versions are in use, and kept coherent */
#define LUCOSCTL_DATA_NEW	3	/* only the new versions are in use */
#define LUCOSCTL_DATA_FAILED	4	/* a transfer failed, the old versions are in use again */

/* -ENOENT: the update changes no type at `index`. */
struct lucosctl_type {
	char name[64];			/* in */
	unsigned int index;		/* in */
	unsigned int source;		/* enum lucos_instance_source */
	unsigned int placement;		/* enum lucos_placement */
	unsigned int interception;	/* enum lucos_interception */
	unsigned int transfer;		/* enum lucos_transfer_point */
	unsigned int old_size;
	unsigned int new_size;		/* with what belongs to it */
	unsigned int pad;
	unsigned long instances;	/* that have a new version, or are one */
	char type[32];
	char cache[32];			/* empty for a variable */
};

/* -ENOENT: the update has no blocker at `index`. */
struct lucosctl_blocker {
	char name[64];			/* in */
	unsigned int index;		/* in */
	unsigned int thread;
	unsigned int depth;		/* frame, 0 the innermost */
	unsigned int kind;		/* enum lucos_context_kind */
	unsigned long rip;
	unsigned long offset;		/* of rip in the version of the function that it stands in */
	unsigned long for_ns;		/* how long it has stood there, as far as is known */
	char function[64];
	char thread_name[16];
	char waiting_on[24];		/* wait queue that the thread sleeps in, or empty */
};

/* -ENOENT: there is no event at `index`. */
struct lucosctl_event {
	unsigned int index;		/* in */
	unsigned int refusal;
	unsigned long time_ns;		/* since boot */
	char name[64];
	char version[32];
	char event[32];
	char detail[256];
};

#endif

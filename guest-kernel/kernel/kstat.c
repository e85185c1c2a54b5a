/*
 * kstatd: a kernel thread that takes a sample of the kernel's load every so often, into a ring that /dev/kstat shows, oldest first:
 *
 *	milliseconds-since-boot threads-waiting-for-a-CPU free-pages
 *
 * It begins when the device is first opened. Its main loop never ends; it has an update point, so that it can be replaced.
 */
#include <kernel/fs.h>
#include <kernel/kstat.h>
#include <kernel/mutex.h>
#include <kernel/page.h>
#include <kernel/sched.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

#define LINE_FORMAT "%12lu %5u %8lu\n"
#define LINE_SIZE 28UL

struct kstat kstat = { .lock = SPINLOCK("kstat"), .period_ns = 20000000 };
static MUTEX(start_lock, "kstat start");
static struct thread *thread;

void kstat_sample(struct kstat *k)
{
	struct kstat_sample sample = {
		.time_ns = time_ns(),
		.runnable = sched_runnable(),
		.free_pages = READ_ONCE(page_free_count),
	};
	u64 flags = spin_lock_irqsave(&k->lock);
	k->samples[k->taken++ % KSTAT_SAMPLES] = sample;
	spin_unlock_irqrestore(&k->lock, flags);
}

/* `arg` is all that it knows, so an update may begin it anew in every round. */
static void kstatd(void *arg)
{
	struct kstat *k = arg;
	for (;;) {
		kthread_update_point();
		kstat_sample(k);
		sleep_ns(k->period_ns);
	}
}

static int kstat_open(struct file *f)
{
	mutex_lock(&start_lock);
	if (!thread)
		thread = kthread_create("kstatd", kstatd, &kstat);
	mutex_unlock(&start_lock);
	return thread ? 0 : -ENOMEM;
}

/* The sample with that number. False: not taken yet; one that the ring has lost is skipped. */
static bool find_sample(u64 *number, struct kstat_sample *sample)
{
	u64 flags = spin_lock_irqsave(&kstat.lock);
	u64 oldest = kstat.taken > KSTAT_SAMPLES ? kstat.taken - KSTAT_SAMPLES : 0;
	*number = MAX(*number, oldest);
	bool found = *number < kstat.taken;
	if (found)
		*sample = kstat.samples[*number % KSTAT_SAMPLES];
	spin_unlock_irqrestore(&kstat.lock, flags);
	return found;
}

/* f->offset is a position in all lines that there ever were; a line that the ring has lost is skipped. */
static s64 kstat_read(struct file *f, void *user_buf, u64 size)
{
	struct kstat_sample sample;
	char line[LINE_SIZE + 1];
	u64 done = 0, at = f->offset;
	while (done < size) {
		u64 number = at / LINE_SIZE, wanted = number;
		if (!find_sample(&number, &sample))
			break;
		if (number != wanted)
			at = number * LINE_SIZE;
		snprintf(line, sizeof(line), LINE_FORMAT, sample.time_ns / 1000000, sample.runnable, sample.free_pages);
		u64 n = MIN(size - done, LINE_SIZE - at % LINE_SIZE);
		if (copy_to_user((char *)user_buf + done, line + at % LINE_SIZE, n))
			return done ? (s64)done : -EFAULT;
		done += n;
		f->offset = at += n;
	}
	return (s64)done;
}

static const struct file_operations operations = { .open = kstat_open, .read = kstat_read };

void kstat_init(void)
{
	register_device("kstat", 0444, &operations);
}

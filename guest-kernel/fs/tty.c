/*
 * The console: lines from the serial port with echo and editing, and output with LF made CR LF.
 *
 * Bytes arrive in interrupt context (tty_receive), are edited in `line`, and go to `ready` when the line is ended; readers take
 * them from there. Keys: BS or DEL erase a character, ^U the line, ^C sends SIGINT to the foreground process group, ^D ends the
 * line without a newline (on an empty line: end of file), CR counts as LF.
 */
#include <kernel/inode.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <kernel/uart.h>
#include <kernel/wait.h>
#include <uapi/errno.h>

#define LINE_SIZE 1024
#define READY_SIZE 16384
#define END_OF_FILE 0x100	/* in `ready`: the next read returns 0 */

#define KEY(c) ((c) & 0x1f)

static struct spinlock tty_lock = SPINLOCK("tty");	/* irqsave */
static WAIT_QUEUE(tty_queue, "tty_read");
static u8 line[LINE_SIZE];
static u64 line_used;
static u16 ready[READY_SIZE];
static u64 ready_head, ready_tail;
static int foreground;

static void echo(const char *text)
{
	uart_write(text, strlen(text));
}

static void echo_byte(u8 byte)
{
	char shown[2] = { '^', (char)(byte + 64) };

	if (byte >= 32 && byte < 127)
		uart_write((const char *)&byte, 1);
	else if (byte < 32)
		uart_write(shown, 2);
}

/* A line that finds no room is thrown away, with a bell. */
static void commit_line(bool end_of_file)
{
	if (READY_SIZE - (ready_tail - ready_head) < line_used + 1) {
		echo("\a");
	} else {
		for (u64 i = 0; i < line_used; i++)
			ready[ready_tail++ % READY_SIZE] = line[i];
		if (end_of_file)
			ready[ready_tail++ % READY_SIZE] = END_OF_FILE;
	}
	line_used = 0;
}

static void add_byte(u8 byte)
{
	/* One place is kept for the newline. */
	if (line_used == LINE_SIZE - 1) {
		echo("\a");
		return;
	}
	line[line_used++] = byte;
	echo_byte(byte);
}

static void erase(u64 count)
{
	for (; count && line_used; count--) {
		bool wide = line[--line_used] < 32;

		echo(wide ? "\b\b  \b\b" : "\b \b");
	}
}

static void tty_receive(u8 byte)
{
	u64 flags = spin_lock_irqsave(&tty_lock);
	int interrupted = 0;

	switch (byte) {
	case '\r':
	case '\n':
		line[line_used++] = '\n';
		echo("\r\n");
		commit_line(false);
		break;
	case KEY('H'):
	case 127:
		erase(1);
		break;
	case KEY('U'):
		erase(line_used);
		break;
	case KEY('C'):
		line_used = 0;
		echo("^C\r\n");
		interrupted = foreground;
		break;
	case KEY('D'):
		commit_line(line_used == 0);
		break;
	default:
		add_byte(byte);
	}
	spin_unlock_irqrestore(&tty_lock, flags);
	if (interrupted)
		process_group_kill(interrupted, SIGINT);
	wake_up(&tty_queue);
}

/* Takes what is ready, up to the end of a line; returns -EAGAIN if there is nothing. */
static s64 take(u8 *to, u64 size)
{
	u64 flags = spin_lock_irqsave(&tty_lock), n = 0;
	s64 result = -EAGAIN;

	while (n < size && ready_head != ready_tail) {
		u16 c = ready[ready_head % READY_SIZE];

		if (c == END_OF_FILE && n)
			break;
		ready_head++;
		result = 0;
		if (c == END_OF_FILE)
			break;
		to[n++] = (u8)c;
		if (c == '\n')
			break;
	}
	spin_unlock_irqrestore(&tty_lock, flags);
	return n ? (s64)n : result;
}

static s64 tty_read(struct file *f, void *user_buf, u64 size)
{
	u8 text[256];
	s64 n;
	int err;

	if (size == 0)
		return 0;
	for (;;) {
		n = take(text, MIN(size, sizeof(text)));
		if (n != -EAGAIN)
			break;
		err = wait_event_interruptible(&tty_queue, READ_ONCE(ready_head) != READ_ONCE(ready_tail));
		if (err)
			return err;
	}
	if (n > 0 && copy_to_user(user_buf, text, (u64)n))
		return -EFAULT;
	return n;
}

static s64 tty_write(struct file *f, const void *user_buf, u64 size)
{
	char text[256];
	u64 done = 0;

	while (done < size) {
		u64 n = MIN(size - done, sizeof(text));

		if (copy_from_user(text, (const char *)user_buf + done, n))
			return done ? (s64)done : -EFAULT;
		uart_write_text(text, n);
		done += n;
		if (done < size && wait_signal_pending())
			break;
	}
	return (s64)done;
}

static s64 tty_ioctl(struct file *f, u64 command, void *arg)
{
	switch (command) {
	case TTY_SET_FOREGROUND:
		if ((u64)arg > 0x7fffffff)
			return -EINVAL;
		WRITE_ONCE(foreground, (int)(u64)arg);
		return 0;
	case TTY_GET_FOREGROUND:
		return READ_ONCE(foreground);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations tty_operations = { .read = tty_read, .write = tty_write, .ioctl = tty_ioctl };

void tty_init(void)
{
	uart_set_receiver(tty_receive);
	register_device("console", 0666, &tty_operations);
}

/*
 * reqload: a request/response service under load. One server process answers N clients (3 unless --clients says otherwise);
 * all requests arrive over one shared pipe (each is one atomic write), each client gets its answers over a pipe of its own.
 *
 * Every request carries the client's number, a sequence number and 48 bytes of payload with a checksum. The answer must carry the
 * same numbers and the payload transformed in a way that the client can compute itself. Counted:
 *	lost		requests without an answer, and gaps in the sequence the server saw
 *	corrupted	answers or requests whose numbers or checksum are wrong
 * Ends with `reqload: requests=N lost=N corrupted=N`, status 0 if nothing was lost or corrupted, else 1.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"

#define CLIENTS_MAX 12	/* two descriptors each, of the 32 that a process has */
#define PAYLOAD_WORDS 6

struct message {
	unsigned int client;
	unsigned int last;	/* the client leaves; no answer wanted */
	unsigned long sequence;
	unsigned long payload[PAYLOAD_WORDS];
	unsigned long sum;	/* of everything before */
};

struct tally {
	unsigned long requests, lost, corrupted;
};

static struct limits limits = { .clients = 3 };
static int requests_pipe[2], report_pipe[2], answer_pipes[CLIENTS_MAX][2];

static void seal(struct message *m)
{
	m->sum = checksum(m, offsetof(struct message, sum));
}

static int intact(const struct message *m)
{
	return m->sum == checksum(m, offsetof(struct message, sum));
}

static unsigned long question(unsigned client, unsigned long sequence, int word)
{
	return mix(((unsigned long)client << 48) + sequence * PAYLOAD_WORDS + (unsigned long)word);
}

static unsigned long answer_to(unsigned long asked)
{
	return mix(asked ^ 0x5555aaaa5555aaaaUL);
}

/* Closes what the caller doesn't use of the answer pipes, so that the other side's death is seen as end of file. */
static void close_answers(int keep, int readers, int writers)
{
	for (int i = 0; i < (int)limits.clients; i++) {
		if (readers && i != keep)
			close(answer_pipes[i][0]);
		if (writers)
			close(answer_pipes[i][1]);
	}
}

/* Answers until every client has left. The server doesn't stop on a signal: it must not lose what clients have asked. */
static int serve(void)
{
	unsigned long expected[CLIENTS_MAX] = { 0 };
	struct tally tally = { 0 };
	unsigned left = (unsigned)limits.clients;
	struct message m;

	close(requests_pipe[1]);
	close_answers(-1, 1, 0);
	while (left && read_all(requests_pipe[0], &m, sizeof(m)) == sizeof(m)) {
		if (!intact(&m) || m.client >= limits.clients) {
			tally.corrupted++;
			continue;
		}
		if (m.sequence != expected[m.client])
			tally.lost++;
		expected[m.client] = m.sequence + 1;
		if (m.last) {
			left--;
			continue;
		}
		for (int i = 0; i < PAYLOAD_WORDS; i++)
			m.payload[i] = answer_to(m.payload[i]);
		seal(&m);
		if (write_all(answer_pipes[m.client][1], &m, sizeof(m)) != sizeof(m))
			tally.lost++;
	}
	tally.lost += left;
	write_all(report_pipe[1], &tally, sizeof(tally));
	return 0;
}

static void check_answer(const struct message *m, unsigned client, unsigned long sequence, struct tally *tally)
{
	int good = intact(m) && m->client == client && m->sequence == sequence;

	for (int i = 0; good && i < PAYLOAD_WORDS; i++)
		good = m->payload[i] == answer_to(question(client, sequence, i));
	if (!good)
		tally->corrupted++;
}

static void report_progress(unsigned client, const struct tally *tally, long *next, long now)
{
	if (!limits.verbose || client != 0 || now < *next)
		return;
	*next = now + 1000000000L;
	printf("reqload: client 0: requests=%lu lost=%lu corrupted=%lu\n", tally->requests, tally->lost, tally->corrupted);
}

static int ask(unsigned client)
{
	unsigned long share = limits.count / limits.clients + (client < limits.count % limits.clients);
	struct tally tally = { 0 };
	long start = clock_ns(), next = start + 1000000000L;
	struct message m;

	close(requests_pipe[0]);
	close_answers((int)client, 1, 1);
	memset(&m, 0, sizeof(m));
	while (!load_over(&limits, start) && (!limits.count || tally.requests < share)) {
		m.client = client;
		m.sequence = tally.requests++;
		for (int i = 0; i < PAYLOAD_WORDS; i++)
			m.payload[i] = question(client, m.sequence, i);
		seal(&m);
		if (write_all(requests_pipe[1], &m, sizeof(m)) != sizeof(m) ||
		    read_all(answer_pipes[client][0], &m, sizeof(m)) != sizeof(m)) {
			tally.lost++;
			break;
		}
		check_answer(&m, client, tally.requests - 1, &tally);
		report_progress(client, &tally, &next, clock_ns());
	}
	memset(&m, 0, sizeof(m));
	m.client = client;
	m.last = 1;
	m.sequence = tally.requests;
	seal(&m);
	write_all(requests_pipe[1], &m, sizeof(m));
	write_all(report_pipe[1], &tally, sizeof(tally));
	return 0;
}

static int make_pipes(void)
{
	long err = pipe(requests_pipe);

	if (!err)
		err = pipe(report_pipe);
	for (unsigned i = 0; !err && i < limits.clients; i++)
		err = pipe(answer_pipes[i]);
	if (err)
		warn(err, "pipe");
	return err != 0;
}

/* Sums up what server and clients report; a process that dies without a report has lost something. */
static int collect(unsigned started)
{
	struct tally sum = { 0 }, one;
	unsigned reports = 0;

	close(report_pipe[1]);
	while (read_all(report_pipe[0], &one, sizeof(one)) == sizeof(one)) {
		sum.requests += one.requests;
		sum.lost += one.lost;
		sum.corrupted += one.corrupted;
		reports++;
	}
	for (unsigned i = 0; i < started; i++) {
		int status;
		long pid = waitpid(-1, &status, 0);

		if (pid == -EINTR)
			i--;
		else if (pid < 0 || status != 0)
			sum.lost++;
	}
	sum.lost += limits.clients + 1 - reports;
	printf("reqload: requests=%lu lost=%lu corrupted=%lu\n", sum.requests, sum.lost, sum.corrupted);
	return sum.lost || sum.corrupted;
}

int main(int argc, char **argv)
{
	long children[CLIENTS_MAX + 1];
	unsigned started = 0;

	program_name = "reqload";
	if (load_parse(argc, argv, "requests", &limits))
		return 2;
	if (limits.clients < 1 || limits.clients > CLIENTS_MAX) {
		warn(0, "--clients must be 1 to %d", CLIENTS_MAX);
		return 2;
	}
	load_catch_signals();
	if (make_pipes())
		return 1;
	for (unsigned i = 0; i <= limits.clients; i++) {
		long pid = fork();

		if (pid == 0) {
			load_forget_children();
			return i == 0 ? serve() : ask((unsigned)i - 1);
		}
		if (pid < 0) {
			warn(pid, "fork");
			for (unsigned k = 0; k < started; k++)
				kill(children[k], SIGKILL);
			break;
		}
		children[started++] = pid;
		load_note_child(pid);
	}
	close(requests_pipe[0]);
	close(requests_pipe[1]);
	close_answers(-1, 1, 1);
	return collect(started);
}

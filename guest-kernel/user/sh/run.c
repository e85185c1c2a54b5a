/* run.c: pipelines into processes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

static void redirect(const char *path, int flags, int to)
{
	long fd = open(path, flags, 0644);

	if (fd < 0) {
		warn(fd, "%s", path);
		exit(1);
	}
	if (fd != to) {
		dup2(fd, to);
		close(fd);
	}
}

/* In a child: becomes the command. */
static void __attribute__((noreturn)) become(struct command *c)
{
	int status;
	long err;

	if (expand(c))
		exit(2);
	if (c->in)
		redirect(c->in, O_RDONLY, STDIN);
	if (c->out)
		redirect(c->out, O_WRONLY | O_CREAT | (c->append ? O_APPEND : O_TRUNC), STDOUT);
	if (builtin(c->words, &status))
		exit(status);
	err = execvp(c->words[0], c->words);
	if (err == -ENOENT)
		warn(0, "%s: not found", c->words[0]);
	else
		warn(err, "%s", c->words[0]);
	exit(err == -ENOENT ? 127 : 126);
}

static void enter_child(long pgid)
{
	on_signal(SIGINT, SIGNAL_DEFAULT);
	if (shell.interactive)
		setpgid(0, pgid);
	shell.interactive = 0;
	jobs_forget();
}

struct started {
	long pids[COMMANDS_MAX];
	int count;
	long pgid;
};

/* Starts every command of a pipeline; all of them share the first one's process group. */
static int start(struct pipeline *p, struct started *s)
{
	long from = -1;

	s->count = 0;
	s->pgid = 0;
	for (int i = 0; i < p->command_count; i++) {
		int last = i == p->command_count - 1, ends[2] = { -1, -1 };
		long pid, err = last ? 0 : pipe(ends);

		pid = err ? err : fork();
		if (pid == 0) {
			enter_child(s->pgid);
			if (from >= 0) {
				dup2(from, STDIN);
				close(from);
			}
			if (!last) {
				dup2(ends[1], STDOUT);
				close(ends[0]);
				close(ends[1]);
			}
			become(&p->commands[i]);
		}
		if (from >= 0)
			close(from);
		if (ends[1] >= 0)
			close(ends[1]);
		from = ends[0];
		if (pid < 0) {
			warn(pid, "can't start %s", p->commands[i].words[0]);
			if (from >= 0)
				close(from);
			return -1;
		}
		if (!s->pgid)
			s->pgid = pid;
		/* Child and parent both set the group: whichever runs first, it is set before either relies on it. */
		if (shell.interactive)
			setpgid(pid, s->pgid);
		s->pids[s->count++] = pid;
	}
	return 0;
}

static void foreground(long pgid)
{
	if (shell.interactive)
		ioctl(STDIN, TTY_SET_FOREGROUND, (unsigned long)pgid);
}

/* Waits for all of a pipeline; its status is that of its last command. */
static int finish(const struct started *s)
{
	int result = 1;

	for (int left = s->count; left > 0;) {
		int status, ours = 0;
		long pid = waitpid(-1, &status, 0);

		if (pid == -EINTR)
			continue;
		if (pid < 0)
			break;
		for (int i = 0; i < s->count; i++) {
			if (s->pids[i] != pid)
				continue;
			ours = 1;
			left--;
			if (i == s->count - 1)
				result = status;
		}
		if (!ours)
			job_ended(pid, status);
	}
	return result;
}

/* A built-in alone on its line runs in the shell, so that it can change the shell. */
static int run_here(struct pipeline *p)
{
	struct command *c = &p->commands[0];

	if (p->command_count != 1 || c->in || c->out || !is_builtin(c->words[0]))
		return 0;
	if (expand(c)) {
		shell.last_status = 2;
		return 1;
	}
	return builtin(c->words, &shell.last_status);
}

static void run_pipeline(struct pipeline *p)
{
	struct started s;
	int failed;

	if (run_here(p))
		return;
	failed = start(p, &s);
	if (s.count)
		foreground(s.pgid);
	shell.last_status = finish(&s);
	foreground(shell.pgid);
	if (failed)
		shell.last_status = 1;
}

static int skipped(const struct pipeline *p)
{
	return (p->link == LINK_AND && shell.last_status != 0) || (p->link == LINK_OR && shell.last_status == 0);
}

static void run_list(struct line *line, int from, int to)
{
	for (int i = from; i < to && !shell.leaving; i++)
		if (i == from || !skipped(&line->pipelines[i]))
			run_pipeline(&line->pipelines[i]);
}

/* One pipeline becomes a job as it is; a list of several gets a shell of its own. */
static void run_background(struct line *line, int from, int to)
{
	struct pipeline *first = &line->pipelines[from];
	struct started s;
	long pid;

	if (to - from == 1) {
		if (start(first, &s) == 0)
			job_add(s.pids[s.count - 1], s.pgid, first->commands[0].words[0]);
		shell.last_status = 0;
		return;
	}
	pid = fork();
	if (pid == 0) {
		enter_child(0);
		run_list(line, from, to);
		exit(shell.last_status);
	}
	if (pid < 0) {
		warn(pid, "can't start a background shell");
		shell.last_status = 1;
		return;
	}
	if (shell.interactive)
		setpgid(pid, pid);
	job_add(pid, pid, first->commands[0].words[0]);
	shell.last_status = 0;
}

void run_line(struct line *line)
{
	int from = 0;

	while (from < line->pipeline_count && !shell.leaving) {
		int to = from + 1;

		while (to < line->pipeline_count && line->pipelines[to].link != LINK_ALWAYS)
			to++;
		if (line->pipelines[from].background)
			run_background(line, from, to);
		else
			run_list(line, from, to);
		from = to;
	}
}

/* jobs.c: the background jobs: who they are, and saying when they end. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct job {
	long pid;		/* 0: slot is free */
	long pgid;
	char name[24];
};

static struct job jobs[JOBS_MAX];

/* The last jobs that have ended, so that `wait PID` can still give their status. */
static struct {
	long pid;
	int status;
} ended_jobs[JOBS_MAX];
static unsigned ended_count;

void job_add(long pid, long pgid, const char *name)
{
	for (int i = 0; i < JOBS_MAX; i++) {
		if (jobs[i].pid)
			continue;
		jobs[i].pid = pid;
		jobs[i].pgid = pgid;
		strlcpy(jobs[i].name, name, sizeof(jobs[i].name));
		break;
	}
	shell.last_background = pid;
	if (shell.interactive)
		printf("[%ld]\n", pid);
}

int job_ended(long pid, int status)
{
	for (int i = 0; i < JOBS_MAX; i++) {
		if (jobs[i].pid != pid)
			continue;
		jobs[i].pid = 0;
		ended_jobs[ended_count % JOBS_MAX].pid = pid;
		ended_jobs[ended_count++ % JOBS_MAX].status = status;
		if (shell.interactive)
			printf("[%ld] done status %d\n", pid, status);
		return 1;
	}
	return 0;
}

void jobs_reap(void)
{
	int status;
	long pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		job_ended(pid, status);
}

static int jobs_left(void)
{
	int n = 0;

	for (int i = 0; i < JOBS_MAX; i++)
		n += jobs[i].pid != 0;
	return n;
}

int jobs_wait(long pid)
{
	int status, result = 0;

	for (int i = 0; pid && i < JOBS_MAX; i++)
		if (ended_jobs[i].pid == pid)
			return ended_jobs[i].status;
	while (pid ? 1 : jobs_left() > 0) {
		long ended = waitpid(pid ? pid : -1, &status, 0);

		if (ended == -EINTR)
			continue;
		if (ended < 0)
			return pid ? 127 : result;
		job_ended(ended, status);
		result = status;
		if (pid)
			break;
	}
	return result;
}

void jobs_list(void)
{
	jobs_reap();
	for (int i = 0; i < JOBS_MAX; i++)
		if (jobs[i].pid)
			printf("[%ld] running %s\n", jobs[i].pid, jobs[i].name);
}

void jobs_forget(void)
{
	memset(jobs, 0, sizeof(jobs));
	memset(ended_jobs, 0, sizeof(ended_jobs));
}

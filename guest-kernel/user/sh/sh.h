/* sh.h: what the parts of the shell share. A line goes through: lexer -> parser -> runner (which expands). */
#ifndef SH_H
#define SH_H

#include <stddef.h>

#define LINE_MAX	1024	/* longest line */
#define WORDS_MAX	64	/* words of one command */
#define COMMANDS_MAX	8	/* commands of one pipeline */
#define PIPELINES_MAX	16	/* pipelines of one line */
#define JOBS_MAX	32
#define VARIABLE	1	/* in a word: the next character names a variable; typed, it is dropped */

enum token { T_END, T_WORD, T_PIPE, T_AND, T_OR, T_BACKGROUND, T_SEMICOLON, T_IN, T_OUT, T_APPEND, T_ERROR };

/* How a pipeline is tied to the one before it, and how the list it belongs to ends. */
enum link { LINK_ALWAYS, LINK_AND, LINK_OR };

struct command {
	char *words[WORDS_MAX + 1];	/* NULL-terminated, as execve wants them */
	int word_count;
	char *in, *out;
	int append;
};

struct pipeline {
	struct command commands[COMMANDS_MAX];
	int command_count;
	enum link link;
	int background;		/* this pipeline, and those tied to it before, run in the background */
};

struct line {
	struct pipeline pipelines[PIPELINES_MAX];
	int pipeline_count;
	char text[4 * LINE_MAX];	/* words live here, without their quotes */
	size_t text_used;
};

struct shell {
	int interactive;	/* standard input is a console: prompt, process groups, foreground group */
	int last_status;
	long last_background;	/* $! */
	long pid;		/* $$ */
	long pgid;		/* the shell's own process group */
	int leaving;		/* exit was called */
};

extern struct shell shell;

enum token next_token(const char **at, struct line *line, char **word);
int expand(struct command *c);	/* fills in the variables; 0, or -1 after a message */
int parse_line(const char *text, struct line *line);	/* 0, or -1 after a message */
void run_line(struct line *line);

int is_builtin(const char *name);
/* builtin: run words as a built-in. Returns 1 and stores its status, or 0 if there is no such built-in. */
int builtin(char **words, int *status);

void job_add(long pid, long pgid, const char *name);
int job_ended(long pid, int status);	/* prints "[pid] done status N"; 0 if pid is no job */
void jobs_reap(void);			/* takes note of the jobs that have ended; never waits */
int jobs_wait(long pid);		/* waits for one job, or for all with pid 0; the last one's status */
void jobs_list(void);
void jobs_forget(void);			/* in a child: they are not its children */

#endif

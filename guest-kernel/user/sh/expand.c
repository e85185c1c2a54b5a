/*
 * expand.c: $?, $! and $$ at the time when the command runs. The lexer leaves VARIABLE and the letter in the word,
 * because what they stand for is known only when the commands before on the same line have run.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

static char pool[2 * LINE_MAX];
static size_t used;

static long value_of(char variable)
{
	return variable == '?' ? shell.last_status : variable == '!' ? shell.last_background : shell.pid;
}

static char *expand_word(char *word)
{
	char *start = pool + used;

	if (!word || !strchr(word, VARIABLE))
		return word;
	for (; *word && used + 24 < sizeof(pool); word++) {
		if (*word != VARIABLE)
			pool[used++] = *word;
		else
			used += (size_t)snprintf(pool + used, 24, "%ld", value_of(*++word));
	}
	if (*word) {
		warn(0, "line too long");
		return NULL;
	}
	pool[used++] = 0;
	return start;
}

int expand(struct command *c)
{
	int cut = 0;

	used = 0;
	for (int i = 0; i < c->word_count; i++) {
		c->words[i] = expand_word(c->words[i]);
		cut |= !c->words[i];
	}
	if (c->in)
		cut |= !(c->in = expand_word(c->in));
	if (c->out)
		cut |= !(c->out = expand_word(c->out));
	return cut ? -1 : 0;
}

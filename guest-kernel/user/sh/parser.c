/*
 * parser.c: tokens into pipelines.
 *
 *	line     = [ list { (";" | "&") list } [ ";" | "&" ] ]
 *	list     = pipeline { ("&&" | "||") pipeline }
 *	pipeline = command { "|" command }
 *	command  = { word | "<" word | ">" word | ">>" word }
 */
#include <stdio.h>
#include <string.h>
#include "sh.h"

static int syntax(const char *what)
{
	warn(0, "syntax error: %s", what);
	return -1;
}

static int add_redirection(const char **at, struct line *line, struct command *c, enum token kind)
{
	char *word;

	if (next_token(at, line, &word) != T_WORD)
		return syntax("a file name must follow < or >");
	if (kind == T_IN) {
		c->in = word;
	} else {
		c->out = word;
		c->append = kind == T_APPEND;
	}
	return 0;
}

/* Parses one command; *end is the token it stopped at. */
static int parse_command(const char **at, struct line *line, struct command *c, enum token *end)
{
	char *word;

	memset(c, 0, sizeof(*c));
	for (;;) {
		*end = next_token(at, line, &word);
		switch (*end) {
		case T_WORD:
			if (c->word_count == WORDS_MAX)
				return syntax("too many words");
			c->words[c->word_count++] = word;
			break;
		case T_IN:
		case T_OUT:
		case T_APPEND:
			if (add_redirection(at, line, c, *end))
				return -1;
			break;
		case T_ERROR:
			return -1;
		default:
			return 0;
		}
	}
}

/* Parses one pipeline; 1 if it is empty, which is right only where the line ends. */
static int parse_pipeline(const char **at, struct line *line, struct pipeline *p, enum token *end)
{
	p->command_count = 0;
	p->background = 0;
	do {
		struct command *c = &p->commands[p->command_count];

		if (p->command_count == COMMANDS_MAX)
			return syntax("too many commands in a pipeline");
		if (parse_command(at, line, c, end))
			return -1;
		if (!c->word_count) {
			if (p->command_count == 0 && *end != T_PIPE && !c->in && !c->out)
				return 1;
			return syntax("a command is missing");
		}
		p->command_count++;
	} while (*end == T_PIPE);
	return 0;
}

/* Marks the pipelines of the list that ends with the last one as running in the background. */
static void mark_background(struct line *line)
{
	int i = line->pipeline_count - 1;

	while (i > 0 && line->pipelines[i].link != LINK_ALWAYS)
		line->pipelines[i--].background = 1;
	line->pipelines[i].background = 1;
}

int parse_line(const char *text, struct line *line)
{
	enum link link = LINK_ALWAYS;
	enum token end;

	line->pipeline_count = 0;
	line->text_used = 0;
	do {
		struct pipeline *p = &line->pipelines[line->pipeline_count];
		int empty;

		if (line->pipeline_count == PIPELINES_MAX)
			return syntax("too many commands");
		empty = parse_pipeline(&text, line, p, &end);
		if (empty < 0)
			return -1;
		if (empty && (end != T_END || link != LINK_ALWAYS))
			return syntax("a command is missing");
		if (empty)
			return 0;
		p->link = link;
		line->pipeline_count++;
		if (end == T_BACKGROUND)
			mark_background(line);
		link = end == T_AND ? LINK_AND : end == T_OR ? LINK_OR : LINK_ALWAYS;
	} while (end != T_END);
	return 0;
}

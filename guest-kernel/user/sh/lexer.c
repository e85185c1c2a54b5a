/* lexer.c: text into tokens; quotes and backslashes are dealt with here, variables marked for expand.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

static int put(struct line *line, char c)
{
	if (line->text_used >= sizeof(line->text))
		return -1;
	line->text[line->text_used++] = c;
	return 0;
}

/* Marks a variable for expand.c; a '$' before anything but ?, ! and $ is just a '$'. */
static int put_variable(const char **at, struct line *line)
{
	char name = (*at)[1];

	if (name != '?' && name != '!' && name != '$')
		return put(line, *(*at)++);
	*at += 2;
	return put(line, VARIABLE) || put(line, name) ? -1 : 0;
}

static int put_quoted(const char **at, struct line *line)
{
	char quote = *(*at)++;

	while (**at && **at != quote) {
		if (quote == '"' && **at == '$') {
			if (put_variable(at, line))
				return -1;
			continue;
		}
		if (quote == '"' && **at == '\\' && (*at)[1])
			(*at)++;
		if (**at != VARIABLE && put(line, **at))
			return -1;
		(*at)++;
	}
	if (!**at) {
		warn(0, "no closing %c", quote);
		return -2;
	}
	(*at)++;
	return 0;
}

static enum token word(const char **at, struct line *line, char **result)
{
	int bad = 0;

	*result = line->text + line->text_used;
	while (**at && !strchr(" \t|&;<>", **at) && !bad) {
		if (**at == VARIABLE) {
			(*at)++;
			continue;
		}
		if (**at == '\'' || **at == '"') {
			bad = put_quoted(at, line);
		} else if (**at == '$') {
			bad = put_variable(at, line);
		} else {
			if (**at == '\\' && (*at)[1])
				(*at)++;
			bad = put(line, *(*at)++);
		}
	}
	if (!bad)
		bad = put(line, 0);
	if (bad == -1)
		warn(0, "line too long");
	return bad ? T_ERROR : T_WORD;
}

enum token next_token(const char **at, struct line *line, char **result)
{
	static const struct {
		const char *text;
		enum token token;
	} operators[] = {
		{ "&&", T_AND }, { "||", T_OR }, { ">>", T_APPEND }, { "|", T_PIPE }, { "&", T_BACKGROUND },
		{ ";", T_SEMICOLON }, { "<", T_IN }, { ">", T_OUT },
	};

	while (**at == ' ' || **at == '\t')
		(*at)++;
	if (!**at || **at == '#')
		return T_END;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t n = strlen(operators[i].text);

		if (strncmp(*at, operators[i].text, n) == 0) {
			*at += n;
			return operators[i].token;
		}
	}
	return word(at, line, result);
}

/*
 * The kernel command line.
 */
#include <kernel/cmdline.h>
#include <kernel/string.h>

static char line[1024];

void cmdline_set(const char *text)
{
	strlcpy(line, text, sizeof(line));
}

const char *cmdline(void)
{
	return line;
}

bool cmdline_get(const char *key, char *value, size_t size)
{
	size_t key_length = strlen(key);
	for (const char *p = line; *p; ) {
		while (*p == ' ')
			p++;
		size_t n = 0;
		while (p[n] && p[n] != ' ')
			n++;
		if (n >= key_length && !strncmp(p, key, key_length)
		    && (n == key_length || p[key_length] == '=')) {
			const char *v = p + key_length + (n > key_length);
			size_t length = n - (v - p);
			if (size) {
				length = MIN(length, size - 1);
				memcpy(value, v, length);
				value[length] = 0;
			}
			return true;
		}
		p += n;
	}
	return false;
}

bool cmdline_has(const char *key)
{
	return cmdline_get(key, NULL, 0);
}

u64 cmdline_u64(const char *key, u64 fallback)
{
	char text[32];
	u64 value;
	if (cmdline_get(key, text, sizeof(text)) && parse_u64(text, &value))
		return value;
	return fallback;
}

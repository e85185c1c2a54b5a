/* Text from a hostile package: names, words, and lines that may be shown on a console. */
#include <kernel/string.h>
#include "package.h"
#include "package_parts.h"

static bool terminated(const char *text, u64 size)
{
	return strnlen(text, size) < size;
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool package_name_valid(const char *name, u64 size)
{
	if (!terminated(name, size) || !is_alphanumeric(name[0]))
		return false;
	for (; *name; name++) {
		if (!is_alphanumeric(*name) && *name != '.' && *name != '_' && *name != '-')
			return false;
	}
	return true;
}

/*
 * Bytes of the UTF-8 character that `text` starts with: 0 when it is none, is longer than need be, a surrogate, or a
 * control character, which would forge lines on the console. The NUL behind the text ends every sequence.
 */
static u32 character_bytes(const u8 *text)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u32 bytes = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
	u32 value = bytes < 2 ? text[0] : text[0] & (0x7f >> bytes);

	for (u32 i = 1; i < bytes; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < ' ' || (value >= 0x7f && value < 0xa0) || (value >= 0xd800 && value < 0xe000) || value > 0x10ffff)
		return 0;
	return value >= least[bytes] ? bytes : 0;
}

/* Text that may be printed: terminated UTF-8 without control characters. */
bool package_text_printable(const char *text, u64 size)
{
	if (!terminated(text, size))
		return false;
	while (*text) {
		u32 bytes = character_bytes((const u8 *)text);

		if (bytes == 0)
			return false;
		text += bytes;
	}
	return true;
}

/* One word of printable ASCII: a version, the name of a function or of a file. May be empty. */
bool package_text_is_word(const char *text, u64 size)
{
	if (!terminated(text, size))
		return false;
	for (; *text; text++) {
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	}
	return true;
}

/* Writes refusals down. */
#include <kernel/string.h>
#include "verdict.h"

u32 refuse(struct verdict *verdict, u32 refusal, const char *format, ...)
{
	va_list args;

	verdict->refusal = refusal;
	va_start(args, format);
	vsnprintf(verdict->detail, sizeof(verdict->detail), format, args);
	va_end(args);
	return refusal;
}

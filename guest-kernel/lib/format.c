/*
 * vsnprintf: %d %i %u %x %X %o %c %s %p %% with -, 0, width, precision (for
 * %s), and the lengths h, l, ll, z.
 */
#include <kernel/string.h>

struct sink {
	char *buf;
	size_t size, length;
};

static void put(struct sink *s, char c)
{
	if (s->length + 1 < s->size)
		s->buf[s->length] = c;
	s->length++;
}

static void put_field(struct sink *s, const char *text, size_t n, s64 width,
		      bool left, char pad)
{
	if (pad == '0' && n && *text == '-') {
		put(s, *text++);
		n--;
		width--;
	}
	for (s64 i = n; !left && i < width; i++)
		put(s, pad);
	for (size_t i = 0; i < n; i++)
		put(s, text[i]);
	for (s64 i = n; left && i < width; i++)
		put(s, ' ');
}

static size_t digits(char *out, u64 v, u32 base, bool upper, bool negative)
{
	char reversed[72];
	size_t n = 0, i = 0;
	do {
		u32 d = v % base;
		reversed[n++] = d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10;
	} while (v /= base);
	if (negative)
		out[i++] = '-';
	while (n)
		out[i++] = reversed[--n];
	return i;
}

struct spec {
	bool left, zero;
	s64 width, precision;	/* -1: none */
	int longs;
};

static s64 read_number(const char **f, va_list *ap)
{
	s64 n = 0;
	if (**f == '*') {
		(*f)++;
		return va_arg(*ap, int);
	}
	while (**f >= '0' && **f <= '9')
		n = n * 10 + *(*f)++ - '0';
	return n;
}

static const char *read_spec(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ .precision = -1 };
	for (;; f++) {
		if (*f == '-')
			sp->left = true;
		else if (*f == '0')
			sp->zero = true;
		else
			break;
	}
	sp->width = read_number(&f, ap);
	if (*f == '.') {
		f++;
		sp->precision = read_number(&f, ap);
	}
	for (; *f == 'l' || *f == 'z' || *f == 'h'; f++)
		if (*f != 'h')
			sp->longs++;
	return f;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct sink s = { buf, size, 0 };
	va_list ap;
	va_copy(ap, args);
	for (const char *f = fmt; *f; f++) {
		if (*f != '%') {
			put(&s, *f);
			continue;
		}
		struct spec sp;
		char text[80];
		size_t n;
		f = read_spec(f + 1, &sp, &ap);
		char pad = sp.zero && !sp.left ? '0' : ' ';
		switch (*f) {
		case 'd':
		case 'i': {
			s64 v = sp.longs ? va_arg(ap, s64) : va_arg(ap, int);
			n = digits(text, v < 0 ? -(u64)v : (u64)v, 10, false, v < 0);
			put_field(&s, text, n, sp.width, sp.left, pad);
			break;
		}
		case 'u':
		case 'x':
		case 'X':
		case 'o': {
			u64 v = sp.longs ? va_arg(ap, u64) : va_arg(ap, u32);
			n = digits(text, v, *f == 'u' ? 10 : *f == 'o' ? 8 : 16, *f == 'X', false);
			put_field(&s, text, n, sp.width, sp.left, pad);
			break;
		}
		case 'p':
			n = digits(text, va_arg(ap, u64), 16, false, false);
			put_field(&s, text, n, sp.width ? sp.width : 16, sp.left, '0');
			break;
		case 'c':
			text[0] = va_arg(ap, int);
			put_field(&s, text, 1, sp.width, sp.left, ' ');
			break;
		case 's': {
			const char *str = va_arg(ap, const char *);
			if (!str)
				str = "(null)";
			n = sp.precision >= 0 ? strnlen(str, sp.precision) : strlen(str);
			put_field(&s, str, n, sp.width, sp.left, ' ');
			break;
		}
		case 0:
			f--;
			break;
		default:
			put(&s, *f);
		}
	}
	va_end(ap);
	if (size)
		buf[MIN(s.length, size - 1)] = 0;
	return s.length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

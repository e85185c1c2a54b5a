/* format.c: vsnprintf, the one formatter behind all printing. */
#include <stdio.h>
#include <string.h>

struct out {
	char *to;
	size_t size;	/* room in to, NUL included */
	size_t length;	/* characters produced, fitting or not */
};

struct spec {
	int left, zero, longs, width, precision;
};

static void put(struct out *o, char c)
{
	if (o->length + 1 < o->size)
		o->to[o->length] = c;
	o->length++;
}

static void put_padded(struct out *o, const struct spec *s, const char *text, int n, int may_zero)
{
	int pad = s->width > n ? s->width - n : 0;

	if (!s->left && s->zero && may_zero && n && *text == '-') {
		put(o, *text++);
		n--;
	}
	if (!s->left)
		while (pad-- > 0)
			put(o, s->zero && may_zero ? '0' : ' ');
	while (n-- > 0)
		put(o, *text++);
	if (s->left)
		while (pad-- > 0)
			put(o, ' ');
}

static void put_number(struct out *o, const struct spec *s, unsigned long value, unsigned base, int negative, int upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	int at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	if (negative)
		text[--at] = '-';
	put_padded(o, s, text + at, sizeof(text) - at, 1);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	int n = 0;

	if (!text)
		text = "(null)";
	while (text[n] && (s->precision < 0 || n < s->precision))
		n++;
	put_padded(o, s, text, n, 0);
}

static const char *parse_spec(const char *f, struct spec *s, va_list *args)
{
	*s = (struct spec){ .precision = -1 };
	for (;; f++) {
		if (*f == '-')
			s->left = 1;
		else if (*f == '0')
			s->zero = 1;
		else
			break;
	}
	if (*f == '*') {
		s->width = va_arg(*args, int);
		f++;
	}
	while (*f >= '0' && *f <= '9')
		s->width = s->width * 10 + *f++ - '0';
	if (*f == '.') {
		f++;
		s->precision = 0;
		if (*f == '*') {
			s->precision = va_arg(*args, int);
			f++;
		}
		while (*f >= '0' && *f <= '9')
			s->precision = s->precision * 10 + *f++ - '0';
	}
	for (; *f == 'l' || *f == 'z'; f++)
		s->longs++;
	return f;
}

int vsnprintf(char *to, size_t size, const char *f, va_list original)
{
	struct out o = { to, size, 0 };
	struct spec s;
	va_list args;
	long v;

	va_copy(args, original);
	for (; *f; f++) {
		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &s, &args);
		switch (*f) {
		case 'd':
		case 'i':
			v = s.longs ? va_arg(args, long) : va_arg(args, int);
			put_number(&o, &s, v < 0 ? -(unsigned long)v : (unsigned long)v, 10, v < 0, 0);
			break;
		case 'u':
		case 'x':
		case 'X':
		case 'o':
			put_number(&o, &s, s.longs ? va_arg(args, unsigned long) : va_arg(args, unsigned),
				*f == 'u' ? 10 : *f == 'o' ? 8 : 16, 0, *f == 'X');
			break;
		case 'p':
			put(&o, '0');
			put(&o, 'x');
			put_number(&o, &s, va_arg(args, unsigned long), 16, 0, 0);
			break;
		case 'c':
			put(&o, (char)va_arg(args, int));
			break;
		case 's':
			put_string(&o, &s, va_arg(args, const char *));
			break;
		case '%':
			put(&o, '%');
			break;
		default:
			put(&o, '%');
			if (!*f) {
				f--;
				break;
			}
			put(&o, *f);
		}
	}
	va_end(args);
	if (size)
		to[o.length < size ? o.length : size - 1] = 0;
	return (int)o.length;
}

int snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	return n;
}

/* malloc.c: first-fit free list over sbrk; neighbours are merged when freed. Single-threaded programs: no lock. */
#include <stdlib.h>
#include <unistd.h>

struct block {
	size_t size;		/* bytes behind the header */
	struct block *next;	/* next free block by address; unused while allocated */
};

static struct block *free_list;

static struct block *grow(size_t n)
{
	size_t ask = (n + sizeof(struct block) + 4095) & ~4095UL;
	struct block *b = sbrk((long)ask);

	if ((long)b < 0 && (long)b > -4096)
		return NULL;
	b->size = ask - sizeof(struct block);
	return b;
}

static void put_back(struct block *b)
{
	struct block **at = &free_list;

	while (*at && *at < b)
		at = &(*at)->next;
	b->next = *at;
	*at = b;
	if (b->next && (char *)(b + 1) + b->size == (char *)b->next) {
		b->size += sizeof(struct block) + b->next->size;
		b->next = b->next->next;
	}
	for (struct block *p = free_list; p && p->next; p = p->next) {
		if (p->next == b && (char *)(p + 1) + p->size == (char *)b) {
			p->size += sizeof(struct block) + b->size;
			p->next = b->next;
			return;
		}
	}
}

void *malloc(size_t n)
{
	struct block **at, *b;

	if (n > 1UL << 40)
		return NULL;
	n = n ? (n + 15) & ~15UL : 16;
	for (;;) {
		for (at = &free_list; (b = *at) != NULL; at = &b->next)
			if (b->size >= n)
				break;
		if (b)
			break;
		b = grow(n);
		if (!b)
			return NULL;
		put_back(b);
	}
	if (b->size >= n + sizeof(struct block) + 16) {
		struct block *rest = (struct block *)((char *)(b + 1) + n);

		rest->size = b->size - n - sizeof(struct block);
		rest->next = b->next;
		b->size = n;
		*at = rest;
	} else {
		*at = b->next;
	}
	return b + 1;
}

void free(void *p)
{
	if (p)
		put_back((struct block *)p - 1);
}

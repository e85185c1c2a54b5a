/*
 * Circular doubly linked lists, linked through a member of the object.
 */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <kernel/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void list_init(struct list_head *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

/* list_add: put n first; list_add_tail: put n last. */
static inline void list_add(struct list_head *n, struct list_head *head)
{
	n->next = head->next;
	n->prev = head;
	head->next->prev = n;
	head->next = n;
}

static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	list_add(n, head->prev);
}

/* list_del: take n out; it is left empty, so a second list_del is harmless. */
static inline void list_del(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

/*
 * The same two for a list that others walk without a lock at the same time: n is whole before it can be found, and leads on
 * when it is out. It may be freed once they have left it (synchronize_cpus).
 */
static inline void list_publish(struct list_head *n, struct list_head *head)
{
	n->next = head->next;
	n->prev = head;
	head->next->prev = n;
	__atomic_store_n(&head->next, n, __ATOMIC_RELEASE);
}

static inline void list_withdraw(struct list_head *n)
{
	__atomic_store_n(&n->prev->next, n->next, __ATOMIC_RELEASE);
	n->next->prev = n->prev;
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)

#define list_for_each(pos, head, member)				\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);	\
	     &pos->member != (head);					\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The body may take pos out of the list. */
#define list_for_each_safe(pos, tmp, head, member)			\
	for (pos = list_entry((head)->next, __typeof__(*pos), member),	\
	     tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head);					\
	     pos = tmp, tmp = list_entry(pos->member.next, __typeof__(*pos), member))

#endif

/*
 * Unpacks a newc cpio archive (the initramfs).
 *
 * The archive comes from outside: every field is checked before it is used, sizes against what is left, names against the limits
 * of the file system. Entry: 110 bytes of header (magic "070701", then 13 fields of 8 hexadecimal digits), the name with its
 * NUL, padding to 4 bytes, the contents, padding to 4 bytes. The entry named TRAILER!!! ends the archive.
 */
#include <kernel/inode.h>
#include <kernel/string.h>
#include <uapi/errno.h>

#define HEADER_SIZE 110
#define FIELD_INODE 0
#define FIELD_MODE 1
#define FIELD_UID 2
#define FIELD_SIZE 6
#define FIELD_NAME_SIZE 11
#define FIELDS 13

struct archive {
	const char *data;
	u64 size;
	u64 at;			/* start of the current entry */
	struct inode *root;
	struct cpio_error *error;
};

struct member {
	const char *name;
	u32 mode, uid;
	const char *contents;
	u64 size;
};

static int complain(const struct archive *a, const char *what)
{
	a->error->what = what;
	a->error->offset = a->at;
	return -EINVAL;
}

static bool parse_hex(const char *digits, u32 *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		char c = digits[i];
		u32 d;

		if (c >= '0' && c <= '9')
			d = c - '0';
		else if (c >= 'a' && c <= 'f')
			d = c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			d = c - 'A' + 10;
		else
			return false;
		*value = *value << 4 | d;
	}
	return true;
}

/* Reads the entry at a->at and moves to the next one. All fields are 32 bits wide, so 64-bit sums can't overflow. */
static int next_member(struct archive *a, struct member *m)
{
	const char *header = a->data + a->at;
	u32 fields[FIELDS];
	u64 left = a->size - a->at, contents;

	if (left < HEADER_SIZE)
		return complain(a, "archive ends inside a header");
	if (memcmp(header, "070701", 6) != 0)
		return complain(a, "no newc header (magic 070701)");
	for (int i = 0; i < FIELDS; i++)
		if (!parse_hex(header + 6 + 8 * i, &fields[i]))
			return complain(a, "header field is not hexadecimal");
	if (fields[FIELD_NAME_SIZE] == 0 || fields[FIELD_NAME_SIZE] > PATH_MAX)
		return complain(a, "name size is out of range");
	contents = ALIGN_UP((u64)HEADER_SIZE + fields[FIELD_NAME_SIZE], 4);
	if (contents > left || fields[FIELD_SIZE] > left - contents)
		return complain(a, "archive ends inside an entry");
	m->name = header + HEADER_SIZE;
	if (strnlen(m->name, fields[FIELD_NAME_SIZE]) != fields[FIELD_NAME_SIZE] - 1)
		return complain(a, "name is not a NUL-terminated string of its size");
	m->mode = fields[FIELD_MODE];
	m->uid = fields[FIELD_UID];
	m->contents = header + contents;
	m->size = fields[FIELD_SIZE];
	return 0;
}

static void advance(struct archive *a, const struct member *m)
{
	u64 end = (u64)(m->contents - a->data) + m->size;

	a->at = MIN(ALIGN_UP(end, 4), a->size);
}

static int fill(const struct archive *a, struct inode *inode, const struct member *m)
{
	if (m->size > FILE_SIZE_MAX)
		return complain(a, "file is too large");
	if (regular_write_kernel(inode, m->contents, 0, m->size) != (s64)m->size)
		return complain(a, "no memory for the file");
	return 0;
}

/* A directory that is there already (/dev, or one named twice) is left as it is. */
static int unpack_member(const struct archive *a, const struct member *m)
{
	u32 type = m->mode & S_IFMT;
	struct inode *dir, *inode;
	char name[NAME_MAX + 1];
	struct entry *old;
	int err;

	if (strcmp(m->name, ".") == 0)
		return 0;
	err = path_parent(a->root, 0, m->name, &dir, name);
	if (err == -ENAMETOOLONG)
		return complain(a, "file name is too long");
	if (err)
		return complain(a, "name has no directory to go into");
	old = directory_find(dir, name);
	if (type == S_IFDIR && old && (old->inode->mode & S_IFMT) == S_IFDIR)
		return 0;
	if (old)
		return complain(a, "name occurs twice");
	if (type != S_IFREG && type != S_IFDIR)
		return complain(a, "neither file nor directory");
	inode = inode_alloc(type | (m->mode & 0777), m->uid);
	if (!inode)
		return complain(a, "no memory for the entry");
	err = type == S_IFREG ? fill(a, inode, m) : 0;
	if (!err && directory_add(dir, name, inode))
		err = complain(a, "no memory for the entry");
	inode_put(inode);
	return err;
}

int cpio_unpack(struct inode *root, const void *data, u64 size, struct cpio_error *error)
{
	struct archive a = { data, size, 0, root, error };
	struct member m;
	int err;

	for (;;) {
		err = next_member(&a, &m);
		if (err)
			return err;
		if (strcmp(m.name, "TRAILER!!!") == 0)
			return 0;
		err = unpack_member(&a, &m);
		if (err)
			return err;
		advance(&a, &m);
	}
}

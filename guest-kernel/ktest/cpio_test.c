/*
 * The initramfs reader against archives that lie: it must refuse them or unpack something, and never reach outside.
 */
#include <kernel/inode.h>
#include <kernel/ktest.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

#define ARCHIVE_MAX 1024

struct builder {
	char data[ARCHIVE_MAX];
	u64 size;
};

static void add_member(struct builder *b, const char *name, u32 mode, const char *contents)
{
	u64 n = strlen(contents);

	b->size += (u64)snprintf(b->data + b->size, ARCHIVE_MAX - b->size,
		"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s", 1, mode, 0, 0, 1, 0, (u32)n, 0, 0, 0, 0,
		(u32)strlen(name) + 1, 0, name) + 1;
	b->size = ALIGN_UP(b->size, 4);
	memcpy(b->data + b->size, contents, n);
	b->size = ALIGN_UP(b->size + n, 4);
}

static void build_good(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	add_member(b, "dir", S_IFDIR | 0755, "");
	add_member(b, "dir/file", S_IFREG | 0640, "contents");
	add_member(b, "TRAILER!!!", 0, "");
}

/* Empties a directory again: one level of directories below it is all that the archives here make. */
static void empty(struct inode *dir)
{
	while (!list_empty(&dir->entries)) {
		struct entry *e = list_first(&dir->entries, struct entry, link);

		if ((e->inode->mode & S_IFMT) == S_IFDIR)
			while (!list_empty(&e->inode->entries))
				directory_remove(e->inode, list_first(&e->inode->entries, struct entry, link)->name);
		directory_remove(dir, e->name);
	}
}

/* A root of its own, so that nothing lands in the real one; paths that climb stay in it. */
static struct inode *make_root(void)
{
	struct inode *root = inode_alloc(S_IFDIR | 0755, 0);

	if (root) {
		root->parent = root;
		root->links = 1;
	}
	return root;
}

static void drop_root(struct inode *root)
{
	empty(root);
	root->parent = NULL;
	inode_put(root);
}

/* Unpacks from memory that ends where the archive ends: a read behind it hits vmalloc's guard page. */
static int unpack_at_the_edge(struct inode *root, const struct builder *b, u64 size, struct cpio_error *error)
{
	char *pages = vmalloc(ARCHIVE_MAX), *end;
	int err;

	if (!pages)
		return -ENOMEM;
	end = pages + ALIGN_UP(ARCHIVE_MAX, 4096);
	memcpy(end - size, b->data, size);
	err = cpio_unpack(root, end - size, size, error);
	vfree(pages);
	return err;
}

KTEST(ArchiveUnpacksWithModesAndContents)
{
	struct builder *b = kmalloc(sizeof(*b));
	struct cpio_error error;
	struct inode *root, *file;
	char text[16] = "";

	KT_REQUIRE(b);
	build_good(b);
	mutex_lock(&fs_lock);
	root = make_root();
	KT_EXPECT(unpack_at_the_edge(root, b, b->size, &error) == 0);
	KT_EXPECT(path_lookup(root, 0, "dir/file", &file) == 0);
	KT_EXPECT(file->mode == (S_IFREG | 0640));
	KT_EXPECT(regular_read_kernel(file, text, 0, sizeof(text)) == 8);
	KT_EXPECT(strcmp(text, "contents") == 0);
	drop_root(root);
	mutex_unlock(&fs_lock);
	kfree(b);
}

KTEST(EveryTruncatedArchiveIsRefusedAtTheRightEntry)
{
	struct builder *b = kmalloc(sizeof(*b));
	struct cpio_error error;
	struct inode *root;
	u64 trailer;

	KT_REQUIRE(b);
	build_good(b);
	/* The trailer's entry is the 110-byte header, its 11-byte name, and padding. */
	trailer = b->size - ALIGN_UP(110 + 11, 4);
	mutex_lock(&fs_lock);
	root = make_root();
	for (u64 size = 0; size < b->size - 3; size++) {
		KT_EXPECT(unpack_at_the_edge(root, b, size, &error) == -EINVAL);
		KT_EXPECT(error.offset <= size);
		KT_EXPECT(size < trailer || error.offset == trailer);
		empty(root);
	}
	drop_root(root);
	mutex_unlock(&fs_lock);
	kfree(b);
}

KTEST(NoFlippedBitInAnArchiveHarmsTheKernel)
{
	struct builder *b = kmalloc(sizeof(*b));
	struct cpio_error error;
	struct inode *root;
	u32 refused = 0;

	KT_REQUIRE(b);
	build_good(b);
	mutex_lock(&fs_lock);
	root = make_root();
	for (u64 bit = 0; bit < b->size * 8; bit++) {
		b->data[bit / 8] ^= (char)(1 << bit % 8);
		refused += unpack_at_the_edge(root, b, b->size, &error) != 0;
		b->data[bit / 8] ^= (char)(1 << bit % 8);
		empty(root);
	}
	KT_EXPECT(refused > 100);
	drop_root(root);
	mutex_unlock(&fs_lock);
	kfree(b);
}

static const struct {
	const char *name;
	u32 mode;
	const char *refusal;
} bad_members[] = {
	{ "no/where", S_IFREG | 0644, "name has no directory to go into" },
	{ "twice", S_IFREG | 0644, "name occurs twice" },
	{ "device", S_IFCHR | 0644, "neither file nor directory" },
	{ "dir/..", S_IFDIR | 0755, "name has no directory to go into" },
	{ "a123456789b123456789c123456789d123456789e123456789f123456789", S_IFREG | 0644, "file name is too long" },
};

KTEST(MembersThatCanNotBeAreRefusedByName)
{
	struct builder *b = kmalloc(sizeof(*b));
	struct cpio_error error;
	struct inode *root;

	KT_REQUIRE(b);
	mutex_lock(&fs_lock);
	for (u64 i = 0; i < ARRAY_SIZE(bad_members); i++) {
		root = make_root();
		memset(b, 0, sizeof(*b));
		add_member(b, "twice", S_IFREG | 0644, "");
		add_member(b, bad_members[i].name, bad_members[i].mode, "");
		KT_EXPECT(unpack_at_the_edge(root, b, b->size, &error) == -EINVAL);
		KT_EXPECT(strcmp(error.what, bad_members[i].refusal) == 0);
		KT_EXPECT(error.offset == ALIGN_UP(110 + 6, 4));
		drop_root(root);
	}
	mutex_unlock(&fs_lock);
	kfree(b);
}

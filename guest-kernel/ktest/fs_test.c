/*
 * The file system from inside: sizes, holes, permissions, paths, devices, and that nothing leaks.
 */
#include <kernel/inode.h>
#include <kernel/ktest.h>
#include <kernel/page.h>
#include <kernel/printk.h>
#include <kernel/secret.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/stream.h>
#include <uapi/errno.h>

KTEST(FileContentsSurviveAcrossPages)
{
	struct inode *file;
	char text[8];
	u64 free_before, at = 3 * PAGE_SIZE - 3;

	mutex_lock(&fs_lock);
	free_before = page_free_count;
	file = inode_alloc(S_IFREG | 0644, 0);
	KT_EXPECT(regular_write_kernel(file, "abcdef", at, 6) == 6);
	KT_EXPECT(file->size == at + 6);
	KT_EXPECT(regular_read_kernel(file, text, at, sizeof(text)) == 6);
	KT_EXPECT(memcmp(text, "abcdef", 6) == 0);
	KT_EXPECT(regular_read_kernel(file, text, PAGE_SIZE, 4) == 4);
	KT_EXPECT(memcmp(text, "\0\0\0", 4) == 0);
	KT_EXPECT(regular_read_kernel(file, text, file->size, 1) == 0);
	KT_EXPECT(regular_write_kernel(file, "x", FILE_SIZE_MAX, 1) == -EFBIG);
	KT_EXPECT(regular_write_kernel(file, "xy", FILE_SIZE_MAX - 1, 2) == 1);
	regular_truncate(file);
	KT_EXPECT(file->size == 0);
	inode_put(file);
	/* A slab may have stayed behind, file pages may not. */
	KT_EXPECT(free_before - page_free_count <= 4);
	mutex_unlock(&fs_lock);
}

KTEST(PermissionBitsDecideForOwnerAndOthers)
{
	struct inode i = { .mode = S_IFREG | 0640, .uid = 7 };

	KT_EXPECT(inode_permitted(&i, 7, WANT_READ | WANT_WRITE));
	KT_EXPECT(!inode_permitted(&i, 7, WANT_EXECUTE));
	KT_EXPECT(!inode_permitted(&i, 8, WANT_READ));
	KT_EXPECT(inode_permitted(&i, 0, WANT_READ | WANT_WRITE));
	KT_EXPECT(!inode_permitted(&i, 0, WANT_EXECUTE));
	i.mode = S_IFREG | 0001;
	KT_EXPECT(inode_permitted(&i, 0, WANT_EXECUTE));
	KT_EXPECT(!inode_permitted(&i, 7, WANT_EXECUTE));
	KT_EXPECT(inode_permitted(&i, 8, WANT_EXECUTE));
}

KTEST(PathsFollowDotsAndSlashes)
{
	struct inode *bin, *found;
	char text[PATH_MAX];

	mutex_lock(&fs_lock);
	KT_EXPECT(path_lookup(fs_root, 0, "/dev", &bin) == 0);
	KT_EXPECT(path_lookup(fs_root, 0, "//dev/./../dev//", &found) == 0 && found == bin);
	KT_EXPECT(path_lookup(bin, 0, "..", &found) == 0 && found == fs_root);
	KT_EXPECT(path_lookup(bin, 0, "../../..", &found) == 0 && found == fs_root);
	KT_EXPECT(path_lookup(bin, 0, "", &found) == -ENOENT);
	KT_EXPECT(path_lookup(fs_root, 0, "/dev/null/x", &found) == -ENOTDIR);
	KT_EXPECT(path_lookup(fs_root, 0, "/nothing", &found) == -ENOENT);
	KT_EXPECT(path_of(bin, text, sizeof(text)) == 4 && strcmp(text, "/dev") == 0);
	KT_EXPECT(path_of(fs_root, text, sizeof(text)) == 1 && strcmp(text, "/") == 0);
	KT_EXPECT(path_of(bin, text, 4) == -ERANGE);
	mutex_unlock(&fs_lock);
}

KTEST(DevicesComeAndGo)
{
	static const struct file_operations none;
	struct inode *found;

	KT_EXPECT(register_device("ktest", 0600, &none) == 0);
	KT_EXPECT(register_device("ktest", 0600, &none) == -EEXIST);
	mutex_lock(&fs_lock);
	KT_EXPECT(path_lookup(fs_root, 0, "/dev/ktest", &found) == 0 && found->mode == (S_IFCHR | 0600));
	mutex_unlock(&fs_lock);
	KT_EXPECT(unregister_device("ktest") == 0);
	KT_EXPECT(unregister_device("ktest") == -ENOENT);
}

KTEST(PipeEndsFreeThePipe)
{
	struct kmem_cache *cache = kmem_cache_find("pipe");
	struct file *ends[2];
	u64 live;

	KT_REQUIRE(cache);
	live = cache->live;
	KT_REQUIRE(pipe_create(ends) == 0);
	KT_EXPECT(cache->live == live + 1);
	file_put(file_get(ends[0]));
	file_put(ends[0]);
	KT_EXPECT(cache->live == live + 1);
	file_put(ends[1]);
	KT_EXPECT(cache->live == live);
}

/* A file of one page, with a reference for the caller. */
static struct inode *one_page_file(void)
{
	struct inode *inode;

	mutex_lock(&fs_lock);
	inode = inode_alloc(S_IFREG | 0600, 0);
	if (inode)
		regular_write_kernel(inode, "text", 0, 4);
	mutex_unlock(&fs_lock);
	return inode;
}

KTEST(AStreamGivesBackItsBuffersAndItself)
{
	struct kmem_cache *cache = kmem_cache_find("stream");
	struct inode *inode = one_page_file();
	struct file *ends[2], *file;
	struct stream *s;
	u64 live;
	u8 *page;

	KT_REQUIRE(cache && inode);
	live = cache->live;
	KT_REQUIRE(stream_create(ends) == 0);
	s = ends[0]->private;
	mutex_lock(&fs_lock);
	file = file_alloc(inode, &regular_operations, O_RDONLY);
	mutex_unlock(&fs_lock);
	KT_REQUIRE(file);
	KT_EXPECT(stream_splice(file, ends[1], 100) == 4 && s->count == 1);
	KT_EXPECT(stream_splice(file, ends[1], 100) == 0 && s->count == 1);
	page = s->buffers[0].page;
	KT_EXPECT(page == inode->pages[0] && phys_to_page(virt_to_phys(page))->refs == 2);
	file_put(file);
	mutex_lock(&fs_lock);
	inode_put(inode);
	mutex_unlock(&fs_lock);
	KT_EXPECT(phys_to_page(virt_to_phys(page))->refs == 1 && memcmp(page, "text", 4) == 0);
	file_put(ends[0]);
	KT_EXPECT(cache->live == live + 1);
	file_put(ends[1]);
	KT_EXPECT(cache->live == live && phys_to_page(virt_to_phys(page))->refs == 0);
}

/* What the demonstration of the splice flaw stands on. */
KTEST(SpliceLeavesTheFlagsOfABufferAsTheyWere)
{
	struct inode *inode = one_page_file();
	struct file *ends[2], *file;
	struct stream *s;

	KT_REQUIRE(inode && stream_create(ends) == 0);
	s = ends[0]->private;
	mutex_lock(&fs_lock);
	file = file_alloc(inode, &regular_operations, O_RDONLY);
	inode_put(inode);
	mutex_unlock(&fs_lock);
	KT_REQUIRE(file);
	s->buffers[0].flags = STREAM_MERGE;
	KT_EXPECT(stream_splice(file, ends[1], 1) == 1 && s->buffers[0].flags == STREAM_MERGE);
	KT_EXPECT(stream_splice(file, ends[1], 1) == 1 && s->buffers[1].flags == 0);
	file_put(file);
	file_put(ends[0]);
	file_put(ends[1]);
}

/* What the demonstration of the readlog flaw stands on: the secret lies behind the log, not far away. */
KTEST(TheSecretLiesWithinReachBehindTheLog)
{
	u64 log_end = (u64)klog_buffer + KLOG_SIZE;

	KT_EXPECT((u64)boot_secret >= log_end);
	KT_EXPECT((u64)boot_secret < log_end + (4UL << 20));
	KT_EXPECT(strlen(boot_secret) == SECRET_SIZE - 3);
}

using Lucos.Packaging;
using Lucos.Tests.Shared;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>A package for the guest's kernel that declares data in each way that there is. It is there to be checked, not to be applied.</summary>
internal static class DataPackage
{
    private const string Source = """
        #include <kernel/fs.h>
        #include <kernel/inode.h>
        #include <lucos_update.h>

        LUCOS_UPDATE("data-samples", "1.0", "declares data in each way that there is");

        extern u64 klog_written;
        LUCOS_STATIC_REF(u64, next_ino, "inode.c");
        struct wide_file { struct file base; u64 reads; };
        struct stamp { u64 at; };
        struct count { u64 value, changes; };
        static struct count new_written, new_next_ino;
        static u64 own_lock;

        static void widen(const struct file *old, struct wide_file *new) { new->base = *old; }
        static void narrow(const struct wide_file *new, struct file *old) { *old = new->base; }
        static void stamp(const void *old, void *new) { ((struct stamp *)new)->at = (u64)old; }
        static void count(const u64 *old, struct count *new) { new->value = *old; new->changes++; }
        static void uncount(const struct count *new, u64 *old) { *old = new->value; }
        static int fits(const void *new) { return ((const struct wide_file *)new)->reads == 0; }
        static void drop(void *new) { ((struct wide_file *)new)->reads = 0; }
        static void move(void *old, void *new) { ((struct wide_file *)new)->base = *(struct file *)old; }
        static void thread_left(int thread) { new_written.changes += thread; }
        static void left(void) { own_lock++; }
        LUCOS_TYPE_CACHE(files, "file", struct file, struct wide_file, widen, narrow, .shared_head = offsetof(struct file, offset),
            .transfer = LUCOS_TRANSFER_ON_UNLOCK, LUCOS_LOCK_FIELD(struct file, refs), .interception = LUCOS_INTERCEPTION_EMULATE,
            .extra_size = 8, .representable = LUCOS_ADDRESS(fits), .release = LUCOS_ADDRESS(drop), .moved = LUCOS_ADDRESS(move));
        LUCOS_TYPE_VARIABLE(written, klog_written, new_written, count, uncount);
        LUCOS_TYPE_VARIABLE(inode_numbers, next_ino, new_next_ino, count, uncount, LUCOS_LOCK_WORD(own_lock));
        LUCOS_TYPE_SHADOW(stamps, "inode", struct inode, struct stamp, stamp);
        static s64 readlog(char *buf, s64 offset, u64 len) { return lucos_retired(written) ? offset : (s64)len + (buf != NULL); }

        LUCOS_REPLACE(sys_readlog, readlog);
        LUCOS_PRESERVES(files, struct file, offset);
        LUCOS_PRESERVES_BYTES(written, 0, sizeof(klog_written));
        LUCOS_ON_FUNCTION_LEFT(readlog, thread_left);
        LUCOS_ON_THREADS_LEFT(readlog, left);
        LUCOS_ON_DATA_LEFT(files, left);
        LUCOS_ON_DATA_LEFT(written, left);
        """;

    /// <summary>The package, built against the kernel that the guest runs.</summary>
    internal static byte[] Build()
    {
        var diagnostics = new DiagnosticBag();
        var package = PackageBuilder.Build(UpdateCompiler.Compile(Source), UpdatableGuest.Kernel, diagnostics);
        return package ?? throw new AssertionException(string.Join('\n', diagnostics));
    }
}

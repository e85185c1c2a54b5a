using Lucos.Elf;
using Lucos.Tests.Shared;

namespace Lucos.Packaging.Tests;

/// <summary>A kernel of a few functions, and updates of it, made with the compiler and the header that authors use.</summary>
internal static class Toolchain
{
    public const string MainSource = """
        extern int shared(int);
        int counter = 3;
        unsigned int hits[4] = { 1 };
        unsigned int hits_lock;
        static unsigned int kept[4] = { 2 };
        unsigned int keep(int i) { return kept[i]++; }
        void *kmem_companion(const void *object) { return object ? &kept : 0; }
        static int twin(int x) { return x * 3 + counter; }
        int sys_read(int x) { return twin(x) + shared(x); }
        int sys_write(int x) { return twin(x + 1) * 5 + shared(x); }
        int _start64(int x) { return sys_read(x) + sys_write(x); }
        __asm__(".section .text.short, \"ax\", @progbits\n.globl tiny\n.type tiny, @function\ntiny: ret\n.size tiny, 1\n"
                ".type after, @function\n.globl after\nafter: xor %eax, %eax\nret\n.size after, 3\n"
                ".type padded, @function\n.globl padded\npadded: ret\n.size padded, 1\n.byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc\n.text\n");
        """;

    public const string OtherSource = """
        static int __attribute__((noinline)) twin(int x) { return x * 7 - 1; }
        int shared(int x) { return twin(x) ^ 0x55; }
        """;

    public const string UpdateSource = """
        #include <lucos_update.h>
        extern int counter;
        LUCOS_STATIC_REF(int(int), twin, "other.c");
        LUCOS_UPDATE("fix-read", "1.2", "Checks what sys_read is given");
        static int new_read(int x) { return x < 0 ? -1 : twin(x) + counter; }
        static int begin(void) { return counter < 0; }
        static void end(void) { counter = 0; }
        LUCOS_REPLACE(sys_read, new_read);
        LUCOS_DEPENDS("base-fix", "1.0");
        LUCOS_CONFLICTS("other-fix");
        LUCOS_STARTUP(begin);
        LUCOS_CLEANUP(end);
        """;

    /// <summary>An update that changes data in each way that there is.</summary>
    public const string DataSource = DataPrologue + """
        LUCOS_TYPE_CACHE(pipes, "pipe", struct pipe, struct wide_pipe, widen, narrow, .shared_head = offsetof(struct pipe, head),
            .transfer = LUCOS_TRANSFER_ON_UNLOCK, LUCOS_LOCK_FIELD(struct pipe, lock), .interception = LUCOS_INTERCEPTION_SERVICE,
            .extra_size = 32, .representable = LUCOS_ADDRESS(fits), .release = LUCOS_ADDRESS(drop), .moved = LUCOS_ADDRESS(move));
        LUCOS_TYPE_SHADOW(stamps, "inode", struct pipe, struct stamp, stamp);
        LUCOS_TYPE_VARIABLE(hit_counts, hits, new_hits, widen_hits, narrow_hits, LUCOS_LOCK_WORD(hits_lock));
        LUCOS_TYPE_CACHE(entries, "dir_entry", struct pipe, struct pipe, copy, copy, .placement = LUCOS_PLACEMENT_IN_PLACE);
        LUCOS_PRESERVES(pipes, struct pipe, head);
        LUCOS_PRESERVES(pipes, struct pipe, tail);
        LUCOS_PRESERVES_BYTES(hit_counts, 0, sizeof(hits));
        LUCOS_ON_FUNCTION_LEFT(new_read, thread_left);
        LUCOS_ON_THREADS_LEFT(new_read, left);
        LUCOS_ON_DATA_LEFT(pipes, left);
        LUCOS_ON_DATA_LEFT(hit_counts, left);
        static int new_read(int x)
        {
            struct pipe *pipe = (struct pipe *)(long)x;
            struct stamp *mine = lucos_shadow(struct stamp, pipe);
            return (mine ? mine->at : 0) + (lucos_coexists(pipes) && !lucos_retired(pipes) ? lucos_twin(struct wide_pipe, pipe)->head : new_hits[x]);
        }
        """;

    /// <summary>Structures, functions and variables to declare types of, and the replacement of one function, that is yet to be written.</summary>
    public const string DataPrologue = """
        #include <lucos_update.h>
        extern void *kmem_companion(const void *object);
        struct pipe { unsigned int lock, users, head, tail; };
        struct wide_pipe { unsigned long head, tail; };
        struct stamp { unsigned int at; };
        extern unsigned int hits[4];
        extern unsigned int hits_lock;
        extern int counter;
        extern int sys_write(int);
        LUCOS_STATIC_REF(unsigned int[4], kept, "main.c");
        static unsigned long new_hits[4];
        static unsigned int own_lock[2];
        static const unsigned int constant = 5;
        LUCOS_UPDATE("widen", "1", "Widens what there is");
        static void widen(const struct pipe *old, struct wide_pipe *new) { new->head = old->head; new->tail = old->tail; }
        static void narrow(const struct wide_pipe *new, struct pipe *old) { old->head = new->head; old->tail = new->tail; }
        static void stamp(const struct pipe *old, struct stamp *new) { new->at = old->tail; }
        static void widen_hits(const void *old, void *new) { *(unsigned long *)new = *(const unsigned int *)old; }
        static void narrow_hits(const void *new, void *old) { *(unsigned int *)old = *(const unsigned long *)new; }
        static void copy(const struct pipe *from, struct pipe *to) { *to = *from; }
        static int fits(const void *new) { return ((const struct wide_pipe *)new)->head >> 32 == 0; }
        static void drop(void *new) { *(long *)new = 0; }
        static void move(void *old, void *new) { *(void **)old = new; }
        static void thread_left(int thread) { counter = thread; }
        static void left(void) { counter++; }
        static int new_read(int);
        LUCOS_REPLACE(sys_read, new_read);

        """;

    private static readonly Lazy<KernelImage> s_kernel = new(() => KernelImage.Parse(Link(MainSource)));
    private static readonly Lazy<KernelImage> s_otherKernel = new(() => KernelImage.Parse(Link(MainSource.Replace("x * 3", "x * 9", StringComparison.Ordinal))));
    private static readonly Lazy<byte[]> s_object = new(() => Compile(UpdateSource));
    private static readonly Lazy<byte[]> s_dataObject = new(() => Compile(DataSource, "-Wno-unused"));

    /// <summary>The kernel that the updates are for.</summary>
    public static KernelImage Kernel => s_kernel.Value;

    /// <summary>The same kernel with another body of one function, and so with another build-id.</summary>
    public static KernelImage OtherKernel => s_otherKernel.Value;

    /// <summary>The update's object file.</summary>
    public static byte[] UpdateObject => [.. s_object.Value];

    /// <summary>The object file of the update that changes data.</summary>
    public static byte[] DataObject => [.. s_dataObject.Value];

    /// <summary>An update with these declarations behind what <see cref="DataPrologue"/> defines, of which it need not use all.</summary>
    public static byte[] CompileDeclaring(string declarations) => Compile($$"""
        {{DataPrologue}}
        {{declarations}};
        static int new_read(int x) { return x + (int)new_hits[0] + (int)own_lock[0] + (int)constant; }
        """, "-Wno-unused");

    public static byte[] Compile(string source, params string[] more) => UpdateCompiler.Compile(source, more);

    /// <summary>An update that replaces one function of the kernel by a new one, in one line of the author's.</summary>
    public static byte[] CompileReplacing(string macro, string code = "int fresh(int x) { return x + 1; }") => Compile($"""
        #include <lucos_update.h>
        LUCOS_UPDATE("fix", "1", "test");
        {code}
        {macro};
        """);

    private static byte[] Link(string main) => UpdateCompiler.LinkKernel(main, OtherSource);
}

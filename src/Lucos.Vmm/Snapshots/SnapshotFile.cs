using Lucos.Elf;

namespace Lucos.Vmm.Snapshots;

/// <summary>Snapshots as files: versioned, with a checksum over each record and over all, pages of zeroes left out, the others packed.</summary>
public static class SnapshotFile
{
    /// <summary>Writes a snapshot. Nobody ever sees half a file: it is written aside and then renamed.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="path">Where it goes; a file that is there is replaced.</param>
    /// <returns>Bytes of the file.</returns>
    /// <exception cref="IOException">It can't be written; nothing is left behind.</exception>
    public static long Save(MachineSnapshot snapshot, string path)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        string aside = $"{path}.{Environment.ProcessId}.part";
        try
        {
            long length;
            using (FileStream stream = new(aside, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                Save(snapshot, stream);
                stream.Flush(flushToDisk: true);
                length = stream.Length;
            }

            File.Move(aside, path, overwrite: true);
            return length;
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <summary>Writes a snapshot into a stream.</summary>
    public static void Save(MachineSnapshot snapshot, Stream stream)
    {
        using SnapshotWriter writer = new(stream);
        writer.Write(snapshot);
    }

    /// <summary>Reads what a file says about its machine, to find the kernel for it.</summary>
    /// <exception cref="SnapshotException">It is no snapshot, or damaged.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static SnapshotDescription Describe(string path)
    {
        using FileStream stream = Open(path);
        using SnapshotReader reader = new(stream, path);
        return reader.ReadDescription();
    }

    /// <summary>Reads a snapshot.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kernel">The kernel that the machine booted: its build-id must be the one in the file. Null for a machine without one.</param>
    /// <exception cref="SnapshotException">It is no snapshot, damaged, truncated, or does not fit this emulator or that kernel.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static MachineSnapshot Load(string path, KernelImage? kernel)
    {
        using FileStream stream = Open(path);
        return Load(stream, path, kernel);
    }

    /// <summary>Reads a snapshot from a stream that can tell its length.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="kernel">The kernel that the machine booted, or null.</param>
    /// <exception cref="SnapshotException">It is no snapshot, damaged, truncated, or does not fit this emulator or that kernel.</exception>
    public static MachineSnapshot Load(Stream stream, string name, KernelImage? kernel)
    {
        using SnapshotReader reader = new(stream, name);
        return reader.Read(kernel);
    }

    private static FileStream Open(string path)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        if (stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        throw new SnapshotException($"snapshot-foreign: {path} is no regular file");
    }
}

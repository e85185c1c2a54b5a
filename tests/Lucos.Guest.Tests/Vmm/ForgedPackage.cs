using System.Security.Cryptography;
using System.Text;
using Lucos.Abi;
using Lucos.Elf;
using Lucos.Packaging;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>A package whose fields are changed by hand and whose digest is then put right, as a forger would.</summary>
internal sealed class ForgedPackage
{
    // Offsets in the structs of the package format and of ELF64 section headers.
    internal const int NameInManifest = 16;
    internal const int VersionInManifest = 80;
    internal const int BuildIdInManifest = 368;
    internal const int FlagsInManifest = 388;
    internal const int OldAddressInFunction = 8;
    internal const int OldSizeInFunction = 16;
    internal const int NewSizeInFunction = 20;
    internal const int OldBytesOffsetInFunction = 24;
    internal const int FlagsInFunction = 28;
    internal const int OldHashInFunction = 32;
    internal const int OldNameInFunction = 64;
    internal const int OldFileInFunction = 128;
    internal const int FunctionSize = 192;
    internal const int NameInType = 0;
    internal const int SourceInType = 32;
    internal const int PlacementInType = 36;
    internal const int InterceptionInType = 40;
    internal const int TransferInType = 44;
    internal const int OldSizeInType = 48;
    internal const int NewSizeInType = 52;
    internal const int ExtraSizeInType = 56;
    internal const int SharedHeadInType = 60;
    internal const int LockOffsetInType = 64;
    internal const int LockSizeInType = 68;
    internal const int CacheInType = 72;
    internal const int ToNewInType = 160;
    internal const int MovedInType = 192;
    internal const int StateInType = 200;
    internal const int TypeSize = 208;
    internal const int OffsetInField = 8;
    internal const int SizeInField = 12;
    internal const int FieldSize = 16;
    internal const int FunctionInHandler = 0;
    internal const int TypeInHandler = 8;
    internal const int HandlerSize = 16;
    internal const int SubjectInCallback = 16;
    internal const int CallbackSize = 24;
    internal const int OffsetInHeader = 24;
    internal const int SizeInHeader = 32;
    internal const int TypeInRelocation = 8;
    internal const int AddendInRelocation = 16;
    private const int RelocationSize = 24;
    private const int DigestInSignature = 16;

    private byte[] _bytes;

    internal ForgedPackage(byte[] good) => _bytes = (byte[])good.Clone();

    internal Span<byte> Section(string name)
    {
        var section = Find(name);
        return _bytes.AsSpan((int)section.Offset, (int)section.Size);
    }

    internal Span<byte> Manifest => Section(PackageFormat.SectionManifest);

    internal Span<byte> Functions => Section(PackageFormat.SectionFuncs);

    internal Span<byte> OldBytes => Section(PackageFormat.SectionOldbytes);

    internal Span<byte> Type(int index) => Section(PackageFormat.SectionTypes).Slice(index * TypeSize, TypeSize);

    internal Span<byte> Field(int index) => Section(PackageFormat.SectionFields).Slice(index * FieldSize, FieldSize);

    /// <summary>Offset of the entry that says of a function that it handles no type, or that it handles some.</summary>
    internal int Handler(bool handles)
    {
        var size = Section(PackageFormat.SectionHandlers).Length;
        return Enumerable.Range(0, size / HandlerSize).Select(i => i * HandlerSize).First(at => HasRelocation(PackageFormat.SectionHandlers, at + TypeInHandler) == handles);
    }

    internal Span<byte> Callback(int index) => Section(PackageFormat.SectionCallbacks).Slice(index * CallbackSize, CallbackSize);

    /// <summary>The relocation of a section's contents at an offset: its offset, type, symbol and addend.</summary>
    internal Span<byte> Relocation(string section, int offset)
    {
        var table = Section($".rela{section}");
        for (var at = 0; at < table.Length; at += RelocationSize)
        {
            if (BitConverter.ToInt64(table[at..]) == offset)
            {
                return table.Slice(at, RelocationSize);
            }
        }

        throw new AssertionException($"no relocation at {section}+0x{offset:x}");
    }

    private bool HasRelocation(string section, int offset)
    {
        var table = Section($".rela{section}");
        for (var at = 0; at < table.Length; at += RelocationSize)
        {
            if (BitConverter.ToInt64(table[at..]) == offset)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lets an address lead where another one of the same section does.</summary>
    internal void Redirect(string section, int offset, int other) =>
        Relocation(section, other)[TypeInRelocation..].CopyTo(Relocation(section, offset)[TypeInRelocation..]);

    internal ulong OffsetOf(string name) => Find(name).Offset;

    internal static void Put(Span<byte> at, uint value) => Assert.That(BitConverter.TryWriteBytes(at, value), Is.True);

    internal static void Put(Span<byte> at, ulong value) => Assert.That(BitConverter.TryWriteBytes(at, value), Is.True);

    internal static void PutText(Span<byte> field, string text)
    {
        field.Clear();
        Encoding.ASCII.GetBytes(text, field);
    }

    internal Span<byte> HeaderOf(string name)
    {
        var table = BitConverter.ToInt32(_bytes, 40);
        return _bytes.AsSpan(table + (64 * (int)Find(name).Index), 64);
    }

    /// <summary>Moves a section to the end of the file and makes it longer there.</summary>
    internal void Grow(string name, int size)
    {
        var content = Section(name).ToArray();
        var at = _bytes.Length;
        Array.Resize(ref _bytes, at + size);
        for (var i = at; i < _bytes.Length; i++)
        {
            _bytes[i] = content[(i - at) % content.Length];
        }

        Put(HeaderOf(name)[OffsetInHeader..], (ulong)at);
        Put(HeaderOf(name)[SizeInHeader..], (ulong)size);
    }

    /// <summary>Writes another name of the same length over a symbol's.</summary>
    internal void RenameSymbol(string name, string other)
    {
        var names = Section(".strtab");
        var at = names.IndexOf(Encoding.ASCII.GetBytes($"\0{name}\0"));
        Assert.That(at, Is.Not.Negative);
        Encoding.ASCII.GetBytes(other).CopyTo(names[(at + 1)..]);
    }

    internal void PutHashRight()
    {
        var function = Functions;
        var old = OldBytes.Slice(BitConverter.ToInt32(function[OldBytesOffsetInFunction..]), BitConverter.ToInt32(function[OldSizeInFunction..]));
        SHA256.HashData(old, function[OldHashInFunction..]);
    }

    internal byte[] Signed()
    {
        var at = (int)OffsetOf(PackageFormat.SectionSig) + DigestInSignature;
        PackageDigest.Compute(_bytes, at).CopyTo(_bytes, at);
        return _bytes;
    }

    /// <summary>Some bits are wrong, in the headers and tables more often than in their contents, and the digest is right.</summary>
    internal byte[] SignedWithFlips(Random random, int flips)
    {
        var at = (int)OffsetOf(PackageFormat.SectionSig) + DigestInSignature;
        var table = BitConverter.ToInt32(_bytes, 40);
        (int Offset, int Size)[] sections = [.. ElfFile.Parse(_bytes).Sections.Where(s => !s.Data.IsEmpty).Select(s => ((int)s.Offset, (int)s.Size))];
        for (; flips > 0; flips--)
        {
            var place = random.Next(4) switch
            {
                0 => _bytes.AsSpan(0, 64),
                1 => _bytes.AsSpan(table),
                _ => InOne(sections[random.Next(sections.Length)]),
            };
            place[random.Next(place.Length)] ^= (byte)(1 << random.Next(8));
        }

        PackageDigest.Compute(_bytes, at).CopyTo(_bytes, at);
        return _bytes;
        Span<byte> InOne((int Offset, int Size) section) => _bytes.AsSpan(section.Offset, section.Size);
    }

    private ElfSection Find(string name) => ElfFile.Parse(_bytes).Sections.Single(s => s.Name == name);
}

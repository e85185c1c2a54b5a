namespace Lucos.Elf;

/// <summary>The stable identifiers of <see cref="ElfError"/>.</summary>
public static class ElfErrors
{
    /// <summary>The kebab-case identifier, such as <c>elf-truncated</c>.</summary>
    /// <param name="error">The error.</param>
    public static string Id(this ElfError error) => error switch
    {
        ElfError.NotElf => "elf-not-elf",
        ElfError.Elf32 => "elf-32-bit",
        ElfError.UnsupportedEncoding => "elf-unsupported-encoding",
        ElfError.WrongMachine => "elf-wrong-machine",
        ElfError.WrongType => "elf-wrong-type",
        ElfError.BadHeader => "elf-bad-header",
        ElfError.Truncated => "elf-truncated",
        ElfError.TooMany => "elf-too-many",
        ElfError.BadString => "elf-bad-string",
        ElfError.BadSection => "elf-bad-section",
        ElfError.BadSegment => "elf-bad-segment",
        ElfError.BadSymbol => "elf-bad-symbol",
        ElfError.BadRelocation => "elf-bad-relocation",
        ElfError.BadNote => "elf-bad-note",
        ElfError.NoSegments => "kernel-no-segments",
        ElfError.NoEntry => "kernel-no-entry",
        ElfError.Overlap => "kernel-overlap",
        ElfError.Reserved => "kernel-reserved",
        ElfError.TooLarge => "kernel-too-large",
        ElfError.NoBuildId => "kernel-no-build-id",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, null),
    };
}

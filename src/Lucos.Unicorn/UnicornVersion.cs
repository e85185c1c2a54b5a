namespace Lucos.Unicorn;

/// <summary>A version of the emulator library.</summary>
/// <param name="Major">Major number.</param>
/// <param name="Minor">Minor number.</param>
/// <param name="Patch">Patch number.</param>
public readonly record struct UnicornVersion(int Major, int Minor, int Patch) : IComparable<UnicornVersion>
{
    /// <summary>
    /// The oldest version that works: before 2.1.4 a stop in a hook re-executes instructions, and memory hooks report other addresses.
    /// </summary>
    public static UnicornVersion Oldest => new(2, 1, 4);

    /// <summary>Decodes what <c>uc_version</c> returns: major, minor and patch in a byte each, from bit 24 down.</summary>
    public static UnicornVersion Decode(uint packed) => new((int)(packed >> 24), (int)((packed >> 16) & 0xff), (int)((packed >> 8) & 0xff));

    /// <summary>Refuses a version that is too old.</summary>
    /// <exception cref="UnicornException"><c>unicorn-too-old</c>, with how to get a newer one.</exception>
    public void Require()
    {
        if (CompareTo(Oldest) < 0)
        {
            throw new UnicornException(
                $"unicorn-too-old: libunicorn {this} was found, but {Oldest} or newer is needed (older ones lose exactness when stopped in a hook). "
                + "Run tools/lucos, which unpacks a suitable one into .native/, or set LUCOS_UNICORN to the path of a libunicorn.so.2.");
        }
    }

    /// <inheritdoc/>
    public int CompareTo(UnicornVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(UnicornVersion left, UnicornVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(UnicornVersion left, UnicornVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is older or the same.</summary>
    public static bool operator <=(UnicornVersion left, UnicornVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is newer or the same.</summary>
    public static bool operator >=(UnicornVersion left, UnicornVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}

# The .NET SDK. It is no Debian package, so it is looked for and never installed from here.

need_dotnet() {
    if ! command -v dotnet >/dev/null 2>&1; then
        local root
        for root in "${DOTNET_ROOT:-}" "$HOME/.dotnet" /usr/share/dotnet /usr/lib/dotnet /opt/dotnet; do
            if [ -n "$root" ] && [ -x "$root/dotnet" ]; then PATH="$root:$PATH"; export PATH; break; fi
        done
    fi
    command -v dotnet >/dev/null 2>&1 ||
        die "the .NET 10 SDK is not installed (no 'dotnet' on the PATH)" \
            "Install it as https://learn.microsoft.com/dotnet/core/install/linux-debian says (package dotnet-sdk-10.0)," \
            "or unpack the SDK anywhere and put its folder on the PATH; then start this command again."
    # The SDK wants libicu unless told that no culture matters; nothing here depends on one.
    export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
    dotnet --list-sdks | grep -q '^10\.' ||
        die "the .NET SDK here is not version 10: $(dotnet --list-sdks | tr '\n' ';')" \
            "Install dotnet-sdk-10.0 beside it (several versions live together), then start this command again."
    # A fresh account has no first-run banner to read and no telemetry to send.
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
}

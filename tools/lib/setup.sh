# Set-up: what a fresh Debian 12 or 13 lacks is installed, and what has changed is built. When nothing is missing and
# nothing has changed it costs a few file look-ups (well under 50 ms), so every command may call it.

lib=$(dirname "${BASH_SOURCE[0]}")
root=$(cd "$lib/../.." && pwd)
. "$lib/messages.sh"
. "$lib/packages.sh"
. "$lib/dotnet.sh"
. "$lib/unicorn.sh"

stamps=$root/.setup
cli=$root/src/Lucos.Cli/bin/Release/net10.0/lucos
# gcc alone brings no C headers (the build runs two small programs on this machine), the SDK no certificates.
build_packages=(gcc:gcc make:make ld:binutils objdump:binutils awk:gawk /usr/include/elf.h:libc6-dev
    /etc/ssl/certs/ca-certificates.crt:ca-certificates)

need_architecture() {
    local machine
    machine=$(uname -m)
    [ "$machine" = x86_64 ] ||
        die "this machine is $machine; Lucos runs on x86-64 only" \
            "Its VMM and its guest are both x86-64. Use an x86-64 Debian 12 or 13 (a virtual machine will do)."
}

# newer_sources STAMP [TEST...] : the first source that is newer than the stamp, if any.
newer_sources() {
    local stamp=$1
    shift
    find "$root/src" "$root/guest-kernel" "$root/Directory.Build.props" "$root/Directory.Build.targets" \
        "$root/Directory.Packages.props" "$root/global.json" \
        \( -name bin -o -name obj -o -name build \) -prune -o -newer "$stamp" "$@" -print -quit
}

# changed_since STAMP : is any source newer than the stamp? Folders count too, so that a deleted file is seen.
changed_since() {
    [ ! -e "$1" ] || [ -n "$(newer_sources "$1")" ]
}

# run_logged WHAT LOG CMD... : a step whose output is shown only when it fails.
run_logged() {
    local what=$1 log=$2
    shift 2
    say "$what"
    if ! "$@" >"$log" 2>&1; then
        grep -E 'error|Error|warning' "$log" | sort -u | head -n 20 >&2 || tail -n 20 "$log" >&2
        die "$what failed" "The whole log: $log"
    fi
}

build_all() {
    use_dotnet_root
    local begun=$stamps/begun
    touch "$begun"
    run_logged "building the VMM and the console" "$stamps/dotnet.log" \
        dotnet build "$root/src/Lucos.Cli/Lucos.Cli.csproj" -c Release -nologo -v q
    run_logged "building the guest kernel" "$stamps/guest.log" make -C "$root/guest-kernel" -j2 LUCOS="$cli"
    run_logged "building the updates" "$stamps/updates.log" make -C "$root/guest-kernel" updates LUCOS="$cli"
    # Once more: the packages now go into the initramfs.
    run_logged "packing the initramfs" "$stamps/initramfs.log" make -C "$root/guest-kernel" LUCOS="$cli"
    # The stamp's time is the build's beginning if a file was edited meanwhile, so that it is built next time; otherwise now,
    # because building makes folders beside the sources.
    if [ -z "$(newer_sources "$begun" -type f)" ]; then touch "$begun"; fi
    mv "$begun" "$stamps/built"
}

# The console is a framework-dependent program: it must find the runtime even where the SDK is in a folder of its own.
use_dotnet_root() {
    local dotnet
    [ -z "${DOTNET_ROOT:-}" ] && dotnet=$(command -v dotnet) || return 0
    DOTNET_ROOT=$(dirname "$(readlink -f "$dotnet")")
    export DOTNET_ROOT
}

# The quick question that every command asks first.
is_ready() {
    unicorn_ready "$root" && [ -x "$cli" ] && [ -e "$root/guest-kernel/build/initramfs.cpio" ] &&
        ! changed_since "$stamps/built"
}

set_up() {
    if is_ready; then return 0; fi
    mkdir -p "$stamps"
    exec 8>"$stamps/lock"
    flock 8
    if ! is_ready; then
        need_architecture
        need_dotnet
        need_packages "${build_packages[@]}"
        need_unicorn "$root"
        build_all
    fi
    flock -u 8
    exec 8>&-
}

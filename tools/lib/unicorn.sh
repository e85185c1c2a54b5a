# libunicorn >= 2.1.4. Debian 12 and 13 ship older ones whose stops and write protection are not exact, so a newer
# release's package is fetched through a private apt configuration (Debian's own keyring checks its signature) and
# unpacked into .native/, which git ignores. Nothing is installed system-wide; the package needs only libc6 >= 2.34.

unicorn_wanted=2.1.4
unicorn_file=usr/lib/x86_64-linux-gnu/libunicorn.so.2

# unicorn_ready ROOT : is a library of a good version at hand? Cheap: no process is started on the usual path.
unicorn_ready() {
    [ -n "${LUCOS_UNICORN:-}" ] && [ -e "$LUCOS_UNICORN" ] && return 0
    [ -e "$1/.setup/system-unicorn" ] && return 0
    [ -e "$1/.native/$unicorn_file" ] && [ -e "$1/.native/version" ]
}

# unicorn_system_ready : the system's own library is new enough (Debian releases after 13).
unicorn_system_ready() {
    local version
    version=$(dpkg-query -W -f '${Version}\n' libunicorn2t64 libunicorn2 2>/dev/null | head -n 1)
    [ -n "$version" ] && dpkg --compare-versions "$version" ge "$unicorn_wanted"
}

# The machine's own Debian mirror, so that no registry's address is written down here.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1
}

# A private apt: its own sources, lists and cache; the machine's configuration of proxies still holds.
private_apt() {
    local dir=$1
    shift
    apt-get -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$dir/state" -o Dir::State::Status="$dir/status" -o Dir::Cache="$dir/cache" \
        -o APT::Sandbox::User="$(id -un)" -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
        -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# fetch_unicorn_from SUITE MIRROR DIR : downloads the suite's package into DIR; fails quietly where the suite has none.
fetch_unicorn_from() {
    local suite=$1 mirror=$2 dir=$3
    mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
    : >"$dir/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$suite" >"$dir/sources.list"
    private_apt "$dir" update >"$dir/log" 2>&1 || return 1
    (cd "$dir" && private_apt "$dir" download libunicorn2t64 >>"$dir/log" 2>&1) || return 1
    dpkg --compare-versions "$(dpkg-deb -f "$dir"/libunicorn2t64_*.deb Version)" ge "$unicorn_wanted"
}

need_unicorn() {
    local root=$1 mirror dir suite version
    unicorn_ready "$root" && return 0
    if unicorn_system_ready; then touch "$root/.setup/system-unicorn"; return 0; fi
    command -v dpkg-deb >/dev/null 2>&1 ||
        die "libunicorn >= $unicorn_wanted is missing, and this is no Debian machine" \
            "Build or install Unicorn $unicorn_wanted or newer and set LUCOS_UNICORN to its libunicorn.so.2."
    need_packages /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then
        # apt names only targets whose lists it has: on a machine that never ran "apt-get update" there are none.
        say "fetching apt's package lists"
        as_root apt-get update >/dev/null 2>&1 || true
        mirror=$(debian_mirror)
    fi
    [ -n "$mirror" ] ||
        die "libunicorn >= $unicorn_wanted is missing, and apt names no Debian mirror to fetch it from" \
            "Add a Debian mirror to apt's sources and run apt-get update, or set LUCOS_UNICORN to a libunicorn.so.2 of your own."
    dir=$(mktemp -d)
    for suite in forky sid; do
        say "fetching libunicorn from Debian's $suite (signed by Debian, unpacked into .native/)"
        if fetch_unicorn_from "$suite" "$mirror" "$dir/$suite"; then
            version=$(dpkg-deb -f "$dir/$suite"/libunicorn2t64_*.deb Version)
            rm -rf "$root/.native"
            mkdir -p "$root/.native"
            dpkg-deb -x "$dir/$suite"/libunicorn2t64_*.deb "$root/.native"
            printf '%s\n' "$version" >"$root/.native/version"
            rm -rf "$dir"
            say "libunicorn $version is ready"
            return 0
        fi
    done
    tail -n 4 "$dir"/*/log >&2 || true
    die "could not download libunicorn >= $unicorn_wanted" \
        "Is the Debian mirror reachable? (apt-get update tells.) Or set LUCOS_UNICORN to a libunicorn.so.2 of that version." \
        "The logs: $dir"
}

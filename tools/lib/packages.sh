# Debian packages that the build needs. Only what is missing is installed, and only by name.

# missing_packages COMMAND:PACKAGE... : prints the packages whose command is not on the PATH.
missing_packages() {
    local pair
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s\n' "${pair##*:}"
    done | sort -u
}

# need_packages COMMAND:PACKAGE... : installs the packages of the commands that are missing.
need_packages() {
    local missing log
    missing=$(missing_packages "$@" | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 ||
        die "missing: $missing" "This machine has no apt-get. Install these packages by its own means, then start this command again."
    say "installing $missing"
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of package names, split on purpose
    if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        die "could not install: $missing" "Is the package registry reachable? Try: apt-get update && apt-get install $missing" "The whole log: $log"
    fi
    rm -f "$log"
}

# Debian packages that the build needs. Only what is missing is installed, and only by name.

# missing_packages THING:PACKAGE... : prints the packages whose thing is not there: a command on the PATH, or a file if it begins with /.
missing_packages() {
    local pair thing
    for pair in "$@"; do
        thing=${pair%%:*}
        case $thing in
        /*) [ -e "$thing" ] || printf '%s\n' "${pair##*:}" ;;
        *) command -v "$thing" >/dev/null 2>&1 || printf '%s\n' "${pair##*:}" ;;
        esac
    done | sort -u
}

# need_packages THING:PACKAGE... : installs the packages of the things that are missing.
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

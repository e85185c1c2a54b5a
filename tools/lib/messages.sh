# Messages of the set-up: progress and errors go to stderr, so that a command's own output stays clean.

say() { printf 'lucos: %s\n' "$*" >&2; }

# die WHAT... : says what is wrong and what to do (one argument a line) and stops with the code for "usage or set-up" (2).
die() {
    local line
    printf 'lucos: error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 2
}

# as_root CMD... : runs a command as root, through sudo where the user is somebody else.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; return; fi
    command -v sudo >/dev/null 2>&1 ||
        die "this step needs root: $*" "Run it as root yourself, or install sudo, then start this command again."
    sudo "$@"
}

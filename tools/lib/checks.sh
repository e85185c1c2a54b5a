# Checks of the tree itself, each one a function that prints what is wrong and fails.

check_csharp_format() {
    dotnet format Lucos.sln --verify-no-changes --no-restore
}

# Text files: no trailing blanks, a newline at the end, tabs to indent C, lines of at most 132 columns.
check_text_format() {
    local bad=0 file
    while IFS= read -r -d '' file; do
        [ -s "$file" ] || continue
        if grep -nE '[[:blank:]]+$' "$file" | sed "s|^|$file: trailing blank: |" | grep .; then bad=1; fi
        if [ -n "$(tail -c 1 "$file")" ]; then printf '%s: no newline at the end\n' "$file"; bad=1; fi
        case $file in
        */lucos_abi.h) ;; # rendered
        *.c | *.h | *.S)
            if grep -nE '^ +[^ *]' "$file" | sed "s|^|$file: indented by blanks: |" | grep .; then bad=1; fi
            if expand -t 8 "$file" | grep -nE '^.{133,}' | sed "s|^|$file: over 132 columns: |" | grep .; then bad=1; fi
            ;;
        esac
    done < <(git ls-files -z '*.c' '*.h' '*.S' '*.sh' '*.ld' tools .ci guest-kernel/Makefile)
    for file in tools/lucos tools/test tools/bench tools/lib/*.sh .ci/run; do
        bash -n "$file" || bad=1
    done
    return $bad
}

check_update_manager() {
    make -C guest-kernel host-test
}

# expect_message TEXT CMD... : the command must fail with the set-up's code 2 and say TEXT.
expect_message() {
    local wanted=$1 said status
    shift
    said=$("$@" 2>&1)
    status=$?
    if [ $status -ne 2 ]; then printf 'expected status 2, got %d: %s\n' "$status" "$said"; return 1; fi
    case $said in
    *"$wanted"*) ;;
    *) printf 'expected "%s", got: %s\n' "$wanted" "$said"; return 1 ;;
    esac
}

# with_fakes DIR STEP : one step of the set-up with the commands in DIR before all others.
with_fakes() {
    env -u LUCOS_UNICORN -u DOTNET_ROOT HOME="$1" PATH="$1:/usr/bin:/bin" bash -c '
        . tools/lib/setup.sh
        root=$1 stamps=$1/.setup
        mkdir -p "$stamps"
        eval "$2"' step "$1" "$2"
}

# fake DIR NAME BODY : a command that does BODY instead of what the real one does.
fake() {
    printf '#!/bin/sh\n%s\n' "$3" >"$1/$2"
    chmod +x "$1/$2"
}

# What the set-up says where it can't go on. Every command that would reach out is replaced, so nothing is changed.
check_setup_messages() {
    local dir bad=0
    dir=$(mktemp -d)
    fake "$dir" uname 'echo aarch64'
    expect_message "Lucos runs on x86-64 only" with_fakes "$dir" need_architecture || bad=1
    fake "$dir" dotnet 'echo "8.0.100 [/usr/share/dotnet/sdk]"'
    expect_message "not version 10" with_fakes "$dir" need_dotnet || bad=1
    fake "$dir" apt-get 'case "$*" in *indextargets*) echo http://mirror.invalid/debian ;; *) echo "no network" >&2; exit 100 ;; esac'
    fake "$dir" dpkg-query 'exit 1'
    expect_message "could not download libunicorn" with_fakes "$dir" 'need_unicorn "$root"' || bad=1
    fake "$dir" sudo 'exec "$@"'
    expect_message "could not install: no-such-package" with_fakes "$dir" 'need_packages no-such-command:no-such-package' || bad=1
    rm -rf "$dir"
    return $bad
}

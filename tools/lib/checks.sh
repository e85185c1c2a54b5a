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

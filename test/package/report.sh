# shellcheck shell=bash
# Functions by which the tests in this directory report. Each line begins with ok, NOT OK
# or NOT TESTED; finish ends the script, with status 1 if anything failed.
failures=0

passed() { echo "ok          $1"; }

# failed WHAT [LOG]
failed() {
    echo "NOT OK      $1"
    [ -z "${2:-}" ] || tail -n 20 "$2" | sed 's/^/            /'
    failures=$((failures + 1))
}

skipped() { echo "NOT TESTED  $1"; }

# check WHAT COMMAND…: the command must succeed.
check() {
    local what=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then passed "$what"; else failed "$what: $*" "$log"; fi
    rm -f "$log"
}

# is WHAT GOT WANTED
is() { if [ "$2" = "$3" ]; then passed "$1"; else failed "$1: $2, want $3"; fi; }

# within SECONDS COMMAND…: waits until the command succeeds; status 1 if it does not.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# ids FILE: prints the number of different alerts, without the records that follow them up.
ids() { grep -v '"kind":"enrichment"' "$1" | grep -o '"alert_id":"[0-9a-f]\{64\}"' | sort -u | wc -l; }

finish() {
    echo
    if [ $failures -gt 0 ]; then
        echo "$1: $failures failed"
        exit 1
    fi
    exit 0
}

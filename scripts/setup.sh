#!/bin/sh
# Installs what Andon needs from Debian's packages. This is the only list of system packages.
#
#   scripts/setup.sh run    what building and running needs
#   scripts/setup.sh test   that, and what the tests need
#
# Does nothing where everything is present. Rust and Node come from where you like; they are only checked.
set -eu

level=${1:-run}
RUST_NEEDED=1.95
NODE_NEEDED=20.19

# what shows that it is there | the package that brings it
needed_to_run='
command:git git
command:bwrap bubblewrap
command:cc gcc
file:/usr/include/stdio.h libc6-dev
command:make make
command:curl curl
file:/etc/ssl/certs/ca-certificates.crt ca-certificates
command:node nodejs
command:npm npm
'
needed_to_test='
postgres:initdb postgresql
command:chromium chromium
font:DejaVuSans.ttf fonts-dejavu-core
file:/usr/lib/python3/dist-packages/aiosmtpd/__init__.py python3-aiosmtpd
'

say() { printf '%s\n' "$*" >&2; }

is_present() {
    what=${1#*:}
    case $1 in
    command:*) command -v "$what" >/dev/null 2>&1 ;;
    file:*) [ -e "$what" ] ;;
    # Debian keeps the programs of a PostgreSQL cluster out of PATH.
    postgres:*) command -v "$what" >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/"$what" >/dev/null 2>&1 ;;
    font:*) ls /usr/share/fonts/truetype/*/"$what" >/dev/null 2>&1 ;;
    esac
}

list_missing() {
    printf '%s\n' "$1" | while read -r mark package; do
        [ -z "$mark" ] || is_present "$mark" || printf '%s ' "$package"
    done
}

install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        say "Missing: $*"
        say "This is no Debian system (there is no apt-get). Install what these packages bring, then run this again."
        exit 1
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root=sudo
    elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
        as_root=sudo
    else
        say "Missing: $*"
        say "Installing needs root. As root, run:  apt-get update && apt-get install -y --no-install-recommends $*"
        exit 1
    fi
    say "Installing: $*"
    $as_root apt-get update -q >&2
    # shellcheck disable=SC2086 # an empty as_root must vanish
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

# Is version $1 at least version $2?
is_at_least() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

check_tools() {
    if ! command -v cargo >/dev/null 2>&1; then
        say "Rust $RUST_NEEDED or newer is needed, and there is no cargo. Install it with rustup, then run this again."
        exit 1
    fi
    found=$(rustc --version | cut -d ' ' -f 2)
    if ! is_at_least "$found" "$RUST_NEEDED"; then
        say "Rust $RUST_NEEDED or newer is needed, and rustc is $found. Update it (rustup update stable), then run this again."
        exit 1
    fi
    found=$(node --version | tr -d v)
    if ! is_at_least "$found" "$NODE_NEEDED"; then
        say "Node $NODE_NEEDED or newer is needed, and node is $found. Install a newer one, then run this again."
        exit 1
    fi
}

case $level in
run) needed=$needed_to_run ;;
test) needed=$needed_to_run$needed_to_test ;;
*)
    say "Unknown level \"$level\"; it is \"run\" or \"test\"."
    exit 2
    ;;
esac

missing=$(list_missing "$needed")
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # one word per package
    install_packages $missing
fi
check_tools

# Sourced by every stage: the folder, and what more than one of them needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}

# skip WHY: ends the stage without a verdict. `.ci/run` repeats the line in its summary.
skip() {
    printf 'skipped: %s: %s\n' "$(basename "$0")" "$*"
    exit 0
}

# install PACKAGE...: from the system's packages, where that is possible.
install() {
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    timeout 300 apt-get -qq update >/dev/null && timeout 900 apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

# needs COMMAND PACKAGE...: installs the packages unless the command is there; without it the stage is skipped.
needs() {
    local command=$1
    shift
    command -v "$command" >/dev/null || install "$@" || true
    command -v "$command" >/dev/null || skip "there is no $command; on Debian and Ubuntu it is in: $*"
}

# What linking to the system's OpenSSL takes.
needs_openssl() {
    pkg-config --exists openssl 2>/dev/null || install pkg-config libssl-dev || true
    if ! pkg-config --exists openssl 2>/dev/null; then
        echo "please install pkg-config and the development files of OpenSSL" >&2
        exit 1
    fi
}

# What building OpenSSL from source takes (`--features vendored-tls`). A Debian without the package perl has a perl without modules.
needs_openssl_source() {
    needs cc gcc libc6-dev
    needs make make
    perl -MIPC::Cmd -e '' 2>/dev/null || install perl || true
    perl -MIPC::Cmd -e '' 2>/dev/null || skip "there is no perl with its modules; on Debian and Ubuntu it is in: perl"
}

# is_due PATH...: whether a slow stage runs: with CI_FULL=1, or when one of these paths has changed since the commit CI_BASE.
is_due() {
    [[ ${CI_FULL:-} == 1 ]] && return
    [[ -n ${CI_BASE:-} ]] && ! git diff --quiet "$CI_BASE" -- "$@" 2>/dev/null
}

# slow PATH...: skips the stage unless it is due.
slow() {
    is_due "$@" || skip "slow: runs with CI_FULL=1, or with CI_BASE=COMMIT when files that it depends on changed since then"
}

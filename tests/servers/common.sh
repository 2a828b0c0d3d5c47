# What the scripts of tests/ share: the cache directory, root rights, Debian packages.
# To be sourced by a bash script that runs with "set -eu".
#
# The cache holds what takes long to fetch:
#
#   $cache/mysql      an unpacked Debian sid: MySQL server and client, and a compiler with libmysqlclient
#   $cache/mariadb    plugins that Debian ships outside mariadb-server-core
#   $cache/suites     the servers' own test suites: suites/mariadb, suites/mysql (a Debian sid of its own)
#   $cache/npm        node modules
#   $cache/dbmate     dbmate, as npm has it
#   $cache/haproxy, $cache/router  unpacked proxies that tests/bench compares ddltap with
#   $cache/alembic-trixie  an unpacked Debian 13: Alembic with SQLAlchemy 2

servers_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages_dir=$(cd "$servers_dir/../packages" && pwd)

# Root's home is closed to the user that the servers run as; so root's cache lies outside of it.
if [ "$(id -u)" = 0 ]; then
    cache=${DDLTAP_TEST_CACHE:-/var/cache/ddltap-tests}
else
    cache=${DDLTAP_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ddltap-tests}
fi
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

say() {
    echo "tests: $*" >&2
}

fail() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        fail "needs root: run this as root or install sudo ($*)"
    fi
}

# package_list NAME: the packages of tests/packages/NAME, one a line.
package_list() {
    grep -v -e '^#' -e '^$' "$packages_dir/$1"
}

package_is_installed() {
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        -o Acquire::Retries=5 -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io "$@" </dev/null >"$cache/apt.log" 2>&1
}

# install_packages NAME...: installs those Debian packages that are missing. None of them starts a service.
install_packages() {
    local missing=() package
    for package in "$@"; do
        package_is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root apt-get update -qq -o Acquire::Retries=5 >&2 || say "apt-get update failed, going on with the lists at hand"
    apt_install "${missing[@]}" || {
        tail -n 20 "$cache/apt.log" >&2
        fail "apt-get could not install: ${missing[*]}"
    }
}

# lock_cache: one script at a time changes the cache; the lock ends with the script.
lock_cache() {
    exec 9>"$cache/lock"
    flock 9
}

#!/usr/bin/env bash
# Builds ddltap against real libmysqlclient, in the Debian sid that fetch.sh mysql has unpacked, and checks that the
# program says so. Needs root or sudo, for chroot; mounts nothing.
set -eu
. "$(dirname "$0")/common.sh"

source=$(cd "$servers_dir/../.." && pwd)
root=$cache/mysql
[ -e "$root/complete" ] || fail "libmysqlclient is not there; run tests/servers/fetch.sh mysql"

inside=/tmp/ddltap.$$
trap 'as_root rm -rf "$root$inside"' EXIT
trap 'exit 143' TERM INT HUP
as_root mkdir -p "$root$inside/source"

cd "$source"
tar --create --exclude=.git --exclude='build*' CMakeLists.txt LICENSE README.md docs include proxy capture tests |
    as_root tar --extract --no-same-owner --directory "$root$inside/source"

in_sid() {
    as_root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C timeout 1500 chroot "$root" "$@"
}
in_sid cmake -S "$inside/source" -B "$inside/build" -G Ninja -DCMAKE_C_COMPILER=gcc \
    -DDDLTAP_WERROR=ON -DDDLTAP_CLIENT_LIBRARY=mysql
in_sid cmake --build "$inside/build" --target ddltap -- -k 0

program=$(cd "$root" && find "${inside#/}/build" -name ddltap -type f -perm -u+x | head -n 1)
[ -n "$program" ] || fail "the build left no program named ddltap"
version=$(in_sid "/$program" --version)
echo "$version"
case $version in
*libmysqlclient*) ;;
*) fail "ddltap --version does not name libmysqlclient" ;;
esac

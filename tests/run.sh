#!/usr/bin/env bash
# Runs all tests: tests/run.sh [--unit] [-R REGEX]
#
#   --unit      only the unit tests and the fuzzers on their seeds; needs no server
#   -R REGEX    only the tests whose name matches, as ctest's -R
#
# What is missing is installed with apt-get (as root or through sudo); servers and clients are fetched into a cache
# that later runs use again. The build is by clang, which the fuzzers need, with assertions and sanitizers, and
# takes warnings for errors. Environment:
#
#   DDLTAP_BUILD        the build directory (build-tests in the source tree)
#   DDLTAP_TEST_CACHE   the cache (/var/cache/ddltap-tests for root, else ~/.cache/ddltap-tests)
#   DDLTAP_CORPORA      a directory of SQL texts of other projects; the tests on them run only where it is set
#
# The exit code is that of ctest, whose closing line comes last.
set -eu
tests_dir=$(cd "$(dirname "$0")" && pwd)
. "$tests_dir/servers/common.sh"
source=$(cd "$tests_dir/.." && pwd)
build=${DDLTAP_BUILD:-$source/build-tests}

usage() {
    sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
}

unit_only=
ctest_options=()
while [ $# -gt 0 ]; do
    case $1 in
    --unit) unit_only=yes ;;
    -R)
        [ $# -gt 1 ] || fail "-R needs a regular expression"
        ctest_options+=(-R "$2")
        shift
        ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

install_packages $(package_list build) $(package_list test)
if [ -n "$unit_only" ]; then
    ctest_options+=(-LE e2e)
else
    "$tests_dir/servers/fetch.sh"
fi

# A failed build must not take the place of the closing line's exit code: set -e ends the script here.
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG='-O1 -g' \
    -DDDLTAP_TESTS=ON -DDDLTAP_SANITIZE=ON -DDDLTAP_WERROR=ON
cmake --build "$build" -j "$(nproc)"

export DDLTAP_TEST_CACHE=$cache
cd "$build"
exec ctest --parallel "$(nproc)" --output-on-failure --no-tests=error "${ctest_options[@]}"

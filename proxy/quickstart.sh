#!/usr/bin/env bash
# Builds ddltap and runs it: proxy/quickstart.sh [--upstream URL --repo DIR] [--listen ADDRESS]
#
#   --upstream URL   the development database, mysql://user:password@host:port/database
#   --repo DIR       the git repository that gets the drafts
#   --listen ADDRESS where tools connect (127.0.0.1:3307)
#
# Given neither --upstream nor --repo, it starts a private MariaDB and makes a git repository, both in
# ~/.local/state/ddltap-quickstart, as root in /var/lib/ddltap-quickstart (DDLTAP_QUICKSTART names another place), so
# that there is something to try. They are kept for the next run. With --repo alone, ddltap finds the database in the project (.env and so on).
#
# What is missing is installed with apt-get, as root or through sudo. The program is built in build/. Ctrl-C ends the
# proxy and the private server.
set -eu
. "$(dirname "$0")/../tests/servers/common.sh"
source=$(cd "$(dirname "$0")/.." && pwd)
build=${DDLTAP_BUILD:-$source/build}
# MariaDB refuses to run as root: there it runs as nobody, who cannot enter root's home.
if [ "$(id -u)" = 0 ]; then
    state=${DDLTAP_QUICKSTART:-/var/lib/ddltap-quickstart}
else
    state=${DDLTAP_QUICKSTART:-${XDG_STATE_HOME:-$HOME/.local/state}/ddltap-quickstart}
fi

say() {
    echo "quickstart: $*" >&2
}

upstream=
repo=
listen=127.0.0.1:3307
while [ $# -gt 0 ]; do
    case $1 in
    --upstream | --repo | --listen)
        [ $# -gt 1 ] || fail "$1 needs a value"
        declare "${1#--}=$2"
        shift
        ;;
    -h | --help)
        sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    *)
        say "unknown option $1; see --help"
        exit 2
        ;;
    esac
    shift
done
[ -z "$upstream" ] || [ -n "$repo" ] || fail "--upstream needs --repo: the git repository that gets the drafts"

build_ddltap() {
    install_packages $(package_list build)
    cmake -S "$source" -B "$build" -G Ninja >"$cache/build.log" 2>&1 &&
        cmake --build "$build" -j "$(nproc)" >>"$cache/build.log" 2>&1 || {
        tail -n 20 "$cache/build.log" >&2
        fail "ddltap could not be built"
    }
}

# --- the private server and repository ---------------------------------------------------------------

server_pid=
stop_server() {
    trap '' INT TERM HUP
    [ -n "$server_pid" ] || return 0
    kill -TERM "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
}

# One run at a time may use the private server's data.
lock_state() {
    mkdir -p "$state"
    exec 8>"$state/lock"
    flock --nonblock 8 || fail "another quickstart is running on $state"
}

prepare_server() {
    install_packages $(package_list mariadb)
    unprivileged=(setpriv --pdeathsig TERM)
    data=$state/mariadb
    if [ "$(id -u)" = 0 ]; then
        unprivileged+=(--reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups)
    fi
    mkdir -p "$data"
    [ "$(id -u)" != 0 ] || chown nobody: "$data"
    [ -d "$data/mysql" ] || (cd "$data" && "${unprivileged[@]}" mariadb-install-db --no-defaults \
        --force --auth-root-authentication-method=normal --skip-test-db --datadir="$data") >"$state/mariadb.log" 2>&1 ||
        fail "the private MariaDB could not be made; see $state/mariadb.log"
}

free_port() {
    local port
    for port in $(seq 23306 23405); do
        (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || break
    done
    echo "$port"
}

start_server() {
    port=$(free_port)
    trap stop_server EXIT
    (cd "$data" && exec "${unprivileged[@]}" /usr/sbin/mariadbd --no-defaults --datadir="$data" --socket="$data/socket" \
        --bind-address=127.0.0.1 --port="$port" --pid-file="$data/pid" --local-infile=1) \
        </dev/null >>"$state/mariadb.log" 2>&1 8>&- &
    server_pid=$!
    for _ in $(seq 300); do
        kill -0 "$server_pid" 2>/dev/null || break
        if mariadb --no-defaults -uroot -h127.0.0.1 -P"$port" \
            -e 'CREATE DATABASE IF NOT EXISTS bankroll' 2>/dev/null; then
            return 0
        fi
        sleep 0.1
    done
    tail -n 20 "$state/mariadb.log" >&2
    fail "the private MariaDB did not start"
}

private_server_and_repo() {
    lock_state
    prepare_server
    start_server
    upstream=mysql://root@127.0.0.1:$port/bankroll
    repo=$state/repo
    [ -d "$repo/.git" ] || git init --quiet "$repo"
    # The port may differ from run to run: the project's own .env says where its database is.
    echo "DATABASE_URL=$upstream" >"$repo/.env"
    grep -qxF .env "$repo/.gitignore" 2>/dev/null || echo .env >>"$repo/.gitignore"
    upstream=
}

# --- the main job --------------------------------------------------------------------------------------

# The URL may hold a password: it goes by the environment, where ddltap looks for it, and is stored nowhere.
run_proxy() {
    [ -z "$upstream" ] || export DDLTAP_DATABASE_URL=$upstream
    [ -f "$repo/ddltap/config.ini" ] || "$build/ddltap" -C "$repo" init >&2
    say "connect your tools to $listen with the account that you use on the database itself"
    [ -z "$server_pid" ] || say "for example: mariadb --user=root --host=127.0.0.1 --port=${listen##*:} bankroll"
    say "drafts appear in $repo/ddltap/drafts; see them with: $build/ddltap -C $repo list"
    say "Ctrl-C ends everything"
    # A session of its own: Ctrl-C reaches the proxy once, by the trap, and drains it.
    setpriv --pdeathsig TERM setsid "$build/ddltap" -C "$repo" proxy --listen "$listen" &
    proxy_pid=$!
    trap 'kill -TERM $proxy_pid 2>/dev/null || true' INT TERM HUP
    code=0
    # A signal ends the first wait; the second one takes the exit code of the drained proxy.
    wait $proxy_pid || code=$?
    ! kill -0 $proxy_pid 2>/dev/null || { wait $proxy_pid && code=0 || code=$?; }
    [ "$code" -lt 128 ] || code=0
    exit "$code"
}

build_ddltap
[ -n "$repo" ] || private_server_and_repo
run_proxy

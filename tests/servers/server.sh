#!/usr/bin/env bash
# Runs a private database server until it is told to end: server.sh mariadb|mariadb-11.8|mysql [SERVER-OPTION...]
#
# When the server answers, facts about it are printed, one NAME=VALUE a line, and then a line "ready":
# version, host, port, socket, directory, ca (the certificate authority of its TLS certificate), pid, error_log,
# and client (the command line client that belongs to it).
#
# It listens on 127.0.0.1 alone, its root has no password, and its data lie in a directory of their own (in memory
# where there is room, or below DDLTAP_TEST_DATA). With DDLTAP_TEST_TEMPLATE they begin as a copy of that directory;
# where it is not there yet, the data are left as that directory when the server has ended. SIGTERM, SIGINT or SIGHUP end the server and remove its data. Run by root, the server runs
# as nobody. Fetch what it needs with fetch.sh first.
set -eu
. "$(dirname "$0")/common.sh"

[ $# -gt 0 ] || fail "server.sh: which server? mariadb, mariadb-11.8 or mysql"
kind=$1
shift
case $kind in
mariadb | mariadb-11.8 | mysql) ;;
*) fail "server.sh: unknown server: $kind (mariadb, mariadb-11.8 or mysql)" ;;
esac
[ -e "$cache/$kind/complete" ] || fail "$kind is not there; run tests/servers/fetch.sh $kind"

directory=
server_pid=

stop() {
    trap '' TERM INT HUP
    if [ -n "$server_pid" ]; then
        kill -TERM "$server_pid" 2>/dev/null || true
        for _ in $(seq 150); do
            kill -0 "$server_pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
    fi
    [ -z "${DDLTAP_TEST_TEMPLATE:-}" ] || [ -e "$DDLTAP_TEST_TEMPLATE" ] || mv "$data" "$DDLTAP_TEST_TEMPLATE"
    [ -z "$directory" ] || rm -rf "$directory"
}
trap stop EXIT
trap 'exit 143' TERM INT HUP

place_for_data() {
    local free
    if [ -n "${DDLTAP_TEST_DATA:-}" ]; then
        echo "$DDLTAP_TEST_DATA"
        return
    fi
    free=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
    if [ -w /dev/shm ] && [ "${free:-0}" -gt 2000000 ]; then
        echo /dev/shm
    else
        echo "${TMPDIR:-/tmp}"
    fi
}

directory=$(mktemp -d "$(place_for_data)/ddltap-$kind.XXXXXX")
data=$directory/data
log=$directory/error.log
socket=$directory/socket
mkdir "$data" "$directory/tmp" "$directory/tls"
touch "$log"
chmod 755 "$directory"

# The prefix of every command of the server: not root, and gone when this script is gone.
unprivileged=(setpriv --pdeathsig TERM)
if [ "$(id -u)" = 0 ]; then
    chown -R nobody: "$directory"
    unprivileged+=(--reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups)
fi
cd "$directory"

failed_to_start() {
    say "$kind $1; the end of its error log:"
    tail -n 30 "$log" >&2
    exit 1
}

# A certificate authority of our own and a certificate for 127.0.0.1; MySQL makes its own.
make_certificate() {
    local tls=$directory/tls
    {
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=ddltap test authority' \
            -keyout "$tls/ca-key.pem" -out "$tls/ca.pem"
        openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' \
            -keyout "$tls/server-key.pem" -out "$tls/server.csr"
        openssl x509 -req -in "$tls/server.csr" -days 3650 -CA "$tls/ca.pem" -CAkey "$tls/ca-key.pem" \
            -CAcreateserial -extfile <(echo 'subjectAltName = DNS:localhost, IP:127.0.0.1') \
            -out "$tls/server.pem"
    } >>"$log" 2>&1 || failed_to_start "has no TLS certificate"
    [ "$(id -u)" != 0 ] || chown -R nobody: "$tls"
}

# first_data COMMAND...: the data directory, copied from the template or made by the command.
first_data() {
    if [ -n "${DDLTAP_TEST_TEMPLATE:-}" ] && [ -e "$DDLTAP_TEST_TEMPLATE" ]; then
        cp -a "$DDLTAP_TEST_TEMPLATE/." "$data"
    else
        # Seen to fail where many servers began at once: tried once more.
        "${unprivileged[@]}" "$@" --datadir="$data" >>"$log" 2>&1 || {
            sleep 3
            find "$data" -mindepth 1 -delete
            "${unprivileged[@]}" "$@" --datadir="$data" >>"$log" 2>&1 || failed_to_start "could not make its data directory"
        }
    fi
}

prepare_mariadb() {
    make_certificate
    # --force: also where the machine cannot look up its own name
    first_data mariadb-install-db --no-defaults --force --auth-root-authentication-method=normal --skip-test-db
    server=(/usr/sbin/mariadbd --no-defaults --plugin-dir="$cache/mariadb/plugin" --plugin-load-add=auth_ed25519
        --ssl-ca="$directory/tls/ca.pem" --ssl-cert="$directory/tls/server.pem"
        --ssl-key="$directory/tls/server-key.pem")
    authority=$directory/tls/ca.pem
    client=/usr/bin/mariadb
}

# The one that was unpacked: no plugins, and it makes its certificate itself (in memory; clients need not check it).
prepare_mariadb_11_8() {
    local usr=$cache/mariadb-11.8/usr
    first_data "$usr/bin/mariadb-install-db" --no-defaults --force --basedir="$usr" \
        --auth-root-authentication-method=normal --skip-test-db
    server=("$usr/sbin/mariadbd" --no-defaults --basedir="$usr" --lc-messages-dir="$usr/share/mariadb"
        --character-sets-dir="$usr/share/mariadb/charsets")
    authority=
    client=$usr/bin/mariadb
}

prepare_mysql() {
    local usr=$cache/mysql/usr
    server=("$usr/sbin/mysqld" --no-defaults --basedir="$usr" --lc-messages-dir="$usr/share/mysql"
        --character-sets-dir="$usr/share/mysql/charsets" --plugin-dir="$usr/lib/mysql/plugin" --secure-file-priv=NULL --mysqlx=OFF)
    first_data "${server[@]}" --initialize-insecure
    authority=$data/ca.pem
    client=$usr/bin/mysql
}

ask() {
    "$client" --no-defaults --user=root --socket="$socket" --batch --skip-column-names --execute "$1" 2>>"$log"
}

# Starts the server on a port of our choice; fails where it ended, which may be for the port.
start_on() {
    "${unprivileged[@]}" "${server[@]}" --datadir="$data" --tmpdir="$directory/tmp" --socket="$socket" \
        --bind-address=127.0.0.1 --port="$1" --pid-file="$directory/pid" --log-error="$log" \
        --local-infile=1 --max-allowed-packet=256M --long-query-time=3600 "${@:2}" </dev/null >>"$log" 2>&1 9>&- &
    server_pid=$!
    for _ in $(seq 600); do
        kill -0 "$server_pid" 2>/dev/null || {
            server_pid=
            return 1
        }
        [ ! -S "$socket" ] || ! version=$(ask 'SELECT VERSION()') || return 0
        sleep 0.1
    done
    failed_to_start "does not answer"
}

# Ports below the range that the kernel gives to outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (: </dev/tcp/127.0.0.1/$port) 2>/dev/null || break
    done
    echo "$port"
}

"prepare_${kind//[-.]/_}"
for try in 1 2 3; do
    port=$(free_port)
    ! start_on "$port" "$@" || break
    [ "$try" -lt 3 ] && grep -qi 'address already in use' "$log" || failed_to_start "ended at once"
done

cat <<FACTS
version=$version
host=127.0.0.1
port=$port
socket=$socket
directory=$directory
ca=$authority
pid=$server_pid
error_log=$log
client=$client
ready
FACTS
exec >&2
code=0
wait "$server_pid" || code=$?
server_pid=
failed_to_start "ended by itself (exit code $code)"

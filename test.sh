#!/usr/bin/env bash
# Everything that must hold before a change lands: the parts that the tests need, packages as locked, format, build, tests.
# The last line is always "N passed, N failed, N skipped"; a step that breaks counts as one failure, so that this line
# alone tells the truth. With CI=true a test whose server is missing fails; else it is skipped and says why.
set -uo pipefail
cd "$(dirname "$0")"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
readonly projects=(Belfry.Tests Belfry.SystemTests)
readonly results=artifacts/results
# All of it takes CI some 17 minutes, and has hung after 25; at home nobody waits for a hung test for longer than an hour.
readonly budget=$([[ ${CI:-} == true ]] && echo 1500 || echo 3600)

passed=0 failed=0 skipped=0 broken=() running=

finish() {
    for step in ${broken[@]+"${broken[@]}"}; do echo "FAILED: $step"; done
    local verdict=0
    ((failed == 0 && passed > 0)) || verdict=1
    echo "$passed passed, $failed failed, $skipped skipped"
    exit "$verdict"
}
trap finish EXIT
trap interrupt INT TERM

interrupt() {
    broke "interrupted"
    if [[ -n $running ]]; then kill "$running" && wait "$running"; fi 2>/dev/null
    exit 1
}

broke() {
    broken+=("$1")
    failed=$((failed + 1))
}

# Runs a command under a name; tells whether it went well.
step() {
    local name=$1
    shift
    echo "== $name"
    "$@" && return
    broke "$name"
    return 1
}

# Adds what one report of xUnit counts; a run without a report, or without a test, is a failure.
count() {
    local project=$1 exit_code=$2 report=$results/$1.xml
    local total=0 errors=0 key value
    declare -A counts=()
    if [[ -s $report ]]; then
        while IFS='=' read -r key value; do counts[$key]=${value//\"/}; done \
            < <(grep -o -m1 '<assembly [^>]*>' "$report" | grep -oE '\b(total|passed|failed|skipped|errors)="[0-9]+"')
    fi
    total=${counts[total]:-0}
    errors=$((${counts[failed]:-0} + ${counts[errors]:-0}))
    passed=$((passed + ${counts[passed]:-0}))
    failed=$((failed + errors))
    skipped=$((skipped + ${counts[skipped]:-0}))

    if ((total == 0)); then
        broke "$project: no test ran (exit code $exit_code)"
    elif ((exit_code != 0 && errors == 0)); then
        broke "$project: exit code $exit_code without a failed test"
    elif ((errors > 0)); then
        broken+=("$project: $errors of $total tests")
        while IFS= read -r key; do broken+=("$key"); done \
            < <(grep -oE '<test [^>]* result="Fail"' "$report" | sed 's/.* name="\([^"]*\)".*/\1/')
    fi
}

run_tests() {
    local project=$1 exit_code=0 left=$((budget - SECONDS))
    echo "== tests of $project"
    rm -f "$results/$project.xml"
    # In the background, where a signal to this script need not wait for its end.
    timeout --kill-after=30 "$((left > 1 ? left : 1))" \
        dotnet test --project "tests/$project" -c Release --no-build --no-progress \
        --results-directory "$results" --report-xunit-xml --report-xunit-xml-filename "$project.xml" &
    running=$!
    wait "$running" || exit_code=$?
    running=
    count "$project" "$exit_code"
}

# The JavaScript client, counted by what node's runner says last. Its browser tests also try the server that was just built.
run_client_tests() {
    local script=$1 log=$PWD/$results/client-${1//:/-}.tap exit_code=0 key value
    declare -A counts=()
    echo "== clients/js: npm run $script"
    BELFRY_BIN=$PWD/artifacts/bin/Belfry/release/belfry timeout --kill-after=30 600 \
        npm run --silent --prefix clients/js "$script" >"$log" 2>&1 &
    running=$!
    wait "$running" || exit_code=$?
    running=
    while read -r key value; do counts[$key]=$value; done < <(sed -nE 's/^# (pass|fail|skipped) ([0-9]+)$/\1 \2/p' "$log")
    passed=$((passed + ${counts[pass]:-0}))
    failed=$((failed + ${counts[fail]:-0}))
    skipped=$((skipped + ${counts[skipped]:-0}))
    if ((${counts[fail]:-0} > 0)); then
        while IFS= read -r key; do broken+=("clients/js: $key"); done < <(sed -nE 's/^not ok [0-9]+ - //p' "$log")
    elif ((exit_code != 0 || ${counts[pass]:-0} == 0)); then
        tail -n 20 "$log"
        broke "clients/js: npm run $script: exit code $exit_code"
    fi
}

has_node() { command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; }

step "parts" ./build/install-parts.sh
step "restore" dotnet restore Belfry.slnx --locked-mode || exit 1
step "format" dotnet format Belfry.slnx --verify-no-changes --no-restore
step "build" dotnet build Belfry.slnx -c Release --no-restore || exit 1
step "previous version" ./build/previous-version.sh
for project in "${projects[@]}"; do run_tests "$project"; done
if has_node; then
    mkdir -p "$results"
    step "clients/js: npm ci" npm ci --silent --ignore-scripts --prefix clients/js && {
        run_client_tests test
        run_client_tests test:browser
    }
else
    echo "clients/js is not tested: that takes Node 20 or newer with npm"
    skipped=$((skipped + 1))
fi

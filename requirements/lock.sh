#!/usr/bin/env bash
# Remakes the locked requirements: versions and hashes alone, no address of an index, no path of this machine.
# Usage: requirements/lock.sh [--upgrade]      (needs uv)
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v uv >/dev/null; then
    echo "requirements/lock.sh: uv is not installed (python3 -m pip install uv)" >&2
    exit 1
fi

compile() {
    local python=$1 output=$2
    shift 2
    uv pip compile --quiet --universal --python-version "$python" --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file "$output" "$@"
    echo "wrote $output: $(grep -c '==' "$output") distributions"
}

extras=(--extra compat --extra postgres --extra streams --extra s3 --extra server --extra redis --extra oidc)
groups=(--group test --group lint --group docs)
for python in 3.11 3.12; do
    name=py${python/./}
    # One version for all Pythons of the 3.11 lock; the 3.12 lock may hold what no longer runs on 3.11.
    options=(--fork-strategy fewest "$@")
    compile "$python" "requirements/dev-$name.txt" "${options[@]}" pyproject.toml requirements/dev.in "${extras[@]}" "${groups[@]}"
    # The demo runs on what the tests ran on.
    compile "$python" "requirements/demo-$name.txt" "${options[@]}" --constraints "requirements/dev-$name.txt" \
        pyproject.toml requirements/demo.in --extra server
done
compile 3.11 requirements/mysql.txt "$@" requirements/mysql.in
# Published plugins that the tests run, installed without what they depend on: OpenTOM stands in for that.
compile 3.11 requirements/plugins.txt --no-deps "$@" requirements/plugins.in

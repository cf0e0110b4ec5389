#!/usr/bin/env bash
# npm 11.6.2 writes a lock that its own `npm ci` then refuses, when a package names a dependency by the tag "latest".
#
# lighthouse 12.8.2 wants third-party-web ^0.27.0. Its dependency @paulirish/trace_engine wants third-party-web
# "latest". `npm install --package-lock-only` lets both share 0.27.0 and writes one entry. `npm ci`, a second later and
# with the same package.json, asks the registry what "latest" is, finds a newer version that the lock has not, and ends
# with EUSAGE and the advice to run `npm install` again, which writes the same lock. An entry under "overrides" with the
# shared version makes the lock hold.
#
# Seen on 2026-11-29:
#     install: 0, entries of third-party-web: 1 (0.27.0)
#     ci: 1, EUSAGE, Missing: third-party-web from lock file
#     ci with an override: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-save --prefix tool npm@11.6.2
npm11() { node "$folder/tool/node_modules/npm/bin/npm-cli.js" --ignore-scripts --no-audit --no-fund --omit=optional "$@"; }

mkdir plain overridden
echo '{"name": "plain", "version": "1.0.0", "dependencies": {"lighthouse": "12.8.2"}}' >plain/package.json
echo '{"name": "overridden", "version": "1.0.0", "dependencies": {"lighthouse": "12.8.2"},
       "overrides": {"third-party-web": "0.27.0"}}' >overridden/package.json

{
    (cd plain && npm11 install --package-lock-only --silent) && installed=0 || installed=$?
    versions=$(node -p '
        const { packages } = JSON.parse(require("fs").readFileSync("plain/package-lock.json"));
        const found = Object.keys(packages).filter((name) => name.endsWith("node_modules/third-party-web"));
        `${found.length} (${found.map((name) => packages[name].version)})`')
    echo "install: $installed, entries of third-party-web: $versions"

    (cd plain && npm11 ci --dry-run) >said.txt 2>&1 && done=0 || done=$?
    echo "ci: $done, $(grep -o EUSAGE said.txt | head -1), $(grep -o 'Missing: third-party-web' said.txt | head -1) from lock file"

    (cd overridden && npm11 install --package-lock-only --silent && npm11 ci --dry-run --silent) >/dev/null && done=0 || done=$?
    echo "ci with an override: $done"
} | tee seen.txt

cat >expected.txt <<'EXPECTED'
install: 0, entries of third-party-web: 1 (0.27.0)
ci: 1, EUSAGE, Missing: third-party-web from lock file
ci with an override: 0
EXPECTED
diff expected.txt seen.txt || {
    echo "It has changed: compare with the head of this file."
    exit 1
}

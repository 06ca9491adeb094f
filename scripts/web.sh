#!/bin/sh
# Builds web/dist, unless nothing that it is made of has changed since the last build. Also brings web/node_modules to what
# package-lock.json says, which the checks of the web part need.
set -eu
cd "$(dirname "$0")/../web"

lock=$(sha256sum package.json package-lock.json)
if [ "$(cat node_modules/.lock-sum 2>/dev/null)" != "$lock" ]; then
    npm ci --no-audit --no-fund --loglevel=error
    printf '%s' "$lock" >node_modules/.lock-sum
fi

stamp=node_modules/.built-from
inputs=$(find src public scripts index.html vite.config.ts tsconfig.json package-lock.json -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
if [ -f dist/index.html ] && [ "$(cat $stamp 2>/dev/null)" = "$inputs" ]; then
    exit 0
fi
npm run --silent build
printf '%s' "$inputs" >$stamp

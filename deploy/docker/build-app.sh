#!/bin/sh
# Build one app from a clean copy of the repository into a folder that runs on its own, without development
# dependencies: build-app.sh <package> <folder>. The Dockerfiles run it, and so does replay.sh.
set -eu
package="$1"
out="$2"
cd "$(dirname "$0")/../.."
pnpm="$(sed -n 's/.*"packageManager": "\(pnpm@[^"+]*\).*/\1/p' package.json)"
export CI=true TURBO_TELEMETRY_DISABLED=1

run() {
  npx --yes --prefer-offline "$pnpm" "$@"
}

run install --frozen-lockfile --prefer-offline --filter . --filter "$package..."
run --filter-prod "$package..." run build
run --filter "$package" deploy --prod --prefer-offline "$out"

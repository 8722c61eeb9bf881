#!/usr/bin/env bash
# Builds the version before this one into artifacts/previous, for the test that runs both on one schema. Quick when it is there.
# The commit is the one that the last release was made from; whoever releases moves it.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly commit=c5fd87c51b7c7b7a5cabfd2c885cc34affb6ba4a
readonly folder=artifacts/previous

if [[ -f $folder/artifacts/bin/Belfry/release/belfry.dll && $(git -C "$folder" rev-parse HEAD) == "$commit" ]]; then exit 0; fi
git worktree remove --force "$folder" 2>/dev/null || rm -rf "$folder"
git worktree prune
git worktree add --quiet --detach "$folder" "$commit"
dotnet build "$folder/src/Belfry" --configuration Release --nologo --verbosity quiet -p:RestoreLockedMode=true

#!/bin/sh
# Start Redis with the password in REDIS_PASSWORD. Redis reads it from a file in memory, because everybody on the machine can
# read a command line.
set -eu
: "${REDIS_PASSWORD:?is not set: see deploy/env/redis.env.example}"
settings="${TMPDIR:-/tmp}/redis.conf"
umask 077
printf '%s\n' "requirepass \"$REDIS_PASSWORD\"" 'save ""' 'appendonly no' >"$settings"
exec redis-server "$settings" "$@"

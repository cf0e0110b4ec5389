#!/bin/sh
# Starts Redis with the password that REDIS_PASSWORD holds. Redis reads it from a file of its own, which lies in memory:
# a command line is seen by everybody on the machine.
set -eu
: "${REDIS_PASSWORD:?is not set: see deploy/env/redis.env.example}"
settings="${TMPDIR:-/tmp}/redis.conf"
umask 077
printf '%s\n' "requirepass \"$REDIS_PASSWORD\"" 'save ""' 'appendonly no' >"$settings"
exec redis-server "$settings" "$@"

#!/bin/sh
# Run once by the database's image: the role of the portal. Tables belong to portal_owner, and `migrate` grants on them.
# psql takes the password from the environment: a command line is seen by everybody on the machine.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password PORTAL_PASSWORD
CREATE ROLE portal LOGIN PASSWORD :'password';
SQL

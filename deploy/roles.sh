#!/bin/sh
# Run once by the database's image: the role of the portal. Tables belong to portal_owner, and `migrate` grants on them.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$PORTAL_PASSWORD" <<'SQL'
CREATE ROLE portal LOGIN PASSWORD :'password';
SQL

#!/bin/sh
# Make the role of the portal; the image of the database runs this once. The tables belong to portal_owner, and `migrate`
# grants rights on them. psql reads the password from the environment: everybody on the machine can read a command line.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password PORTAL_PASSWORD
CREATE ROLE portal LOGIN PASSWORD :'password';
SQL

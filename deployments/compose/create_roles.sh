#!/bin/bash
# Roles for Odoo and Prefect; PostgreSQL's image runs this when its data folder is new.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --set=odoo="$ODOO_DB_PASSWORD" --set=prefect="$PREFECT_DB_PASSWORD" \
    --username=postgres <<'SQL'
CREATE ROLE odoo LOGIN CREATEDB PASSWORD :'odoo';
CREATE ROLE prefect LOGIN PASSWORD :'prefect';
CREATE DATABASE prefect OWNER prefect;
SQL

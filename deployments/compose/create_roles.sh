#!/bin/bash
# Roles for Odoo and Prefect; PostgreSQL's image runs this when its data folder is new.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --set=password="$POSTGRES_PASSWORD" --username=postgres <<'SQL'
CREATE ROLE odoo LOGIN CREATEDB PASSWORD :'password';
CREATE ROLE prefect LOGIN PASSWORD :'password';
CREATE DATABASE prefect OWNER prefect;
SQL

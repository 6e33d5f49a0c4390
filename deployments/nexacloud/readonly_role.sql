-- The role with which the flows read NexaCloud: it can SELECT eight tables and nothing else.
-- Run it in NexaCloud's database as an administrator, as often as you like:
--   PGOPTIONS="-c nexa.reader_password=..." psql -f readonly_role.sql nexacloud
-- The password comes from a setting, so that it stands in no file and no statement text.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexa_readonly') THEN
        CREATE ROLE nexa_readonly;
    END IF;
    EXECUTE format(
        'ALTER ROLE nexa_readonly LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'
        ' NOBYPASSRLS PASSWORD %L',
        current_setting('nexa.reader_password')
    );
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO nexa_readonly', current_database());
END
$$;

ALTER ROLE nexa_readonly SET default_transaction_read_only = on;

-- Before PostgreSQL 15 everybody could create tables in "public", this role included.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM nexa_readonly;
GRANT USAGE ON SCHEMA public TO nexa_readonly;
GRANT SELECT ON
    users, plans, deployments, subscriptions,
    usage_records, deployment_addons, invoices, invoice_items
TO nexa_readonly;

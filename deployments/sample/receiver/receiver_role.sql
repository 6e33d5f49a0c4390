-- The role with which NexaCloud's receiver of billing events works: it may change the status of
-- deployments and note what it received, and nothing else. The flows' role stays read-only.
-- Run it as an administrator, as often as you like:
--   PGOPTIONS="-c nexa.receiver_password=..." psql -f receiver_role.sql nexacloud

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexa_receiver') THEN
        CREATE ROLE nexa_receiver;
    END IF;
    EXECUTE format(
        'ALTER ROLE nexa_receiver LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'
        ' NOBYPASSRLS PASSWORD %L',
        current_setting('nexa.receiver_password')
    );
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO nexa_receiver', current_database());
END
$$;

CREATE TABLE IF NOT EXISTS sample.webhook_receipts (
    unique_key text PRIMARY KEY,      -- the same when a message comes again
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_type text NOT NULL,
    subscription_ids text[] NOT NULL,
    reaction text                     -- what was done about it; NULL: only noted
);

GRANT USAGE ON SCHEMA public, sample TO nexa_receiver;
GRANT SELECT (id, deployment_id) ON subscriptions TO nexa_receiver;
GRANT SELECT (id, status), UPDATE (status, deleted_at) ON deployments TO nexa_receiver;
GRANT SELECT, INSERT, UPDATE (reaction) ON sample.webhook_receipts TO nexa_receiver;

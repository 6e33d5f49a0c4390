-- NexaCloud as somebody else would have built it: the columns that the flows read, of other types,
-- beside others, behind views; ids of three kinds, and references of yet another.
CREATE EXTENSION citext;
CREATE DOMAIN amount AS numeric;
CREATE DOMAIN price AS amount;
CREATE TYPE subscription_status AS ENUM (
    'active', 'ACTIVE', 'Past Due', 'Trialing', 'Paused', 'canceled', 'CANCELLED', ' active'
);
CREATE TYPE country AS ENUM ('CA', 'ca', 'Canada', 'CAN', 'US', 'Atlantis', '', 'FR');
CREATE DOMAIN cycle AS varchar(20);

CREATE TABLE accounts (
    tenant uuid DEFAULT gen_random_uuid(),
    id bigint PRIMARY KEY,
    email citext,
    full_name varchar,
    company_name text,
    phone varchar(40),
    street text,
    city text,
    region text,
    postal_code char(7),
    country_code country,
    stripe_customer_id citext,
    is_active boolean,
    created_at timestamptz DEFAULT '2026-01-14 05:00+00',
    updated_at timestamptz(0),
    password_hash bytea DEFAULT '\xdeadbeef',
    preferences jsonb DEFAULT '{"theme": "dark"}',
    tags text[] DEFAULT ARRAY['a', 'b']
);
-- The table behind has row level security; its owner's view shows all.
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
CREATE VIEW users AS SELECT * FROM accounts;

CREATE TABLE plans (
    currency varchar(10),
    id uuid PRIMARY KEY,
    code citext,
    name text,
    price_monthly price,
    price_yearly numeric(24, 6),
    cpu_seconds_quota numeric,
    cpu_rate_per_core_hour numeric,
    is_active boolean,
    updated_at timestamptz,
    "group" text
);
CREATE TABLE deployments (
    id varchar PRIMARY KEY,
    user_id integer,
    name text,
    region text,
    status citext,
    created_at timestamptz DEFAULT '2026-01-14 05:00+00',
    deleted_at timestamptz
);
CREATE TABLE subscriptions (
    id bigint PRIMARY KEY,
    user_id varchar,
    deployment_id text,
    plan_id text,
    status subscription_status,
    billing_cycle cycle,
    started_at timestamptz,
    current_period_start timestamptz,
    current_period_end timestamptz,
    canceled_at timestamptz
);
CREATE TABLE usage_by_month (
    id bigint GENERATED ALWAYS AS IDENTITY,
    deployment_id char(40),
    period_start timestamptz,
    period_end timestamptz,
    cpu_hours numeric,
    amount numeric
) PARTITION BY LIST (deployment_id);
CREATE TABLE usage_rest PARTITION OF usage_by_month DEFAULT;
CREATE VIEW usage_records AS SELECT * FROM usage_by_month;
CREATE TABLE deployment_addons (
    id integer PRIMARY KEY, deployment_id text, name citext, price_monthly numeric(40, 15)
);
CREATE TABLE invoices (
    id bigint PRIMARY KEY,
    user_id text,
    subscription_id bigint,
    stripe_invoice_id text,
    status citext,
    currency char(3),
    subtotal numeric,
    tax numeric,
    total numeric,
    period_start timestamptz,
    period_end timestamptz,
    created_at timestamptz,
    paid_at timestamptz
);
CREATE TABLE items (
    id bigint PRIMARY KEY, invoice_id text, description text, quantity smallint,
    unit_price numeric, amount numeric
);
CREATE MATERIALIZED VIEW invoice_items AS SELECT * FROM items;
-- What nobody asks for.
CREATE TABLE audit_log (id bigint, who text, secret text);
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;

-- NexaCloud's tables as the flows read them.
-- Money, rates and quotas are unconstrained numerics and there are no foreign keys: the live
-- data hold fractional quotas, seven-decimal rates and orphans, so the sample must be able to.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text,
    full_name text,
    company_name text,
    phone text,
    street text,
    city text,
    region text,
    postal_code text,
    country_code text,
    stripe_customer_id text,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX users_email_lower_idx ON users (lower(email));
CREATE INDEX users_created_at_idx ON users (created_at, id);

CREATE TABLE plans (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    price_monthly numeric,            -- NULL: this cycle is not sold (0.00 is a free plan)
    price_yearly numeric,
    cpu_seconds_quota numeric,
    cpu_rate_per_core_hour numeric,   -- NULL: the house rate, 0.0075
    is_active boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL
);
CREATE INDEX plans_code_idx ON plans (code);

CREATE TABLE deployments (
    id uuid PRIMARY KEY,
    user_id uuid,
    name text NOT NULL,
    region text,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX deployments_user_id_idx ON deployments (user_id);

CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    user_id uuid,
    deployment_id uuid,
    plan_id uuid,
    status text NOT NULL,
    billing_cycle text NOT NULL,
    started_at timestamptz NOT NULL,
    current_period_start timestamptz,
    current_period_end timestamptz,
    canceled_at timestamptz
);
CREATE INDEX subscriptions_user_id_idx ON subscriptions (user_id);
CREATE INDEX subscriptions_deployment_id_idx ON subscriptions (deployment_id);
CREATE INDEX subscriptions_plan_id_idx ON subscriptions (plan_id);

CREATE TABLE usage_records (
    id uuid PRIMARY KEY,
    deployment_id uuid,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    cpu_hours numeric NOT NULL,
    amount numeric NOT NULL
);
CREATE INDEX usage_records_deployment_id_idx ON usage_records (deployment_id, period_start);

CREATE TABLE deployment_addons (
    id uuid PRIMARY KEY,
    deployment_id uuid,
    name text NOT NULL,
    price_monthly numeric
);
CREATE INDEX deployment_addons_deployment_id_idx ON deployment_addons (deployment_id);

CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    user_id uuid,
    subscription_id uuid,
    stripe_invoice_id text,           -- in_...: billed by Stripe; lago:...: billed by Lago
    status text NOT NULL,
    currency text NOT NULL,
    subtotal numeric NOT NULL,
    tax numeric NOT NULL,
    total numeric NOT NULL,
    period_start timestamptz,
    period_end timestamptz,
    created_at timestamptz NOT NULL,
    paid_at timestamptz
);
CREATE INDEX invoices_user_id_idx ON invoices (user_id);
CREATE INDEX invoices_subscription_id_idx ON invoices (subscription_id);

CREATE TABLE invoice_items (
    id uuid PRIMARY KEY,
    invoice_id text,                  -- text against invoices.id uuid, as in the live system
    description text,
    quantity numeric,
    unit_price numeric,
    amount numeric
);
CREATE INDEX invoice_items_invoice_id_idx ON invoice_items (invoice_id);

-- What the generator spoiled on purpose; a label is the name of the quality rule it breaks.
CREATE SCHEMA sample;
CREATE TABLE sample.dirty_labels (
    table_name text NOT NULL,
    row_id text NOT NULL,
    label text NOT NULL,
    PRIMARY KEY (table_name, row_id, label)
);

-- Where an invoice says something else than Odoo would bill, and why: the causes of DESIGN 10.
CREATE TABLE sample.injected_differences (
    origin text NOT NULL,                 -- stripe or lago
    ref text NOT NULL,                    -- invoices.id, also where the line is missing on it
    customer text NOT NULL,
    subscription text NOT NULL,           -- '' for one-off services
    item text NOT NULL,                   -- flat, usage:cpu_seconds, addon:..., proration:..., one-off:...
    period_start timestamptz NOT NULL,
    cause text NOT NULL,                  -- two at once: a+b
    note text NOT NULL
);

-- What happened to whom in a sample without any fault: who has a one-off or a credit, above all.
CREATE TABLE sample.events (
    customer text NOT NULL,
    kind text NOT NULL,                   -- one_off, credit, tax_exempt, churn, plan_change, ...
    ref text NOT NULL,                    -- invoices.id, else subscriptions.id, else ''
    happened_at timestamptz NOT NULL,
    note text NOT NULL
);

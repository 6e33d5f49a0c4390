-- Add-ons, usage and invoices of the foreign world; dep-1 is the deployment of its first customer.
INSERT INTO deployment_addons VALUES
    (1, 'dep-1', 'Backup', 5), (2, 'dep-2', 'Backup', 'NaN'), (3, 'dep-3', ' ', 5),
    (4, 'dep-4', '=1+1', 5.000000000000000), (5, 'dep-7', 'IPv4', 2.5),
    (6, 'dep-9', 'IPv4', -1), (7, 'dep-11', 'IPv4', 1.0000001), (8, 'nobody', 'IPv4', 1),
    (9, NULL, 'IPv4', 1), (10, 'dep-12', 'IPv4', 1), (11, 'dep-12', ' ipv4 ', 1),
    (12, 'dep-13', 'IPv4', NULL), (13, 'dep-5', 'IPv4', 1);
INSERT INTO usage_by_month (deployment_id, period_start, period_end, cpu_hours) VALUES
    ('dep-1', '2026-08-14 04:00Z', '2026-09-14 04:00Z', 150),
    ('dep-2', '2026-09-10 04:00Z', '2026-09-20 04:00Z', 1.000000000000001),
    ('dep-2', '2026-10-31 04:00Z', '2026-11-01 04:00Z', 24),
    ('dep-2', '2026-11-01 04:00Z', '2026-11-02 05:00Z', 25),
    ('dep-3', '2026-08-14 04:00Z', '2026-08-15 04:00Z', 'NaN'),
    ('dep-3', '2026-08-15 04:00Z', '2026-08-16 04:00Z', 'Infinity'),
    ('dep-3', '2026-08-16 04:00Z', '2026-08-17 04:00Z', NULL),
    ('dep-3', '2026-08-17 04:00Z', '2026-08-18 04:00Z', -1),
    ('dep-3', '2026-08-18 04:00Z', '2026-08-19 04:00Z', 1e9),
    ('dep-4', '-infinity', '2026-08-15 04:00Z', 1),
    ('dep-4', '0044-03-15 12:00+00 BC', '2026-08-15 04:00Z', 1),
    ('dep-4', '2026-08-15 04:00Z', '12000-01-01 00:00Z', 1),
    ('dep-4', NULL, NULL, 1),
    ('dep-7', '2026-08-15 04:00Z', '2026-08-16 04:00Z', 1),
    ('dep-7', '2026-08-15 04:00Z', '2026-08-16 04:00Z', 1),
    ('dep-7', '2026-08-15 16:00Z', '2026-08-17 04:00Z', 1),
    ('nobody', '2026-08-15 04:00Z', '2026-08-16 04:00Z', 1),
    (NULL, '2026-08-15 04:00Z', '2026-08-16 04:00Z', 1);
INSERT INTO invoices SELECT id, coalesce(customer, id::text), id + 1000, number, status,
    currency, subtotal::numeric, tax::numeric, total::numeric, start, start + interval '1 month',
    made, paid
    FROM (VALUES
    (1, NULL, 'in_1', ' PAID ', 'cad', '49', '6.37', '55.37', NULL, NULL, NULL),
    (2, NULL, 'lago:2', 'weird', 'CAD', '49.005', '6.37', '55.38', NULL, NULL, NULL),
    (3, NULL, 'in_3', 'open', 'CAD', '-49', '-6.37', '-55.37', NULL, NULL, NULL),
    (4, NULL, '', 'paid', 'USD', '49', '0', '49', NULL, '-infinity', '2026-08-15'),
    (7, NULL, 'in_7', 'paid', 'XX', '49', '0', '49', NULL, NULL, NULL),
    (9, NULL, 'in_9', NULL, NULL, '49', '0', '49', NULL, NULL, NULL),
    (11, NULL, 'in_11', 'paid', 'CAD', 'NaN', '0', '49', NULL, NULL, NULL),
    (12, NULL, 'in_12', 'paid', 'CAD', NULL, '0', '49', NULL, NULL, NULL),
    (13, NULL, 'in_13', 'paid', 'CAD', '1e20', '0', '1e20', NULL, NULL, NULL),
    (16, NULL, 'in_16', 'paid', 'CAD', 'Infinity', '0', '0', NULL, NULL, NULL),
    (20, NULL, 'in_20', 'void', 'CAD', '49', '0', '49', NULL, NULL, NULL),
    (21, NULL, 'in_21', 'paid', 'CAD', '49', '0', '49', '0044-03-15 BC', NULL, NULL),
    (22, NULL, 'in_22', 'paid', 'CAD', '49', '0', '49', 'infinity', NULL, NULL),
    (23, 'nobody', 'in_23', 'paid', 'CAD', '49', '0', '49', NULL, NULL, NULL),
    (24, '=1+1', '=cmd', 'paid', 'CAD', '1.0001', '0', '1.0001', NULL, NULL, NULL)
    ) AS bad (id, customer, number, status, currency, subtotal, tax, total, began, made_at, paid_at),
    LATERAL (SELECT coalesce(began::timestamptz, '2026-08-14 04:00Z') AS start,
    coalesce(made_at::timestamptz, '2026-08-14 05:00Z') AS made, paid_at::timestamptz AS paid) m;
INSERT INTO items VALUES
    (1, '1', 'Pro (2026-08-14 → 2026-09-14)', 1, 49, 49), (2, '2', repeat('Ω', 60000), 1, 49, 49),
    (3, '3', 'Refund', -1, 49, -49), (4, '4', '<script>alert(1)</script>', NULL, NULL, 49),
    (5, '7', '=1+1', 1, 'NaN', 49), (6, '13', NULL, 1, 1e20, 1e20), (7, 'gone', 'x', 1, 1, 1),
    (8, '24', E'\u202eovr', 1, 1.0001, 1.0001), (9, '20', 'Pro', 1, 49, 49),
    (10, NULL, 'y', 1, 'Infinity', 'Infinity'), (11, '9', 'z', 1, 'NaN', 'NaN');

---
name: find_customer
description: Customers with this e-mail, or with this name and zip; more than one row means not identified.
kind: query
tables: [lake.shop.customers]
params:
  email: {type: VARCHAR, default: null}
  first_name: {type: VARCHAR, default: null}
  last_name: {type: VARCHAR, default: null}
  zip: {type: VARCHAR, default: null}
limits: {rows: 20, cell_chars: 2000, bytes: 400000, ms: 5000}
scope: identity                  # finds out who writes, so it cannot be restricted to who writes
verified: {by: support-desk, at: 2026-11-24, question: "Who is anna.doe1234@example.com?"}
---
SELECT user_id, first_name, last_name, email, address1, address2, city, state, country, zip
FROM customers
WHERE ($email IS NOT NULL AND lower(email) = lower($email))
   OR ($first_name IS NOT NULL AND $last_name IS NOT NULL AND $zip IS NOT NULL
       AND lower(first_name || ' ' || last_name) = lower($first_name || ' ' || $last_name) AND zip = $zip)
ORDER BY user_id

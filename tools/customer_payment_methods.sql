---
name: customer_payment_methods
description: A customer's stored payment methods with gift-card balances.
kind: query
tables: [lake.shop.payment_methods]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
limits: {rows: 50, cell_chars: 2000, bytes: 400000, ms: 5000}
verified: {by: support-desk, at: 2026-11-24, question: "How can I pay?"}
---
SELECT payment_method_id, source, brand, last_four, balance
FROM payment_methods
WHERE user_id = $customer_id
ORDER BY payment_method_id

---
name: customer_orders
description: A customer's orders with status, address and total.
kind: query
tables: [lake.shop.orders]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
limits: {rows: 200, cell_chars: 2000, bytes: 400000, ms: 5000}
verified: {by: support-desk, at: 2026-11-24, question: "Which orders do I have?"}
---
SELECT order_id, user_id, status, address1, address2, city, state, country, zip, n_items, total
FROM orders
WHERE user_id = $customer_id
ORDER BY order_id

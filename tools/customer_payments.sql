---
name: customer_payments
description: Payments and refunds of a customer's orders.
kind: query
tables: [lake.shop.orders, lake.shop.order_payments]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
limits: {rows: 500, cell_chars: 2000, bytes: 400000, ms: 5000}
verified: {by: support-desk, at: 2026-11-24, question: "How did I pay?"}
---
SELECT p.order_id, p.seq, p.transaction_type, p.amount, p.payment_method_id
FROM order_payments AS p
JOIN orders AS o ON o.order_id = p.order_id
WHERE o.user_id = $customer_id
ORDER BY p.order_id, p.seq

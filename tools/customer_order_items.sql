---
name: customer_order_items
description: The lines of a customer's orders.
kind: query
tables: [lake.shop.orders, lake.shop.order_items]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
limits: {rows: 500, cell_chars: 2000, bytes: 400000, ms: 5000}
verified: {by: support-desk, at: 2026-11-24, question: "What did I order?"}
---
SELECT i.order_id, i.line, i.item_id, i.product_id, i.name, i.price, i.options
FROM order_items AS i
JOIN orders AS o ON o.order_id = i.order_id
WHERE o.user_id = $customer_id
ORDER BY i.order_id, i.line

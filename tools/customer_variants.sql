---
name: customer_variants
description: Every variant of the products in a customer's orders.
kind: query
tables: [lake.shop.orders, lake.shop.order_items, lake.shop.products, lake.shop.variants]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
limits: {rows: 2000, cell_chars: 2000, bytes: 400000, ms: 5000}
verified: {by: support-desk, at: 2026-11-24, question: "Does my lamp come in black?"}
---
SELECT v.item_id, v.product_id, p.name, v.available, v.price, v.options
FROM variants AS v
JOIN products AS p ON p.product_id = v.product_id
WHERE v.product_id IN (
    SELECT i.product_id
    FROM order_items AS i
    JOIN orders AS o ON o.order_id = i.order_id
    WHERE o.user_id = $customer_id
)
ORDER BY v.product_id, v.item_id

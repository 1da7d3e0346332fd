---
name: ask_lakehouse
description: Figures of the shop - orders, what was bought and paid, products - for reports; nothing that names a person.
kind: ask
tables: [lake.shop.orders, lake.shop.order_items, lake.shop.order_payments, lake.shop.customers,
         lake.shop.payment_methods, lake.shop.products, lake.shop.variants]
columns:
  orders: [order_id, status, country, state, city, n_items, total]
  customers: [country, state, city]
  payment_methods: [payment_method_id, source, brand]
max_plan_rows: 2000000
limits: {rows: 200, cell_chars: 400, bytes: 100000, ms: 5000}
scope: all
verified: {by: data-team, at: 2026-11-25, question: "How is the shop doing?"}
---
-- How many orders has each status?
SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY orders DESC, status;

-- Which five products brought in most?
SELECT i.name AS product, round(sum(i.price), 2) AS sales
FROM order_items AS i GROUP BY i.name ORDER BY sales DESC, product LIMIT 5;

-- What is the average order total in each country?
SELECT country, round(avg(total), 2) AS average_total FROM orders GROUP BY country ORDER BY average_total DESC, country;

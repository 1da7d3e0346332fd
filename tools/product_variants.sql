---
name: product_variants
description: The variants of a product by its name - options, present price in USD, whether it can be bought now.
kind: query
tables: [lake.shop.products, lake.shop.variants]
params:
  name: {type: VARCHAR, max: 80, description: "name of the product, or a part of it"}
limits: {rows: 40, cell_chars: 300, bytes: 16000, ms: 5000}
verified: {by: data-team, at: 2026-11-25, question: "Which sizes of the tent are there?"}
---
SELECT p.name, v.item_id, v.options, v.price, v.available
FROM products AS p JOIN variants AS v USING (product_id)
WHERE contains(lower(p.name), lower($name)) ORDER BY p.name, v.item_id

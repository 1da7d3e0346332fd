---
name: bike_of
description: One bicycle of a customer.
kind: query
tables: [lake.workshop.bikes]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
  bike_id: {type: VARCHAR}
returns: one
---
SELECT bike_id, model, bought
FROM bikes
WHERE customer_id = $customer_id AND bike_id = $bike_id

---
name: repairs_of
description: The repairs of a customer.
kind: query
tables: [lake.workshop.repairs]
params:
  customer_id: {type: VARCHAR, from: caller.customer_id}
  status: {type: VARCHAR, default: null}
---
SELECT repair_id, bike_id, status, price
FROM repairs
WHERE customer_id = $customer_id AND ($status IS NULL OR status = $status)
ORDER BY repair_id

---
name: open_repairs
description: Every repair that waits, for the morning's report.
kind: query
tables: [lake.workshop.repairs, lake.workshop.bikes]
params:
  n: {type: INTEGER, default: 10, max: 50}
scope: all
verified: {by: workshop, at: 2026-11-24, question: "What waits?"}
---
SELECT r.repair_id, r.customer_id, r.price, b.model
FROM repairs AS r
JOIN bikes AS b ON b.bike_id = r.bike_id
WHERE r.status = 'open'
ORDER BY r.repair_id
LIMIT $n

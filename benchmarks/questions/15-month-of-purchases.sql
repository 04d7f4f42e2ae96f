SELECT count(*), sum(amount.num)
FROM live AS day
JOIN live AS line ON line.s = day.s AND line.p = {cg:hasLine}
JOIN live AS amount ON amount.s = line.o AND amount.p = {cg:netAmount}
WHERE day.p = {cg:orderDate} AND day.ts >= '2024-05-01' AND day.ts < '2024-06-01'

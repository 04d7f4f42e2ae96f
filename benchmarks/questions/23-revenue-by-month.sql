SELECT strftime(day.ts, '%Y-%m') AS month, sum(amount.num) AS revenue
FROM live AS day
JOIN live AS line ON line.s = day.s AND line.p = {cg:hasLine}
JOIN live AS amount ON amount.s = line.o AND amount.p = {cg:netAmount}
WHERE day.p = {cg:orderDate}
GROUP BY month ORDER BY month

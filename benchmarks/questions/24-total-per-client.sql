SELECT client.lex, totals.total FROM (
    SELECT purchase.o, sum(amount.num) AS total
    FROM live AS purchase
    JOIN live AS line ON line.s = purchase.s AND line.p = {cg:hasLine}
    JOIN live AS amount ON amount.s = line.o AND amount.p = {cg:netAmount}
    WHERE purchase.p = {cg:client}
    GROUP BY purchase.o HAVING total > 2000
) AS totals
JOIN term AS client ON client.id = totals.o

SELECT client.lex, strftime(lasts.last, '%Y-%m-%d') FROM (
    SELECT purchase.o, max(day.ts) AS last
    FROM live AS purchase
    JOIN live AS day ON day.s = purchase.s AND day.p = {cg:orderDate}
    WHERE purchase.p = {cg:client}
    GROUP BY purchase.o HAVING last < '2024-01-01'
) AS lasts
JOIN term AS client ON client.id = lasts.o

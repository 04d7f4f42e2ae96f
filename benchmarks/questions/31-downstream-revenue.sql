WITH RECURSIVE pair(a, b) AS (
    SELECT s, o FROM live WHERE p = {cg:referredTo}
    UNION SELECT pair.a, step.o FROM pair
    JOIN live AS step ON step.s = pair.b AND step.p = {cg:referredTo}
), total AS (
    SELECT purchase.o AS client, sum(amount.num) AS revenue
    FROM live AS purchase
    JOIN live AS line ON line.s = purchase.s AND line.p = {cg:hasLine}
    JOIN live AS amount ON amount.s = line.o AND amount.p = {cg:netAmount}
    WHERE purchase.p = {cg:client} GROUP BY purchase.o
)
SELECT prescriber.lex, best.downstream FROM (
    SELECT pair.a, sum(total.revenue) AS downstream
    FROM pair JOIN total ON total.client = pair.b GROUP BY pair.a
    ORDER BY downstream DESC LIMIT 100
) AS best
JOIN term AS prescriber ON prescriber.id = best.a
ORDER BY best.downstream DESC, prescriber.lex LIMIT 10

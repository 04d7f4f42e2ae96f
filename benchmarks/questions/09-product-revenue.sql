SELECT label.lex, best.revenue FROM (
    SELECT l.o, sum(amount.num) AS revenue
    FROM live AS item
    JOIN live AS amount ON amount.s = item.s AND amount.p = {cg:netAmount}
    JOIN live AS l ON l.s = item.o AND l.p = {rdfs:label}
    WHERE item.p = {cg:item}
    GROUP BY l.o
) AS best
JOIN term AS label ON label.id = best.o
ORDER BY best.revenue DESC, label.lex LIMIT 10

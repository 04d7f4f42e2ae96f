SELECT client.lex
FROM live AS type
JOIN term AS client ON client.id = type.s
WHERE type.p = {rdf:type} AND type.o = {cg:NaturalPerson} AND type.s NOT IN (
    SELECT purchase.o
    FROM live AS purchase
    JOIN live AS day ON day.s = purchase.s AND day.p = {cg:orderDate} AND day.ts >= '2025-11-01'
    WHERE purchase.p = {cg:client}
)

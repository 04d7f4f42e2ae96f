SELECT unit.lex, grouped.persons FROM (
    SELECT o.o, count(*) AS persons
    FROM live AS type
    LEFT JOIN (
        SELECT m.o AS person, u.o FROM live AS m
        JOIN live AS u ON u.s = m.s AND u.p = {org:organization}
        WHERE m.p = {org:member}
    ) AS o ON o.person = type.s
    WHERE type.p = {rdf:type} AND type.o = {cg:NaturalPerson}
    GROUP BY o.o
) AS grouped
LEFT JOIN term AS unit ON unit.id = grouped.o

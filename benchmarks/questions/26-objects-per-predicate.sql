SELECT predicate.lex, counts.quads, counts.objects FROM (
    SELECT p, count(*) AS quads, count(DISTINCT o) AS objects FROM live GROUP BY p
) AS counts
JOIN term AS predicate ON predicate.id = counts.p

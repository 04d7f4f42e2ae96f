SELECT party.lex, name.lex
FROM live AS named
JOIN term AS name ON name.id = named.o AND contains(name.lex, 'zolune')
JOIN term AS party ON party.id = named.s
WHERE named.p = {foaf:name}

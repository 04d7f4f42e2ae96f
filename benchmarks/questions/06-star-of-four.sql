SELECT client.lex, name.lex, sourcekey.lex
FROM live AS source
JOIN live AS type ON type.s = source.s AND type.p = {rdf:type} AND type.o = {cg:NaturalPerson}
JOIN live AS n ON n.s = source.s AND n.p = {foaf:name}
JOIN live AS k ON k.s = source.s AND k.p = {cg:sourceKey}
JOIN term AS client ON client.id = source.s
JOIN term AS name ON name.id = n.o
JOIN term AS sourcekey ON sourcekey.id = k.o
WHERE source.p = {cg:acquisitionSource} AND source.o = {scheme:acquisition-source/event}

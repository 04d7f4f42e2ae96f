"""What the tests of the server ask about: a few parties and a purchase, in two graphs."""

from kg.namespaces import CG, FOAF, ORG, RDFS, graph_iri
from kg.store import Store
from kg.store.rdf import load_bytes

FACTS = str(graph_iri("facts", "first"))
NAMES = str(graph_iri("personal", "first"))
EX = "http://example.org/"

PREFIXES = f"""
PREFIX ex: <{EX}>
PREFIX cg: <{CG}>
PREFIX foaf: <{FOAF}>
PREFIX org: <{ORG}>
PREFIX rdfs: <{RDFS}>
"""

FACTS_TURTLE = (
    PREFIXES
    + """
ex:ana a cg:NaturalPerson ; cg:sourceKey "ana" .
ex:bo a cg:NaturalPerson ; cg:sourceKey "bo" .
ex:shop a cg:LegalEntity ; cg:sourceKey "shop" ; foaf:name "Shop <b>&amp; Co</b>" .
ex:o1 a cg:Purchase ; cg:client ex:ana ; cg:seller ex:shop ; rdfs:label "commande"@fr .
ex:l1 cg:netAmount 12.50 .
"""
)
NAMES_TURTLE = PREFIXES + 'ex:ana foaf:name "Ana" . ex:bo foaf:name "Bo" .'


def filled_store():
    """Return a new store in memory that holds the sample as its first commit."""
    store = Store.open(None)
    with store.write(agent="test", activity="import", note="first files") as tx:
        load_bytes(tx, FACTS_TURTLE.encode(), format="turtle", graph=FACTS)
        load_bytes(tx, NAMES_TURTLE.encode(), format="turtle", graph=NAMES)
    return store

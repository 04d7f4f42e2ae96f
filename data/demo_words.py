"""Words of the demo: every name, town and product here is invented."""

from __future__ import annotations


def _words(text: str, separator: str | None = None) -> list[str]:
    """Return the words of a text; `separator` is white space unless given."""
    return [word.strip() for word in text.split(separator)]


GIVEN_F = _words(
    """
    Adèle Agathe Alix Amina Anouk Béatrice Camille Céline Chloé Clémence Daphné Élise Emma Fatou
    Flore Gaëlle Hélène Inès Jeanne Joséphine Léa Leïla Louise Maëlle Margot Naïma Noémie Océane
    Pauline Rosalie Salomé Solène Suzanne Yasmine Zoé Alice Emily Grace Hannah
    """
)
GIVEN_M = _words(
    """
    Abel Achille Adrien Amadou Antoine Armand Basile Bastien Célestin Clément Corentin Denis
    Eliott Émile Farid Félix Gaspard Gauthier Hugo Isaac Jules Karim Léon Loïc Lucien Malo
    Mathis Nils Octave Oscar Paul Rémi Samuel Théo Ulysse Victor Yann Arthur Edward Henry Oliver
    """
)
FAMILY = _words(
    """
    Aubrelune Balandreau Bellecombe-Roy Bergevault Boisjoli Bramefeu Brisevent Cardamine
    Chantegrive Clairambeau Clochevert Corneloup Courtepaille Cressonnier Dorémieux Duchesnaie
    Écluselin Épervanche Escargueil Ferrandelle Flandrinet Fontbrune Fougerolles Gâtebourse
    Grandvignol Guérivaux Hautefeuille Houblonnais Jolivard Kermarrec-Lune Lagrenaudie
    Lanternois Larivaudière Lupinelle Malebranque Marjolin Merlerault Millepertuis Montauzier
    Morvandelle Noirétable Orgevalois Passerose Perrinjaquet Pierrelune Pimprenel Quatremarre
    Rabastin Rivaulx Rochebrisée Rossignault Sablonville Saintefoix Tourmelin Trébuchet
    Vaucresson-Lys Verdelune Vieilleroche Villebrume Ashdown-Fell Brackenbury-Wold Harrowmere
    Littlewick Thornbeck
    """
)
COMPANIES = _words(
    """
    Hôtel des Trois Ormeaux | Librairie La Page Cornée | Brasserie du Vieux Lavoir |
    Théâtre du Bief | Cabinet Aubrelune et Filles | École de musique Do Mi |
    Mairie de Val-Brumeux | Musée du Fil Perdu | Restaurant L'Écume Verte |
    Clinique du Grand Tilleul | Crèche Les Petits Fanaux | Gîte du Moulin Bleu |
    Boulangerie Croûte d'Or | Galerie Ombre Portée | Coopérative des Hauts Prés |
    Cinéma Le Zootrope | Atelier d'architecture Plan Large | Salon de thé Mademoiselle Oolong |
    Camping des Genêts Roux | Résidence Les Glycines Blanches | Médiathèque de Saint-Orme |
    Domaine viticole Clos Lunaire | Agence Cap et Plume | Studio Demi-Teinte |
    Pharmacie du Pont Rond | Auberge du Hérisson | The Copper Lantern Inn |
    Willowmere Books Ltd | Harrowmere Design Studio | Oldbridge Tea Rooms |
    Thornbeck Village Hall | Maple & Moss Interiors | Espace Cotravail La Ruche Bleue |
    Opticien Vue Claire | Festival Nuits de Papier | Fondation du Val-Brumeux
    """,
    "|",
)
SUPPLIERS = (
    "Scierie du Vallon Roux",
    "Verrerie de l'Anse Claire",
    "Cartonnages Demi-Lune",
    "Transports Hirondelle et Cie",
)
HOUSEHOLDS = (
    "Foyer Balandreau",
    "Foyer Cardamine",
    "Foyer Jolivard",
    "Foyer Lupinelle",
    "Foyer Montauzier",
    "Foyer Rivaulx",
    "Foyer Tourmelin",
    "Foyer Verdelune",
    "Harrowmere household",
    "Thornbeck household",
)
TOWNS = (  # (postal code, town, country); no such codes or towns exist
    ("00110", "Val-Brumeux", "France"),
    ("00120", "Saint-Orme-sur-Bief", "France"),
    ("00240", "Pont-aux-Fanaux", "France"),
    ("00310", "La Ferté-Roseau", "France"),
    ("00470", "Montlampyre", "France"),
    ("00530", "Bourg-l'Écume", "France"),
    ("00680", "Clairanse", "France"),
    ("B-0099", "Verrelac", "Belgique"),
    ("ZZ0 0AA", "Willowmere", "United Kingdom"),
)
STREETS = _words(
    """
    rue du Roseau | avenue des Lucioles | place du Vieux Lavoir | chemin des Genêts |
    quai de l'Anse | impasse du Hérisson | boulevard des Trois Ormeaux | rue de la Page |
    allée des Tilleuls | Lantern Lane
    """,
    "|",
)
UNITS = (  # (key, name, parent)
    ("U-DIR", "Direction générale / Management", "ORG"),
    ("U-COM", "Service commercial / Sales", "ORG"),
    ("U-SUP", "Support client / Customer support", "ORG"),
    ("U-IT", "Informatique / Information technology", "ORG"),
    ("U-FOR", "Formation / Training", "ORG"),
    ("U-ACH", "Achats / Purchasing", "ORG"),
    ("U-LOG", "Logistique / Logistics", "ORG"),
    ("U-ATE", "Atelier / Workshop", "ORG"),
    ("U-QUA", "Contrôle qualité / Quality control", "U-ATE"),
    ("U-BTQ", "Boutique de Clairanse / Clairanse shop", "U-COM"),
    ("U-WEB", "Boutique en ligne / Online shop", "U-COM"),
    ("U-ARC", "Archives / Archive", "U-DIR"),
)
STAFF_ROLES = (  # one employee per entry: (unit, role)
    ("U-DIR", "manager"),
    ("U-DIR", "employee"),
    ("U-COM", "manager"),
    ("U-COM", "adviser"),
    ("U-COM", "adviser"),
    ("U-COM", "employee"),
    ("U-SUP", "manager"),
    ("U-SUP", "employee"),
    ("U-SUP", "employee"),
    ("U-IT", "manager"),
    ("U-IT", "employee"),
    ("U-IT", "contractor"),
    ("U-FOR", "manager"),
    ("U-FOR", "employee"),
    ("U-ACH", "procurement-officer"),
    ("U-ACH", "procurement-officer"),
    ("U-LOG", "manager"),
    ("U-LOG", "employee"),
    ("U-LOG", "employee"),
    ("U-ATE", "manager"),
    ("U-ATE", "employee"),
    ("U-ATE", "employee"),
    ("U-ATE", "apprentice"),
    ("U-QUA", "employee"),
    ("U-BTQ", "manager"),
    ("U-BTQ", "employee"),
    ("U-WEB", "employee"),
    ("U-WEB", "employee"),
)
PRODUCTS = (  # (key, name, brand, category, price in cents)
    ("L-ROSEAU", "Lampe de bureau Roseau / Roseau desk lamp", "Ondelune", "lampes / lamps", 8900),
    ("L-FANAL", "Lampe nomade Fanal / Fanal portable lamp", "Petit Fanal", "lampes / lamps", 5900),
    ("L-LUCIOLE", "Veilleuse Luciole / Luciole night light", "Petit Fanal", "lampes / lamps", 2450),
    ("L-HERON", "Lampadaire Héron / Héron floor lamp", "Ondelune", "lampes / lamps", 24900),
    ("S-NUAGE", "Suspension Nuage / Nuage pendant", "Ondelune", "suspensions / pendants", 17900),
    ("S-GOUTTE", "Suspension Goutte / Goutte pendant", "Verrelac", "suspensions / pendants", 13500),
    ("S-GRAPPE", "Lustre Grappe / Grappe chandelier", "Verrelac", "suspensions / pendants", 42000),
    ("A-LIERRE", "Applique Lierre / Ivy wall light", "Ondelune", "appliques / wall lights", 7600),
    ("A-VAGUE", "Applique Vague / Vague wall light", "Verrelac", "appliques / wall lights", 9850),
    ("C-ABAT30", "Abat-jour lin 30 cm / Linen shade", "Ondelune", "pièces / parts", 3990),
    ("C-CABLE", "Câble textile 3 m / Textile cable", "Ondelune", "pièces / parts", 1490),
    ("C-AMP", "Ampoule filament / Filament bulb", "Petit Fanal", "pièces / parts", 890),
    ("V-REPAR", "Réparation en atelier / Workshop repair", "", "services", 4500),
    ("V-ETUDE", "Étude d'éclairage / Lighting study", "", "services", 38000),
    ("V-COURS", "Cours de montage / Assembly class", "", "services", 6500),
)
SUPPLIES_BOUGHT = (  # what the organisation itself buys: (key, name, price in cents)
    ("M-CHENE", "Plateau de chêne / Oak board", 6200),
    ("M-VERRE", "Verre soufflé / Blown glass", 2700),
    ("M-CARTON", "Carton d'envoi / Shipping box", 130),
)
SERVICES = {
    "U-IT": "Outils informatiques / IT services",
    "U-FOR": "Formation des équipes / Team training",
    "U-ACH": "Approvisionnement / Procurement",
    "U-ATE": "Fabrication / Manufacturing",
    "U-QUA": "Contrôle des pièces / Part inspection",
    "U-LOG": "Préparation et envoi / Picking and shipping",
    "U-SUP": "Assistance / Assistance",
    "U-COM": "Suivi commercial / Account management",
    "U-WEB": "Commande en ligne / Online ordering",
    "U-BTQ": "Conseil en boutique / In-store advice",
    "U-DIR": "Arbitrage / Decisions",
}

"""The words from which people, companies and addresses are made: invented, but plausible.

Mail domains and phone numbers come from ranges reserved for fiction, so nobody real is hit.
"""

from __future__ import annotations

FIRST_NAMES = (
    "Zoé", "Émilie", "François", "Jean-François", "Chloé", "Noël", "Océane", "Anaïs", "Loïc",
    "Marie-Ève", "Benoît", "Hélène", "Gaël", "Aimée", "Jérôme", "Noah", "Liam", "Olivia", "Emma",
    "William", "Charlotte", "Amelia", "Thomas", "Jacob", "Sophia", "Lucas", "Maya", "Ethan",
    "Priya", "Arjun", "Mei", "Wei", "Siobhán", "Søren", "José", "Łukasz", "Zeynep", "Nguyệt",
    "Fatima", "Omar", "Aaliyah", "Kwame", "Björn", "Ines", "Mateus", "Daniel", "Sarah", "Anna",
)  # fmt: skip
LAST_NAMES = (
    "Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Gauthier", "Morin", "Lavoie", "Fortin",
    "Gagné", "Ouellet", "Pelletier", "Bélanger", "Lévesque", "Bergeron", "Leblanc", "Paquette",
    "Girard", "Simard", "D'Amours", "L'Écuyer", "St-Pierre", "Smith", "Brown", "Martin", "Wilson",
    "MacDonald", "O'Neill", "Campbell", "Anderson", "Taylor", "Lee", "Wong", "Chen", "Singh",
    "Patel", "Nguyễn", "Müller", "Kowalski", "Özdemir", "García", "Da Silva", "Haddad", "Okafor",
    "Van der Berg", "Ferreira", "Dubois", "Lefèvre",
)  # fmt: skip
COMPANY_STEMS = (
    "Érable", "Boréal", "Maple Forge", "Grand Lac", "Northern Loop", "Atelier Gagné", "Nordique",
    "Prairie Data", "Clef de Voûte", "Bluewater", "Cèdre & Pin", "Red River", "Baie-James",
    "Harbour Light", "Lumière", "Pixel Givré", "Two Solitudes", "Caribou", "Polar Stack",
    "Rive-Sud", "Quai 9", "Signal Hill", "Tamarack", "Fjord", "Hive", "Ludovic et Frères",
)  # fmt: skip
COMPANY_KINDS = (
    "Logiciels", "Software", "Studio", "Analytics", "Conseil", "Consulting", "Robotique",
    "Télécom", "Foods", "Transport", "Média", "Design", "Santé", "Énergie", "Mapping", "Games",
)  # fmt: skip
COMPANY_FORMS = ("inc.", "Ltée", "Ltd.", "Corp.", "S.E.N.C.", "Coop", "& Associés", "Group")
STREETS = (
    "rue Sainte-Catherine O.", "boul. René-Lévesque", "chemin de la Côte-des-Neiges", "King St W",
    "rue de l'Église", "Yonge Street", "Portage Avenue", "Granville Street", "Jasper Avenue",
    "avenue du Mont-Royal E.", "Barrington Street", "Water Street", "8e Avenue", "Main Street",
)  # fmt: skip
# city, region code, region name, first letters of its postal codes, area code
CANADIAN_PLACES = (
    ("Toronto", "ON", "Ontario", "M5V", "416"),
    ("Ottawa", "ON", "Ontario", "K1P", "613"),
    ("Hamilton", "ON", "Ontario", "L8P", "905"),
    ("Sault Ste. Marie", "ON", "Ontario", "P6A", "705"),
    ("Montréal", "QC", "Québec", "H2X", "514"),
    ("Québec", "QC", "Québec", "G1R", "418"),
    ("Trois-Rivières", "QC", "Québec", "G9A", "819"),
    ("Gatineau", "QC", "Québec", "J8X", "819"),
    ("Vancouver", "BC", "British Columbia", "V6B", "604"),
    ("Victoria", "BC", "British Columbia", "V8W", "250"),
    ("Calgary", "AB", "Alberta", "T2P", "403"),
    ("Edmonton", "AB", "Alberta", "T5J", "780"),
    ("Winnipeg", "MB", "Manitoba", "R3C", "204"),
    ("Saskatoon", "SK", "Saskatchewan", "S7K", "306"),
    ("Halifax", "NS", "Nova Scotia", "B3J", "902"),
    ("Moncton", "NB", "New Brunswick", "E1C", "506"),
    ("St. John's", "NL", "Newfoundland and Labrador", "A1C", "709"),
    ("Charlottetown", "PE", "Prince Edward Island", "C1A", "902"),
    ("Iqaluit", "NU", "Nunavut", "X0A", "867"),
)
# city, region, postal code, country, phone prefix
FOREIGN_PLACES = (
    ("New York", "NY", "10013", "US", "+1 212 555 01"),
    ("Austin", "TX", "78701", "US", "+1 512 555 01"),
    ("Burlington", "VT", "05401", "US", "+1 802 555 01"),
    ("Paris", "Île-de-France", "75011", "FR", "+33 1 99 00 00 "),
    ("Lyon", "Auvergne-Rhône-Alpes", "69002", "FR", "+33 4 65 71 00 "),
    ("London", None, "EC1V 9HX", "GB", "+44 20 7946 00"),
    ("München", "Bayern", "80331", "DE", "+49 30 23125 0"),
    ("Bruxelles", None, "1000", "BE", "+32 2 555 01 "),
)
PERSONAL_DOMAINS = ("example.com", "example.org", "example.net", "courriel.example.com")
DEPLOYMENT_ROLES = ("web", "api", "worker", "db", "cache", "ci", "boutique", "carte", "analytique")
DEPLOYMENT_STAGES = ("prod", "staging", "dev", "démo", "réserve", "01", "02", "× 2")
DEPLOYMENT_REGIONS = ("tor1", "mtl1", "mtl1", "van1", "fra1", "nyc1")
# name, monthly price
ADDONS = (
    ("Backups quotidiens × 7", "9.00"),
    ("Load balancer", "18.00"),
    ("Snapshot storage 50 Go", "2.50"),
    ("IPv4 additionnelle", "4.00"),
    ("Managed PostgreSQL", "65.00"),
    ("DDoS protection", "29.99"),
)
# description, unit price
ONE_OFF_SERVICES = (
    ("Migration assistée vers NexaCloud", "2400.00"),
    ("Custom development, hourly × 1 h", "145.00"),
    ("Architecture review", "3200.00"),
    ("Formation de l'équipe « exploitation »", "1850.00"),
    ("Emergency restore, out of hours", "975.00"),
)

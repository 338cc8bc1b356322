"""Names of people and companies that do not exist."""

from typing import Final

FIRST: Final = (
    "Priya", "Marcus", "Ingrid", "Dale", "Aisha", "Jonas", "Tom", "Ana Lucía", "Wei", "Sofia",
    "Kwame", "Elena", "Hiro", "Fatima", "Liam", "Noor", "Mateo", "Greta", "Omar", "Zoë",
    "Samuel", "Yara", "Viktor", "Chloe", "Diego", "Hana", "Patrick", "Leila", "Oskar", "Renée",
    "Tariq", "Bianca", "Ewan", "Mei", "Rafael", "Astrid", "Joseph", "Anika", "Peter", "Lucía",
    "Darius", "Nadia", "Felix", "Imani", "Harold", "Keiko", "Stefan", "Amara", "Colin", "Marta",
)  # fmt: skip
LAST: Final = (
    "Nair", "Webb", "Sørensen", "Kim", "Bello", "Weber", "Becker", "Fuentes", "Zhang", "Rossi",
    "Mensah", "Petrova", "Tanaka", "Haddad", "O'Connor", "Rahman", "Ortiz", "Lindqvist", "Farouk",
    "van der Berg", "Adler", "Costa", "Novak", "Martin", "Silva", "Yoshida", "Byrne", "Karimi",
    "Nilsson", "Dubois", "Aziz", "Romano", "MacLeod", "Chen", "Almeida", "Holm", "Osei", "Schmidt",
    "Jensen", "Moreno", "Popescu", "Ivanova", "Keller", "Okafor", "Whitfield", "Sato", "Horvat",
    "Diallo", "Fraser", "Castellanos-Villanueva",
)  # fmt: skip
COMPANY_START: Final = (
    "Halden", "Tallow", "Fjord", "Westmark", "Kestrel", "Lindau", "Nordlicht", "Cobalto", "Amber",
    "Birchfield", "Calder", "Dunmore", "Eastgate", "Falcon", "Greystone", "Harrow", "Iverness",
    "Juniper", "Kingsway", "Larkhill", "Meridian", "Nimbus", "Oakridge", "Pinewood", "Quarry",
    "Redwater", "Silverton", "Thornbury", "Umber", "Valley", "Whitcombe", "Yarrow", "Zenith",
    "Arbor", "Beacon", "Cinder", "Delta", "Ember", "Foundry", "Granite",
)  # fmt: skip
COMPANY_END: Final = {
    "Software": ("Analytics", "Systems", "Cloud", "Labs"),
    "Manufacturing": ("Maschinenbau", "Industries", "Robotics", "Components"),
    "Financial services": ("Capital", "Insurance", "Payments", "Trust"),
    "Healthcare": ("Health", "Diagnostics", "Clinics", "Care Group"),
    "Retail": ("& Finch", "Foods", "Outfitters", "Home"),
    "Logistics": ("Logística", "Freight", "Shipping Lines", "Express"),
    "Education": ("Academy", "University Press", "Learning", "College"),
    "Media": ("Media", "Publishing", "Studios", "Broadcasting Corporation"),
}
REPS: Final = (
    "Sam Carter", "Dana Whitlock", "Ana Ribeiro", "Bo Andersson", "Chidi Eze", "Emily Stone",
    "Faisal Khan", "Grace Liu", "Henrik Vogel", "Isabel Torres", "Jack Moran", "Katya Smirnova",
)  # fmt: skip
"""Twelve; the first is the one who logs in as the sample rep."""

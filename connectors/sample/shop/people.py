"""Names, streets and towns. People of every country may have a name from any of the cultures."""

from __future__ import annotations

import random
import unicodedata

from .model import Address, Language


def _words(block: str) -> tuple[str, ...]:
    return tuple(block.split())


def _listed(block: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in block.split(","))


FIRST = _words("""
Adaeze Akiko Amara Anders Anika Arjun Astrid Aurelio Beatriz Bilal Bronwen Camille Carmen Chidi Cillian
Dalia Daniela Davor Deborah Dimitri Ebba Eleni Emeka Esther Farida Felix Fiona Gabriel Giulia Gustav Hana
Harriet Hiroshi Ibrahim Ines Ingrid Ivana Jadwiga Jasper Joaquín Kaito Kamala Karin Kwame Laila Leif
Leonie Linh Lorenzo Lucía Magnus Malin Marisol Matteo Meera Milan Minh Miriam Nadia Naomi Nikolai Noor
Oskar Owen Paloma Pavel Petra Priya Quentin Rafael Ramona Renata Rohan Rosalind Saoirse Selma Shirin Signe
Soledad Stefan Sunita Tamar Tariq Theo Thandiwe Tobias Tomás Ulrike Valentina Vikram Wanjiru Wiebke
Xochitl Yara Yusuf Zeynep Zofia
""")
LAST = _words("""
Abara Achterberg Adeyemi Albrecht Almeida Andrade Aoki Arslan Ashworth Bakker Banerjee Bergström Bhatt
Blackwood Brandt Cabrera Calloway Castellanos Chaudhry Chukwu Costa Dahl Delgado Desai Dvořák Eriksen
Esposito Fairweather Farouk Ferreira Fitzgerald Fontaine Fujita Gallagher Ganesan Gerber Gutiérrez Haddad
Halvorsen Hartmann Hinds Hollis Horvat Ibáñez Ishikawa Jankowski Kaplan Karimi Keller Kettleby Kimathi
Kowalczyk Kruger Lachance Lindqvist Lombardi Macleod Mahlangu Marchetti Mbeki Medina Mendoza Morimoto
Mwangi Nakagawa Navarro Nguyen Novotny Obuya Okonkwo Olsen Osei Pacheco Papadakis Pereyra Petrov Pham
Quiroga Rademacher Rahman Rasmussen Reyes Rinaldi Rothman Sato Schuster Serrano Shapiro Singh Sokolov
Sorensen Tanaka Tavares Thorne Toledo Ueda Vasquez Venter Villanueva Vogel Wainwright Weiss Winterbourne
Yilmaz Zamora Zielinski
""")

_EN_STREETS = _listed("""
Larch Street, Mill Lane, Harbor Road, Quarry Avenue, Juniper Court, Fennel Row, Station Road, Observatory
Drive, Tannery Street, Ferry Lane, Orchard Close, Weir Street, Bell Tower Road, Copper Beech Way,
Saltmarsh Avenue, Lantern Hill, Sparrow Court, North Ridge Road, Hazel Street, Canal Walk
""")
_DE_STREETS = _listed("""
Lindenweg, Mühlgasse, Am Stadtgraben, Hafenstraße, Kirschallee, Brunnenstraße, Färbergasse,
Eichendorffstraße, Rosenhang, Alte Poststraße, Schillerplatz, Uferweg, Gerberstraße, Am Weinberg,
Sonnenallee, Kastanienweg
""")
_ES_STREETS = _listed("""
Calle de la Palma, Calle del Molino, Avenida de los Tilos, Calle Rosario, Paseo del Río, Calle Nueva,
Camino Viejo, Plaza del Carmen, Calle Olmos, Avenida Libertad, Calle San Telmo, Calle de las Flores, Ronda
Norte, Calle Jazmín
""")

# country, language, towns as "city/state/zip"; `#` is a digit, `@` a letter
_PLACES: tuple[tuple[str, Language, str], ...] = (
    (
        "USA",
        "en",
        "Boise/ID/837##|Duluth/MN/558##|Asheville/NC/288##|Tucson/AZ/857##|Spokane/WA/992##|Burlington/VT/054##|"
        "Omaha/NE/681##|Savannah/GA/314##|Eugene/OR/974##|Madison/WI/537##|Toledo/OH/436##|Santa Fe/NM/875##",
    ),
    ("Canada", "en", "Halifax/NS/B3H #@#|Victoria/BC/V8W #@#|Guelph/ON/N1G #@#|Regina/SK/S4P #@#"),
    (
        "United Kingdom",
        "en",
        "Leeds//LS6 #@@|Norwich//NR2 #@@|Cardiff//CF10 #@@|Dundee//DD1 #@@|Truro//TR1 #@@",
    ),
    ("Australia", "en", "Hobart/TAS/70##|Geelong/VIC/32##|Cairns/QLD/48##|Fremantle/WA/61##"),
    ("Ireland", "en", "Galway//H91 @#@#|Cork//T12 @#@#"),
    ("India", "en", "Pune/MH/4110##|Kochi/KL/6820##"),
    (
        "Germany",
        "de",
        "Leipzig//041##|Freiburg//791##|Kassel//341##|Bremen//281##|Regensburg//930##|Kiel//241##",
    ),
    ("Austria", "de", "Graz//80##|Linz//40##|Innsbruck//60##"),
    ("Switzerland", "de", "Winterthur//84##|Luzern//60##|Basel//40##"),
    ("Spain", "es", "Sevilla//410##|Gijón//332##|Murcia//300##|Zaragoza//500##|Vigo//362##"),
    ("Mexico", "es", "Guadalajara/JAL/441##|Mérida/YUC/970##|Puebla/PUE/720##"),
    ("Argentina", "es", "Rosario/SF/20##|Mendoza/MZ/55##"),
    ("Chile", "es", "Valdivia//509####|Concepción//403####"),
)
_WEIGHTS: dict[Language, tuple[int, ...]] = {
    "en": (10, 3, 4, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0),
    "de": (0, 0, 0, 0, 0, 0, 6, 2, 2, 0, 0, 0, 0),
    "es": (0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3, 2, 1),
}


def ascii_name(name: str) -> str:
    """The name in lower-case ASCII letters, as in an e-mail address."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if c.isascii() and c.isalpha())


def _zip(rng: random.Random, pattern: str) -> str:
    letters = "ABCDEGHJKLNPRSTUVWXY"
    drawn = (str(rng.randrange(10)) if c == "#" else rng.choice(letters) if c == "@" else c for c in pattern)
    return "".join(drawn)


def _street(rng: random.Random, language: Language) -> tuple[str, str]:
    number = rng.randrange(2, 399)
    if language == "de":
        second = ("", "", "", "Hinterhaus", "2. Stock links", "c/o Hausverwaltung", "Wohnung 7", "Aufgang B")
        return f"{rng.choice(_DE_STREETS)} {number}", rng.choice(second)
    if language == "es":
        second = ("", "", "3º B", "1º izquierda", "piso 4", "bajo C", "portal 2", "depto 12")
        return f"{rng.choice(_ES_STREETS)} {number}", rng.choice(second)
    second = (
        "",
        "",
        f"Apt {rng.randrange(1, 40)}",
        f"Unit {rng.randrange(1, 20)}",
        f"Suite {rng.randrange(100, 900)}",
    )
    return f"{number} {rng.choice(_EN_STREETS)}", rng.choice(second)


def draw_address(rng: random.Random, language: Language, *, country: str | None = None) -> Address:
    """An invented address, in `country` where it is given, else in one where `language` is spoken."""
    places = [place for place in _PLACES if place[0] == country]
    place = places[0] if places else rng.choices(_PLACES, weights=_WEIGHTS[language])[0]
    city, state, pattern = rng.choice(place[2].split("|")).split("/")
    first, second = _street(rng, place[1])
    return Address(
        address1=first,
        address2=second,
        city=city,
        state=state,
        country=place[0],
        zip=_zip(rng, pattern),
    )

"""Words of postal addresses, as data."""

from __future__ import annotations

COUNTRIES = {
    "usa": "USA", "us": "USA", "united states": "USA", "u.s.a": "USA", "america": "USA", "canada": "Canada",
    "kanada": "Canada", "united kingdom": "United Kingdom", "uk": "United Kingdom", "england": "United Kingdom",
    "great britain": "United Kingdom", "australia": "Australia", "ireland": "Ireland", "india": "India",
    "germany": "Germany", "deutschland": "Germany", "alemania": "Germany", "austria": "Austria",
    "österreich": "Austria", "switzerland": "Switzerland", "schweiz": "Switzerland", "suiza": "Switzerland",
    "spain": "Spain", "españa": "Spain", "spanien": "Spain", "mexico": "Mexico", "méxico": "Mexico",
    "argentina": "Argentina", "chile": "Chile", "france": "France", "frankreich": "France",
    "francia": "France", "italy": "Italy", "italien": "Italy", "italia": "Italy", "netherlands": "Netherlands",
    "estados unidos": "USA", "vereinigte staaten": "USA", "united states of america": "USA",
}  # fmt: skip

STREET_STARTS = frozenset(
    """am an im in auf zum zur unter hinter vor alte alter altes neue neuer neues große grosse großer kleine kleiner
    lange langer obere oberer untere unterer hohe hoher sankt st calle c avenida av avda paseo plaza plazuela camino
    ronda carrera carretera travesía travesia pasaje rambla glorieta cuesta rue via viale piazza rua boulevard
    bulevar calzada callejón callejon autopista""".split()
)
"""A street may start with one of these, if the number comes last."""

STREET_TYPES = (
    "straße", "strasse", "str.", "str", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer", "hang", "steig",
    "markt", "graben", "chaussee", "zeile", "wall", "brücke", "stieg", "garten", "kamp", "redder", "berg", "tal",
)  # fmt: skip
"""Endings of the last word of a German street."""

UNITS = frozenset(
    """apt apartment suite unit flat floor room wohnung stock aufgang etage top tür zimmer haus block piso portal
    puerta depto departamento planta escalera bajo bloque local order bestellung pedido""".split()
)
"""A number after one of these is not a house number."""

ZIP_LABELS = frozenset("zip code zipcode postcode postal plz postleitzahl cp c.p código codigo".split())

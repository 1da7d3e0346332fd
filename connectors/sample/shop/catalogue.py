"""What Quillmoor sells: names in three languages and the options each product comes in.

Quillmoor is invented. A product has a shop name (English, the only one in the tables), the short name
people use for it, a synonym, and its German and Spanish names with their grammatical gender.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One product before its variants are drawn.

    Attributes:
        name: The shop's name, as in table `products`.
        short: What people call it; no other product has it.
        synonym: Another everyday word for it; no other product has it.
        german: `gender:noun`, gender one of m, f, n, p (plural).
        spanish: `gender:noun`, gender one of m, f, mp, fp.
        price: Price of the middle variant, in dollars.
        options: Option name to its values, smallest first where they have an order.
    """

    name: str
    short: str
    synonym: str
    german: str
    spanish: str
    price: float
    options: dict[str, tuple[str, ...]]


def _entry(line: str, **options: str) -> Entry:
    name, short, synonym, german, spanish, price = (part.strip() for part in line.split("|"))
    return Entry(
        name=name,
        short=short,
        synonym=synonym,
        german=german,
        spanish=spanish,
        price=float(price),
        options={key.replace("_", " "): tuple(values.split("|")) for key, values in options.items()},
    )


ENTRIES: tuple[Entry, ...] = (
    _entry(
        "Cast Iron Skillet | skillet | frying pan | f:Gusseisenpfanne | f:sartén de hierro | 46",
        diameter="20 cm|26 cm|30 cm",
        handle="bare|wood|silicone",
    ),
    _entry(
        "Pour-Over Set | pour-over | coffee dripper | m:Kaffeefilter | m:filtro de café | 39",
        capacity="2 cups|4 cups|6 cups",
        material="ceramic|glass|steel",
    ),
    _entry(
        "Bread Box | bread box | bread bin | m:Brotkasten | f:panera | 52",
        material="bamboo|enamel|oak",
        size="small|large",
        color="white|black|green",
    ),
    _entry(
        "Chef Knife | chef knife | kitchen knife | n:Kochmesser | m:cuchillo de chef | 84",
        length="16 cm|20 cm|24 cm",
        handle="walnut|olive wood|resin",
    ),
    _entry(
        "Salad Bowl | salad bowl | serving bowl | f:Salatschüssel | f:ensaladera | 34",
        diameter="22 cm|28 cm|34 cm",
        material="acacia|stoneware|glass",
    ),
    _entry(
        "Insulated Flask | flask | thermos | f:Thermosflasche | m:termo | 29",
        capacity="350 ml|500 ml|750 ml",
        color="black|red|sand|teal",
        lid="screw|straw",
    ),
    _entry(
        "Lunch Tin | lunch tin | lunchbox | f:Brotdose | f:fiambrera | 24",
        compartments="2|3|4",
        color="silver|yellow|blue",
    ),
    _entry(
        "Spice Rack | spice rack | spice shelf | n:Gewürzregal | m:especiero | 43",
        jars="8|12|16",
        material="bamboo|steel|oak",
    ),
    _entry(
        "Linen Duvet Cover | duvet cover | quilt cover | m:Bettbezug | f:funda nórdica | 118",
        size="single|double|king",
        color="white|sand|grey|rust",
    ),
    _entry(
        "Wool Throw | throw | blanket | f:Wolldecke | f:manta de lana | 76",
        size="small|large",
        pattern="plain|striped|checked",
        color="grey|green|rust",
    ),
    _entry(
        "Side Sleeper Pillow | pillow | head cushion | n:Kopfkissen | f:almohada | 58",
        filling="down|latex|buckwheat",
        firmness="soft|medium|firm",
    ),
    _entry(
        "Bath Towel Set | towel set | towels | n:Handtuchset | m:juego de toallas | 49",
        pieces="2|4|6",
        color="white|blue|sand|grey",
    ),
    _entry(
        "Blackout Curtain | curtain | drape | m:Vorhang | f:cortina | 63",
        length="160 cm|220 cm|260 cm",
        color="grey|blue|white",
        hanging="eyelet|hook",
    ),
    _entry(
        "Storage Basket | basket | hamper | m:Korb | f:cesta | 31",
        size="small|medium|large",
        material="willow|seagrass|felt",
    ),
    _entry(
        "Floor Cushion | floor cushion | pouf | n:Sitzkissen | m:cojín de suelo | 55",
        shape="round|square",
        color="rust|teal|sand|blue",
    ),
    _entry(
        "Scented Candle | candle | scented jar | f:Duftkerze | f:vela aromática | 22",
        scent="cedar|fig|orange blossom|rain",
        burn_time="20 hours|45 hours",
    ),
    _entry(
        "Pruning Shears | shears | secateurs | f:Gartenschere | fp:tijeras de podar | 37",
        hand="left|right",
        blade="bypass|anvil",
        size="small|medium|large",
    ),
    _entry(
        "Watering Can | watering can | can for the plants | f:Gießkanne | f:regadera | 33",
        capacity="1 L|5 L|9 L",
        color="green|copper|white",
    ),
    _entry(
        "Raised Bed Kit | raised bed | planter kit | n:Hochbeet | m:bancal elevado | 129",
        length="80 cm|120 cm|180 cm",
        wood="larch|cedar|pine",
    ),
    _entry(
        "Bird Feeder | bird feeder | feeder | n:Vogelhaus | m:comedero de pájaros | 27",
        mounting="hanging|pole|window",
        color="green|red|copper",
    ),
    _entry(
        "Garden Gloves | gloves | gardening gloves | p:Gartenhandschuhe | mp:guantes de jardín | 18",
        size="S|M|L|XL",
        color="green|brown|blue",
    ),
    _entry(
        "Compost Bin | compost bin | composter | m:Komposter | m:compostador | 94",
        capacity="120 L|220 L|400 L",
        color="black|green",
    ),
    _entry(
        "Rain Shell | rain shell | rain jacket | f:Regenjacke | m:chubasquero | 139",
        size="XS|S|M|L|XL",
        color="yellow|blue|black|red",
    ),
    _entry(
        "Trekking Poles | poles | walking sticks | p:Wanderstöcke | mp:bastones de senderismo | 88",
        length="100 cm|110 cm|120 cm",
        material="carbon|aluminium",
        grip="cork|foam",
    ),
    _entry(
        "Camp Stove | camp stove | camping cooker | m:Campingkocher | m:hornillo | 72",
        fuel="gas|alcohol|multi-fuel",
        burners="1|2",
    ),
    _entry(
        "Trail Tent | tent | shelter | n:Zelt | f:tienda de campaña | 264",
        persons="1|2|3",
        season="3-season|4-season",
        color="green|orange|sand",
    ),
    _entry(
        "Sleeping Bag | sleeping bag | mummy bag | m:Schlafsack | m:saco de dormir | 158",
        rating="5 C|-2 C|-10 C",
        zip_side="left|right",
        size="regular|long",
    ),
    _entry(
        "Headlamp | headlamp | head torch | f:Stirnlampe | f:linterna frontal | 42",
        brightness="200 lumen|350 lumen|500 lumen",
        power="battery|USB",
    ),
    _entry(
        "Dry Sack | dry sack | waterproof sack | m:Packsack | f:bolsa estanca | 19",
        capacity="5 L|10 L|20 L",
        color="orange|teal|black",
    ),
    _entry(
        "Merino Socks | socks | hiking socks | p:Wandersocken | mp:calcetines | 21",
        size="S|M|L",
        height="ankle|crew|knee",
        color="grey|rust|green",
    ),
    _entry(
        "Fountain Pen | fountain pen | pen | m:Füller | f:pluma estilográfica | 67",
        nib="fine|medium|broad",
        color="black|blue|copper",
    ),
    _entry(
        "Sketch Pad | sketch pad | drawing pad | m:Skizzenblock | m:bloc de dibujo | 17",
        size="A5|A4|A3",
        paper="smooth|rough|toned",
    ),
    _entry(
        "Watercolor Set | watercolors | paint set | m:Aquarellkasten | fp:acuarelas | 48",
        pans="12|24|36",
        case="metal|wood",
    ),
    _entry(
        "Knitting Kit | knitting kit | knitting set | n:Strickset | m:kit de punto | 36",
        project="scarf|hat|mittens",
        color="grey|rust|teal",
    ),
    _entry(
        "Standing Mat | standing mat | desk mat | f:Stehmatte | f:alfombrilla | 61",
        size="small|medium|large",
        surface="flat|textured",
    ),
    _entry(
        "Clip Light | clip light | clip-on lamp | f:Klemmleuchte | m:flexo de pinza | 26",
        power="battery|USB|mains",
        color="white|black|yellow",
    ),
    _entry(
        "Alarm Clock | alarm clock | bedside clock | m:Wecker | m:despertador | 38",
        display="analog|digital|projection",
        color="white|black|copper",
    ),
    _entry(
        "Turntable | turntable | record player | m:Plattenspieler | m:tocadiscos | 229",
        drive="belt|direct",
        finish="walnut|black|white",
        bluetooth="yes|no",
    ),
    _entry(
        "Kitchen Scale | kitchen scale | scales | f:Küchenwaage | f:báscula de cocina | 32",
        limit="3 kg|5 kg|10 kg",
        surface="glass|steel|bamboo",
    ),
    _entry(
        "Space Heater | heater | radiator | m:Heizlüfter | m:calefactor | 91",
        power="1000 W|1500 W|2000 W",
        color="white|black",
    ),
    _entry(
        "Ukulele | ukulele | uke | f:Ukulele | m:ukelele | 104",
        size="soprano|concert|tenor",
        wood="mahogany|koa|spruce",
    ),
    _entry(
        "Dog Harness | dog harness | harness | n:Hundegeschirr | m:arnés para perro | 35",
        size="S|M|L|XL",
        color="red|blue|orange",
    ),
    _entry(
        "Cat Tree | cat tree | scratching post | m:Kratzbaum | m:rascador para gatos | 82",
        height="80 cm|120 cm|160 cm",
        color="grey|sand|brown",
    ),
)

# option name -> (German noun, Spanish noun)
KEY_WORDS: dict[str, tuple[str, str]] = {
    "diameter": ("Durchmesser", "diámetro"),
    "handle": ("Griff", "mango"),
    "capacity": ("Inhalt", "capacidad"),
    "material": ("Material", "material"),
    "size": ("Größe", "talla"),
    "color": ("Farbe", "color"),
    "length": ("Länge", "largo"),
    "lid": ("Deckel", "tapa"),
    "compartments": ("Fächer", "compartimentos"),
    "jars": ("Gläser", "tarros"),
    "pattern": ("Muster", "dibujo"),
    "filling": ("Füllung", "relleno"),
    "firmness": ("Härte", "firmeza"),
    "pieces": ("Teile", "piezas"),
    "hanging": ("Aufhängung", "colgado"),
    "shape": ("Form", "forma"),
    "scent": ("Duft", "aroma"),
    "burn time": ("Brenndauer", "duración"),
    "hand": ("Hand", "mano"),
    "blade": ("Klinge", "hoja"),
    "wood": ("Holz", "madera"),
    "mounting": ("Befestigung", "montaje"),
    "grip": ("Handgriff", "empuñadura"),
    "fuel": ("Brennstoff", "combustible"),
    "burners": ("Flammen", "fuegos"),
    "persons": ("Personen", "plazas"),
    "season": ("Jahreszeit", "temporada"),
    "rating": ("Temperatur", "temperatura"),
    "zip side": ("Reißverschluss", "cremallera"),
    "brightness": ("Helligkeit", "brillo"),
    "power": ("Stromversorgung", "alimentación"),
    "height": ("Höhe", "altura"),
    "nib": ("Feder", "plumín"),
    "paper": ("Papier", "papel"),
    "pans": ("Näpfchen", "pastillas"),
    "case": ("Kasten", "caja"),
    "project": ("Projekt", "proyecto"),
    "surface": ("Oberfläche", "superficie"),
    "display": ("Anzeige", "pantalla"),
    "drive": ("Antrieb", "tracción"),
    "finish": ("Gehäuse", "acabado"),
    "bluetooth": ("Bluetooth", "Bluetooth"),
    "limit": ("Höchstgewicht", "peso máximo"),
}

_VALUES = """
bare=blank/desnudo wood=Holz/madera silicone=Silikon/silicona ceramic=Keramik/cerámica glass=Glas/vidrio
steel=Stahl/acero bamboo=Bambus/bambú enamel=Emaille/esmalte oak=Eiche/roble small=klein/pequeño
medium=mittel/mediano large=groß/grande white=Weiß/blanco black=Schwarz/negro green=Grün/verde
walnut=Nussbaum/nogal olive_wood=Olivenholz/olivo resin=Kunstharz/resina acacia=Akazie/acacia
stoneware=Steinzeug/gres red=Rot/rojo sand=Sand/arena teal=Petrol/turquesa screw=Schraubdeckel/rosca
straw=Trinkhalm/pajita silver=Silber/plata yellow=Gelb/amarillo blue=Blau/azul single=Einzelbett/individual
double=Doppelbett/doble king=Kingsize/king grey=Grau/gris rust=Rost/teja plain=einfarbig/liso
striped=gestreift/rayas checked=kariert/cuadros down=Daunen/plumón latex=Latex/látex
buckwheat=Buchweizen/trigo_sarraceno soft=weich/blanda firm=fest/firme eyelet=Ösen/ojales hook=Haken/ganchos
willow=Weide/mimbre seagrass=Seegras/junco felt=Filz/fieltro round=rund/redondo square=eckig/cuadrado
cedar=Zeder/cedro fig=Feige/higo orange_blossom=Orangenblüte/azahar rain=Regen/lluvia left=links/izquierda
right=rechts/derecha bypass=Bypass/bypass anvil=Amboss/yunque copper=Kupfer/cobre larch=Lärche/alerce
pine=Kiefer/pino hanging=hängend/colgante pole=Stange/poste window=Fenster/ventana brown=Braun/marrón
carbon=Carbon/carbono aluminium=Aluminium/aluminio cork=Kork/corcho foam=Schaumstoff/espuma gas=Gas/gas
alcohol=Spiritus/alcohol multi-fuel=Mehrstoff/multicombustible orange=Orange/naranja regular=normal/normal
long=lang/largo battery=Batterie/pilas ankle=Knöchel/tobillo crew=Wade/media_caña knee=Knie/rodilla
fine=fein/fino broad=breit/ancho smooth=glatt/liso rough=rau/rugoso toned=getönt/tintado metal=Metall/metal
scarf=Schal/bufanda hat=Mütze/gorro mittens=Fäustlinge/manoplas flat=glatt/lisa
textured=strukturiert/con_relieve
mains=Netzteil/enchufe analog=analog/analógica digital=digital/digital projection=Projektion/proyección
belt=Riemen/correa direct=direkt/directa yes=ja/sí no=nein/no soprano=Sopran/soprano concert=Konzert/concierto
tenor=Tenor/tenor mahogany=Mahagoni/caoba koa=Koa/koa spruce=Fichte/abeto
"""

# option value -> (German word, Spanish word); values with a number are the same everywhere
VALUE_WORDS: dict[str, tuple[str, str]] = {
    english.replace("_", " "): (german.replace("_", " "), spanish.replace("_", " "))
    for english, _, both in (word.partition("=") for word in _VALUES.split())
    for german, _, spanish in (both.partition("/"),)
}

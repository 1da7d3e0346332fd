"""German words of the support desk, as data; the shape of `lexicon_en`. Umlauts also match as ae, oe, ue."""

from __future__ import annotations

ACTIONS = {
    "cancel": """stornieren|storniere|storniert|storno|stornierung|storniere ich|annullieren|abbestellen|
        stornier|absagen|abbrechen|rückgängig machen|widerrufen|canceln""",
    "return": """zurückgeben|zurückschicken|zurücksenden|zurück geben|retournieren|retoure|rückgabe|rücksendung|
        gebe * zurück|schicke * zurück|sende * zurück|zurückzugeben|zurückzuschicken|zurückzusenden|retourniere|
        geben * zurück|schicken * zurück|senden * zurück|zurückgebe|zurückschicke|zurücksende|zurückbringen|geht zurück|gehen zurück|soll zurück|sollen zurück|kann zurück|schicke ich zurück|geht retour""",
    "refund": """erstattung|rückerstattung|erstatten|erstattet|geld zurück|rückzahlung|erstatte|gutschrift""",
    "swap": """umtauschen|umtausch|tausche * um|tauschen * um|austauschen|austausch|tauschen|tausche|tausch|
        umzutauschen|auszutauschen|ersetzen|ersetzt|eintauschen|tauscht|umgetauscht|getauscht|umtausche""",
    "change": """ändern|ändere|ändert|änderung|wechseln|wechsle|wechsel|anpassen|aktualisieren|umstellen|
        abändern|abzuändern|umändern|bearbeiten|korrigieren|aktualisiere|modifizieren|zu ändern|umzustellen|
        stellen * um|stelle * um|ändern sie|passen * an|umbuchen|geändert""",
    "ship": """liefern|liefert|schicken|senden|verschicken|versenden|geliefert|schickt|sendet|umleiten|
        lieferung|zustellen|umgeleitet|leiten * um|geschickt""",
}

NOUNS = {
    "address": """adresse|lieferadresse|anschrift|versandadresse|lieferanschrift|zieladresse|dorthin|dahin|neue wohnung""",
    "default_address": """standardadresse|standardanschrift|adresse in meinem konto|adresse in meinem profil|
        hinterlegte adresse|kontoadresse|profiladresse|meinem konto|meinem profil|mein konto|mein profil|
        hauptadresse|adresse im konto|adresse im profil|heimatadresse|kundenkonto|im profil|im konto|
        standardlieferadresse|hinterlegten adresse|kundenprofil|stammdaten|kundendaten|in meinem kundenkonto|übliche adresse|künftig|ab sofort|meine adresse|kundenkartei""",
    "payment": """zahlungsmethode|zahlungsart|zahlungsmittel|zahlungsweise|bezahlung|zahlung|zahlen|bezahlen|
        bezahlt|abbuchen|zahle|bezahle|belasten|belaste|bezahlmethode|abgerechnet|beglichen|begleichen|abrechnen|abrechnet|bezahlung über|zahlt""",
    "order": """bestellung|bestellungen|auftrag|paket|sendung|bestellnummer|auftragsnummer|einkauf""",
    "item": """artikel|ware|produkt|produkte|sache|sachen|teil|teile|stück|modell|variante|ausführung|
        version|exemplar|gegenstand|dinge""",
    "all_orders": "alle bestellungen|alle meine bestellungen|alle offenen bestellungen|sämtliche bestellungen",
    "all": """alles|alle artikel|sämtliche artikel|sämtliches|sämtliche|kompletten inhalt|den ganzen inhalt|die ganze bestellung|ganze bestellung|gesamte bestellung|komplette bestellung|
        alle sachen|alle teile|beide artikel|beides|beide|komplett|vollständig|die gesamte|alle produkte""",
    "zip": "postleitzahl|plz",
    "email": "e mail|email|mail|e mail adresse|email adresse|mailadresse|emailadresse",
    "name": "ich heiße|mein name ist|mein name|ich bin|hier ist|name",
    "difference": "differenz|preisdifferenz|preisunterschied|aufpreis|mehrpreis|mehrkosten|unterschiedsbetrag|minderpreis",
    "money": """differenz|preisdifferenz|preisunterschied|unterschied|aufpreis|betrag|restbetrag|mehrpreis|
        preis|mehrkosten|guthaben|geld|kosten|unterschiedsbetrag""",
}

STATUS = {
    "pending": """noch nicht versandt|noch nicht verschickt|noch nicht versendet|offen|ausstehend|gerade bestellt|
        in bearbeitung|noch nicht geliefert|offene|offenen""",
    "delivered": "geliefert|erhalten|angekommen|bekommen|zugestellt|gelieferte|gelieferten|eingetroffen",
}

PAYMENTS = {
    "credit_card": "kreditkarte|karte|kreditkartennummer",
    "paypal": "paypal|pay pal|paypal konto|paypalkonto",
    "gift_card": "geschenkkarte|gutschein|geschenkgutschein|guthabenkarte|geschenkkarten",
    "original": """ursprüngliche zahlungsmethode|ursprüngliche zahlungsart|originale zahlungsmethode|
        ursprüngliches zahlungsmittel|ursprünglichen zahlungsmethode|ursprünglichen zahlungsart|
        ursprüngliche zahlungsmittel|gleiche zahlungsmethode|dieselbe zahlungsmethode|derselben zahlungsmethode|
        gleichen zahlungsart|gleichem weg|gleichen weg|demselben weg|denselben weg|selben weg|
        ursprünglichen zahlungsweg|ursprüngliche zahlungsweise|ursprünglichem weg|ursprünglichen weg|
        ursprüngliches zahlungsmittel|so wie ich bezahlt habe|wie bezahlt|selbe zahlungsmethode""",
}

REASONS = {
    "no longer needed": """nicht mehr|doch nicht brauche|kein interesse mehr|pläne haben sich geändert|
        erübrigt|hat sich erledigt|erledigt|überflüssig|unnötig|brauch ich nicht|schon eins|schon eine|schon einen|nicht mehr benötigt|brauche ich nicht mehr|brauche sie nicht mehr|brauche es nicht mehr|
        brauche ihn nicht mehr|nicht mehr brauche|nicht mehr gebraucht|benötige ich nicht mehr|
        nicht mehr benötige|brauchen wir nicht mehr|will ich nicht mehr|möchte ich nicht mehr|
        habe es mir anders überlegt|habe mir das anders überlegt|anders überlegt|kein bedarf mehr|
        nicht mehr nötig|brauche das nicht mehr|brauche die nicht mehr|keine verwendung mehr|nicht länger benötigt|
        wird nicht mehr gebraucht|wird nicht mehr benötigt|nicht länger brauche|nicht mehr brauchen|
        keine verwendung""",
    "ordered by mistake": """falsch geklickt|zu schnell geklickt|zu schnell|fehler|falsche|falschen|falscher|
        vertippt|nicht beabsichtigt|ungewollte|doppelt|wollte ich gar nicht|gar nicht bestellen|verwechselt|versehens|aus versehen|versehentlich|irrtümlich|irrtum|fehlbestellung|falsch bestellt|verklickt|vertan|
        fehler bestellt|aus versehen bestellt|ein versehen|versehen|doppelt bestellt|verklickt|irrtümlicherweise|
        ein fehler|ungewollt|ausversehen|unabsichtlich""",
    "other": """woanders günstiger|anderswo günstiger|billiger gefunden|günstiger gefunden|dauert zu lange|
        zu lange|zu teuer|verspätet|verspätung""",
}

HAZARDS = """falls|wenn|sofern|ansonsten|sonst|ob|vielleicht|eventuell|möglicherweise|überlege|überlegen|unsicher|
    entweder|oder|egal|günstigste|billigste|teuerste|günstiger|billiger|teurer|besser|beste|größer|kleiner|größere|
    kleinere|größte|kleinste|lieber|bevorzugt|bevorzuge|alternativ|außer|ausgenommen|bis auf|ausser|abgesehen|
    stattdessen doch|doch nicht|doch|rückgängig|vorgesetzten|rabatt|anwalt|entschädigung|gutscheincode|teilweise|
    teil der|ignoriere|ignorieren|missachte|vergiss|vergessen|umgehe|überschreibe|system|anweisung|anweisungen|
    vorherige|vorherigen|assistent|administrator|admin|freund|freundin|nachbar|nachbarin|mann|frau|bruder|
    schwester|mutter|vater|kollege|kollegin|fremde|verloren|gestohlen|beschädigt|kaputt|defekt|warten sie|moment|
    ähnlich|andere|anderer|anderes|anderen|empfehlen|irgendein|jede|jeder|jedes|später|dritte|weitere|mehr als|
    weniger|hinzufügen|entfernen|anzahl|kombinieren|ausnahme|bestätigen sie zuerst|nur wenn|solange|bevor""".split("|")

NEGATIONS = "nicht|kein|keine|keinen|keinem|keiner|keines|nie|niemals|ohne|nichts|weder|noch nie".split("|")

ASKS = """wie|was|wann|wo|welche|welcher|welches|warum|wieso|wer|wohin|wieviel|können sie mir sagen|
    wissen|frage mich""".split("|")

WISHES = """bitte|möchte|will|würde|können|könnten|kann|könnte|wünsche|hätte gern|hätte gerne|gerne|gern|brauche|
    wollen|möchten|wollte|muss|lassen|soll|sollen|bitten|hätte""".split("|")

TARGET = """gegen|in|zu|auf|statt|mit|durch|für|möchte|hätte|will|als|haben|lieber|nun|an|wollen|neue|wäre|
    jetzt""".split("|")

FILLERS = """hallo|guten|tag|morgen|abend|liebes|lieber|liebe|sehr|geehrte|geehrter|damen|herren|team|support|
    kundenservice|kundendienst|danke|vielen|dank|grüße|gruß|freundliche|freundlichen|grüßen|besten|beste|schöne|
    schönen|viele|herzliche|herzlichen|mfg|vorab|voraus|hilfe|helfen|unterstützung|mühe|anliegen|bezüglich|wegen|
    betreffend|betrifft|neulich|kürzlich|letzte|letzten|letzter|woche|wochen|monat|heute|gestern|tagen|tage|vor|
    schnell|schnellstmöglich|bald|baldige|baldmöglichst|zeitnah|umgehend|rückmeldung|antwort|freue|freuen|hoffe|
    entschuldigung|entschuldigen|umstände|problem|frage|wunsch|bitte|gekauft|kaufte|bestellt|bestellte|erhalten|
    bekommen|angekommen|geliefert|leider|passt|passen|gefällt|klein|groß|eng|weit|farbe|größe|erwartet|
    geschenk|geburtstag|weihnachten|tochter|sohn|kinder|kind|familie|umgezogen|umzug|ziehe|neu|neue|neuen|alte|
    alten|wohnung|haus|adresse|kunde|kundin|shop|laden|konto|daten|infos|informationen|nummer|angaben|
    bestätigung|bestätigen|kurz|kurze|gut|gute|schön|super|toll|prima|wunderbar|zufrieden|immer|einfach|direkt|
    sofort|erst|erstens|zweitens|zunächst|dann|danach|außerdem|zudem|ferner|zuletzt|schließlich|noch|auch|
    ebenfalls|gleich|eigentlich|wirklich|etwas|bisschen|wetter|katze|hund|tolle|tollen|geben|bescheid|wissen|
    lassen|alles|gute|zeit|bearbeitung|erledigen|kümmern|aufmerksamkeit|verständnis|geduld|treue|jahren|jahre|
    sie|ihr|euch|eure|ihnen|gemerkt|festgestellt|aufgefallen|übrigens|ps|p|s""".split("|")

FILLER_PHRASES = """passt nicht|passen nicht|gefällt uns nicht|gefallen uns nicht|gefallen mir nicht|hätte lieber|hätten lieber|hätte * lieber|hätten * lieber|nicht behalten|nicht gebrauchen|ein weiteres anliegen|noch etwas|gefällt mir nicht|gefällt nicht|nicht wie erwartet|nicht das richtige|
    passt leider nicht|passen leider nicht|gefällt mir leider nicht|keine eile|kein problem|nicht eilig|
    viele grüße|beste grüße|mit freundlichen grüßen|vielen dank im voraus|liebe grüße|schöne grüße|
    wenn möglich|falls möglich|wäre schön|wäre super|wäre toll|wenn sie noch etwas brauchen|
    falls sie noch fragen haben|falls noch etwas fehlt|melden sie sich|wenn es geht|keine umstände|nichts dringendes|
    einen schönen tag noch|so schnell wie möglich|so bald wie möglich|noch einen schönen tag|moment zeit|
    nicht so schlimm|im moment|zur zeit|nicht so ganz""".split("|")

FUNCTION = """der|die|das|den|dem|des|ein|eine|einen|einem|einer|eines|ich|mich|mir|mein|meine|meinen|meinem|meiner|
    meines|wir|uns|unser|unsere|unseren|unserer|du|dich|dir|dein|er|ihn|ihm|es|sie|ihr|ihre|ihren|ihrem|ihrer|
    sein|seine|und|dass|da|weil|denn|als|so|zum|zur|zu|im|in|am|an|auf|aus|bei|beim|mit|nach|von|vom|für|über|
    unter|um|durch|gegen|bis|seit|wird|werden|wurde|wurden|ist|sind|war|waren|bin|habe|haben|hat|hatte|hatten|
    hätte|kann|können|könnte|könnten|soll|sollte|sollten|würde|würden|mag|darf|dürfte|diese|dieser|dieses|diesen|
    diesem|jene|welche|welcher|welches|was|wo|wie|mal|nun|jetzt|hier|dort|schon|nur|aber|bzw|ja|selbst|selber|
    gleiche|gleichen|selbe|derselbe|dieselbe|bleibt|bleiben|bleibe|rest|folgende|folgender|folgenden|lautet|zwei|
    drei|eins|davon|dazu|daran|dafür|damit|darauf|statt|anstatt|anstelle|sich|worden|geworden|gewesen|sei|
    wohne|wohnhaft|unten|oben|genau|möglichst|meinerseits|per|via|ab|los|wäre|machen|mache|nehmen|nehme""".split("|")

STAYS = "gleich|gleiche|gleichen|bleibt|bleiben|selbe|unverändert|rest|beibehalten|dasselbe|ansonsten gleich".split("|")

VALUES: dict[str, str] = {
    "schwarz": "black",
    "weiß": "white",
    "rot": "red",
    "blau": "blue",
    "grün": "green",
    "gelb": "yellow",
    "grau": "grey",
    "braun": "brown",
    "lila": "purple",
    "violett": "purple",
    "rosa": "pink",
    "silber": "silver",
    "silbern": "silver",
    "gold": "gold",
    "golden": "gold",
    "beige": "beige",
    "marine": "navy",
    "marineblau": "navy",
    "dunkelblau": "navy",
    "orange": "orange",
    "türkis": "turquoise",
    "leder": "leather",
    "holz": "wood",
    "metall": "metal",
    "glas": "glass",
    "kunststoff": "plastic",
    "plastik": "plastic",
    "edelstahl": "stainless steel",
    "stahl": "steel",
    "baumwolle": "cotton",
    "wolle": "wool",
    "leinen": "linen",
    "seide": "silk",
    "gummi": "rubber",
    "keramik": "ceramic",
    "bambus": "bamboo",
    "stoff": "fabric",
    "synthetik": "synthetic",
    "synthetisch": "synthetic",
    "nylon": "nylon",
    "silikon": "silicone",
    "eiche": "oak",
    "nussbaum": "walnut",
    "kiefer": "pine",
    "eisen": "iron",
    "kupfer": "copper",
    "messing": "brass",
    "filz": "felt",
    "kork": "cork",
    "klein": "small",
    "mittel": "medium",
    "mittelgroß": "medium",
    "groß": "large",
    "kabellos": "wireless",
    "drahtlos": "wireless",
    "kabelgebunden": "wired",
    "wasserdicht": "waterproof",
    "wasserfest": "waterproof",
    "wasserabweisend": "water resistant",
    "liter": "liter",
    "zoll": "inch",
    "stunden": "hours",
    "tassen": "cups",
    "tasse": "cup",
    "teilig": "piece",
    "teile": "piece",
    "hoch": "high",
    "niedrig": "low",
    "fest": "fixed",
    "verstellbar": "adjustable",
    "elektrisch": "electric",
    "gas": "gas",
    "holzkohle": "charcoal",
    "digital": "digital",
    "analog": "analog",
    "manuell": "manual",
    "automatisch": "automatic",
    "hart": "hard",
    "weich": "soft",
    "damen": "women",
    "herren": "men",
    "hell": "light",
    "dunkel": "dark",
    "farbe": "color",
    "größe": "size",
    "material": "material",
    "kapazität": "capacity",
    "fassungsvermögen": "capacity",
    "volumen": "capacity",
    "länge": "length",
    "höhe": "height",
    "breite": "width",
    "gewicht": "weight",
    "typ": "type",
    "art": "type",
    "stil": "style",
    "speicher": "storage",
    "bildschirmgröße": "screen size",
    "auflösung": "resolution",
    "anfänger": "beginner",
    "fortgeschritten": "intermediate",
    "experte": "expert",
    "tiere": "animals",
    "tier": "animals",
    "kunst": "art",
    "landschaft": "landscape",
    "rund": "round",
    "eckig": "square",
    "quadratisch": "square",
    "matt": "matte",
    "glänzend": "glossy",
    "warmweiß": "warm white",
    "tageslicht": "daylight",
    "batterie": "battery",
    "akku": "rechargeable",
    "wiederaufladbar": "rechargeable",
    "leinwand": "canvas",
    "anthrazit": "charcoal",
    "creme": "cream",
    "elfenbein": "ivory",
    "olive": "olive",
    "senf": "mustard",
    "bordeaux": "burgundy",
    "hellblau": "light blue",
    "dunkelgrün": "dark green",
    "dunkelgrau": "dark grey",
    "doppelt": "double",
    "einzeln": "single",
    "duft": "scent",
    "lang": "long",
    "kurz": "short",
    "ahorn": "maple",
    "birke": "birch",
    "buche": "beech",
    "polyester": "polyester",
    "stärke": "thickness",
    "dicke": "thickness",
    "durchmesser": "diameter",
    "akkulaufzeit": "battery life",
    "geschmack": "flavor",
    "muster": "pattern",
    "griff": "handle",
    "farben": "color",
    "kirsche": "cherry",
    "natur": "natural",
    "naturfarben": "natural",
    "petrol": "teal",
    "koralle": "coral",
    "minze": "mint",
    "mint": "mint",
    "zentimeter": "cm",
    "fuß": "ft",
    "meter": "m",
    "gramm": "g",
    "kilo": "kg",
    "teiliges": "piece",
    "schiefer": "slate",
    "sand": "sand",
    "stein": "stone",
    "marmor": "marble",
    "samt": "velvet",
    "fleece": "fleece",
}

SIZES = {"klein": "s", "mittel": "m", "groß": "l", "sehr groß": "xl", "extra groß": "xl", "extra klein": "xs"}

"""German: subjects, questions, letters outside the desk's work, and requests that leave something open."""

from __future__ import annotations

from ._voice import lines

SUBJECTS = {
    "cancel": lines("""
Stornierung
Bestellung {oid} stornieren
bitte nicht verschicken
"""),
    "items": lines("""
Änderung meiner Bestellung
Bestellung {oid}
falsche Variante
"""),
    "payment": lines("""
Zahlungsart
Bezahlung von {oid}
andere Zahlung
"""),
    "address": lines("""
Lieferadresse
andere Adresse für {oid}
Wohin mit dem Paket
"""),
    "user_address": lines("""
Umzug
neue Adresse
Kundendaten
"""),
    "return": lines("""
Rückgabe
Retoure {oid}
Bestellung {oid}
"""),
    "exchange": lines("""
Umtausch
Umtausch zu {oid}
leider falsch
"""),
    "multi": lines("""
mehrere Anliegen
zwei Dinge
meine Bestellungen
"""),
    "talk": lines("""
Frage
kurze Frage
Anliegen
"""),
}
TALKS = {
    "tracking": lines("""
Wo ist meine {order}? Gibt es eine Sendungsnummer?
Können Sie nachsehen, wo das Paket zur {order} steckt?
"""),
    "refund_time": lines("""
Die {order} wurde storniert. Wann ist das Geld wieder da?
Wie lange dauert die Erstattung der {order} normalerweise?
"""),
    "options": lines("""
Welche Varianten von „{product}“ gibt es gerade?
In welchen Größen oder Farben führen Sie „{product}“? Ich frage nur.
"""),
    "status": lines("""
Wie ist der Stand meiner {order}?
Ist die {order} schon unterwegs? Mehr will ich nicht wissen.
"""),
    "balance": lines("""
Wie viel Guthaben ist noch auf meiner Geschenkkarte?
Welche Zahlungsarten sind bei mir hinterlegt?
"""),
    "price": lines("""
Was habe ich für die {order} insgesamt bezahlt?
Was kostet „{product}“ aktuell?
"""),
    "contents": lines("""
Was war noch mal alles in der {order}?
Können Sie mir eine Übersicht meiner Bestellungen schicken?
"""),
    "stock": lines("""
Ist „{product}“ im Moment lieferbar? Bitte nichts bestellen.
Kommt „{product}“ wieder in allen Ausführungen?
"""),
    "policy_return": lines("""
Wie funktioniert bei Ihnen eine Rückgabe? Entschieden habe ich noch nichts.
Angenommen, ich gäbe „{product}“ zurück: Wohin ginge das Geld?
"""),
    "policy_change": lines("""
Wie oft kann man eine noch nicht verschickte Bestellung ändern? Reine Neugier.
Was passiert mit einer Geschenkkarte, wenn man storniert? Nur eine Frage.
"""),
    "price_match": lines("""
Woanders ist „{product}“ billiger. Erstatten Sie mir den Unterschied?
"""),
    "warranty": lines("""
Mein „{product}“ ist nach zwei Jahren kaputt. Reparieren Sie das auf Garantie?
"""),
    "job": lines("""
Suchen Sie Aushilfen fürs Lager? Ich würde gern bei Ihnen arbeiten.
"""),
    "discount": lines("""
Bekomme ich als treuer Kunde einen Rabattcode?
"""),
    "press": lines("""
Ich schreibe ein Blog über Gärten und hätte gern kostenlose Testmuster.
"""),
    "courier": lines("""
Der Fahrer hat mein Paket über den Zaun geworfen. Ich möchte mich offiziell beschweren.
"""),
    "new_order": lines("""
Bitte bestellen Sie für mich „{product}“, meine Daten haben Sie ja.
"""),
    "newsletter": lines("""
Bitte nehmen Sie mich aus dem Newsletter.
"""),
    "advice": lines("""
Was schenkt man einem Zehnjährigen? Haben Sie eine Empfehlung?
"""),
    "invoice": lines("""
Meine Firma braucht für die {order} eine Rechnung mit Umsatzsteuernummer.
"""),
    "delete_account": lines("""
Löschen Sie bitte mein Konto und alle Daten über mich.
"""),
    "change_email": lines("""
Bitte ändern Sie die E-Mail-Adresse meines Kontos auf meine neue dienstliche.
"""),
}
VAGUE = {
    "cancel_which": lines("""
Bitte stornieren Sie meine Bestellung.
Ich möchte das, was ich bestellt habe, stornieren.
"""),
    "return_which_order": lines("""
Ich möchte {item} zurückgeben.
Bitte nehmen Sie {item} zurück und erstatten Sie mir das Geld.
"""),
    "return_which_item": lines("""
Ich möchte {item} aus der {order} zurückgeben, aber nur eins davon.
Einmal {item} aus der {order} geht zurück.
"""),
    "exchange_no_wish": lines("""
Ich möchte {item} aus der {order} gegen etwas anderes umtauschen.
{item_n} aus der {order} gefällt mir nicht, bitte etwas Schöneres schicken.
"""),
    "items_no_wish": lines("""
Bitte ändern Sie {item} in meiner {order}, das ist die falsche Variante.
"""),
    "address_missing": lines("""
Bitte schicken Sie die {order} an meine neue Adresse.
Die Adresse der {order} ist falsch, liefern Sie bitte ins Büro.
"""),
    "payment_missing": lines("""
Ich möchte die {order} anders bezahlen.
Bitte ändern Sie die Zahlungsart der {order}.
"""),
    "user_address_partial": lines("""
Ich bin nach {city} gezogen, bitte passen Sie die {order} an.
"""),
}
FOREIGN = {
    "household": lines("""
Die Bestellung läuft auf meine Frau, aber ich kümmere mich darum.
Mein Bruder hat das über sein eigenes Konto bestellt.
"""),
    "friend": lines("""
Eine Freundin hat das bestellt und mich gebeten zu schreiben.
"""),
    "silent": (),
}

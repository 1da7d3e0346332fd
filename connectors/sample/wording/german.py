"""German."""

from __future__ import annotations

from ._naming_de import GermanNaming
from ._records import Wish
from ._voice import Templates, Voice, lines
from .german_talks import FOREIGN, SUBJECTS, TALKS, VAGUE

_ASKS: dict[Wish, Templates] = {
    "cancel": lines("""
Bitte stornieren Sie meine {order}.
Ich möchte die {order} stornieren.
Können Sie die {order} noch stoppen?
Hiermit trete ich von meiner {order} zurück, sie ist ja noch nicht verschickt.
Bitte brechen Sie die {order} komplett ab.
Könnten Sie meine {order} rückgängig machen?
Die {order} soll bitte nicht mehr rausgehen, ich ziehe sie zurück.
Ist es noch möglich, die {order} zu widerrufen? Dann bitte stornieren.
Es geht um meine {order}: Bitte ganz stornieren.
Ich brauche eine Stornierung der {order}.
Kann man die {order} noch zurücknehmen? Dann tun Sie das bitte.
Nehmen Sie die {order} bitte aus dem System.
"""),
    "items": lines("""
In meiner {order} hätte ich statt {item_d} lieber {new}.
Bitte ändern Sie in der {order} {item}: gewünscht ist {new}.
Könnten Sie in der noch nicht verschickten {order} {item} gegen {new} tauschen?
Ich habe mich bei der {order} vertan, {item_n} sollte eigentlich {new} sein.
Meine {order} ist noch offen. Bitte ersetzen Sie {item} durch {new}.
Vor dem Versand der {order} bitte noch anpassen: nicht {item}, sondern {new}.
Ist bei der {order} noch eine Änderung möglich? Ich möchte {new} anstelle von {item_d}.
Bei der {order} habe ich falsch geklickt. Statt {item_d} brauche ich {new}.
Kleine Korrektur zur {order}: {item_n} bitte als {new}.
Wäre es möglich, {item} in der {order} zu ändern? Ich nehme {new}.
Tauschen Sie bitte vor dem Versand {item} in meiner {order} aus, ich will {new}.
"""),
    "payment": lines("""
Bitte buchen Sie die {order} über {pay} ab.
Ich möchte für die {order} auf {pay} umstellen.
Können Sie die Zahlung der {order} auf {pay} ändern?
Die {order} soll über {pay} laufen, nicht wie beim Kauf angegeben.
Für meine {order} bitte als Zahlungsart {pay} verwenden.
Ich habe bei der {order} die falsche Zahlungsart gewählt, richtig wäre {pay}.
Geht es noch, die {order} über {pay} zu bezahlen?
Bitte die Bezahlung der {order} umbuchen auf {pay}.
Belasten Sie für die {order} lieber {pay}.
Zahlungsweise der {order} bitte ändern: {pay}.
"""),
    "address": lines("""
Bitte schicken Sie die {order} an {addr}.
Die {order} soll an eine andere Adresse gehen: {addr}.
Können Sie die Lieferadresse meiner {order} ändern? Neu ist {addr}.
Ich habe bei der {order} eine falsche Adresse angegeben, richtig ist {addr}.
Wenn die {order} kommt, bin ich nicht zu Hause. Liefern Sie bitte an {addr}.
Lieferadresse für die {order} bitte ändern auf {addr}.
Leiten Sie meine {order} bitte um nach {addr}.
Meine {order} ist ein Geschenk und muss an {addr} gehen.
Für die {order} gilt bitte diese Anschrift: {addr}.
Könnte die {order} statt an die angegebene Adresse an {addr} geliefert werden?
Vor dem Versand der {order}: Ziel ist jetzt {addr}.
"""),
    "user_address": lines("""
Ich bin umgezogen, bitte ändern Sie die Adresse in meinem Konto auf {addr}.
Meine neue Anschrift lautet {addr}. Bitte im Kundenkonto speichern.
Können Sie meine Standardadresse auf {addr} setzen?
Bitte hinterlegen Sie für künftige Bestellungen {addr}.
In meinem Profil steht noch die alte Adresse, richtig ist {addr}.
Ab sofort wohne ich hier: {addr}. Bitte Kundendaten aktualisieren.
Adressänderung in meinen Stammdaten: {addr}.
Die in meinem Konto hinterlegte Adresse stimmt nicht mehr. Neu: {addr}.
Würden Sie in meinem Kundenprofil {addr} eintragen?
Seit letzter Woche ist mein Zuhause {addr}, bitte passen Sie mein Konto an.
"""),
    "return": lines("""
Ich möchte {items} aus meiner {order} zurückgeben.
Bitte leiten Sie die Rückgabe für {items} aus der {order} ein.
Aus der {order} schicke ich {items} zurück.
Wie kann ich {items} retournieren? Es war in der {order}.
Meine {order} ist angekommen, aber ich will {items} nicht behalten.
Kann ich {items} aus der {order} zurückschicken und mein Geld wiederhaben?
Ich brauche ein Rücksendeetikett für {items} ({order}).
Rückgabe zur {order}: Ich gebe {items} zurück.
Leider kann ich {items} aus der gelieferten {order} nicht gebrauchen, bitte zurücknehmen.
Bitte erstatten Sie mir {items} aus der {order}, ich sende das zurück.
Retoure: Ich schicke Ihnen {items} wieder, {order}.
"""),
    "exchange": lines("""
Ich möchte {item} aus meiner {order} gegen {new} umtauschen.
Meine {order} ist da, aber {item_n} passt nicht. Kann ich dafür {new} bekommen?
Bitte tauschen Sie {item} aus der gelieferten {order} um, ich brauche {new}.
Umtausch zur {order}: {item_n} geht zurück, dafür bitte {new}.
Aus der {order} würde ich gern {item} umtauschen. Gewünscht ist {new}.
Kann ich statt {item_d} aus der {order} {new} haben? Geliefert wurde schon.
{item_n} aus der {order} gefällt uns nicht, wir hätten lieber {new} im Tausch.
Ist ein Umtausch möglich? Ich habe {item} mit der {order} bekommen und möchte {new}.
Ich sende {item} aus der {order} zurück und hätte dafür gern {new}.
Nach dem Auspacken der {order} war klar: statt {item_d} brauchen wir {new}. Bitte umtauschen.
Würden Sie mir {item} aus der erhaltenen {order} in {new} umtauschen?
"""),
}
_MORE = lines("""
Und {item_n} bitte ebenfalls: {new}.
Außerdem hätte ich statt {item_d} gern {new}.
Genauso {item_n}: da möchte ich {new}.
Und noch {new} anstelle von {item_d}.
""")
GERMAN = Voice(
    naming=GermanNaming(),
    greetings=lines("""
Hallo,
Guten Tag,
Sehr geehrte Damen und Herren,
Liebes Quillmoor-Team,
Moin,
Guten Morgen,
Hallo zusammen,
Grüß Gott,
"""),
    closings=lines("""
Viele Grüße
Mit freundlichen Grüßen
Beste Grüße
Danke und Gruß
Herzliche Grüße
LG
Schöne Grüße
"""),
    thanks=lines("""
Vielen Dank im Voraus.
Danke für Ihre Hilfe!
Bitte geben Sie mir kurz Bescheid.
Entschuldigen Sie die Umstände.
Über eine schnelle Antwort würde ich mich freuen.
Danke!
"""),
    stories={
        "return": lines("""
Die Farbe wirkt bei Tageslicht ganz anders.
Es ist leider kleiner als gedacht.
Es war ein Geschenk und schon vorhanden.
"""),
        "exchange": lines("""
Ich habe falsch gemessen, das war mein Fehler.
Es ist unbenutzt und noch in der Schachtel.
Das haben wir erst zu Hause gemerkt.
"""),
        "items": lines("""
Das ist mir erst heute aufgefallen.
Da habe ich nicht richtig gelesen.
"""),
        "payment": lines("""
Das andere Konto löse ich gerade auf.
Ich war beim Bezahlen zu schnell.
"""),
        "address": lines("""
Bei uns wird gerade renoviert.
Die Klingel dort ist kaputt.
"""),
        "user_address": lines("""
Der Umzugswagen ist gerade weg.
Fast hätte ich vergessen, Ihnen das zu sagen.
"""),
    },
    asks=_ASKS,
    more={"items": _MORE, "exchange": _MORE},
    pays=lines("""
Eine Differenz können Sie über {pay} abrechnen.
Für den Preisunterschied nehmen Sie bitte {pay}.
Falls sich der Preis ändert, bitte über {pay} ausgleichen.
Die Differenz läuft bitte über {pay}.
Mehr- oder Minderpreis bitte über {pay}.
"""),
    refunds=lines("""
Das Geld bitte auf {pay}.
Die Erstattung soll auf {pay} gehen.
Bitte erstatten Sie auf {pay}.
Den Betrag hätte ich gern auf {pay} zurück.
Rückzahlung bitte auf {pay}.
"""),
    insists=lines("""
Etwas anderes als {pay} kommt für mich nicht in Frage.
Es muss {pay} sein, anders geht es nicht.
"""),
    order_lines=lines("""
Es geht um die {order}.
Bestellnummer: {oid}
Das betrifft {oid}.
"""),
    profile_address=lines("""
meine hinterlegte Heimatadresse
die Standardadresse aus meinem Konto
die in meinem Profil gespeicherte Adresse
"""),
    reasons={
        "mistake": lines("""
Das war ein Versehen.
Ich habe aus Versehen doppelt geklickt.
Mein Sohn hat auf dem Tablet herumgedrückt und bestellt.
Ich wollte eigentlich nur die Versandkosten sehen.
Die Bestellung ist irrtümlich entstanden.
"""),
        "unneeded": lines("""
Ich brauche es nicht mehr.
Unsere Pläne haben sich geändert.
Ich habe genau das zum Geburtstag bekommen.
Wir müssen gerade sparen.
Die Reise, für die es gedacht war, fällt aus.
Es hat sich erledigt, ich komme ohne aus.
"""),
    },
    by_email=lines("""
Mein Konto läuft auf {email}.
Sie finden mich unter {email}.
E-Mail im Kundenkonto: {email}
Registriert bin ich mit {email}.
"""),
    by_name=lines("""
Mein Name ist {name}, Postleitzahl {zip}.
{name}, PLZ {zip}
Ich heiße {name} und wohne laut Konto in {zip}.
Kunde: {name}, {zip}
"""),
    name_only=lines("""
Mein Name ist {name}.
Hier schreibt {name}.
"""),
    by_user_id=lines("""
Meine Kundenkennung ist {user_id}.
"""),
    links=lines("""
Außerdem:
Noch etwas:
Und dann wäre da noch eine zweite Sache.
Ein weiteres Anliegen:
"""),
    distractors={
        "item": lines("""
{item} aus derselben Bestellung möchte ich behalten.
An {item_d} bitte nichts ändern.
Mit {item_d} bin ich übrigens sehr zufrieden.
"""),
        "order": lines("""
Meine andere Bestellung {oid} ist in Ordnung, da bitte nichts tun.
Es geht nicht um {oid}, das hat sich erledigt.
"""),
        "product": lines("""
Übrigens habe ich bei Ihnen „{product}“ gesehen, vielleicht beim nächsten Mal.
Meine Nachbarin ist mit „{product}“ sehr zufrieden.
"""),
    },
    subjects=SUBJECTS,
    footers=lines(r"""
Von meinem Telefon gesendet
--\n{name}\n{city}
Diese Nachricht ist vertraulich und nur für den Empfänger bestimmt.
> Danke für Ihre Bestellung {oid}.\n> Wir melden uns, sobald es etwas Neues gibt.
"""),
    second_choice=lines("""
{first} oder, falls nicht lieferbar, {second}
{first} (wenn es das nicht gibt: {second})
"""),
    talks=TALKS,
    vague=VAGUE,
    foreign=FOREIGN,
)

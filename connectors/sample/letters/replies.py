"""What was answered in past cases: short, with the facts of the case, in the customer's language."""

from __future__ import annotations

import random

from ..shop.drawing import Shop
from ..shop.model import Language
from ..shop.request import Request, Scenario
from ..wording import VOICES

_HEADS: dict[Language, tuple[str, ...]] = {
    "en": ("Hello {first},", "Dear {first} {last},", "Hi {first},"),
    "de": ("Guten Tag {first} {last},", "Hallo {first},"),
    "es": ("Hola, {first}:", "Estimada/o {first} {last}:"),
}
_TAILS: dict[Language, tuple[str, ...]] = {
    "en": ("Kind regards, your Quillmoor desk", "All the best from Quillmoor"),
    "de": ("Viele Grüße, Ihr Quillmoor-Team", "Herzlich, Quillmoor"),
    "es": ("Un saludo, el equipo de Quillmoor", "Atentamente, Quillmoor"),
}
_DONE: dict[Language, dict[str, str]] = {
    "en": {
        "cancel": "Order {oid} is cancelled. The full amount goes back the way you paid{when}.",
        "items": "In order {oid} we changed {items}. The order can't be changed again now.",
        "payment": "Order {oid} is now paid with {pay}; the first payment has been refunded.",
        "address": "Order {oid} will travel to {addr}.",
        "user_address": "The address in your account is now {addr}. Orders already placed keep theirs.",
        "return": "We opened the return of {items} from order {oid}. The refund goes to {pay}, and an e-mail "
        "tells you where to send the parcel.",
        "exchange": "The exchange of {items} from order {oid} is on its way; an e-mail tells you how to send "
        "the old item back.",
    },
    "de": {
        "cancel": "Bestellung {oid} ist storniert. Der volle Betrag geht auf dem gleichen Weg zurück{when}.",
        "items": "In Bestellung {oid} haben wir {items} geändert. Eine weitere Änderung ist nicht möglich.",
        "payment": "Bestellung {oid} läuft jetzt über {pay}; die erste Zahlung ist erstattet.",
        "address": "Bestellung {oid} geht nun an {addr}.",
        "user_address": "In Ihrem Konto steht jetzt {addr}. Frühere Bestellungen behalten ihre Adresse.",
        "return": "Die Rückgabe von {items} aus Bestellung {oid} ist angelegt, die Erstattung geht auf {pay}. "
        "Wohin das Paket soll, steht in einer E-Mail.",
        "exchange": "Der Umtausch von {items} aus Bestellung {oid} ist angelegt; eine E-Mail folgt.",
    },
    "es": {
        "cancel": "El pedido {oid} está cancelado. El importe vuelve por la misma vía{when}.",
        "items": "En el pedido {oid} hemos cambiado {items}. Ya no se puede modificar otra vez.",
        "payment": "El pedido {oid} se paga ahora con {pay}; el primer pago está reembolsado.",
        "address": "El pedido {oid} irá a {addr}.",
        "user_address": "En su cuenta figura ahora {addr}. Los pedidos anteriores conservan la suya.",
        "return": "Hemos abierto la devolución de {items} del pedido {oid}; el reembolso va a {pay}. "
        "Le llegará un correo con el destino del paquete.",
        "exchange": "El cambio de {items} del pedido {oid} está en marcha; le llegará un correo.",
    },
}
_WHEN: dict[Language, tuple[str, str]] = {
    "en": (", at once on your gift card", " within 5 to 7 business days"),
    "de": (", sofort auf der Geschenkkarte", " innerhalb von 5 bis 7 Werktagen"),
    "es": (", al instante en la tarjeta regalo", " en un plazo de 5 a 7 días hábiles"),
}
_REST: dict[Language, dict[str, tuple[str, ...]]] = {
    "en": {
        "question": (
            "Thank you for asking. Here is what our records say; nothing has been changed.",
            "Happy to help with that. We looked it up for you and left everything as it is.",
        ),
        "out_of_scope": (
            "That is something our desk does not do, so a colleague will take it from here.",
            "We're sorry, this lies outside what we can offer.",
        ),
        "forbidden": (
            "We looked at order {oid}, but its status ({status}) or our rules do not allow this. Nothing has "
            "been changed.",
            "Unfortunately we can't do that for order {oid}; the rules of our handbook stand against it.",
        ),
        "other_customer": ("We can only help with orders of your own account. The owner is welcome to write to us.",),
        "ambiguous": (
            "We'd like to help, but one thing is still open. Which order, item, variant, address or method do "
            "you mean exactly?",
        ),
        "no_identity": ("Please tell us the e-mail address of your account, or your full name with your postal code.",),
    },
    "de": {
        "question": ("Danke für Ihre Frage. Wir haben nachgesehen und nichts verändert.",),
        "out_of_scope": ("Das können wir hier leider nicht erledigen, eine Kollegin übernimmt.",),
        "forbidden": ("Für Bestellung {oid} ist das nach unseren Regeln leider nicht möglich ({status}).",),
        "other_customer": ("Wir dürfen nur bei Bestellungen Ihres eigenen Kontos helfen.",),
        "ambiguous": ("Eine Angabe fehlt uns noch: Was genau sollen wir ändern?",),
        "no_identity": ("Bitte nennen Sie uns die E-Mail-Adresse Ihres Kontos oder Name und Postleitzahl.",),
    },
    "es": {
        "question": ("Gracias por preguntar. Lo hemos consultado y no hemos cambiado nada.",),
        "out_of_scope": ("Eso queda fuera de lo que podemos hacer aquí; lo atenderá un compañero.",),
        "forbidden": ("Según nuestras normas no es posible para el pedido {oid} ({status}).",),
        "other_customer": ("Solo podemos ayudar con los pedidos de su propia cuenta.",),
        "ambiguous": ("Nos falta un dato: ¿qué debemos cambiar exactamente?",),
        "no_identity": ("Díganos el correo de su cuenta, o su nombre completo y código postal.",),
    },
}


def write_reply(archive: Shop, scenario: Scenario, rng: random.Random) -> str:
    """The reply that closed the case."""
    language, customer = scenario.language, scenario.customer
    parts = [_done(request, scenario) for request in scenario.gold]
    if not parts:
        kind = "question" if scenario.kind == "injection" else scenario.kind
        order = scenario.requests[0].order if scenario.requests else customer.orders[0]
        slots = {"oid": order.order_id, "status": order.status} if order else {}
        parts = [rng.choice(_REST[language][kind]).format(**slots)]
    if scenario.kind == "injection":
        parts.append({"en": "Other text in your mail was not acted upon.", "de": "", "es": ""}[language])
    head = rng.choice(_HEADS[language]).format(first=customer.first_name, last=customer.last_name)
    return "\n".join([head, " ".join(part for part in parts if part), rng.choice(_TAILS[language])])


def _done(request: Request, scenario: Scenario) -> str:
    language, customer, order = scenario.language, scenario.customer, request.order
    address = request.address
    at_once = order is not None and customer.original(order).source == "gift_card"
    slots = {
        "oid": order.order_id if order else "",
        "when": _WHEN[language][0 if at_once else 1],
        "items": VOICES[language].naming.join([line.entry.name for line in request.lines] or [""]),
        "pay": _method(request),
        "addr": f"{address.address1}, {address.zip} {address.city}" if address else "",
    }
    return _DONE[language][request.wish].format(**slots)


def _method(request: Request) -> str:
    method = request.method
    if method is None or method.source != "credit_card":
        return "PayPal" if method and method.source == "paypal" else "gift card"
    return f"{(method.brand or '').capitalize()} {method.last_four}"

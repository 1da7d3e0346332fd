"""Letters that name what must be left alone: by kind and language, with what must not be proposed.

`{P}` and `{Q}` are pending orders (a kettle and a backpack; a T-shirt), `{D}` and `{E}` delivered ones (running shoes
and a desk lamp; a T-shirt). What must not be proposed stands before the letter: `c` cancel, `r` return, then the order,
for a return also the thing (`l` lamp, `s` shoes, `t` T-shirt); `*` is any action at all.
"""

from __future__ import annotations

from tests.project.desk.letters_not_meant import CONDITION, QUESTION, REPORTED
from tests.project.desk.letters_taken_back import EXCEPTION, NEGATION, TAKEN_BACK

PLAIN = {
    "en": """
cP Please cancel order {P}, I no longer need it.
cP Could you please cancel {P}? I no longer need it.
cP I'd like to cancel {P} because I no longer need it.
cP I want {P} cancelled, it was ordered by mistake.
cP Cancel {P}, ordered by mistake.
cP Can you cancel my order {P}? It was ordered by mistake.
rDl Please return the desk lamp from {D}.
rDl I'd like to return the lamp from order {D}.
rDl I want to send back the lamp of {D}.
rDl Could you take back the desk lamp from {D}, please?
rDl I'm returning the desk lamp from {D}.
cP Please cancel {P} before Friday, I no longer need it.
cP Could you please cancel {P} before it ships? I no longer need it.
cP Would you mind cancelling {P}? I no longer need it.
cP Please cancel {P} if possible, I no longer need it.
cP Please cancel {P}, I no longer need it. If you need anything else, just write to me.
cP Please cancel {P}, I no longer need it. If the agent asks for more, the account has all details.
rDl I'd like to return the desk lamp from {D} because it doesn't work.
rDl I don't want to keep the desk lamp from {D}. I want to return it.
rDl I want to return the desk lamp of {D} and nothing else.
rDl Please return everything in {D}: the running shoes and the desk lamp.
rDl Please return the lamp of {D}. If you are ever in Lisbon, visit the old town.
""",
    "de": """
cP Bitte stornieren Sie {P}, ich brauche es nicht mehr.
cP Ich möchte {P} stornieren, ich brauche es nicht mehr.
cP Können Sie bitte {P} stornieren? Ich brauche es nicht mehr.
cP Stornieren Sie bitte {P}, es war ein Fehler.
rDl Ich möchte die Lampe aus {D} zurückgeben.
rDl Bitte nehmen Sie die Lampe aus {D} zurück. Ich möchte sie zurückgeben.
rDl Ich möchte die Lampe aus {D} zurückgeben, weil sie nicht funktioniert.
cP Bitte stornieren Sie {P}, ich brauche es nicht mehr. Falls Sie Fragen haben, melden Sie sich.
cP Könnten Sie {P} bitte stornieren, bevor es verschickt wird? Ich brauche es nicht mehr.
""",
    "es": """
cP Por favor, cancelen {P}, ya no lo necesito.
cP Quiero cancelar {P}, ya no lo necesito.
cP ¿Podrían cancelar {P}? Ya no lo necesito.
rDl Quiero devolver la lámpara de {D}.
rDl Quisiera devolver la lámpara de escritorio del pedido {D}.
rDl Quiero devolver la lámpara de {D} porque no funciona.
rDl Quiero devolver la lámpara de {D} y nada más.
""",
}

KINDS = {
    "exception": EXCEPTION, "negation": NEGATION, "question": QUESTION, "reported": REPORTED, "condition": CONDITION,
    "taken back": TAKEN_BACK,
}  # fmt: skip

"""Turned letters: an exception, a negation, a wish taken back. See `turned_letters` for their form."""

from __future__ import annotations

EXCEPTION = {
    "en": """
rDl I want to return everything but the desk lamp in order {D}.
rDl Please return all items of {D} except the lamp.
rDl Please take back the whole order {D} apart from the desk lamp.
rDl I would like to return the entire order {D}, save for the lamp.
rDl Return all of {D} with the exception of the desk lamp, please.
rDl Please return {D} in full, minus the lamp.
rDl Everything from {D} goes back, the lamp excluded.
rDl I'd like to send back all the items of {D}. The lamp is the only thing I am keeping.
rDl Return everything from {D}. Not the lamp, though.
rDl Please take everything in {D} back, bar the lamp.
rDl I'm returning {D}, all of it other than the desk lamp.
rDl Please return order {D}, leaving out the lamp.
rDl All items of {D} can go back to you; just the desk lamp stays with me.
rDl I want to return the whole of {D}. The desk lamp I will hold on to.
rDl Please process a return for {D} (all items, lamp not included).
rDl Return {D} completely, excluding the desk lamp.
rDl Aside from the lamp, please return everything in {D}.
rDl With the lamp being the one exception, return all of {D}.
rDl Return all items in {D} barring the lamp.
rDl Other than the desk lamp, everything in {D} should be returned.
rDl Please return order {D}. My wife wants the lamp, so leave that one out.
rDl Return everything from {D}, sans the desk lamp.
cP Cancel all my pending orders except {P}, I no longer need them.
cP Please cancel every open order apart from {P}, I don't need them anymore.
cP Cancel all my orders but {P}. I no longer need them.
cP All pending orders can be cancelled, save {P}; I don't need them.
cP Please cancel all orders other than {P}. No longer needed.
cP Cancel all my pending orders, minus {P}, no longer needed.
cP Cancel all of my orders. Not {P}, that one I still need.
cP Cancel {P} but keep the backpack, I no longer need the kettle.
""",
    "de": """
rDl Bitte nehmen Sie alles aus {D} zurück, nur die Schreibtischlampe behalte ich.
rDl Ich möchte alles aus {D} zurückgeben außer der Lampe.
rDl Ich möchte alle Artikel aus {D} zurückschicken, bis auf die Schreibtischlampe.
rDl Bitte die ganze Bestellung {D} zurücknehmen, mit Ausnahme der Lampe.
rDl Abgesehen von der Lampe möchte ich alles aus {D} zurückgeben.
rDl Ich gebe die komplette Bestellung {D} zurück, ausgenommen die Lampe.
rDl Ich schicke alles aus {D} zurück. Die Lampe bleibt aber hier.
rDl Alles aus {D} soll zurück, die Schreibtischlampe nicht.
rDl Bitte alles aus der Bestellung {D} zurückgeben, ohne die Lampe.
rDl Ich möchte {D} vollständig zurückgeben, lediglich den Artikel desk lamp möchte ich behalten.
rDl Bitte nehmen Sie {D} komplett zurück. Nur der Artikel „Desk Lamp“ bleibt bei mir.
rDl Sämtliche Artikel aus {D} möchte ich zurücksenden, die Lampe ausgeschlossen.
rDl Ich möchte alles aus {D} zurückgeben, die Lampe gefällt meiner Tochter aber, die geben wir nicht her.
rDl Alles aus {D} bitte zurück, minus die Lampe.
rDl Retoure für {D}: alle Artikel, jedoch nicht die Lampe.
cP Bitte stornieren Sie alle meine Bestellungen außer {P}, ich brauche sie nicht mehr.
cP Stornieren Sie alle offenen Bestellungen bis auf {P}, ich brauche sie nicht mehr.
cP Alle meine Bestellungen bitte stornieren, nur {P} nicht.
cP Ich möchte alle Bestellungen stornieren, {P} ausgenommen.
cP Bitte alle offenen Bestellungen stornieren. {P} soll aber bleiben.
""",
    "es": """
rDl Quiero devolver todo menos la lámpara de escritorio del pedido {D}.
rDl Quiero devolver todos los artículos de {D} excepto la lámpara.
rDl Por favor, devuelvan todo el pedido {D} salvo la lámpara de escritorio.
rDl Quisiera devolver todo lo del pedido {D}, a excepción de la lámpara.
rDl Aparte de la lámpara, quiero devolver todo el pedido {D}.
rDl Quiero devolver el pedido completo {D}, quitando la lámpara.
rDl Voy a devolver todo lo de {D}, solo me quedo con la lámpara.
rDl Devuelvo todo el pedido {D}, pero la lámpara me la quedo.
rDl Quiero devolver todo el pedido {D}. La lámpara no.
rDl Quiero devolver todo de {D}, exceptuando el artículo desk lamp.
rDl Me gustaría devolver íntegramente {D}, con excepción del artículo «Desk Lamp».
rDl Quiero devolver todo el pedido {D}, sin la lámpara.
rDl Todo lo de {D} va de vuelta, la lámpara se queda en casa.
rDl Quiero devolver el pedido {D} entero, a la lámpara no renuncio.
cP Por favor, cancelen todos mis pedidos menos {P}, ya no los necesito.
cP Quiero cancelar todos los pedidos pendientes excepto {P}, ya no los necesito.
cP Cancelen todos mis pedidos salvo {P}, ya no los necesito.
cP Quiero cancelar todos mis pedidos, pero {P} no.
cP Cancelen todos los pedidos aparte de {P}, ya no los necesito.
cP Quisiera anular todos mis pedidos. El {P} lo mantengo.
""",
}

NEGATION = {
    "en": """
rDl Please return the running shoes from {D}, I don't want to return the desk lamp.
rDl Return the running shoes of {D}; the desk lamp I'd rather keep.
rDl Please return the shoes from {D}, not the lamp.
rDl I'd like to return the shoes in {D}, but not the desk lamp.
rDl Take back the shoes of {D}. Don't touch the lamp.
rDl Take back the shoes of {D} and leave the lamp alone.
rDl Return the shoes from {D}, never the lamp.
rDl Please return the shoes of {D} and by no means the lamp.
rDl I want to return the shoes from {D}; I'm happy with the lamp and it stays here.
rDl I want to send the shoes from {D} back while the lamp remains with me.
rDl Return the shoes in {D} rather than the lamp.
rDl Return the shoes in {D} instead of the lamp.
rDl Please return the shoes of {D}, my son will use the lamp.
rDl Of order {D}, return the shoes; the lamp is lovely.
rDs From {D} I want neither the shoes nor the lamp returned.
rDl Please don't return the lamp of {D}.
rDl I no longer want to return the lamp of {D}.
rDl There is no need to return the lamp of {D}.
rDl I never asked to return the lamp of {D}.
rDl I can't return the lamp of {D}.
rDl Nobody asked you to return the desk lamp from {D}.
rDl You need not return the lamp from {D}.
rDl I want to return the shoes from {D}. Please do not include the lamp.
cP I don't want {P} cancelled, only {Q}. I no longer need it.
cP Cancel {Q} rather than {P}, I no longer need it.
cP Cancel {Q} instead of {P}, I no longer need it.
cP Cancel {Q}, not {P}. I no longer need it.
cP Please cancel {Q} and not {P}, I don't need it anymore.
cP Please cancel {Q}, and leave {P} as it is, I no longer need it.
cP Please cancel {Q}. Keep {P}. I don't need it anymore.
cP I no longer need {Q}, please cancel it. Under no circumstances cancel {P}.
cP Do not cancel {P}, I no longer need {Q}.
cP Please don't cancel {P}.
cP It is {Q} that should be cancelled, it isn't {P}. Ordered by mistake.
cP Cancel {Q} because I no longer need it, whereas {P} must arrive.
cP Please cancel {Q}, no longer needed; {P} is still wanted.
cP I do not wish to cancel {P}. Cancel {Q}, ordered by mistake.
cP Never cancel {P}.
cP You shouldn't cancel {P}, I still need it.
cP I'd hate for {P} to be cancelled. Cancel {Q}, no longer needed.
cP I want to cancel {Q} as opposed to {P}, ordered by mistake.
cP Please do anything but cancel {P}.
cP {P} should stay; cancel {Q}, ordered by mistake.
rDl Return the shoes of {D} because I don't want to return the lamp.
rDl Return everything of {D} because nothing fits, not the lamp though.
rDl Return nothing else from {D}, the lamp works.
rDl Return everything in {D}: the shoes, nothing else but the lamp.
rDl Return all of {D} and don't touch the lamp.
""",
    "de": """
rDl Bitte nehmen Sie die Laufschuhe aus {D} zurück, die Lampe möchte ich nicht zurückgeben.
rDl Ich möchte die Laufschuhe aus {D} zurückgeben, nicht die Lampe.
rDl Ich gebe die Laufschuhe aus {D} zurück; die Lampe behalte ich lieber.
rDl Nicht die Lampe, sondern die Laufschuhe aus {D} möchte ich zurückgeben.
rDl Ich möchte die Laufschuhe aus {D} zurückgeben statt der Lampe.
rDl Die Laufschuhe aus {D} möchte ich zurückgeben, von der Lampe trenne ich mich nicht.
rDl Bitte die Laufschuhe aus {D} zurücknehmen und die Lampe in Ruhe lassen.
rDl Die Lampe aus {D} möchte ich auf keinen Fall zurückgeben.
rDl Ich will die Lampe aus {D} doch nicht zurückgeben.
rDl Bitte schicken Sie mir für die Lampe aus {D} kein Rückgabeetikett, ich gebe sie nicht zurück.
rDl Ich möchte die Laufschuhe aus {D} zurückgeben. Die Lampe bitte nicht.
rDl Laufschuhe aus {D} bitte retournieren, die Lampe bleibt hier.
cP Bitte stornieren Sie nicht {P}, sondern {Q}, ich brauche es nicht mehr.
cP Stornieren Sie {Q} statt {P}, ich brauche es nicht mehr.
cP Stornieren Sie {Q} und nicht {P}, ich brauche es nicht mehr.
cP Ich möchte {P} nicht stornieren, nur {Q}. Ich brauche es nicht mehr.
cP Bitte {P} auf keinen Fall stornieren.
cP Stornieren Sie bitte {Q}, ich brauche es nicht mehr. {P} bleibt bestehen.
cP Ich habe nie gesagt, dass Sie {P} stornieren sollen.
cP Bitte keine Stornierung von {P}.
cP {P} darf nicht storniert werden, {Q} brauche ich nicht mehr.
cP Bitte stornieren Sie anstelle von {P} die Bestellung {Q}, ich brauche sie nicht mehr.
""",
    "es": """
rDl Quiero devolver las zapatillas de {D}, no quiero devolver la lámpara.
rDl Quiero devolver las zapatillas de {D}, la lámpara no.
rDl Devuelvo las zapatillas de {D}; la lámpara prefiero quedármela.
rDl No quiero devolver la lámpara de {D} sino las zapatillas.
rDl Quiero devolver las zapatillas de {D} en lugar de la lámpara.
rDl Quiero devolver las zapatillas de {D} en vez de la lámpara.
rDl Quiero devolver las zapatillas de {D}. No toquen la lámpara.
rDl Quiero devolver las zapatillas de {D} y dejen la lámpara como está.
rDl Nunca pedí devolver la lámpara de {D}.
rDl De ninguna manera quiero devolver la lámpara de {D}.
rDl Las zapatillas de {D} quiero devolverlas, la lámpara me encanta.
cP No cancelen {P}, sino {Q}, ya no lo necesito.
cP Cancelen {Q} en lugar de {P}, ya no lo necesito.
cP Cancelen {Q} y no {P}, ya no lo necesito.
cP No quiero cancelar {P}, solo {Q}. Ya no lo necesito.
cP Por favor, no cancelen {P}.
cP Quiero cancelar {Q}, ya no lo necesito. El {P} déjenlo como está.
cP Cancelen {Q}, ya no lo necesito; {P} se queda.
cP Jamás cancelen el pedido {P}.
cP {P} no debe cancelarse, cancelen {Q}, fue un error.
""",
}

TAKEN_BACK = {
    "en": """
cP Please cancel {P}, no longer needed. On second thought, don't.
cP Please cancel {P}, no longer needed. Actually, never mind.
cP Please cancel {P}, no longer needed. Just kidding!
cP Please cancel {P}, no longer needed. Wait, I changed my mind, keep it.
cP I no longer need {P}, cancel it. No, forget that.
cP I had cancer. When does {P} arrive?
cP My sign is cancer. I no longer need {P} wrapped.
cP Please counsel me on {P}, no longer needed.
cP I was cancled from the club. My order is {P}, ordered by mistake.
rDl Please return the lamp of {D}. Hmm, no, I will keep it.
rDl The returner of the lamp of {D} is my uncle.
""",
    "de": """
cP Bitte stornieren Sie {P}, ich brauche es nicht mehr. Ach nein, doch nicht.
cP Bitte stornieren Sie {P}, ich brauche es nicht mehr. Vergessen Sie das.
cP Bitte stornieren Sie {P}, ich brauche es nicht mehr. Moment, lassen Sie es.
cP Ich bin Stornierer von Beruf. Wann kommt {P}?
""",
    "es": """
cP Cancelen {P}, ya no lo necesito. Pensándolo bien, mejor no.
cP Cancelen {P}, ya no lo necesito. Era broma.
cP Cancelen {P}, ya no lo necesito. No, olvídenlo.
cP Tuve cáncer. ¿Cuándo llega {P}?
""",
}

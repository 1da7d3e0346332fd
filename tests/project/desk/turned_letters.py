"""Letters that name what must be left alone: by kind and language, with what must not be proposed.

`{P}` and `{Q}` are pending orders (a kettle and a backpack; a T-shirt), `{D}` and `{E}` delivered ones (running shoes
and a desk lamp; a T-shirt). What must not be proposed stands before the letter: `c` cancel, `r` return, then the order,
for a return also the thing (`l` lamp, `s` shoes, `t` T-shirt); `*` is any action at all.
"""

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

QUESTION = {
    "en": """
cP Did you cancel order {P} because it was ordered by mistake?
cP Have you already cancelled {P}?
cP Was {P} cancelled by mistake?
cP Can I cancel {P} after it has shipped?
cP How do I cancel {P}?
cP What happens if I cancel {P}?
cP Why did you cancel {P}? I no longer need it.
cP Should I cancel {P}, or is it too late? I no longer need it.
cP Is it possible to cancel {P}?
cP Do you charge a fee when I cancel {P}?
cP Who asked you to cancel {P}?
cP When did I cancel {P}?
cP Could you tell me how to cancel {P}?
cP Could you explain what happens to my money when I cancel {P}?
cP Please tell me whether {P} was cancelled.
cP Please let me know how I can cancel {P}.
cP Please confirm that you cancelled {P}.
cP I'd like to know if {P} can still be cancelled.
cP I was wondering if I could cancel {P}.
cP Would I get my money back if I cancelled {P}?
cP cancel {P}?
cP You didn't cancel {P} by mistake, did you?
rDl Can the lamp of {D} be returned?
rDl Is the desk lamp from {D} eligible for a return?
rDl How long do I have to return the lamp of {D}?
rDl Did I return the lamp of {D}?
rDl Has the return of the lamp from {D} arrived?
rDl Where do I send the lamp of {D} to return it?
rDl What would a return of the lamp from {D} cost me?
rDl Could you check whether my return of the lamp from {D} arrived?
rDl Any news on the return of the lamp from {D}?
rDl May I return the lamp from {D} without the box?
""",
    "de": """
cP Haben Sie {P} storniert, weil es aus Versehen bestellt wurde?
cP Kann man {P} noch stornieren?
cP Wie kann ich {P} stornieren?
cP Was passiert, wenn ich {P} storniere?
cP Wurde {P} aus Versehen storniert?
cP Soll ich {P} stornieren? Ich brauche es nicht mehr.
cP Warum wurde {P} storniert? Ich brauche es nicht mehr.
cP Ist es möglich, {P} zu stornieren?
cP Können Sie mir sagen, ob {P} schon storniert ist?
cP Bitte teilen Sie mir mit, ob {P} storniert wurde.
cP Bitte bestätigen Sie die Stornierung von {P}.
cP Ich wüsste gern, wie man {P} storniert.
cP Kostet es etwas, wenn ich {P} storniere?
cP Bis wann darf ich {P} stornieren?
rDl Kann ich die Lampe aus {D} zurückgeben?
rDl Ist die Rückgabe der Lampe aus {D} schon angekommen?
rDl Wie lange kann ich die Lampe aus {D} zurückschicken?
rDl Wohin muss ich die Lampe aus {D} zurückschicken?
rDl Habe ich die Lampe aus {D} schon zurückgegeben?
rDl Darf man die Lampe aus {D} ohne Karton zurückgeben?
""",
    "es": """
cP ¿Han cancelado {P} porque fue un error?
cP ¿Puedo cancelar {P}?
cP ¿Se puede cancelar {P} todavía?
cP ¿Cómo cancelo {P}?
cP ¿Qué pasa si cancelo {P}?
cP ¿Por qué cancelaron {P}? Ya no lo necesito.
cP ¿Debo cancelar {P}? Ya no lo necesito.
cP ¿Es posible cancelar {P}?
cP ¿Me pueden decir si {P} ya está cancelado?
cP Por favor, díganme si han cancelado {P}.
cP Por favor, confirmen la cancelación de {P}.
cP Quisiera saber si puedo cancelar {P}.
cP ¿Cuánto cuesta cancelar {P}?
cP Quién canceló {P}?
rDl ¿Puedo devolver la lámpara de {D}?
rDl ¿Se puede devolver la lámpara de {D} sin caja?
rDl ¿Ha llegado la devolución de la lámpara de {D}?
rDl ¿Cuánto tiempo tengo para devolver la lámpara de {D}?
rDl ¿Adónde envío la lámpara de {D} para devolverla?
rDl ¿Devolví ya la lámpara de {D}?
""",
}

REPORTED = {
    "en": """
cP Example of what customers write to you: cancel order {P}, no longer needed.
cP My wife said I should cancel {P}, I no longer need it.
cP Your colleague told me to cancel {P}.
cP Your website says: cancel order {P} within two days.
cP You wrote: please cancel order {P}, no longer needed.
cP "Cancel order {P}, I no longer need it" is what I wrote last week.
cP For example, if I wrote cancel {P}, would a robot do it?
cP Suppose a customer wrote: cancel {P}, no longer needed.
cP The text on your page reads "cancel {P}".
cP My brother wants to cancel {P}, no longer needed.
cP My husband asked me to cancel {P}.
cP According to your mail I wanted to cancel {P} by mistake.
cP I was told to cancel {P}.
cP He wrote that I want to cancel {P}.
cP I was going to cancel {P}, but it arrived.
cP I already cancelled {P}.
cP I almost cancelled {P}.
cP I cancelled {P} last week, no longer needed.
cP I wanted to cancel {P}, ordered by mistake, but it is fine now.
cP I thought about cancelling {P}.
cP I am thinking of cancelling {P}.
cP I might cancel {P}.
cP I would have cancelled {P}.
cP I wish I could cancel {P}.
cP I considered whether to cancel {P}, no longer needed.
cP Thanks for cancelling {P}.
cP Thank you for the cancellation of {P}, ordered by mistake.
cP You cancelled {P} by mistake.
cP Someone in my family will cancel {P}.
cP Sample letter: I want to cancel {P} because I no longer need it.
cP A friend of mine always says "please cancel {P}".
cP Your robot answered that you would cancel {P}.
cP Imagine I cancel {P}.
cP I read somewhere that people cancel {P} by mistake.
rDl My wife says I should return the lamp of {D}.
rDl I was about to return the lamp of {D}.
rDl My daughter thinks we should return the lamp of {D}.
rDl I have returned the lamp of {D}.
""",
    "de": """
cP Beispiel für das, was Kunden Ihnen schreiben: {P} stornieren, nicht mehr benötigt.
cP Meine Frau meint, ich soll {P} stornieren, ich brauche es nicht mehr.
cP Ihr Kollege hat mir geraten, {P} zu stornieren.
cP Sie schrieben: Bitte stornieren Sie {P}.
cP „Bitte stornieren Sie {P}“ stand in meiner letzten Nachricht.
cP Ich habe {P} schon storniert.
cP Ich wollte {P} stornieren, habe es mir aber anders überlegt.
cP Ich hätte {P} fast storniert.
cP Ich überlege, {P} zu stornieren.
cP Danke für die Stornierung von {P}.
cP Sie haben {P} aus Versehen storniert.
cP Laut Ihrer Webseite soll ich {P} stornieren.
cP Mein Bruder will {P} stornieren.
cP Angenommen, ich möchte {P} stornieren.
cP Mein Nachbar sagt, Sie sollen {P} stornieren.
cP Mir wurde gesagt, ich muss {P} stornieren.
cP Vielleicht storniere ich {P}.
rDl Meine Tochter findet, wir sollten die Lampe aus {D} zurückgeben.
rDl Ich war kurz davor, die Lampe aus {D} zurückzugeben.
rDl Die Lampe aus {D} habe ich bereits zurückgeschickt.
""",
    "es": """
cP Ejemplo de lo que les escriben los clientes: cancelar {P}, ya no lo necesito.
cP Mi mujer dice que debo cancelar {P}, ya no lo necesito.
cP Su compañero me dijo que cancele {P}.
cP Ustedes escribieron: por favor cancelen {P}.
cP «Por favor, cancelen {P}» fue lo que escribí.
cP Ya cancelé {P}.
cP Quería cancelar {P}, pero ya llegó.
cP Iba a cancelar {P}, ya no lo necesito.
cP Estoy pensando en cancelar {P}.
cP Casi cancelo {P}.
cP Gracias por cancelar {P}.
cP Ustedes cancelaron {P} por error.
cP Según su página debo cancelar {P}.
cP Mi hermano quiere cancelar {P}.
cP Supongamos que quiero cancelar {P}.
cP Me aconsejaron cancelar {P}.
cP Ojalá pudiera cancelar {P}.
rDl Mi hija cree que debemos devolver la lámpara de {D}.
rDl Estaba a punto de devolver la lámpara de {D}.
rDl Ya he devuelto la lámpara de {D}.
""",
}

CONDITION = {
    "en": """
cP If order {P} was more than $300, cancel it, I no longer need it.
cP Cancel {P} if it has not shipped yet, I no longer need it.
cP Cancel {P} unless it ships today. I no longer need it.
cP Please cancel {P} in case it is late, I no longer need it.
cP Please cancel {P}, but only if there is no fee. I no longer need it.
cP Cancel {P} as long as I get all my money back, I no longer need it.
cP Cancel {P} provided that it costs nothing. No longer needed.
cP Cancel {P} once {Q} has arrived, I no longer need it.
cP Cancel {P} as soon as {Q} is delivered, I no longer need it.
cP Cancel {P} when the new one is in stock, no longer needed.
cP Should {P} not arrive by Friday, cancel it. I no longer need it.
cP Please cancel {P}. Only do it if it is free of charge. I no longer need it.
cP Please cancel {P}, I no longer need it. Unless it is already packed.
cP Assuming it has not left, cancel {P}, I no longer need it.
cP Is {P} more than $300? Then cancel it, I no longer need it.
cP Cancel {P} or {Q}, whichever is cheaper. I no longer need it.
cP Either cancel {P} or send it today, I no longer need it.
cP Had {P} been shipped I would keep it; otherwise cancel it, ordered by mistake.
cP Wait until Monday, then cancel {P}, no longer needed.
cP Cancel {P} only when I call you. I no longer need it.
cP Cancel {P} depending on the price, no longer needed.
cP Cancel {P} subject to my husband's approval, no longer needed.
cP Cancel {P} after I have confirmed it, no longer needed.
cP Cancel {P}, no longer needed. But before you cancel it, call me.
cP Cancel {P}, no longer needed. If there is a fee, call me first.
cP Cancel {P}, no longer needed. If it costs anything, stop the whole process.
cP Cancel {P}, no longer needed. If you charge money, I would rather talk about it.
cP In the event that {P} is delayed, cancel it, no longer needed.
cP Please cancel {P}, no longer needed, on condition that I am refunded today.
rDl Return the lamp of {D} if it is worth more than $20.
rDl Return the lamp of {D} unless a new bulb is cheaper.
rDl If I can keep the shoes, return the lamp of {D}.
""",
    "de": """
cP Falls {P} mehr als 300 $ gekostet hat, stornieren Sie es, ich brauche es nicht mehr.
cP Stornieren Sie {P}, wenn es noch nicht verschickt ist. Ich brauche es nicht mehr.
cP Bitte stornieren Sie {P}, es sei denn, es ist schon unterwegs. Ich brauche es nicht mehr.
cP Bitte stornieren Sie {P}, sofern es nichts kostet. Ich brauche es nicht mehr.
cP Sollte {P} bis Freitag nicht da sein, stornieren Sie es. Ich brauche es nicht mehr.
cP Stornieren Sie {P}, sobald {Q} angekommen ist. Ich brauche es nicht mehr.
cP Stornieren Sie {P} nur, wenn ich mein Geld zurückbekomme. Ich brauche es nicht mehr.
cP Ist {P} teurer als 300 $? Dann stornieren Sie es, ich brauche es nicht mehr.
cP Bitte stornieren Sie {P}, ich brauche es nicht mehr. Aber nur, wenn es kostenlos ist.
cP Bitte stornieren Sie {P} oder {Q}, ich brauche es nicht mehr.
cP Vorausgesetzt, es ist kostenlos, stornieren Sie {P}, ich brauche es nicht mehr.
cP Stornieren Sie {P} erst nach meinem Anruf, ich brauche es nicht mehr.
cP Im Falle einer Verspätung stornieren Sie {P}, ich brauche es nicht mehr.
rDl Nehmen Sie die Lampe aus {D} zurück, wenn sie mehr als 20 $ wert ist.
rDl Die Lampe aus {D} gebe ich zurück, falls es kostenlos ist.
""",
    "es": """
cP Si {P} costó más de 300 $, cancélenlo, ya no lo necesito.
cP Cancelen {P} si todavía no ha salido, ya no lo necesito.
cP Cancelen {P} a menos que ya esté en camino, ya no lo necesito.
cP Cancelen {P} siempre que no cueste nada, ya no lo necesito.
cP Cancelen {P} solo si es gratis, ya no lo necesito.
cP En caso de retraso, cancelen {P}, ya no lo necesito.
cP Cancelen {P} en cuanto llegue {Q}, ya no lo necesito.
cP Cancelen {P} cuando llegue el otro, ya no lo necesito.
cP ¿Cuesta {P} más de 300 $? Entonces cancélenlo, ya no lo necesito.
cP Cancelen {P}, ya no lo necesito. Pero solo si es gratis.
cP Cancelen {P} o {Q}, ya no lo necesito.
cP Suponiendo que no haya salido, cancelen {P}, ya no lo necesito.
cP Cancelen {P} después de mi llamada, ya no lo necesito.
rDl Devuelvo la lámpara de {D} si vale más de 20 $.
rDl Quiero devolver la lámpara de {D}, a no ser que cueste dinero.
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

HEADS = """
On Aug 3, 2026, at 10:01 AM, Nora Quist <nora.quist@example.com> wrote:
On Mon, Aug 3, 2026 at 10:01 Nora Quist wrote:
On 03/08/2026 10:01, Nora Quist wrote:
On Monday, August 3, 2026 at 10:01:12 AM EDT, Nora Quist <nora.quist@example.com> wrote:
2026-08-03 10:01 GMT+02:00 Nora Quist <nora.quist@example.com>:
Nora Quist <nora.quist@example.com> wrote on Mon, 3 Aug 2026:
Nora Quist wrote:
Am 03.08.2026 um 10:01 schrieb Nora Quist:
Am 03.08.26 um 10:01 schrieb Nora Quist <nora.quist@example.com>:
Am Mo., 3. Aug. 2026 um 10:01 Uhr schrieb Nora Quist <nora.quist@example.com>:
Am Montag, 3. August 2026, 10:01 hat Nora Quist geschrieben:
Nora Quist schrieb am 03.08.2026:
El 3 ago 2026, a las 10:01, Nora Quist <nora.quist@example.com> escribió:
El lun, 3 ago 2026 a las 10:01, Nora Quist (<nora.quist@example.com>) escribió:
El lunes, 3 de agosto de 2026, Nora Quist escribió:
El 03/08/2026 a las 10:01, Nora Quist escribió:
Nora Quist escribió el 3 de agosto:
-----Original Message-----
----- Original Message -----
-------- Original Message --------
-------- Original message --------
-----Ursprüngliche Nachricht-----
-------- Ursprüngliche Nachricht --------
-----Mensaje original-----
-------- Mensaje original --------
---------- Forwarded message ---------
---------- Forwarded message ----------
--- Forwarded by Nora Quist ---
Begin forwarded message:
Anfang der weitergeleiteten Nachricht:
---------- Weitergeleitete Nachricht ---------
-------- Weitergeleitete Nachricht --------
-------- Forwarded Message --------
---------- Mensaje reenviado ---------
Inicio del mensaje reenviado:
-------- Mensaje reenviado --------
________________________________
From: Nora Quist <nora.quist@example.com>|Sent: Monday, August 3, 2026 10:01 AM|To: Quillmoor|Subject: Order
From: "Nora Quist" <nora.quist@example.com>|Date: Monday, 3 August 2026 at 10:01|To: Quillmoor|Subject: Order
Von: Nora Quist <nora.quist@example.com>|Gesendet: Montag, 3. August 2026 10:01|An: Quillmoor|Betreff: Bestellung
Von: Nora Quist|Datum: Montag, 3. August 2026 um 10:01|An: Quillmoor|Betreff: Bestellung
De: Nora Quist <nora.quist@example.com>|Enviado: lunes, 3 de agosto de 2026 10:01|Para: Quillmoor|Asunto: Pedido
De: Nora Quist|Fecha: lunes, 3 de agosto de 2026, 10:01|Para: Quillmoor|Asunto: Pedido
*From:* Nora Quist <nora.quist@example.com>|*Sent:* Monday, August 3, 2026 10:01 AM|*To:* Quillmoor|*Subject:* Order
________________________________|From: Nora Quist|Sent: Monday|Subject: cancel
--- Nora Quist wrote:
>>> Nora Quist 03.08.2026 10:01 >>>
"Nora Quist" <nora.quist@example.com> schrieb:
Gesendet: Montag, 03. August 2026 um 10:01 Uhr|Von: "Nora Quist" <nora.quist@example.com>|An: Quillmoor|Betreff: Bestellung
Sent from my iPhone||> On Aug 3, 2026, at 10:01, Nora Quist <nora.quist@example.com> wrote:
Sent from Yahoo Mail on Android||On Mon, Aug 3, 2026 at 10:01 AM, Nora Quist <nora.quist@example.com> wrote:
Von meinem iPhone gesendet||> Am 03.08.2026 um 10:01 schrieb Nora Quist:
Enviado desde mi iPhone||> El 3 ago 2026, a las 10:01, Nora Quist escribió:
Get Outlook for iOS|________________________________|From: Nora Quist <nora.quist@example.com>|Sent: Monday, August 3, 2026 10:01 AM|Subject: Order
Holen Sie sich Outlook für iOS|________________________________|Von: Nora Quist|Gesendet: Montag, 3. August 2026 10:01|Betreff: Bestellung
"""

ABOVE = {"en": "Thanks, all good now.", "de": "Danke, alles erledigt.", "es": "Gracias, ya está todo resuelto."}
BELOW = (
    "Please cancel order {P}, I no longer need it.",
    "Bitte stornieren Sie {P}, ich brauche es nicht mehr.",
    "Por favor, cancelen {P}, ya no lo necesito.",
)

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

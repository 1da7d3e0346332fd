"""Turned letters: a question, a report, a condition. See `turned_letters` for their form."""

from __future__ import annotations

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

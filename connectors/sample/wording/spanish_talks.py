"""Spanish: subjects, questions, letters outside the desk's work, and requests that leave something open."""

from __future__ import annotations

from ._voice import lines

SUBJECTS = {
    "cancel": lines("""
Cancelación
anular {oid}
no lo envíen
"""),
    "items": lines("""
Cambio en mi pedido
pedido {oid}
modelo equivocado
"""),
    "payment": lines("""
Forma de pago
pago de {oid}
otro pago
"""),
    "address": lines("""
Dirección de envío
otra dirección para {oid}
entrega
"""),
    "user_address": lines("""
Mudanza
nueva dirección
mis datos
"""),
    "return": lines("""
Devolución
devolver {oid}
pedido {oid}
"""),
    "exchange": lines("""
Cambio
cambio de {oid}
no me sirve
"""),
    "multi": lines("""
varias cosas
dos asuntos
mis pedidos
"""),
    "talk": lines("""
Pregunta
consulta
una duda
"""),
}
TALKS = {
    "tracking": lines("""
¿Dónde está mi {order}? ¿Hay número de seguimiento?
¿Pueden mirar por dónde va el paquete del {order}?
"""),
    "refund_time": lines("""
Se canceló el {order}. ¿Cuándo recibo el dinero?
¿Cuánto tarda el reembolso del {order}?
"""),
    "options": lines("""
¿Qué versiones hay ahora de «{product}»?
¿En qué tallas o colores venden «{product}»? Solo pregunto.
"""),
    "status": lines("""
¿Cómo va mi {order}?
¿Ha salido ya el {order}? Solo quiero saberlo.
"""),
    "balance": lines("""
¿Cuánto saldo queda en mi tarjeta regalo?
¿Qué formas de pago tengo guardadas?
"""),
    "price": lines("""
¿Cuánto pagué en total por el {order}?
¿Cuánto cuesta ahora «{product}»?
"""),
    "contents": lines("""
¿Qué llevaba el {order}? No me acuerdo.
¿Me mandan un resumen de todos mis pedidos?
"""),
    "stock": lines("""
¿Está disponible «{product}»? No pidan nada, por favor.
¿Volverá «{product}» en todas sus versiones?
"""),
    "policy_return": lines("""
¿Cómo funcionan las devoluciones? Todavía no he decidido nada.
Si devolviera «{product}», ¿adónde iría el dinero? Es solo una pregunta.
"""),
    "policy_change": lines("""
¿Cuántas veces se puede modificar un pedido sin enviar? Es curiosidad.
¿Qué pasa con la tarjeta regalo si uno cancela? Solo pregunto.
"""),
    "price_match": lines("""
En otra tienda «{product}» está más barato. ¿Me devuelven la diferencia?
"""),
    "warranty": lines("""
Se me rompió «{product}» a los dos años. ¿Lo reparan en garantía?
"""),
    "job": lines("""
¿Buscan gente para el almacén? Me gustaría trabajar con ustedes.
"""),
    "discount": lines("""
¿Me dan un código de descuento por ser buen cliente?
"""),
    "press": lines("""
Tengo un blog de montaña y quisiera muestras gratis para una reseña.
"""),
    "courier": lines("""
El repartidor tiró mi paquete por encima de la valla. Quiero poner una queja formal.
"""),
    "new_order": lines("""
Háganme un pedido de «{product}», ya tienen mis datos.
"""),
    "newsletter": lines("""
Dejen de mandarme publicidad, por favor.
"""),
    "advice": lines("""
¿Qué le regalarían ustedes a un niño de diez años?
"""),
    "invoice": lines("""
Mi empresa necesita una factura con NIF del {order}.
"""),
    "delete_account": lines("""
Borren mi cuenta y todos mis datos.
"""),
    "change_email": lines("""
Cambien el correo de mi cuenta por el nuevo del trabajo, por favor.
"""),
}
VAGUE = {
    "cancel_which": lines("""
Por favor, cancelen mi pedido.
Quiero anular lo que pedí.
"""),
    "return_which_order": lines("""
Quiero devolver {item}.
Por favor, acepten de vuelta {item} y devuélvanme el dinero.
"""),
    "return_which_item": lines("""
Quiero devolver {item} del {order}, solo uno de los dos.
"""),
    "exchange_no_wish": lines("""
Quiero cambiar {item} del {order} por otra cosa.
No me gusta {item} del {order}, mándenme algo más bonito.
"""),
    "items_no_wish": lines("""
Cambien {item} de mi {order}, no es el modelo que quería.
"""),
    "address_missing": lines("""
Envíen el {order} a mi nueva dirección.
La dirección del {order} está mal, mándenlo a la oficina.
"""),
    "payment_missing": lines("""
Quiero pagar el {order} de otra manera.
Cambien la forma de pago del {order}, por favor.
"""),
    "user_address_partial": lines("""
Me mudé a {city}, cambien el {order} por favor.
"""),
}
FOREIGN = {
    "household": lines("""
El pedido es de mi mujer, pero me encargo yo.
Lo compró mi hermano con su propia cuenta.
"""),
    "friend": lines("""
Lo pidió una amiga y me ha pedido que les escriba.
"""),
    "silent": (),
}

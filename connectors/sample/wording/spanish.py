"""Spanish."""

from __future__ import annotations

from ._naming_es import SpanishNaming
from ._records import Wish
from ._voice import Templates, Voice, lines
from .spanish_talks import FOREIGN, SUBJECTS, TALKS, VAGUE

_ASKS: dict[Wish, Templates] = {
    "cancel": lines("""
Por favor, cancelen mi {order}.
Quisiera cancelar el {order}.
¿Pueden anular mi {order}?
Necesito que paren el {order} antes de que salga.
Me gustaría dejar sin efecto el {order}.
¿Todavía se puede cancelar el {order}? Si es así, háganlo.
Solicito la cancelación del {order}.
No envíen el {order}, quiero anularlo.
Les escribo para cancelar por completo mi {order}.
El {order} no debe salir, cancélenlo por favor.
Den de baja el {order}, gracias.
"""),
    "items": lines("""
En mi {order}, ¿pueden cambiar {item} por {new}?
Quiero modificar el {order}: en lugar de {item}, {new}.
El {order} aún no ha salido, así que cambien {item} por {new}.
Me equivoqué en el {order}; no quería {item}, sino {new}.
¿Sería posible sustituir {item} del {order} por {new} antes del envío?
Antes de que preparen el {order}, pongan {new} en vez de {item}.
Mi {order} sigue pendiente. Cambien {item}, prefiero {new}.
Una corrección en el {order}: donde pone {item} debe ir {new}.
Prefiero {new} a {item} que puse en el {order}, ¿lo pueden cambiar?
Actualicen por favor mi {order}: {new} en sustitución de {item}.
"""),
    "payment": lines("""
Quiero pagar el {order} con {pay}.
¿Pueden cobrar el {order} en {pay}?
Cambien la forma de pago del {order} a {pay}, por favor.
Para mi {order} usen {pay} en lugar de lo que puse.
Elegí mal el pago del {order}; debería ser {pay}.
Me gustaría pasar el pago del {order} a {pay}.
El {order} tiene que ir con {pay}.
¿Es posible usar {pay} para el {order} que aún no ha salido?
Carguen el {order} a {pay}, por favor.
Modificación del pago del {order}: {pay}.
"""),
    "address": lines("""
Envíen mi {order} a {addr}.
¿Pueden cambiar la dirección de entrega del {order} a {addr}?
El {order} debe llegar a otra dirección: {addr}.
Puse mal la dirección del {order}; la correcta es {addr}.
No estaré en casa cuando llegue el {order}, mándenlo a {addr}.
La nueva dirección de envío para el {order} es {addr}.
El {order} es un regalo y tiene que ir a {addr}.
Por favor, redirijan el {order} a {addr}.
Necesito que entreguen el {order} en {addr}.
Antes de enviar el {order}, corrijan el destino: {addr}.
"""),
    "user_address": lines("""
Me he mudado. Cambien la dirección de mi cuenta a {addr}.
Mi nueva dirección es {addr}, guárdenla en mi perfil por favor.
¿Pueden actualizar mi dirección predeterminada? Ahora es {addr}.
En mi cuenta figura la casa antigua; lo correcto es {addr}.
Para futuros envíos, mi dirección es {addr}.
Actualicen mis datos de cliente: vivo en {addr}.
Quisiera que mi dirección habitual fuera {addr}.
Desde esta semana vivo en {addr}, cambien mi ficha por favor.
La dirección de mi perfil ya no vale, pongan {addr}.
Cambio de domicilio en mi cuenta: {addr}.
"""),
    "return": lines("""
Quiero devolver {items} de mi {order}.
Por favor, tramiten la devolución de {items} del {order}.
Del {order} voy a devolver {items}.
¿Cómo puedo devolver {items}? Venía en el {order}.
Ha llegado mi {order}, pero no me quedo con {items}.
Me gustaría enviar de vuelta {items} ({order}) y que me devuelvan el dinero.
Necesito una etiqueta para devolver {items} del {order}.
Solicito devolver {items} que recibí con el {order}.
No estoy contenta con {items} del {order}, quiero el reembolso.
Devolución del {order}: {items}.
"""),
    "exchange": lines("""
Quiero cambiar {item} que recibí en el {order} por {new}.
Me llegó el {order}, pero {item} no me sirve. ¿Me lo cambian por {new}?
Por favor, cambien {item} del {order} ya entregado por {new}.
Solicito un cambio en el {order}: {item} por {new}.
¿Puedo canjear {item} del {order} por {new}?
Les devuelvo {item} del {order} si me mandan {new}.
Al abrir el {order} vi que necesitaba {new} y no {item}. Quiero cambiarlo.
En vez de {item} que vino en el {order} quisiera {new}.
Tengo aquí {item} del {order} sin usar y prefiero {new}, ¿lo pueden cambiar?
Nos entregaron el {order} y queremos {new} a cambio de {item}.
"""),
}
_MORE = lines("""
Y también {item}: por {new}.
Además, {new} en lugar de {item}.
Lo mismo con {item}, que sea {new}.
""")
SPANISH = Voice(
    naming=SpanishNaming(),
    greetings=lines("""
Hola,
Buenos días,
Buenas tardes,
Estimado equipo de Quillmoor,
Hola, equipo:
A quien corresponda:
Buenas,
"""),
    closings=lines("""
Saludos
Un saludo
Atentamente
Gracias y saludos
Muchas gracias
Saludos cordiales
"""),
    thanks=lines("""
Gracias de antemano.
Muchas gracias por su ayuda.
Quedo a la espera de su respuesta.
Perdonen las molestias.
Avísenme cuando esté hecho.
"""),
    stories={
        "return": lines("""
El color no es como en la foto.
Es más pequeño de lo que pensaba.
Era un regalo y ya lo tenía.
"""),
        "exchange": lines("""
Está sin usar y en su caja.
Medí mal, es culpa mía.
"""),
        "items": lines("""
Me di cuenta esta mañana.
Leí mal la descripción.
"""),
        "payment": lines("""
Esa otra cuenta la voy a cerrar.
Iba con prisa al pagar.
"""),
        "address": lines("""
Tenemos la casa en obras.
Allí no funciona el timbre.
"""),
        "user_address": lines("""
Todavía estoy entre cajas.
Casi se me olvida decírselo.
"""),
    },
    asks=_ASKS,
    more={"items": _MORE, "exchange": _MORE},
    pays=lines("""
La diferencia, con {pay}.
Si hay diferencia de precio, usen {pay}.
Cobren o abonen la diferencia en {pay}.
Para la diferencia usen {pay}, por favor.
"""),
    refunds=lines("""
El reembolso, en {pay}.
Devuelvan el dinero a {pay}, por favor.
Quiero el dinero de vuelta en {pay}.
Abonen el importe en {pay}.
"""),
    insists=lines("""
Tiene que ser {pay}, otra cosa no me sirve.
No acepto nada que no sea {pay}.
"""),
    order_lines=lines("""
Se trata del {order}.
Número de pedido: {oid}
Es por el {oid}.
"""),
    profile_address=lines("""
la dirección que tengo guardada en mi cuenta
mi dirección habitual, la del perfil
"""),
    reasons={
        "mistake": lines("""
Lo pedí por error.
Pulsé dos veces sin querer.
Mi hija estaba jugando con el móvil y lo compró.
Fue una equivocación, solo quería ver los gastos de envío.
"""),
        "unneeded": lines("""
Ya no lo necesito.
Han cambiado nuestros planes.
Me lo han regalado.
Se canceló el viaje para el que era.
Este mes tengo que ahorrar.
"""),
    },
    by_email=lines("""
Mi cuenta está a nombre de {email}.
Mi correo es {email}.
Correo de la cuenta: {email}
Me registré con {email}.
"""),
    by_name=lines("""
Me llamo {name} y mi código postal es {zip}.
Soy {name}, código postal {zip}.
Cliente: {name}, CP {zip}
"""),
    name_only=lines("""
Me llamo {name}.
Soy {name}.
"""),
    by_user_id=lines("""
Mi identificador de cliente es {user_id}.
"""),
    links=lines("""
Además:
Otra cosa:
Y un segundo asunto:
Por otro lado,
"""),
    distractors={
        "item": lines("""
De {item} no quiero cambiar nada.
Me quedo con {item}.
Por cierto, estoy encantado con {item}.
"""),
        "order": lines("""
El otro pedido, {oid}, está bien, no hagan nada con él.
No es por {oid}, eso ya se resolvió.
"""),
        "product": lines("""
Por cierto, vi «{product}» en su tienda, quizá otro día.
Mi vecina tiene «{product}» y está encantada.
"""),
    },
    subjects=SUBJECTS,
    footers=lines(r"""
Enviado desde mi móvil
--\n{name}\n{city}
Este mensaje es confidencial y va dirigido solo a su destinatario.
> Gracias por su pedido {oid}.\n> Le avisaremos cuando haya novedades.
"""),
    second_choice=lines("""
{first} o, si no queda, {second}
{first} (si no está disponible: {second})
"""),
    talks=TALKS,
    vague=VAGUE,
    foreign=FOREIGN,
)

"""Spanish words of the support desk, as data; the shape of `lexicon_en`. Accents do not matter."""

from __future__ import annotations

ACTIONS = {
    "cancel": """cancelar|cancele|cancelen|cancela|cancelación|cancelado|anular|anule|anulen|anulación|cancelo|
        cancelarlo|cancelarla|cancelarlos|anularlo|anularla|dar de baja|cancelacion|anula""",
    "return": """devolver|devuelvo|devolución|devolverlo|devolverla|devolverlos|devolverlas|devoluciones|
        retornar|enviar de vuelta|mandar de vuelta|enviar * de vuelta|regresar|devuelva|devuelvan|
        hacer una devolución|tramitar la devolución|quiero devolver|va de vuelta|van de vuelta|devolveré|devuelvo""",
    "refund": """reembolso|reembolsar|reembolsen|reembolse|dinero de vuelta|devolución del dinero|
        devuelvan el dinero|reintegro|abono|abonar|abonen|reembolsarme|reembolsado|abonarme""",
    "swap": """intercambiar|intercambio|canjear|canje|reemplazar|reemplazo|sustituir|sustitución|
        cambiarlo por|cambiarla por|cambiarlos por|cambiarlas por|sustituya|sustituyan|reemplacen|
        permutar|hacer un cambio""",
    "change": """cambiar|cambio|cambie|cambien|cambiarlo|cambiarla|modificar|modifique|modifiquen|modificación|
        actualizar|actualicen|actualice|actualización|corregir|ajustar|cambiarme|cambiarlos|cambiarlas|
        editar|cambia|cámbienla|cámbienlo|cámbiela|cámbielo|cámbienme|modifíquenla|actualícenla|pasar|actualizarla|modificarla|poner|pongan""",
    "ship": """enviar|envíen|envíe|enviarlo|enviarla|entregar|entreguen|mandar|manden|envío|entrega|mandarlo|
        redirigir|enviado|entregado|redirijan|enviarme|llegar a|debe llegar|que llegue|llevar""",
}

NOUNS = {
    "address": """dirección|dirección de envío|dirección de entrega|domicilio|señas|allí|ahí|nueva casa|direcciones""",
    "default_address": """dirección predeterminada|dirección por defecto|dirección de mi cuenta|dirección habitual|
        dirección de mi perfil|dirección en mi cuenta|dirección en mi perfil|mi cuenta|mi perfil|
        dirección principal|dirección guardada|dirección registrada|dirección del perfil|de mi perfil|mis datos|ficha de cliente|en mi ficha|dirección que tienen|mi dirección|de ahora en adelante""",
    "payment": """método de pago|forma de pago|medio de pago|pago|pagar|pagado|pague|cobrar|cobren|cargar|
        carguen|cobro|cargo|pagué|paguen|cobrarme|abonado|medio con el que pagué|cárguenlo""",
    "order": """pedido|pedidos|orden|compra|paquete|envío|número de pedido|encargo""",
    "item": """artículo|artículos|producto|productos|cosa|cosas|pieza|unidad|modelo|versión|variante|prenda|
        opción|uno|una""",
    "all_orders": "todos los pedidos|todos mis pedidos|todos los pedidos pendientes|todos mis pedidos pendientes",
    "all": """todo|todos los artículos|todos los productos|pedido completo|pedido entero|todo el pedido|
        ambos|ambas|ambos artículos|los dos artículos|las dos cosas|íntegramente|por completo|entero|completo|
        todas las cosas|los dos""",
    "zip": "código postal|cp|codigo postal",
    "email": "correo electrónico|correo|email|e mail|mail",
    "name": "me llamo|mi nombre es|mi nombre|soy|nombre|les escribe",
    "difference": "diferencia|diferencia de precio|suplemento|sobreprecio|sobrecoste",
    "money": """diferencia|diferencia de precio|importe|precio|resto|dinero|coste|costo|saldo|cantidad|
        monto|suplemento""",
}

STATUS = {
    "pending": """pendiente|pendientes|no enviado|no ha salido|aún no enviado|todavía no enviado|
        no se ha enviado|no ha sido enviado|acabo de pedir|acabo de hacer|sin enviar|en preparación""",
    "delivered": "recibido|recibí|entregado|llegó|llegado|llegaron|recibida|recibidos|entregada|he recibido",
}

PAYMENTS = {
    "credit_card": "tarjeta de crédito|tarjeta|tarjeta de débito|crédito",
    "paypal": "paypal|pay pal|cuenta de paypal|cuenta paypal",
    "gift_card": "tarjeta regalo|tarjeta de regalo|vale regalo|cheque regalo|tarjeta de regalos|vale",
    "original": """método de pago original|forma de pago original|mismo método de pago|medio de pago original|
        misma forma de pago|método original|método de pago que usé|mismo medio de pago|forma original|
        método de pago inicial|medio original|pago original|misma forma en que pagué|mismo método""",
}

REASONS = {
    "no longer needed": """ya tengo|sin uso|no me interesa|ya no me interesa|no hace falta|no nos hace falta|
        cambio de planes|los planes han cambiado|de sobra|me sobra|he decidido que no|mejor no|no voy a necesitar|ya no lo necesito|ya no la necesito|ya no los necesito|ya no las necesito|
        no lo necesito|ya no necesito|ya no hace falta|ya no lo quiero|no lo quiero|he cambiado de opinión|
        cambié de opinión|cambiado de idea|ya no me hace falta|no me hace falta|ya no es necesario|
        ya no la quiero|cambié de idea|ya no quiero|no la necesito|no los necesito|ya no me sirve|
        ya no lo necesitamos|no será necesario|ya no es necesaria|ya no son necesarios|ya no hacen falta|
        no necesito|ya no me hacen falta""",
    "ordered by mistake": """me confundí|confusión|sin darme cuenta|clic|pulsé|no quería pedir|no era mi intención|
        demasiado rápido|dos veces|no quise|sin intención|error mío|fallo mío|un fallo|por error|por equivocación|sin querer|por accidente|equivocado|equivocación|
        un error|me equivoqué|por descuido|pedí dos veces|duplicado|equivocadamente|accidentalmente|
        fue un error""",
    "other": """más barato en otro|lo encontré más barato|más barato|tarda demasiado|demasiado caro|
        tardando demasiado|retraso|mejor precio""",
}

HAZARDS = """si|a menos que|salvo|excepto|menos el|menos la|de lo contrario|quizá|quizás|tal vez|puede que|
    a lo mejor|dudo|no estoy seguro|no estoy segura|o|u|da igual|más barata|más barato|más cara|más caro|mejor|
    más grande|más pequeño|más pequeña|mayor|menor|prefiero|preferiblemente|preferiría|alternativamente|a no ser|
    deshacer|revertir|supervisor|gerente|abogado|descuento|cupón|compensación|parcial|parcialmente|parte de|
    ignora|ignore|ignorar|olvida|olvide|omitir|sistema|instrucciones|instrucción|anteriores|anterior|asistente|
    administrador|amigo|amiga|vecino|vecina|marido|mujer|esposo|esposa|hermano|hermana|madre|padre|colega|
    perdido|robado|dañado|rota|roto|defectuoso|espera|espere|pensándolo bien|en realidad|similar|parecido|
    diferente|cualquiera|cualquier|recomienda|cada|luego|después|tercero|otro|otra|otros|otras|más|menos|añadir|
    agregar|quitar|eliminar|cantidad|combinar|excepción|siempre que|en caso|antes de|hasta""".split("|")

NEGATIONS = "no|nunca|jamás|sin|ningún|ninguna|ninguno|nada|nadie|tampoco|ni".split("|")

ASKS = "cómo|qué|cuándo|dónde|cuál|cuáles|por qué|quién|cuánto|cuánta|cuántos|quisiera saber|me pregunto".split("|")

WISHES = """por favor|quiero|quisiera|querría|me gustaría|deseo|necesito|puede|pueden|podrían|podría|puedes|
    podéis|solicito|solicitar|favor|gustaría|pido|ruego|agradecería|quería|puedo|podemos|deseo|hagan|haga""".split("|")

TARGET = "por|a|en|con|para|quiero|quisiera|como|sea|nueva|nuevo|ahora|lugar".split("|")

FILLERS = """hola|buenos|buenas|días|dia|tardes|noches|estimado|estimada|estimados|equipo|soporte|atención|cliente|
    servicio|gracias|muchas|mil|saludos|saludo|cordial|cordiales|atentamente|antemano|ayuda|ayudar|ayudarme|
    molestia|molestias|disculpe|disculpen|perdón|consulta|pregunta|solicitud|asunto|respecto|sobre|acerca|
    relación|recientemente|último|última|semana|semanas|mes|hoy|ayer|días|rápido|pronto|respuesta|espero|
    quedo|quedamos|compré|comprado|pedí|pedido|hice|recibí|recibido|llegó|bien|bueno|buena|gracias|genial|
    perfecto|estupendo|encantado|encantada|pequeño|pequeña|grande|color|talla|tamaño|esperaba|regalo|
    cumpleaños|navidad|hija|hijo|hijos|niños|familia|mudado|mudanza|mudé|mudo|casa|piso|apartamento|nueva|
    nuevo|cuenta|tienda|web|página|datos|información|número|confirmar|confirmación|confirmen|primero|primera|
    segundo|segunda|además|también|finalmente|por último|luego|inmediatamente|cuanto|antes|posible|urgente|
    simplemente|solo|sólo|directamente|muy|mucho|mucha|realmente|verdad|poco|siempre|tiempo|atención|paciencia|
    comprensión|amable|amables|gustó|gusta|encanta|queda|quedan|favor|saber|avísenme|avisen|digan|hacer|trámite|
    gestionar|gestión|gestionen|años|fiel|clienta|gato|perro|cosas|dos|tres|aquí|escribo|contacto|contactar|
    ustedes|posdata|pd|gracias|feliz|excelente|cuidado|fin|día|tarde|noche|lindo""".split("|")

FILLER_PHRASES = """a la espera de|otra cosa|por otro lado|por otra parte|no estoy contento|no estoy contenta|no me quedo con|no nos gusta|si hay diferencia|nada más|no me gustó|no es lo que esperaba|no era lo que esperaba|
    no me vale|sin prisa|no hay prisa|sin problema|un saludo|muchas gracias|si es posible|si puede ser|
    si pueden|lo antes posible|cuanto antes|si fuera posible|no me quedan bien|por lo demás|de nada|
    si necesitan algo más|si necesitan más datos|si hace falta algo más|cualquier cosa|no me convence|
    no me sirve|nada más|sin más|no corre prisa|después de todo|más información|si falta algo|
    no encaja|no me encaja|más que nada|cualquier duda""".split("|")

FUNCTION = """el|la|los|las|lo|un|una|unos|unas|de|del|al|a|en|con|por|para|y|e|que|se|me|mi|mis|mí|yo|nos|
    nuestro|nuestra|le|les|su|sus|te|tu|tus|usted|ustedes|él|ella|ellos|es|son|fue|fueron|ser|estar|está|están|
    estoy|era|eran|he|ha|han|haber|había|hay|tengo|tiene|tener|este|esta|estos|estas|ese|esa|eso|esos|esas|esto|
    aquel|como|porque|pues|pero|ya|aún|todavía|desde|entre|hacia|cuando|donde|quien|cual|muy|así|también|aquí|
    allí|ahora|entonces|siguiente|siguientes|mismo|misma|mismos|mismas|igual|resto|vez|sea|sean|soy|eres|somos|
    vivo|vivimos|resido|lugar|vuelta|hecho|hacer|hago|hace|hagan|tanto|dos|tres|uno|ambos|exactamente|queda|quede|
    dejar|dejen|mantener|mantengan|favor|nuevo|nueva|otra vez|ir|voy|va|sido|siendo""".split("|")

STAYS = "mismo|misma|mismos|mismas|igual|resto|mantener|demás".split("|")

VALUES: dict[str, str] = {
    "negro": "black",
    "negra": "black",
    "blanco": "white",
    "blanca": "white",
    "rojo": "red",
    "roja": "red",
    "azul": "blue",
    "verde": "green",
    "amarillo": "yellow",
    "amarilla": "yellow",
    "gris": "grey",
    "marrón": "brown",
    "café": "brown",
    "morado": "purple",
    "morada": "purple",
    "lila": "purple",
    "rosa": "pink",
    "rosado": "pink",
    "plateado": "silver",
    "plateada": "silver",
    "plata": "silver",
    "dorado": "gold",
    "dorada": "gold",
    "oro": "gold",
    "beis": "beige",
    "beige": "beige",
    "naranja": "orange",
    "turquesa": "turquoise",
    "cuero": "leather",
    "piel": "leather",
    "madera": "wood",
    "metal": "metal",
    "vidrio": "glass",
    "cristal": "glass",
    "plástico": "plastic",
    "algodón": "cotton",
    "lana": "wool",
    "lino": "linen",
    "seda": "silk",
    "goma": "rubber",
    "caucho": "rubber",
    "cerámica": "ceramic",
    "bambú": "bamboo",
    "tela": "fabric",
    "sintético": "synthetic",
    "sintética": "synthetic",
    "nailon": "nylon",
    "silicona": "silicone",
    "roble": "oak",
    "nogal": "walnut",
    "pino": "pine",
    "hierro": "iron",
    "cobre": "copper",
    "latón": "brass",
    "fieltro": "felt",
    "corcho": "cork",
    "pequeño": "small",
    "pequeña": "small",
    "mediano": "medium",
    "mediana": "medium",
    "grande": "large",
    "inalámbrico": "wireless",
    "inalámbrica": "wireless",
    "inalámbricos": "wireless",
    "cable": "wired",
    "impermeable": "waterproof",
    "litros": "liter",
    "litro": "liter",
    "pulgadas": "inch",
    "pulgada": "inch",
    "horas": "hours",
    "tazas": "cups",
    "taza": "cup",
    "piezas": "piece",
    "alto": "high",
    "alta": "high",
    "bajo": "low",
    "baja": "low",
    "fijo": "fixed",
    "ajustable": "adjustable",
    "eléctrico": "electric",
    "eléctrica": "electric",
    "carbón": "charcoal",
    "digital": "digital",
    "analógico": "analog",
    "manual": "manual",
    "automático": "automatic",
    "automática": "automatic",
    "duro": "hard",
    "dura": "hard",
    "blando": "soft",
    "blanda": "soft",
    "mujer": "women",
    "hombre": "men",
    "claro": "light",
    "clara": "light",
    "oscuro": "dark",
    "oscura": "dark",
    "color": "color",
    "talla": "size",
    "tamaño": "size",
    "material": "material",
    "capacidad": "capacity",
    "longitud": "length",
    "largo": "length",
    "altura": "height",
    "ancho": "width",
    "peso": "weight",
    "tipo": "type",
    "estilo": "style",
    "almacenamiento": "storage",
    "pantalla": "screen size",
    "resolución": "resolution",
    "principiante": "beginner",
    "intermedio": "intermediate",
    "experto": "expert",
    "animales": "animals",
    "arte": "art",
    "paisaje": "landscape",
    "redondo": "round",
    "redonda": "round",
    "cuadrado": "square",
    "cuadrada": "square",
    "mate": "matte",
    "brillante": "glossy",
    "lona": "canvas",
    "pilas": "battery",
    "batería": "battery",
    "recargable": "rechargeable",
    "antracita": "charcoal",
    "crema": "cream",
    "marfil": "ivory",
    "oliva": "olive",
    "mostaza": "mustard",
    "burdeos": "burgundy",
    "doble": "double",
    "individual": "single",
    "aroma": "scent",
    "arce": "maple",
    "abedul": "birch",
    "haya": "beech",
    "poliéster": "polyester",
    "grosor": "thickness",
    "diámetro": "diameter",
    "sabor": "flavor",
    "patrón": "pattern",
    "asa": "handle",
    "cerezo": "cherry",
    "natural": "natural",
    "coral": "coral",
    "menta": "mint",
    "centímetros": "cm",
    "pies": "ft",
    "metros": "m",
    "gramos": "g",
    "kilos": "kg",
    "pizarra": "slate",
    "arena": "sand",
    "piedra": "stone",
    "mármol": "marble",
    "terciopelo": "velvet",
    "marino": "navy",
    "acero": "steel",
}

SIZES = {"pequeño": "s", "pequeña": "s", "mediano": "m", "mediana": "m", "grande": "l", "extra grande": "xl"}

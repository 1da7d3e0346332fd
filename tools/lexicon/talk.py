"""Words that tell talk from wishes, by language: how a plain statement begins, and what makes it more than one.

`openers` begin statements, never commands. `demands` ask for something. `soft` words compare, count or bring in other
people: beside a wish they may change it, in a statement they do not. `sharp` ones are conditions, doubts, second
thoughts and the vocabulary of the desk's own work: never harmless.
"""

from __future__ import annotations

OPENERS: dict[str, str] = {
    "en": """i|ive|im|id|ill|we|weve|were|it|its|he|she|they|the|a|an|my|our|his|her|their|this|that|thats|these|those|
        there|theres|one|nothing|everything|something|someone|somebody|everybody|after|before|since|when|while|as|
        because|in|on|at|by|for|from|with|during|then|now|but|and|so|also|just|yesterday|today|recently|last|sorry|
        unfortunately|sadly|luckily|somehow|apparently|turns|sometimes|meanwhile|besides|some|both|all|what""",
    "de": """ich|wir|es|er|sie|das|der|die|den|dem|ein|eine|einen|mein|meine|unser|unsere|ihr|sein|seine|dieser|diese|
        dieses|da|dann|dort|hier|nun|jetzt|aber|und|denn|weil|nach|vor|seit|als|während|in|im|an|am|auf|bei|beim|mit|
        für|zum|zur|von|vom|gestern|heute|neulich|leider|schade|inzwischen|eigentlich|fast|irgendwie|alles|nichts|
        etwas|jemand|erst|noch|auch|so|uns|mir""",
    "es": """yo|nosotros|él|ella|ellos|ellas|el|la|los|las|lo|un|una|mi|mis|nuestro|nuestra|su|sus|este|esta|esto|ese|
        esa|eso|estos|estas|aquí|allí|ahora|ayer|hoy|pero|y|e|porque|pues|después|antes|desde|cuando|mientras|en|a|al|
        con|por|para|de|del|es|era|fue|son|está|están|estaba|estoy|tengo|hay|había|he|hemos|me|nos|se|todo|nada|algo|
        alguien|casi|además|también|lamentablemente|desgraciadamente|ya|aún|todavía""",
}

DEMANDS: dict[str, str] = {
    "en": """please|pls|plz|kindly|want|wants|need|needs|would like|would love|id love|id like|id love|like to|could you|can you|would you|
        will you|may i|can i|could i|can we|could we|must|have to|has to|ought|should|shall|let me|lets|make sure|ensure|
        demand|expect|expecting|insist|require|prefer|prefers|wish|hoping|request|requesting|asking|remember to|
        dont forget|see to it|appreciate|grateful|instead|rather|supposed to|see that""",
    "de": """bitte|bitten|möchte|möchten|will|wollen|würde|würden|könnten|könnte|soll|sollen|sollte|sollten|müssen|muss|
        müsste|wünsche|wünschen|brauche|brauchen|hätte gern|hätte gerne|hätten gern|gern|gerne|lassen sie|sorgen sie|
        erwarte|erwarten|verlange|verlangen|bestehe|statt|stattdessen|lieber|achten|denken sie""",
    "es": """por favor|favor|quiero|queremos|quisiera|quisiéramos|deseo|deseamos|necesito|necesitamos|puede|pueden|
        podría|podrían|podrías|debe|deben|debería|deberían|tiene que|tienen que|hay que|ruego|pido|pedimos|solicito|
        solicitamos|espero que|esperamos que|exijo|en vez|en lugar|prefiero|preferiría|me gustaría|nos gustaría|
        agradecería|agradeceré|hagan|haga|asegúrense|recuerden""",
}

YOU: dict[str, str] = {
    "en": "you|your|youre|youve|youd|youll|yourself",
    "de": "ihnen|euch|eure|euer|eurem",
    "es": "usted|ustedes|vosotros|vuestro|vuestra",
}
"""A statement about the desk is a complaint or a wish in disguise."""

SOFT: dict[str, str] = {
    "en": """best|better|bigger|smaller|larger|biggest|smallest|largest|newest|latest|oldest|friend|friends|husband|wife|
        neighbour|neighbor|colleague|brother|sister|mother|father|mom|mum|dad|similar|different|any|anything|every|each|
        third|another|other|others|more|less|than|later|half|elsewhere|maybe|perhaps|possibly|considering|decide|or|
        recommend|until|besides|previous|broken|damaged""",
    "de": """besser|beste|größer|kleiner|größere|kleinere|größte|kleinste|freund|freundin|nachbar|nachbarin|mann|frau|
        bruder|schwester|mutter|vater|kollege|kollegin|ähnlich|andere|anderer|anderes|anderen|jede|jeder|jedes|dritte|
        weitere|später|vielleicht|oder|mehr als|weniger|doch|moment|anzahl|bevor|kaputt|defekt|beschädigt|kaputt|defekt|beschädigt""",
    "es": """mejor|más grande|más pequeño|más pequeña|mayor|menor|amigo|amiga|vecino|vecina|marido|mujer|esposo|esposa|
        hermano|hermana|madre|padre|colega|parecido|diferente|cualquiera|cualquier|cada|otro|otra|otros|otras|más|menos|
        tercero|después|luego|quizá|quizás|o|u|hasta|en realidad|anterior|roto|rota|dañado|defectuoso""",
}

SHARP: dict[str, str] = {
    "en": """in that case|call it off|not yet|until then|for free|free of charge|refuse|reject|stop|stops|keep it|no longer|
        changed my mind|change of heart|never mind|forget|on hold|hold on""",
    "de": """in dem fall|noch nicht|vorerst|kostenlos|umsonst|anhalten|stopp|warten|abwarten|anders überlegt|vergessen sie das""",
    "es": """en ese caso|todavía no|aún no|de momento|gratis|cambiado de idea|olviden|olvídenlo|esperen|paren""",
}

SPARE: dict[str, str] = {
    "en": """leave it alone|leave them alone|leave * alone|leave it as it is|leave that as it is|leave * as * is|dont touch|
        do not touch|is fine|are fine|is all good|are all good|all good|nothing to do|nothing to be done|not about|
        been settled|is settled|was settled|already settled|im keeping|i am keeping|well keep|stays|stays as|stay as|
        should stay|can stay|happy with|i love|we love|is great|are great|is perfect|are perfect|maybe next time|
        decided against|was looking at|was also looking at|i saw|i have seen|no change|unchanged|pleased with|
        no complaints|as it is""",
    "de": """in ordnung|nichts tun|nichts zu tun|nichts ändern|nicht ändern|nicht anfassen|so lassen|in ruhe lassen|bleibt|
        bleiben|behalte|behalten|geht nicht um|nicht um|ist geklärt|bereits geklärt|schon geklärt|zufrieden|begeistert|
        beim nächsten mal|nächstes mal|gesehen|gefällt mir|gefallen mir|ist super|ist toll|alles bestens|passt so""",
    "es": """está bien|están bien|no hagan nada|no toquen|déjenlo|déjenla|dejen * como|se queda|se quedan|me quedo|
        quedármelo|quedármela|no es por|no se trata|ya se resolvió|está resuelto|ya está resuelto|contento|contenta|
        encantado|encantada|otro día|la próxima vez|sin cambios|no cambien|perfecto|me encanta|satisfecho|satisfecha""",
}

PRICE: dict[str, str] = {
    "en": "if|any|whatever|or|more|less|either|way|up|down|costs|cost|cheaper|falls",
    "de": "falls|wenn|sollte|eventuelle|etwaige|eine|ob|oder|mehr|weniger|teurer|billiger|günstiger|differiert|ändert",
    "es": "si|cualquier|o|más|menos|caro|cara|barato|barata|eventual|posible",
}
"""Words that are conditions elsewhere; beside the difference in price and one payment method they only say "whatever it is"."""

UNAVAILABLE: dict[str, str] = {
    "en": """if thats sold out|if that is sold out|if its sold out|if it is sold out|if thats not available|
        if that is not available|if its not available|if it is not available|if thats unavailable|if unavailable|
        if not available|if sold out|if you dont have that|if you dont have it|if you do not have that|
        should that not be available|should that be sold out|should it be sold out|should it not be available|
        if thats out of stock|if that is out of stock|if its out of stock|if it is out of stock|if out of stock""",
    "de": """wenn es das nicht gibt|falls es das nicht gibt|wenn das nicht verfügbar ist|falls das nicht verfügbar ist|
        falls nicht verfügbar|falls nicht lieferbar|wenn nicht lieferbar|wenn nicht verfügbar|falls ausverkauft|
        wenn ausverkauft|sollte das ausverkauft sein|sollte das nicht verfügbar sein|wenn das ausverkauft ist|
        falls das ausverkauft ist|falls nicht vorrätig|wenn nicht vorrätig""",
    "es": """si no está disponible|si no queda|si no quedan|si no hay|si no lo tienen|si no la tienen|si está agotado|
        si está agotada|si se ha agotado|si no estuviera disponible|si no hubiera""",
}

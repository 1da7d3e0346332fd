"""English words of the support desk, as data; phrases are split at `|`, `*` stands for up to twelve words."""

from __future__ import annotations

ACTIONS = {
    "cancel": """cancel|cancels|cancelling|canceling|cancellation|cancelation|call off|calling off|scrap|
        abort|annul|void|cancelled|canceled|stop it before it ships|stop my order|stop this order|stop the order|stop order|
        not receive the item|not receive the current order|pull the plug on|withdraw""",
    "return": """return|take * back|taking * back|accept * back|have * picked up|return label|returns label|hand * in|returns|returning|send back|send * back|sending back|sending * back|give back|give * back|
        bring back|bring * back|ship back|ship * back|take back|take * back|hand back|hand * back|returned|
        mail * back|mail back|get rid of|go back|goes back|going back|went back|can go back|coming back|comes back|head back|gets returned""",
    "refund": """refund|refunded|refunds|money back|my money back|money * back|credit back|credited|money onto|put the money|put the refund|reimburse|reimbursement|refunding""",
    "swap": """exchange|exchanges|exchanging|swap|swaps|swapping|swapped|trade|trading|trade in|replace|replacing|
        replaced|replacement|exchanged|swap out|swap * out|trade * for|swop""",
    "change": """change|changes|changing|modify|modifies|modifying|modification|update|updating|switch|switching|
        switch out|amend|adjust|alter|edit|correct|changed|modified|updated|switched|convert|upgrade|make it|make the|make my|
        make that|make them|move|redirect|reroute|put|bump""",
    "ship": """ship|ship it|ship * to|deliver|deliver * to|send it to|send * to|have * sent to|go to|shipped to|
        delivered to|sent to|shipping|send""",
}

# What makes the object of `change`: words, not actions.
NOUNS = {
    "address": """address|shipping address|delivery address|delivery details|ship to address|addresses|
        destination|there too|there as well|go there|sent there|ship there|there instead|new place|new home""",
    "default_address": """default address|account address|profile address|home address|address on file|
        address on my account|address on my profile|address in my profile|my address book|
        default shipping address|by default|my address is|saved address|future orders|future deliveries|customer record|as default|as my default|main address|primary address|registered address|address i use|user address|my account|my profile|address for my account|saved address|
        address in my account|default delivery address|customer record|my record|my records|your records|my details|customer account|address book|standard address|usual address|address you have for me|from now on|account details|my own address|address you have on file|customer profile""",
    "payment": """payment method|payment|payment option|method of payment|way i pay|form of payment|billing|
        payment type|pay|paid|pay for|charged|charge|bill|cover|billed|settle|settled|bills|pays""",
    "order": """order|orders|purchase|purchases|package|parcel|shipment|delivery|order number|order id""",
    "item": """item|items|product|products|article|articles|thing|things|unit|piece|goods|stuff|one|ones|version|
        model|variant|option|type""",
    "all_orders": "all pending orders|all my pending orders|all my orders|all orders|all of my orders|every pending order|all open orders",
    "all": """everything|all items|all the items|all of the items|whole order|entire order|complete order|
        full order|all of it|all of them|both items|both of them|both|every item|every single item|every last item|whole contents|complete contents|full contents|entire contents|all contents|whole thing|all things|
        the lot|order in full|in its entirety|whole lot|entire thing|the whole""",
    "zip": """zip code|zip|zipcode|postal code|postcode|post code""",
    "email": """email|e mail|mail|email address|e mail address""",
    "name": """name|my name is|name is|this is|i am|im|your name is""",
    "difference": """difference|price difference|difference in price|extra cost|surcharge|costs|what it costs|balance it out""",
    "money": """difference|price difference|difference in price|extra cost|costs|balance|remainder|amount|price|cost|
        credit|funds|extra|surcharge""",
}

STATUS = {
    "pending": """pending|not shipped|hasnt shipped|has not shipped|unshipped|not yet shipped|hasnt been shipped|
        hasnt gone out|still processing|just placed|just ordered|not been shipped|hasnt left|open""",
    "delivered": """delivered|received|arrived|got|came|turned up|showed up|delivered order""",
}

PAYMENTS = {
    "credit_card": "credit card|card|debit card|creditcard",
    "paypal": "paypal|pay pal|paypal account",
    "gift_card": "gift card|giftcard|gift voucher|gc|store credit|website credit|gift cards|gift card balance",
    "original": """original payment method|original payment|original method|same payment method|
        original form of payment|same card|same way i paid|way i paid|payment method i used|method i used|
        card i used|original method of payment|same method|whatever i paid with|payment i used|where it came from|
        same account|way it was paid|how i paid|originally paid with|originally used|however i paid""",
}

REASONS = {
    "no longer needed": """no need|have no more use|longer have a use|longer have any use|plans have changed|plans changed|
        plans fell through|circumstances have changed|not going to need|found another|someone gave|was given|
        bought one elsewhere|got one|dont want|without it|do without|rethought|reconsidered|decided against|
        thought better of|longer interested|not interested|too many|have enough|surplus|unnecessary|
        no longer going|fell through|no longer needed|no longer need|no longer need it|dont need it anymore|dont need it|
        do not need|dont need|not needed anymore|not needed|no longer want|dont want it anymore|dont want it|
        do not want it|dont want|changed my mind|change my mind about buying|no use for|dont need them|
        do not need it any more|no longer required|not need|isnt needed|wont need|will not need|not required|
        no need for|dont have any use for|longer useful|not necessary anymore|dont require|no longer necessary|
        already have one|have no need|longer need|changed our minds|need it any more|need it anymore""",
    "ordered by mistake": """my mistake|an error|wrong one|ordered the wrong|too quickly|too fast|too soon|oops|
        mixed up|misread|not supposed to|should not have|shouldnt have|unintended|fat finger|pressed|slipped|twice|
        duplicate|double|didnt intend|did not intend|never intended|never wanted to order|not on purpose|mis clicked|
        without meaning to|hit the wrong|hit order|wrong click|clicked too|by error|erroneously|in my cart by|ordered by mistake|by mistake|by accident|accidentally|mistakenly|in error|
        accidental|mistake|wrong item|was an accident|unintentionally|ordered it twice|ordered twice|
        duplicate order|clicked the wrong|wrong button|never meant to|didnt mean to|did not mean to|inadvertently|
        slip of the finger|misclick|misclicked|made a mistake|unintended|wasnt meant|not intentional|meant to""",
    "other": """cheaper elsewhere|found it cheaper|better price|better deal|taking too long|takes too long|
        too slow|too expensive|late|delayed|bad reviews|cant afford|too long|found a better""",
}

# Words that turn what follows into something that must not be taken at face value.
HAZARDS = """if|unless|otherwise|whether|maybe|perhaps|possibly|might|considering|not sure|unsure|
    undecided|either|whichever|whatever|cheapest|cheaper|most expensive|least expensive|best|better|bigger|
    smaller|larger|biggest|smallest|largest|newest|latest|oldest|prefer|preferably|preferred|prefers|
    alternatively|failing that|in case|as long as|provided|depending|depends|except|apart from|excluding|
    besides|until|undo|revert|reverse|reinstate|supervisor|manager|lawyer|legal|coupon|discount|compensation|
    complaint|price match|half|partial|partially|split|some of|part of|instead of the order|ignore|disregard|
    forget|override|bypass|system|prompt|instruction|instructions|previous|assistant|chatbot|bot|ai|admin|
    administrator|developer|another customer|other customer|someone else|friend|friends|husband|wife|
    neighbour|neighbor|colleague|brother|sister|mother|father|mom|mum|dad|behalf|lost|stolen|damaged|broken|
    after that|then again|on second thought|second thoughts|actually|wait|scratch that|never mind|nevermind|
    similar|different|any|anything|suggest|recommend|or|every|each|pick|choose|decide|regardless|later|
    third|another|other|others|more|less|than|hold off|pause|postpone|delay|wouldnt|confirm first|only when|
    asap or|elsewhere|add|remove|extra item|quantity|combine|merge|policy violation|exception|waive""".split("|")

NEGATIONS = """not|dont|doesnt|didnt|isnt|wasnt|wont|cant|cannot|couldnt|no|never|without|none|neither|nor|
    shouldnt|arent|havent|hasnt|nothing|nobody""".split("|")

ASKS = "how|what|when|where|which|why|who|whats|wheres|hows|whens|wondering|tell me|let me know how".split("|")

WISHES = """please|want|would like|id like|like|need|could you|can you|would you|wish|hoping|like to|id love|
    love|can i|could i|may i|help me|kindly|hope|wants|go ahead|get|have|be|been|looking to|am returning|
    want to|asking|request|requesting|pls|plz|let me|lets|should|needs|must|ought|shall""".split("|")

TARGET = "to|for|into|with|in|instead|be|rather|want|like|need|have|get|now|make|as|version|become|one".split("|")

FILLERS = """hi|hello|hey|dear|team|support|customer|service|sir|madam|folks|there|all|good|morning|afternoon|
    evening|day|thanks|thank|thx|cheers|regards|best|kind|warm|sincerely|yours|truly|greetings|appreciate|
    appreciated|help|assist|assistance|advance|much|many|very|really|so|lot|lots|hope|hoping|hear|hearing|soon|
    forward|look|looking|today|yesterday|recently|recent|last|week|weeks|month|ago|days|few|couple|sorry|trouble|
    bother|inconvenience|quick|quickly|question|request|requests|issue|matter|regarding|concerning|about|wanted|
    reaching|writing|contact|contacting|contacted|message|get|touch|everything|great|nice|wonderful|lovely|time|
    possible|soonest|convenience|earliest|understand|understanding|cooperation|patience|let|know|once|done|
    confirm|confirmation|process|sort|sorted|taken|care|handle|happy|glad|love|loved|shop|store|website|online|
    account|details|info|information|number|id|identify|verify|verification|reference|ref|bought|buy|purchased|
    ordered|ordering|placed|got|received|arrived|delivered|came|need|needed|want|would|like|could|can|please|
    realised|realized|noticed|turns|out|just|also|too|still|already|again|first|second|next|finally|lastly|
    secondly|firstly|additionally|plus|well|ok|okay|sure|fine|perfect|right|kindly|simply|directly|straight|
    away|answer|answers|reply|response|immediately|urgently|urgent|asap|back|home|house|apartment|moved|moving|new|old|current|currently|
    fit|fits|small|big|large|tight|loose|color|colour|size|style|look|looks|suit|suits|expected|expecting|
    described|picture|pictures|photo|photos|quality|use|using|used|work|works|working|gift|birthday|present|
    christmas|wedding|daughter|son|kids|kid|family|long|short|little|bit|rather|pretty|quite|real|total|
    usual|weather|busy|enjoy|enjoying|friendly|ps|btw|way|cat|dog|far|way|hours|minute|moment|whenever|
    keep|up|work|longtime|loyal|years|year|always|shopping|you|guys|been|having|bear|changed|mind|
    organized|rigid|patient|relaxing|curious|confident|sad|cautious|independent|pessimistic|messy|direct|polite|
    impatient|outgoing|creative|insecure|shy|dependent|logical|optimistic|flexible|brief|terse|private|calm|
    anxious|emotional|honest|cheerful|reserved|talkative|person|persona|interesting|funny|mysterious""".split("|")

# Whole phrases that carry a negation or another sharp word and still ask for nothing.
FILLER_PHRASES = """does not fit|doesnt fit|didnt fit|do not fit|dont fit|not what i expected|
    not what i was expecting|no rush|no hurry|no problem|no worries|not happy with|isnt right for me|
    not quite right|best regards|kind regards|all the best|warm regards|best wishes|many thanks|thanks a lot|
    thank you very much|thank you so much|thanks so much|have a nice day|have a great day|have a good day|
    any questions|any trouble|any inconvenience|any problems|let me know if you need anything|
    let me know if you need anything else|let me know if you need more information|
    let me know if you need any more information|let me know if anything is missing|as soon as possible|
    as soon as you can|if possible|if you could|if you can|would be great|that would be great|
    not my style|not my color|not my colour|not for me|hope you can help|hope you are well|hope you are doing well|
    hope this finds you well|hope this email finds you well|other than that|more details|any help|
    any further|anything else from me|anything else|better late than never|any more details|let me know if|
    no complaints|nothing wrong with it|nothing urgent|wasnt what i expected|isnt what i expected|
    turned out not to fit|not as described|not as expected|never had a problem|no issues|not a big deal|
    i cant wait|cant wait|not in a hurry|any time|each time|every time|dont worry|not sure why|no hard feelings|
    you are the best|youre the best|best shop|best store|previous experience|previous experiences|
    my friends love|friends told me about|more than happy|a bit more|once more|no longer in use|without problems|
    last four|last four digits|was part of|were part of|is part of|out of date|rather * than|better off with * than with|
    would prefer|id prefer|would rather|id rather|doesnt suit|does not suit|dont suit|isnt right|is not right|not right for|
    isnt what i|is not what i|wont be keeping|will not be keeping|wont keep|not keeping|cant use|cannot use|cant keep|
    isnt for me|is not for me|doesnt work for|does not work for|isnt working for|dont like|doesnt like|do not like|
    small change|small correction|small request|small question|small thing|short question|appreciate it if|grateful if|
    great if|help me a lot if|a lot if|nice if|glad if|happy if|forgot to tell you|forgot to mention|different variant|
    different version|different payment|different address|different place|different card|besides that|apart from that|aside from that|another matter|another thing|one more thing|rather than|before it ships|
    before you ship|before shipping|before it goes out|before it leaves|before you pack|before it is sent|before dispatch|
    keep it short|in case you need it|in case you need them|just in case|same as|for your records""".split("|")

FUNCTION = """a|an|the|this|that|these|those|it|its|i|me|my|mine|we|us|our|ours|you|your|yours|he|him|his|she|her|
    hers|they|them|their|theirs|is|are|was|were|be|been|being|am|im|ive|id|ill|youre|youve|youd|thats|theres|
    have|has|had|do|does|did|done|will|would|can|could|may|shall|should|to|of|in|on|at|by|for|from|with|into|
    onto|over|under|up|down|off|via|per|as|and|then|so|because|since|which|who|whom|where|when|while|there|
    here|now|yet|through|during|before|after|between|within|about|around|against|too|very|both|same|own|such|
    let|lets|some|much|many|get|gets|getting|make|makes|made|put|take|takes|go|goes|going|one|ones|two|three|
    ready|wish|although|though|but|however|only|just|even|if|out|per|re|am|pm|is|let|mrs|mr|ms|dr|ones|s|d|
    ll|ve|t|m|come|give|gave|given|ask|asking|think|thought|feel|felt|see|saw|seen|say|said|live|lives|living|
    located|residing|reside|originally|rest|keep|keeping|kept|leave|change|unchanged|stay|stays|remain|remains|
    identical|exact|exactly|following|below|above|that's|attribute|attributes|spec|specs|feature""".split("|")

STAYS = "same|keep|keeping|unchanged|stay|stays|remain|remains|leave|as is|else|rest|identical".split("|")

VALUES: dict[str, str] = {
    "gray": "grey",
    "colour": "color",
    "litre": "liter",
    "metre": "meter",
    "xlarge": "xl",
    "google": "google",
    "aluminium": "aluminum",
}

SIZES = {
    "small": "s",
    "medium": "m",
    "large": "l",
    "extra large": "xl",
    "x large": "xl",
    "extra small": "xs",
    "double extra large": "xxl",
    "xx large": "xxl",
    "2xl": "xxl",
}

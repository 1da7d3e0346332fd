"""Signs that a ticket addresses the system instead of the desk. A sign only ever sends a ticket to a person."""

from __future__ import annotations

import re

_SIGNS: tuple[tuple[str, str], ...] = (
    (
        "asks to ignore instructions",
        r"(?:\bignor\w{0,12}|\bdisregard\w{0,12}|\bforget\w{0,12}|\boverrid\w{0,12}|\bbypass\w{0,12}|\bmissachte\w{0,12}|\bvergiss|\bvergessen sie|\bumgeh\w{0,12}|"
        r"\bolvid\w{0,12}|\bomit\w{0,12}|\bpas[ae] por alto)[^.!?\n]{0,60}(?:instruct\w*|rules?|prompt\w*|polic\w*|guideline\w*|above|"
        r"previous|prior|anweisung\w*|regel\w*|vorgabe\w*|vorherig\w*|instrucci\w*|reglas?|normas?|anterior\w*)",
    ),
    (
        "speaks to a model or system",
        r"\b(?:system\s*(?:prompt|message|note|override|instruction|update)|developer mode|jailbreak|DAN mode|"
        r"language model|large language|chat\s?gpt|as an ai|you are (?:now )?an? (?:ai|assistant|bot|agent)|ai (?:agent|assistant|system)|"
        r"act as|pretend to be|roleplay|new instructions?|hidden instruction|KI-?(?:Assistent|Modell|System)|"
        r"Sprachmodell|modelo de lenguaje|asistente de ia|systemprompt|systemnachricht|mensaje del sistema|"
        r"internal (?:note|memo|use)|note to (?:the )?(?:agent|assistant|system|ai)|automated (?:agent|system)|(?:ADMIN|SYSTEM|ROOT|DEV)\s*[:\]>]|"
        r"\[/?(?:INST|SYS|system|admin|assistant|user)\b|<\|?/?(?:im_start|im_end|system|assistant|user|instructions?)|###\s*(?:instruction|system|response))",
    ),
    ("claims authority", r"\b(?:authori[sz]ed by|pre-?approved|on behalf of the (?:management|ceo|team)|as (?:your|the) (?:administrator|developer|manager|supervisor)|staff override|debug mode|maintenance mode|genehmigt von der|autorizado por)\b"),
    ("asks for secrets", r"\b(?:reveal|print|show|output|leak|repeat|disclose|verrate|zeige? mir|muestr\w*|revel\w*)\b[^.!?\n]{0,50}\b(?:prompts?|instructions?|secrets?|passwords?|api key|credentials|other customers?|database|passw[oö]rt\w*|contraseñas?|anweisungen|instrucciones)\b"),
    ("code or markup", r"```|<script|</?(?:html|iframe|img|svg|style|div|span)\b|\{\{[^{}]{0,300}\}\}|\{%[^{}]{0,300}%\}|\$\{|javascript:|\bSELECT\b.{1,200}?\bFROM\b|\bDROP\s+TABLE\b|\bINSERT\s+INTO\b|\bUNION\s+SELECT\b|;\s*--|\bimport\s+os\b|\bexec\(|\beval\(|\bsudo\b|\bcurl\b|\bwget\b|\brm\s+-rf\b|\bbase64\b|<!--"),
    ("a link", r"https?://|www\.\w|\]\("),
    ("an encoded blob", r"(?<![\w/+=])(?:[A-Za-z0-9+/]{40,}={0,2}|(?:[0-9a-fA-F]{2}){20,}|(?:[01]{8}\s?){5,}|(?:\\x[0-9a-fA-F]{2}){4,}|(?:&#x?[0-9a-fA-F]+;){4,}|(?:%[0-9A-Fa-f]{2}){6,}|(?:[.-]{1,6}\s){12,})(?![\w/+=])"),
    ("names a tool", r"\b(?:cancel_pending_order|modify_pending_order\w*|modify_user_address|return_delivered_order_items|exchange_delivered_order_items|transfer_to_human_agents|find_user_id\w*|get_(?:user|order|product)_details|send_reply)\b"),
    ("speaks for other customers", r"\b(?:(?:an)?other (?:customer|user|person|account)s?|someone else'?s?|all (?:customers|users|accounts)|every (?:customer|order|account)|ander(?:en|er|em) kunden?|fremde[nrs]?|alle kunden|otr[oa]s? (?:cliente|usuario|persona)s?|todos los clientes)\b"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for name, pattern in _SIGNS)
_SCRIPTS = re.compile(
    r"[\u0370-\u03ff\u0400-\u04ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U0001d400-\U0001d7ff\U000e0000-\U000e007f]"
)


def suspicious_spans(text: str) -> list[tuple[int, int]]:
    """Places of the signs, as character spans: nothing there is ever taken for a wish."""
    return [match.span() for _, pattern in _COMPILED for match in pattern.finditer(text)]


def find_suspicion(text: str, language: str, *, hidden: int, truncated: bool) -> list[str]:
    """Name every sign found in a clean text.

    Args:
        text: As `read_ticket` cleaned it.
        language: As detected; an unsupported language is a sign, because nobody here can explain it.
        hidden: Invisible characters that were removed.
        truncated: Whether the end was not read.
    """
    signs = [name for name, pattern in _COMPILED if pattern.search(text)]
    if language == "other":
        signs.append("a language the desk does not speak")
    if _SCRIPTS.search(text):
        signs.append("another script")
    if hidden > 2:
        signs.append("hidden characters")
    if truncated:
        signs.append("too long to read")
    return signs

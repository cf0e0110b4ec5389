"""Read what somebody has texted to us: to stop, to be helped, to start again, or something for staff.

A person may end texts in any reasonable words (47 CFR 64.1200(a)(10)), so the reading leans towards "stop": whoever is
read wrongly gets mail or a call in place of a text.
"""

import re
import unicodedata
from dataclasses import dataclass

from notifications.models import TextReceived

Meaning = TextReceived.Meaning

# They mean "stop" wherever they stand.
STOPS = (
    "stop", "stops", "stopp", "stopall", "stop all", "stopped", "unsubscribe", "unsubscribed", "unsub", "opt out",
    "optout", "opting out", "revoke", "revoked", "remove me", "take me off", "leave me alone", "no more", "dont text",
    "do not text", "dont contact", "do not contact", "dont message", "do not message", "dont send", "do not send",
    "dont want", "do not want", "wrong number", "alto", "parar", "pare", "paren", "para ya", "basta", "detener",
    "no mas", "ya no", "no me envien", "no me envie", "no envien", "no me escriban", "no me manden", "no quiero",
    "dejen de", "deje de", "darme de baja", "dar de baja", "denme de baja", "desuscribir", "desuscribirme",
    "numero equivocado", "not interested", "never text", "never contact", "never message", "do not call", "dont call",
    "lose my number", "remove my number", "delete my number", "take my number", "wrong person", "no longer wish",
    "no longer want", "no deseo", "persona equivocada", "unsuscribe", "unsubcribe", "unsubscibe", "unsubscrib",
)  # fmt: skip
# They mean "stop" when nothing of substance stands beside them: "cancel my order" is about an order.
STOPS_ALONE = {
    "cancel", "cancelall", "end", "quit", "exit", "remove", "delete", "enough", "no", "off", "arret", "arrete", "cease",
    "desist", "stp", "stoop", "sotp", "cancelar",
    "cancele", "cancelen", "cancela", "terminar", "termina", "termine", "fin", "salir", "baja", "para", "eliminar",
    "borrar",
}  # fmt: skip
HELPS = {"help", "info", "information", "ayuda", "informacion", "aide"}
STARTS = {"start", "unstop", "resume", "subscribe", "comenzar", "comience", "empezar", "iniciar", "inicio", "reanudar"}
FILLERS = {
    "please", "pls", "plz", "thanks", "thank", "you", "thx", "hi", "hello", "the", "all", "any", "me", "my", "to",
    "now", "i", "want", "would", "like", "it", "this", "these", "those", "text", "texts", "texting", "sms", "message",
    "messages", "messaging", "msg", "msgs", "sending", "send", "getting", "subscription", "and", "from", "for",
    "por", "favor", "porfavor", "gracias", "hola", "el", "la", "los", "las", "de", "mi", "mis", "ya", "quiero",
    "mensaje", "mensajes", "texto", "textos", "todo", "todos", "estos", "esto", "necesito", "need", "enviar", "recibir",
}  # fmt: skip
NOT_A_STOP = (
    "stop by", "stops by", "stopped by", "stop at", "dont stop", "do not stop", "bus stop", "next stop", "no pare",
    "no paren", "no parar",
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """The meaning of a text, and whether it says more than that, so that staff read it as well."""

    meaning: Meaning
    says_more: bool


def read(text: str) -> Reply:
    """Return what a text means."""
    words = _words(text)
    line = f" {' '.join(words)} "
    for phrase in NOT_A_STOP:
        line = line.replace(f" {phrase} ", " … ")
    found = [phrase for phrase in STOPS if f" {phrase} " in line]
    if found:
        said = set(" ".join(found).split())
        return Reply(Meaning.STOP, says_more=not set(words) <= said | FILLERS | STOPS_ALONE)
    substance = set(words) - FILLERS
    if substance and substance <= STOPS_ALONE:
        return Reply(Meaning.STOP, says_more=False)
    if substance and substance <= HELPS:
        return Reply(Meaning.HELP, says_more=False)
    if substance and substance <= STARTS:
        return Reply(Meaning.START, says_more=False)
    return Reply(Meaning.OTHER, says_more=True)


def _words(text: str) -> list[str]:
    """Return the words without case, accents and signs: "¡NO más!" becomes no, mas; "don't" becomes dont."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’`]", "", plain.casefold()))
    is_spelled = len(words) > 1 and all(len(word) == 1 for word in words)  # S.T.O.P
    return ["".join(words)] if is_spelled else words

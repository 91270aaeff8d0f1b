"""The words of the mails about sharing, in the languages of the portal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mail:
    """A mail in one language."""

    subject: str
    text: str


_MAILS = {
    ("en", "invitation"): Mail(
        "%(name)s asks to see your energy data",
        "%(name)s asks to see the energy data of %(meters)s for %(months)s months.\n\n"
        "See what it would get, and say yes or no, on this page:\n%(link)s\n\n"
        "The link works until %(until)s and only once. Nothing is shared unless you say yes. Saying no costs nothing, "
        "and you need not say why. If this is not about you, say no or throw this mail away.\n",
    ),
    ("es", "invitation"): Mail(
        "%(name)s pide ver sus datos de energía",
        "%(name)s pide ver los datos de energía de %(meters)s durante %(months)s meses.\n\n"
        "Vea qué recibiría, y diga sí o no, en esta página:\n%(link)s\n\n"
        "El enlace sirve hasta el %(until)s y una sola vez. No se comparte nada si usted no dice que sí. Decir que no "
        "no cuesta nada, y no tiene que dar razones. Si esto no es para usted, diga que no o borre este correo.\n",
    ),
    ("en", "reminder"): Mail(
        "Reminder: %(name)s asks to see your energy data",
        "%(name)s still waits for your answer about the energy data of %(meters)s.\n\n"
        "Say yes or no on this page; it takes the place of the one in the mail before:\n%(link)s\n\n"
        "The link works until %(until)s. If you do nothing, nothing is shared.\n",
    ),
    ("es", "reminder"): Mail(
        "Recordatorio: %(name)s pide ver sus datos de energía",
        "%(name)s todavía espera su respuesta sobre los datos de energía de %(meters)s.\n\n"
        "Diga sí o no en esta página; reemplaza la del correo anterior:\n%(link)s\n\n"
        "El enlace sirve hasta el %(until)s. Si no hace nada, no se comparte nada.\n",
    ),
    ("en", "accepted"): Mail(
        "%(name)s can see your energy data now",
        "You let %(name)s see the energy data of %(meters)s until %(until)s.\n\n"
        "You can end this at any time, at once and at no cost, on this page:\n%(link)s\n\n"
        "What was sent before you end it stays with %(name)s, under its own privacy rules.\n",
    ),
    ("es", "accepted"): Mail(
        "%(name)s ya puede ver sus datos de energía",
        "Usted permitió que %(name)s vea los datos de energía de %(meters)s hasta el %(until)s.\n\n"
        "Puede terminarlo cuando quiera, al instante y sin costo, en esta página:\n%(link)s\n\n"
        "Lo que se haya enviado antes se queda con %(name)s, según sus propias reglas de privacidad.\n",
    ),
    ("en", "expiring"): Mail(
        "Sharing with %(name)s ends on %(until)s",
        "%(name)s can see your energy data until %(until)s. Then it ends by itself; you need not do anything.\n\n"
        "If you want it to go on, say so on this page, where you can also end it sooner:\n%(link)s\n",
    ),
    ("es", "expiring"): Mail(
        "Lo que comparte con %(name)s termina el %(until)s",
        "%(name)s puede ver sus datos de energía hasta el %(until)s. Después termina por sí solo; no tiene que hacer "
        "nada.\n\nSi quiere que continúe, dígalo en esta página, donde también puede terminarlo antes:\n%(link)s\n",
    ),
    ("en", "ended"): Mail(
        "%(name)s cannot see your energy data any more",
        "What you shared with %(name)s has ended. From now on it gets nothing. What was sent before stays with "
        "%(name)s, under its own privacy rules.\n",
    ),
    ("es", "ended"): Mail(
        "%(name)s ya no puede ver sus datos de energía",
        "Lo que compartía con %(name)s ha terminado. Desde ahora no recibe nada. Lo que se haya enviado antes se queda "
        "con %(name)s, según sus propias reglas de privacidad.\n",
    ),
    ("en", "own-accepted"): Mail(
        "You made a token for %(name)s",
        "You made a token for a program of your own, %(name)s. Whoever has the token can read the energy data of "
        "%(meters)s until %(until)s, and can change nothing.\n\n"
        "If it was not you, end the token on this page and change your password:\n%(link)s\n",
    ),
    ("es", "own-accepted"): Mail(
        "Creó un token para %(name)s",
        "Usted creó un token para un programa propio, %(name)s. Quien tenga el token puede leer los datos de energía "
        "de %(meters)s hasta el %(until)s, y no puede cambiar nada.\n\n"
        "Si no fue usted, termine el token en esta página y cambie su contraseña:\n%(link)s\n",
    ),
    ("en", "own-expiring"): Mail(
        "Your token for %(name)s ends on %(until)s",
        "The token that you made for %(name)s works until %(until)s. Then your program gets nothing any more.\n\n"
        "If you want it to go on, make a new token on this page and give it to your program:\n%(link)s\n",
    ),
    ("es", "own-expiring"): Mail(
        "Su token para %(name)s termina el %(until)s",
        "El token que creó para %(name)s sirve hasta el %(until)s. Después su programa ya no recibe nada.\n\n"
        "Si quiere que continúe, cree un token nuevo en esta página y déselo a su programa:\n%(link)s\n",
    ),
    ("en", "own-ended"): Mail(
        "Your token for %(name)s has ended",
        "The token that you made for %(name)s has ended. From now on it opens nothing. What your program has read "
        "before is where your program keeps it.\n\nYou can make a new one on this page:\n%(link)s\n",
    ),
    ("es", "own-ended"): Mail(
        "Su token para %(name)s ha terminado",
        "El token que creó para %(name)s ha terminado. Desde ahora no abre nada. Lo que su programa haya leído antes "
        "está donde su programa lo guarda.\n\nPuede crear uno nuevo en esta página:\n%(link)s\n",
    ),
}

_METERS = {
    "en": ("the meter ending in %(fours)s", "the meters ending in %(fours)s"),
    "es": ("el medidor que termina en %(fours)s", "los medidores que terminan en %(fours)s"),
}

KINDS = frozenset(kind for _, kind in _MAILS)
LANGUAGES = frozenset(_METERS)


def mail(kind: str, language: str, **facts: object) -> Mail:
    """A mail of one of `KINDS` with its facts filled in."""
    found = _MAILS[language if language in LANGUAGES else "en", kind]
    return Mail(_one_line(found.subject % facts), found.text % facts)


def meters(language: str, last_fours: list[str]) -> str:
    """Meters as a mail names them: by the last four digits of their ESIIDs."""
    one, many = _METERS[language if language in LANGUAGES else "en"]
    return (one if len(last_fours) == 1 else many) % {"fours": ", ".join(last_fours)}


def _one_line(subject: str) -> str:
    """A subject without anything that could begin a header of its own."""
    return " ".join(subject.split())

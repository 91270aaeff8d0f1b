"""The words of the mails about a customer's own use, in the languages of the portal."""

from __future__ import annotations

from espi.formats import units
from espi.store.alerts import DAY, MONTH, SILENT, UNUSUAL

_SUBJECTS = {
    ("en", DAY): "You used %(amount)s on %(day)s",
    ("en", MONTH): "You have used %(amount)s this month",
    ("en", UNUSUAL): "You used more than usual on %(day)s",
    ("en", SILENT): "No readings are coming from your meter",
    ("es", DAY): "Usted usó %(amount)s el %(day)s",
    ("es", MONTH): "Usted ha usado %(amount)s este mes",
    ("es", UNUSUAL): "Usted usó más de lo normal el %(day)s",
    ("es", SILENT): "No llegan lecturas de su medidor",
}
_TEXTS = {
    ("en", DAY): "Your meter that ends in %(last)s measured %(amount)s on %(day)s. "
    "You wanted to know when a day is over %(against)s.",
    ("en", MONTH): "Your meter that ends in %(last)s has measured %(amount)s since %(day)s. "
    "You wanted to know when a month is over %(against)s.",
    ("en", UNUSUAL): "Your meter that ends in %(last)s measured %(amount)s on %(day)s. "
    "On the same day of the weeks before it was %(against)s. Guests, weather or a new machine can be the reason.",
    ("en", SILENT): "Nothing has come from your meter that ends in %(last)s since %(day)s. %(utility)s sees this too "
    "and will look at it; you need not do anything. If your service itself does not work, call %(utility)s.",
    ("es", DAY): "Su medidor que termina en %(last)s midió %(amount)s el %(day)s. "
    "Usted quería saber cuándo un día pasa de %(against)s.",
    ("es", MONTH): "Su medidor que termina en %(last)s ha medido %(amount)s desde el %(day)s. "
    "Usted quería saber cuándo un mes pasa de %(against)s.",
    ("es", UNUSUAL): "Su medidor que termina en %(last)s midió %(amount)s el %(day)s. "
    "El mismo día de las semanas anteriores fue %(against)s. Puede deberse a visitas, al clima o a un aparato nuevo.",
    ("es", SILENT): "Desde el %(day)s no ha llegado nada de su medidor que termina en %(last)s. %(utility)s también lo "
    "ve y lo revisará; usted no tiene que hacer nada. Si el servicio mismo no funciona, llame a %(utility)s.",
}
_ENDS = {
    "en": "\n\nSee the day:\n%(page)s\n\nStop mails of this kind, without logging in:\n%(off)s\n",
    "es": "\n\nVea el día:\n%(page)s\n\nDejar de recibir correos de este tipo, sin iniciar sesión:\n%(off)s\n",
}


def written(language: str, kind: str, **facts: object) -> tuple[str, str]:
    """Subject and text of a mail."""
    language = language if language in _ENDS else "en"
    return _SUBJECTS[language, kind] % facts, (_TEXTS[language, kind] + _ENDS[language]) % facts


def amount_text(value: int, uom: int, power_of_ten: int) -> str:
    """An amount with its unit, to a tenth: both languages of Texas write it alike."""
    tenths = (units.thousandths(value, uom, power_of_ten) + 50) // 100
    return f"{tenths // 10:,}.{tenths % 10} {units.NAMES.get(uom, ('', 0))[0]}".rstrip()

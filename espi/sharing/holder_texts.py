"""The words of the mails about joint holders and friends, in the languages of the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi.sharing.texts import Mail
from espi.store import jobs

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn

KIND = "mail.send"

_MAILS = {
    ("en", "friend"): Mail(
        "%(giver)s wants to show you the energy use of a home",
        "%(giver)s lets you look at the energy use of a home: charts of each day, month and year. You can change "
        "nothing there.\n\nSay yes or no on this page:\n%(link)s\n\n"
        "The link works until %(until)s and only once. If you do not know %(giver)s, throw this mail away.\n",
    ),
    ("es", "friend"): Mail(
        "%(giver)s quiere mostrarle el consumo de energía de un hogar",
        "%(giver)s le deja ver el consumo de energía de un hogar: gráficas de cada día, mes y año. Usted no puede "
        "cambiar nada.\n\nDiga sí o no en esta página:\n%(link)s\n\n"
        "El enlace sirve hasta el %(until)s y una sola vez. Si no conoce a %(giver)s, borre este correo.\n",
    ),
    ("en", "joint"): Mail(
        "%(giver)s wants to share a home with you as joint holder",
        "%(giver)s makes you joint holder of the energy data of a home. You can look at it, download it, and share it "
        "with apps, as %(giver)s can.\n\nSay yes or no on this page:\n%(link)s\n\n"
        "The link works until %(until)s and only once. If you do not know %(giver)s, throw this mail away.\n",
    ),
    ("es", "joint"): Mail(
        "%(giver)s quiere compartir un hogar con usted como cotitular",
        "%(giver)s le hace cotitular de los datos de energía de un hogar. Usted puede verlos, descargarlos y "
        "compartirlos con aplicaciones, igual que %(giver)s.\n\nDiga sí o no en esta página:\n%(link)s\n\n"
        "El enlace sirve hasta el %(until)s y una sola vez. Si no conoce a %(giver)s, borre este correo.\n",
    ),
    ("en", "accepted"): Mail(
        "%(name)s can see your energy data now",
        "%(name)s has said yes and can now see your energy data here. The user name is %(guest)s.\n\n"
        "If this is not the person you meant, end it at once on this page:\n%(link)s\n",
    ),
    ("es", "accepted"): Mail(
        "%(name)s ya puede ver sus datos de energía",
        "%(name)s dijo que sí y ya puede ver aquí sus datos de energía. El nombre de usuario es %(guest)s.\n\n"
        "Si no es la persona que usted quería, termínelo de inmediato en esta página:\n%(link)s\n",
    ),
    ("en", "refused"): Mail(
        "%(name)s does not want to see your energy data",
        "%(name)s has said no. Nothing was shown. You need not do anything:\n%(link)s\n",
    ),
    ("es", "refused"): Mail(
        "%(name)s no quiere ver sus datos de energía",
        "%(name)s dijo que no. No se mostró nada. No tiene que hacer nada:\n%(link)s\n",
    ),
    ("en", "over-giver"): Mail(
        "%(name)s cannot see your energy data any more",
        "It has ended that %(name)s sees your energy data here. You can invite again on this page:\n%(link)s\n",
    ),
    ("es", "over-giver"): Mail(
        "%(name)s ya no puede ver sus datos de energía",
        "Terminó que %(name)s vea aquí sus datos de energía. Puede invitar de nuevo en esta página:\n%(link)s\n",
    ),
    ("en", "over-guest"): Mail(
        "You cannot see the home of %(giver)s any more",
        "It has ended that you see the energy data of %(giver)s here. What is yours stays as it is:\n%(link)s\n",
    ),
    ("es", "over-guest"): Mail(
        "Ya no puede ver el hogar de %(giver)s",
        "Terminó que usted vea aquí los datos de energía de %(giver)s. Lo suyo sigue igual:\n%(link)s\n",
    ),
}

KINDS = frozenset(kind for _, kind in _MAILS)


def post(conn: Conn, kind: str, to: tuple[str, str], settings: Settings, path: str, **facts: object) -> None:
    """Put a mail into the outbox. to: address and language. path: of the page behind its link."""
    address, language = to
    words = _MAILS[language if (language, kind) in _MAILS else "en", kind]
    filled = {**facts, "link": f"{settings.base_url}/{path}"}
    subject = " ".join((words.subject % filled).split())
    payload = {"to": address, "subject": subject, "text": words.text % filled, "language": language}
    jobs.add_job(conn, KIND, payload, now_s=settings.clock.now_s())

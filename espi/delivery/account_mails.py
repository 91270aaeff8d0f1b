"""Mails about accounts: links that count once, and notices of what was changed, in the languages of the portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi.config import Settings
from espi.store import jobs

if TYPE_CHECKING:
    from espi.store.database import Conn

MAIL = "mail.send"


@dataclass(frozen=True)
class Words:
    """A mail in one language."""

    subject: str
    text: str


_NOT_YOU = {
    "en": "If this was not you, set a new password at once on this page:\n%(link)s\n",
    "es": "Si no fue usted, ponga ahora mismo una contraseña nueva en esta página:\n%(link)s\n",
}

_MAILS = {
    ("en", "confirm"): Words(
        "Confirm your mail address",
        "Somebody, we hope you, wants to see the energy data of the meter ending in %(four)s and gave this address.\n\n"
        "Go on here, choose a password, and you are done:\n%(link)s\n\n"
        "The link works for 24 hours and only once. If this was not you, throw this mail away: without the link "
        "nobody gets an account.\n",
    ),
    ("es", "confirm"): Words(
        "Confirme su correo electrónico",
        "Alguien, esperamos que usted, quiere ver los datos de energía del medidor que termina en %(four)s y dio esta "
        "dirección.\n\nContinúe aquí, elija una contraseña y listo:\n%(link)s\n\n"
        "El enlace sirve por 24 horas y una sola vez. Si no fue usted, borre este correo: sin el enlace nadie obtiene "
        "una cuenta.\n",
    ),
    ("en", "known"): Words(
        "You have an account already",
        "Somebody, we hope you, wanted to make an account with this address. There is one already.\n\n"
        "To add the meter ending in %(four)s to it, log in and choose “Add a meter” on the page “My account”:\n"
        "%(link)s\n\nIf this was not you, you need not do anything. Nothing was changed.\n",
    ),
    ("es", "known"): Words(
        "Usted ya tiene una cuenta",
        "Alguien, esperamos que usted, quiso crear una cuenta con esta dirección. Ya existe una.\n\n"
        "Para agregarle el medidor que termina en %(four)s, inicie sesión y elija “Agregar un medidor” en la página "
        "“Mi cuenta”:\n%(link)s\n\nSi no fue usted, no tiene que hacer nada. No se cambió nada.\n",
    ),
    ("en", "welcome"): Words(
        "Your account is ready",
        "You can now see the energy data of the meter ending in %(four)s. Your user name is %(name)s.\n\n"
        "Your meters are here:\n%(link)s\n\nWe never ask for your password by mail or by phone.\n",
    ),
    ("es", "welcome"): Words(
        "Su cuenta está lista",
        "Ya puede ver los datos de energía del medidor que termina en %(four)s. Su nombre de usuario es %(name)s.\n\n"
        "Sus medidores están aquí:\n%(link)s\n\nNunca le pedimos su contraseña por correo ni por teléfono.\n",
    ),
    ("en", "added"): Words(
        "A meter was added to your account",
        "The meter ending in %(four)s was added to your account.\n\n" + _NOT_YOU["en"],
    ),
    ("es", "added"): Words(
        "Se agregó un medidor a su cuenta",
        "El medidor que termina en %(four)s se agregó a su cuenta.\n\n" + _NOT_YOU["es"],
    ),
    ("en", "recovery"): Words(
        "Set a new password",
        "Somebody, we hope you, has forgotten the password of your account %(name)s.\n\n"
        "Set a new one here:\n%(link)s\n\n"
        "The link works for 30 minutes and only once. If this was not you, throw this mail away: your password stays "
        "as it is.\n",
    ),
    ("es", "recovery"): Words(
        "Ponga una contraseña nueva",
        "Alguien, esperamos que usted, olvidó la contraseña de su cuenta %(name)s.\n\n"
        "Ponga una nueva aquí:\n%(link)s\n\n"
        "El enlace sirve por 30 minutos y una sola vez. Si no fue usted, borre este correo: su contraseña sigue "
        "igual.\n",
    ),
    ("en", "password"): Words(
        "Your password was changed",
        "The password of your account %(name)s was changed, and every session was ended but the one it was changed "
        "in.\n\n" + _NOT_YOU["en"],
    ),
    ("es", "password"): Words(
        "Su contraseña cambió",
        "La contraseña de su cuenta %(name)s cambió, y se cerraron todas las sesiones menos aquella en que se "
        "cambió.\n\n" + _NOT_YOU["es"],
    ),
    ("en", "factor"): Words(
        "How you log in was changed",
        "Something was changed in how you log in to your account %(name)s: a phone app, a passkey or recovery codes "
        "were added or removed.\n\n" + _NOT_YOU["en"],
    ),
    ("es", "factor"): Words(
        "Cambió cómo inicia sesión",
        "Algo cambió en cómo inicia sesión en su cuenta %(name)s: se agregó o se quitó una aplicación del teléfono, "
        "una llave de acceso o códigos de recuperación.\n\n" + _NOT_YOU["es"],
    ),
    ("en", "address"): Words(
        "Confirm your new mail address",
        "You want mails about your energy data at this address. Say yes here:\n%(link)s\n\n"
        "The link works for 24 hours and only once. If this was not you, throw this mail away.\n",
    ),
    ("es", "address"): Words(
        "Confirme su nuevo correo electrónico",
        "Usted quiere recibir en esta dirección los correos sobre sus datos de energía. Diga que sí aquí:\n%(link)s\n\n"
        "El enlace sirve por 24 horas y una sola vez. Si no fue usted, borre este correo.\n",
    ),
    ("en", "address_changed"): Words(
        "Your mail address was changed",
        "Mails about your account go to another address from now on; this is the last one here.\n\n" + _NOT_YOU["en"],
    ),
    ("es", "address_changed"): Words(
        "Su correo electrónico cambió",
        "Desde ahora los correos de su cuenta van a otra dirección; este es el último aquí.\n\n" + _NOT_YOU["es"],
    ),
    ("en", "closed"): Words(
        "Your account is closed",
        "Your account is closed, and what you shared with others has ended. What we knew of you for logging in is "
        "deleted. Your utility keeps your readings, as the law asks of it.\n\n"
        "If you change your mind, register again:\n%(link)s\n",
    ),
    ("es", "closed"): Words(
        "Su cuenta está cerrada",
        "Su cuenta está cerrada y terminó lo que compartía con otros. Borramos lo que sabíamos de usted para iniciar "
        "sesión. Su compañía de servicios conserva sus lecturas, como lo pide la ley.\n\n"
        "Si cambia de opinión, regístrese otra vez:\n%(link)s\n",
    ),
}

KINDS = frozenset(kind for _, kind in _MAILS)
PAGES = {
    "known": "account",
    "welcome": "",
    "added": "recover",
    "password": "recover",
    "factor": "recover",
    "address_changed": "recover",
    "closed": "register",
}
"""Where the link of a mail goes that needs none of its own."""


def post(conn: Conn, kind: str, to: tuple[str, str], settings: Settings, path: str = "", **facts: object) -> None:
    """Put a mail into the outbox. to: address and language; nothing is sent where there is no address.

    path: of the page behind its link, if that is one that counts once.
    """
    address, language = to
    if "@" not in address:
        return
    words = _MAILS[language if (language, kind) in _MAILS else "en", kind]
    facts["link"] = f"{settings.base_url}/{path or PAGES[kind]}"
    payload = {"to": address, "subject": words.subject, "text": words.text % facts, "language": language}
    jobs.add_job(conn, MAIL, payload, now_s=settings.clock.now_s())

"""Canned replies: what the desk writes often, declared here in both languages; operators may change the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi.store import desk

if TYPE_CHECKING:
    from espi.store.database import Conn


@dataclass(frozen=True)
class Reply:
    """A reply in one language. changed: an operator has changed its words."""

    key: str
    language: str
    title: str
    text: str
    changed: bool = False


REPLIES = (
    Reply(
        "locked",
        "en",
        "Login is locked",
        "After ten wrong passwords a login is shut for fifteen minutes. Wait that long, then try again with care.\n\n"
        "If you forgot the password, choose “Forgotten password” on the login page. We cannot see passwords and never "
        "ask for them.",
    ),
    Reply(
        "locked",
        "es",
        "El acceso está bloqueado",
        "Después de diez contraseñas equivocadas, el acceso se cierra quince minutos. Espere y pruebe otra vez con "
        "cuidado.\n\nSi olvidó la contraseña, elija “Olvidé mi contraseña” en la página de acceso. No podemos ver "
        "contraseñas y nunca las pedimos.",
    ),
    Reply(
        "register",
        "en",
        "How to make an account",
        "You need three things from your electric bill: the ESIID, the meter number and the name of your electric "
        "company. Type them just as the bill has them.\n\nIf it still does not work, answer here and tell us which of "
        "the three you are unsure about.",
    ),
    Reply(
        "register",
        "es",
        "Cómo crear una cuenta",
        "Necesita tres datos de su factura de luz: el ESIID, el número del medidor y el nombre de su compañía. "
        "Escríbalos tal como están en la factura.\n\nSi todavía no funciona, conteste aquí y díganos de cuál de los "
        "tres no está seguro.",
    ),
    Reply(
        "late",
        "en",
        "Data of yesterday is not there yet",
        "Your utility sends the readings of a day once a night, and some meters a day later. If the day is still "
        "empty after three days, answer here: we then ask your utility.",
    ),
    Reply(
        "late",
        "es",
        "Los datos de ayer todavía no están",
        "Su empresa eléctrica envía las lecturas una vez por noche, y de algunos medidores un día después. Si el día "
        "sigue vacío después de tres días, conteste aquí: entonces preguntamos a la empresa.",
    ),
    Reply(
        "sharing",
        "en",
        "How to end what you share",
        "Open “Who sees my data”, choose the app and press “Stop sharing”. It takes effect at once and costs nothing. "
        "What the app got before stays with it, under its own privacy rules.",
    ),
    Reply(
        "sharing",
        "es",
        "Cómo dejar de compartir",
        "Abra “Quién ve mis datos”, elija la aplicación y oprima “Dejar de compartir”. Tiene efecto al instante y no "
        "cuesta nada. Lo que la aplicación ya recibió se queda con ella, según sus propias reglas de privacidad.",
    ),
    Reply(
        "taken",
        "en",
        "Somebody else has my meter",
        "When somebody moves, the meter can stay with the account of the person before. Tell us the day on which you "
        "moved in. We check it with your utility and then release the meter.",
    ),
    Reply(
        "taken",
        "es",
        "Otra persona tiene mi medidor",
        "Cuando alguien se muda, el medidor puede quedar en la cuenta de la persona anterior. Díganos qué día se mudó. "
        "Lo verificamos con su empresa eléctrica y liberamos el medidor.",
    ),
    Reply(
        "request",
        "en",
        "Please send the request id",
        "Every error page shows a number under “If you ask for help”. Programs find it in the header X-Request-Id. "
        "Please send us that number and the time; we then see what went wrong.",
    ),
    Reply(
        "request",
        "es",
        "Envíenos el número de la solicitud",
        "Cada página de error muestra un número bajo “Si pide ayuda”. Los programas lo encuentran en el encabezado "
        "X-Request-Id. Envíenos ese número y la hora; así vemos qué falló.",
    ),
)


def replies(conn: Conn, language: str = "") -> list[Reply]:
    """The replies in a language, or in both, as operators have changed them."""
    changed: Mapping[tuple[str, str], tuple[str, str]] = desk.changed_replies(conn)
    return [_present(each, changed) for each in REPLIES if language in ("", each.language)]


def _present(reply: Reply, changed: Mapping[tuple[str, str], tuple[str, str]]) -> Reply:
    found = changed.get((reply.key, reply.language))
    return reply if found is None else Reply(reply.key, reply.language, *found, changed=True)

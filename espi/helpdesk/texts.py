"""The words of the mails of the help desk and the operator, in the languages of the portal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mail:
    """A mail in one language."""

    subject: str
    text: str


_MAILS = {
    ("en", "opened"): Mail(
        "We have your question (%(number)s)",
        "We got your question “%(subject)s”. Its number is %(number)s.\n\n"
        "We mean to answer within %(hours)s hours. You can read and add to it here:\n%(link)s\n\n"
        "We will never ask for your password.\n",
    ),
    ("es", "opened"): Mail(
        "Recibimos su pregunta (%(number)s)",
        "Recibimos su pregunta “%(subject)s”. Su número es %(number)s.\n\n"
        "Queremos responder en %(hours)s horas. Aquí puede leerla y agregar algo:\n%(link)s\n\n"
        "Nunca le pediremos su contraseña.\n",
    ),
    ("en", "answer"): Mail(
        "Our answer to “%(subject)s” (%(number)s)",
        "%(text)s\n\nYou can answer on this page:\n%(link)s\n\nWe will never ask for your password.\n",
    ),
    ("es", "answer"): Mail(
        "Nuestra respuesta a “%(subject)s” (%(number)s)",
        "%(text)s\n\nPuede contestar en esta página:\n%(link)s\n\nNunca le pediremos su contraseña.\n",
    ),
    ("en", "unlock"): Mail(
        "Our help desk unlocked your login",
        "Our help desk unlocked your login %(about)s. You can log in again with your own password.\n\n"
        "Reason: %(reason)s\n\n"
        "If you did not ask for this, change your password and tell us. What the help desk looked at is listed here:\n"
        "%(link)s\n",
    ),
    ("es", "unlock"): Mail(
        "Nuestro servicio de ayuda desbloqueó su acceso",
        "Nuestro servicio de ayuda desbloqueó su acceso %(about)s. Puede volver a entrar con su propia contraseña.\n\n"
        "Motivo: %(reason)s\n\n"
        "Si usted no lo pidió, cambie su contraseña y avísenos. Aquí está la lista de lo que vio el servicio de "
        "ayuda:\n%(link)s\n",
    ),
    ("en", "resend"): Mail(
        "Our help desk sent you a mail again",
        "Our help desk sent the mail about %(about)s again. It comes apart from this one.\n\nReason: %(reason)s\n\n"
        "What the help desk looked at is listed here:\n%(link)s\n",
    ),
    ("es", "resend"): Mail(
        "Nuestro servicio de ayuda le envió un correo otra vez",
        "Nuestro servicio de ayuda envió otra vez el correo sobre %(about)s. Llega aparte de este.\n\n"
        "Motivo: %(reason)s\n\nAquí está la lista de lo que vio el servicio de ayuda:\n%(link)s\n",
    ),
    ("en", "release"): Mail(
        "A meter is no longer in your account",
        "Our help desk took the meter ending in %(about)s out of your account. What you shared of it has ended too.\n\n"
        "Reason: %(reason)s\n\n"
        "If you live there, write to us, or add the meter again with the number on your bill:\n%(link)s\n",
    ),
    ("es", "release"): Mail(
        "Un medidor ya no está en su cuenta",
        "Nuestro servicio de ayuda sacó de su cuenta el medidor que termina en %(about)s. También terminó lo que usted "
        "compartía de él.\n\nMotivo: %(reason)s\n\n"
        "Si usted vive allí, escríbanos, o agregue el medidor otra vez con el número de su factura:\n%(link)s\n",
    ),
    ("en", "notice"): Mail("%(title)s", "%(text)s\n\n%(link)s\n\nYou get this mail because you asked for notices.\n"),
    ("es", "notice"): Mail("%(title)s", "%(text)s\n\n%(link)s\n\nRecibe este correo porque pidió los avisos.\n"),
    ("en", "approved"): Mail(
        "%(name)s is approved",
        "%(name)s may now ask customers for access to their energy data.\n\n%(link)s\n",
    ),
    ("es", "approved"): Mail(
        "%(name)s está aprobada",
        "%(name)s ya puede pedir a los clientes acceso a sus datos de energía.\n\n%(link)s\n",
    ),
    ("en", "noticed"): Mail(
        "%(name)s will be suspended on %(day)s",
        "We mean to suspend %(name)s on %(day)s. Until then everything works as before.\n\nReason: %(reason)s\n\n"
        "You can answer and appeal on this page:\n%(link)s\n",
    ),
    ("es", "noticed"): Mail(
        "%(name)s se suspenderá el %(day)s",
        "Pensamos suspender %(name)s el %(day)s. Hasta entonces todo funciona como antes.\n\nMotivo: %(reason)s\n\n"
        "Puede contestar y apelar en esta página:\n%(link)s\n",
    ),
    ("en", "suspended"): Mail(
        "%(name)s is suspended",
        "%(name)s is suspended from now on: it gets no data. What customers agreed to is kept, not ended.\n\n"
        "Reason: %(reason)s\n\nYou can appeal on this page:\n%(link)s\n",
    ),
    ("es", "suspended"): Mail(
        "%(name)s está suspendida",
        "%(name)s está suspendida desde ahora: no recibe datos. Lo que los clientes acordaron se conserva.\n\n"
        "Motivo: %(reason)s\n\nPuede apelar en esta página:\n%(link)s\n",
    ),
    ("en", "upheld"): Mail(
        "Your appeal for %(name)s was not granted",
        "We read your appeal. The suspension of %(name)s stands.\n\nReason: %(reason)s\n\n%(link)s\n",
    ),
    ("es", "upheld"): Mail(
        "No se aceptó su apelación por %(name)s",
        "Leímos su apelación. La suspensión de %(name)s sigue en pie.\n\nMotivo: %(reason)s\n\n%(link)s\n",
    ),
    ("en", "reinstated"): Mail(
        "%(name)s is not suspended any more",
        "%(name)s works again from now on.\n\nReason: %(reason)s\n\n%(link)s\n",
    ),
    ("es", "reinstated"): Mail(
        "%(name)s ya no está suspendida",
        "%(name)s funciona otra vez desde ahora.\n\nMotivo: %(reason)s\n\n%(link)s\n",
    ),
    ("en", "welcome"): Mail(
        "Your login %(name)s",
        "You get the login %(name)s. Choose your own password on this page; it also shows the key for the app on your "
        "phone that makes codes:\n%(link)s\n\nThe link works until %(until)s and only once.\n",
    ),
    ("es", "welcome"): Mail(
        "Su acceso %(name)s",
        "Usted recibe el acceso %(name)s. Elija su propia contraseña en esta página; también muestra la clave para la "
        "aplicación de su teléfono que hace los códigos:\n%(link)s\n\n"
        "El enlace sirve hasta el %(until)s y una sola vez.\n",
    ),
    ("en", "colleague"): Mail(
        "%(name)s invites you to the desk of %(company)s",
        "%(name)s wants you to work at the desk of %(company)s, where companies see to their keys and data.\n\n"
        "Choose a password on this page and set up the app on your phone that makes codes:\n%(link)s\n\n"
        "The link works until %(until)s and only once. If you do not know who asks, throw this mail away.\n",
    ),
    ("es", "colleague"): Mail(
        "%(name)s le invita al escritorio de %(company)s",
        "%(name)s quiere que usted trabaje en el escritorio de %(company)s, donde las empresas cuidan sus claves "
        "y datos.\n\nElija una contraseña en esta página y prepare la aplicación de su teléfono que hace los códigos:\n"
        "%(link)s\n\nEl enlace sirve hasta el %(until)s y una sola vez. Si no sabe quién pregunta, bórrelo.\n",
    ),
    ("en", "colleague_known"): Mail(
        "You have an account already",
        "%(name)s wants you to work at the desk of %(company)s. There is an account with this address already, and "
        "one account cannot be for two things. Ask to be invited with another address.\n\n%(link)s\n",
    ),
    ("es", "colleague_known"): Mail(
        "Usted ya tiene una cuenta",
        "%(name)s quiere que usted trabaje en el escritorio de %(company)s. Ya existe una cuenta con esta dirección, y "
        "una cuenta no puede servir para dos cosas. Pida la invitación con otra dirección.\n\n%(link)s\n",
    ),
    ("en", "colleague_changed"): Mail(
        "What you may do was changed",
        "An administrator of your company changed what the login %(name)s may do. Log in to see it:\n%(link)s\n",
    ),
    ("es", "colleague_changed"): Mail(
        "Cambió lo que usted puede hacer",
        "Un administrador de su empresa cambió lo que puede hacer el acceso %(name)s. Entre para verlo:\n%(link)s\n",
    ),
    ("en", "colleague_ended"): Mail(
        "Your login %(name)s has ended",
        "An administrator of your company ended the login %(name)s. It does not work any more. If that is wrong, ask "
        "your company.\n\n%(link)s\n",
    ),
    ("es", "colleague_ended"): Mail(
        "Su acceso %(name)s terminó",
        "Un administrador de su empresa terminó el acceso %(name)s. Ya no sirve. Si es un error, pregunte en su "
        "empresa.\n\n%(link)s\n",
    ),
    ("en", "change-submitted"): Mail(
        "New change request %(number)s: %(title)s",
        "%(company)s asks for a change: “%(title)s”.\n\nRead it and write what you think of it:\n%(link)s\n",
    ),
    ("es", "change-submitted"): Mail(
        "Nueva solicitud de cambio %(number)s: %(title)s",
        "%(company)s pide un cambio: «%(title)s».\n\nLéala y escriba lo que piensa:\n%(link)s\n",
    ),
    ("en", "change-comment"): Mail(
        "%(who)s wrote about %(number)s",
        "%(who)s wrote about the change request “%(title)s”:\n\n%(text)s\n\n%(link)s\n",
    ),
    ("es", "change-comment"): Mail(
        "%(who)s escribió sobre %(number)s",
        "%(who)s escribió sobre la solicitud de cambio «%(title)s»:\n\n%(text)s\n\n%(link)s\n",
    ),
    ("en", "change-voting"): Mail(
        "Vote on %(number)s until %(until)s",
        "The utilities vote on “%(title)s” (%(company)s) until %(until)s. Each utility has one vote and may change it "
        "until then.\n\n%(link)s\n",
    ),
    ("es", "change-voting"): Mail(
        "Vote sobre %(number)s hasta el %(until)s",
        "Las empresas de distribución votan sobre «%(title)s» (%(company)s) hasta el %(until)s. Cada empresa tiene un "
        "voto y puede cambiarlo hasta entonces.\n\n%(link)s\n",
    ),
    ("en", "change-accepted"): Mail(
        "Accepted: %(number)s, %(title)s",
        "The change request “%(title)s” was accepted.\n\nReason: %(reason)s\n\n%(link)s\n",
    ),
    ("es", "change-accepted"): Mail(
        "Aceptada: %(number)s, %(title)s",
        "Se aceptó la solicitud de cambio «%(title)s».\n\nMotivo: %(reason)s\n\n%(link)s\n",
    ),
    ("en", "change-rejected"): Mail(
        "Not accepted: %(number)s, %(title)s",
        "The change request “%(title)s” was not accepted.\n\nReason: %(reason)s\n\n%(link)s\n",
    ),
    ("es", "change-rejected"): Mail(
        "No aceptada: %(number)s, %(title)s",
        "No se aceptó la solicitud de cambio «%(title)s».\n\nMotivo: %(reason)s\n\n%(link)s\n",
    ),
    ("en", "change-done"): Mail(
        "It works: %(number)s, %(title)s",
        "The change “%(title)s” is made, and works from now on.\n\n%(link)s\n",
    ),
    ("es", "change-done"): Mail(
        "Ya funciona: %(number)s, %(title)s",
        "El cambio «%(title)s» está hecho y funciona desde ahora.\n\n%(link)s\n",
    ),
    ("en", "change-withdrawn"): Mail(
        "Taken back: %(number)s, %(title)s",
        "%(company)s has taken its change request “%(title)s” back.\n\n%(link)s\n",
    ),
    ("es", "change-withdrawn"): Mail(
        "Retirada: %(number)s, %(title)s",
        "%(company)s retiró su solicitud de cambio «%(title)s».\n\n%(link)s\n",
    ),
}

KINDS = frozenset(kind for _, kind in _MAILS)
LANGUAGES = frozenset(language for language, _ in _MAILS)


def mail(kind: str, language: str, **facts: object) -> Mail:
    """A mail of a kind with its facts filled in."""
    found = _MAILS[language if language in LANGUAGES else "en", kind]
    return Mail(" ".join((found.subject % facts).split()), found.text % facts)

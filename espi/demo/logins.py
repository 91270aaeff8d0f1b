"""Who may log in to the demonstration market. The passwords are printed for everybody: it is a demonstration."""

from __future__ import annotations

import base64
import hashlib
import itertools
from dataclasses import dataclass

from espi.access import needs_second_factor
from espi.demo.roster import BAYOU, CAPROCK, FIRMS, PEOPLE, RETAILERS, Person
from espi.demo.sharing import APPLICATIONS
from espi.store import people
from espi.store.database import Conn


@dataclass(frozen=True)
class Login:
    """A login. of: the name or DUNS of the party that the role speaks for, if any."""

    name: str
    role: str
    of: str = ""
    language: str = "en"

    @property
    def password(self) -> str:
        """The same every time."""
        return f"{self.name}-green-button"

    @property
    def totp(self) -> str:
        """The key of the second factor, for those who need one."""
        if not needs_second_factor(self.role):
            return ""
        digest = hashlib.sha256(f"espi demonstration {self.name}".encode()).digest()
        return base64.b32encode(digest[:20]).decode("ascii")


STAFF = (
    *(Login(retailer.name.split()[0].lower(), "rep", retailer.name) for retailer in RETAILERS),
    Login("caprock", "tdsp", CAPROCK.duns),
    Login("bayou", "tdsp", BAYOU.duns),
    *(Login(application.staff, "third_party", application.name) for application in APPLICATIONS if application.staff),
    Login("commission", "regulator"),
    Login("operations", "operator"),
    Login("helpdesk", "operator"),
)


def of_customer(person: Person) -> Login:
    """A customer's login."""
    return Login(person.login, "customer", person.name, person.language)


def add(conn: Conn, *parties_by_name: dict[str, int]) -> None:
    """Make every login. parties_by_name: the ids of those whom logins speak for, by name or DUNS number."""
    parties = dict(itertools.chain({"": 0}.items(), *(each.items() for each in parties_by_name)))
    for login in (*map(of_customer, (*PEOPLE, *FIRMS)), *STAFF):
        people.add_login(
            conn,
            login.name,
            login.password,
            login.role,
            parties[login.of],
            totp_secret=login.totp,
            language=login.language,
        )

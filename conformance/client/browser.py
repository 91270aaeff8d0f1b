"""The customer at a browser: a person who is told what to open, or a script that logs in and fills in forms.

The scripted one knows HTML forms, cookies and redirects, and runs no programs of pages. What it does on a page is a
`Step` of the settings, chosen by the page's address, so that a page that does not come (who is logged in needs no
log-in) does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import html

from conformance.client.exchange import Exchange, Http, Recorder
from conformance.client.settings import SCOPE_SELECTION_PATH, Settings, Step
from conformance.suite import Skip, shown

MOST_PAGES = 12
MOST_REDIRECTS = 20
MOST_TIMES = 2
"""How often one step is done in a visit: a log-in that fails comes back with the same page."""
ASKED_OF_A_PERSON = {
    "consent": "log in as the test customer and agree",
    "deny": "log in as the test customer and refuse",
}
OWN_STEPS = (Step(page=re.escape(SCOPE_SELECTION_PATH)),)
"""What is done on the kit's own pages."""


@dataclass(frozen=True)
class Visit:
    """Where the browser went. exchanges: every request of it, in its order. url: where it is now (by hand: unknown)."""

    url: str
    exchanges: tuple[Exchange, ...] = ()
    by_hand: bool = False

    @property
    def last(self) -> Exchange | None:
        """The page that it ended with."""
        return self.exchanges[-1] if self.exchanges else None


@dataclass
class Browser:
    """Whoever acts as the customer. Cookies are kept from one visit to the next; `forget` drops them."""

    settings: Settings
    recorder: Recorder
    say: Callable[[str], None]
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = Http(self.settings, self.recorder, also_trust=self.settings.browser.ca_file)

    @property
    def by_hand(self) -> bool:
        """A person does it."""
        return self.settings.browser.by_hand

    def forget(self) -> None:
        """Drop all cookies: the next visit is by somebody whom the custodian does not know."""
        self.cookies.clear()

    def run(self, script: str, url: str) -> Visit:
        """Open an address as the customer and do what a script says until no step of it fits the page.

        By hand, the person is told, and nothing is waited for here: wait for what comes to the listener.

        Raises:
            Skip: there is no such script, or a step does not fit its page.
        """
        if self.by_hand:
            self.say(f"In a browser, open\n    {url}\nand then {ASKED_OF_A_PERSON.get(script, script)}.")
            return Visit(url, by_hand=True)
        scripts = self.settings.browser.scripts
        if script not in scripts:
            raise Skip(f"The settings have no steps for the customer's {script!r} ([[browser.{script}]]).")
        steps = (*scripts[script], *scripts.get("log_in", ()), *OWN_STEPS)
        kept: list[Exchange] = []
        done: dict[int, int] = {}
        page = self._open(kept, "GET", url)
        for _ in range(MOST_PAGES):
            fitting = [number for number, step in enumerate(steps) if _fits(step, page)]
            if not fitting:
                break
            number, submission = _first_possible(fitting, steps, page, self.settings.scope)
            if done.get(number, 0) >= MOST_TIMES:
                break
            done[number] = done.get(number, 0) + 1
            page = self._open(kept, *submission, referrer=page.address)
        return Visit(page.address, tuple(kept))

    def get(self, url: str) -> Exchange:
        """One page, with the cookies that there are; no redirect is followed."""
        return self._send("GET", url, None, "")

    # ------------------------------------------------------------ inside

    def _open(
        self, kept: list[Exchange], method: str, url: str, form: str | None = None, referrer: str = ""
    ) -> Exchange:
        """A page at the end of all redirects."""
        page = self._send(method, url, form, referrer)
        kept.append(page)
        for _ in range(MOST_REDIRECTS):
            if page.status not in {301, 302, 303, 307, 308} or not page.location:
                break
            target = urljoin(page.address, page.location)
            again = page.status in {307, 308}
            page = self._send(method if again else "GET", target, form if again else None, referrer)
            kept.append(page)
        return page

    def _send(self, method: str, url: str, form: str | None, referrer: str) -> Exchange:
        headers = [("Accept", "text/html,application/xhtml+xml"), ("Accept-Language", "en")]
        if referrer:
            parts = urlsplit(referrer)
            headers += [("Referer", referrer), ("Origin", f"{parts.scheme}://{parts.netloc}")]
        if form is not None:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        known = self.cookies.setdefault(urlsplit(url).hostname or "", {})
        if known:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in known.items())))
        page = self._http.send(method, url.partition("#")[0], headers=headers, body=form)
        for line in page.headers("Set-Cookie"):
            _keep_cookie(known, line)
        return page


def _keep_cookie(known: dict[str, str], line: str) -> None:
    pair, *attributes = (part.strip() for part in line.split(";"))
    name, _, value = pair.partition("=")
    ended = any(re.fullmatch(r"(?i)max-age=(0|-\d+)|expires=.*\b(1970|1969)\b.*", one) for one in attributes)
    if ended or not value:
        known.pop(name, None)
    else:
        known[name] = value


def _fits(step: Step, page: Exchange) -> bool:
    return page.status in {200, 400, 401, 403, 409, 422} and re.search(step.page, page.address) is not None


# ---------------------------------------------------------------- a page


Submission = tuple[str, str, str | None]
"""What a step makes of a page: method, address and form."""


def _first_possible(
    fitting: Sequence[int], steps: Sequence[Step], page: Exchange, scope: str
) -> tuple[int, Submission]:
    """The first of these steps that can be done on a page, by its number."""
    failed: Skip | None = None
    for number in fitting:
        try:
            return number, _submission(steps[number], page, scope)
        except Skip as why:
            failed = failed or why
    raise failed or Skip(f"Nothing can be done on {page.url}.")


def _submission(step: Step, page: Exchange, scope: str) -> Submission:
    """The request that a step makes of a page. `Skip` if its fields, button or link are not there."""
    tree = html.fromstring(page.body or b"<html></html>", base_url=page.address)
    where = shown(page.number)
    if step.follow:
        for element in tree.iter("a"):
            if step.follow in {"".join(map(str, element.itertext())).strip(), element.get("href")}:
                return "GET", urljoin(page.address, str(element.get("href"))), None
        raise Skip(f"There is no link {step.follow!r} on {page.url}.", where)
    form = _form(tree, step)
    if form is None:
        missing = ", ".join(filter(None, [*step.fill, *step.choose, *step.clear, step.press]))
        raise Skip(f"There is no form on {page.url} with {missing or 'anything to press'}.", where)
    for name, text in step.fill.items():
        form.inputs[name].value = _filled(text, scope)
    for name in step.clear:
        form.inputs[name].value = False
    for name, value in step.choose.items():
        wanted = (value,) if isinstance(value, str) else value
        try:
            _choose(form.inputs[name], tuple(_filled(one, scope) for one in wanted))
        except (ValueError, KeyError) as err:
            raise Skip(f"{name!r} on {page.url} cannot be {value!r}: {err}", where) from err
    return _sent(form, _button(form, step.press), page.address)


def _filled(text: str, scope: str) -> str:
    return text.replace("{scope}", scope)


def _form(tree: Any, step: Step) -> Any:
    """The form that has all fields of a step, and its button if it names one."""
    wanted = {*step.fill, *step.choose, *step.clear}
    for form in tree.forms:
        names = {field.get("name") for field in form.inputs}
        if wanted <= names and (not step.press or _button(form, step.press) is not None):
            return form
    return None


def _choose(field: Any, wanted: tuple[str, ...]) -> None:
    """Pick values in radio buttons, check boxes or a list."""
    options = _options(field)
    values = {"*": options, "first": options[:1]}.get(wanted[0], list(wanted))
    match field:
        case html.RadioGroup():
            field.value = values[0]
        case html.CheckboxGroup():
            field.value = values
        case html.SelectElement():
            field.value = values if field.multiple else values[0]
        case _:
            field.checked = True


def _options(field: Any) -> list[str]:
    match field:
        case html.RadioGroup() | html.CheckboxGroup():
            return [one.get("value", "on") for one in field]
        case html.SelectElement():
            return list(field.value_options)
    return [field.get("value", "on")]


def _buttons(form: Any) -> Iterator[Any]:
    for element in form.iter("button", "input"):
        kind = (element.get("type") or ("submit" if element.tag == "button" else "text")).lower()
        if kind in {"submit", "image"}:
            yield element


def _button(form: Any, press: str) -> Any:
    """The button of a form by its name, value or text; the first where none is named."""
    for element in _buttons(form):
        if not press or press in {element.get("name"), element.get("value"), " ".join(element.text_content().split())}:
            return element
    return None


def _sent(form: Any, button: Any, address: str) -> Submission:
    pairs: list[tuple[str, str]] = list(form.form_values())
    overriding: Mapping[str, str] = {} if button is None else button.attrib
    if button is not None and button.get("name"):
        pairs.append((button.get("name"), button.get("value") or ""))
    action = urljoin(address, overriding.get("formaction") or form.get("action") or address)
    method = (overriding.get("formmethod") or form.method or "GET").upper()
    data = urlencode(list(_named(pairs)))
    if method == "GET":
        return "GET", f"{action.partition('?')[0]}?{data}", None
    return "POST", action, data


def _named(pairs: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    return ((name, value or "") for name, value in pairs if name)

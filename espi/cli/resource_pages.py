"""The pages about the standard's resources, made from `espi.resources`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from espi.cli.pages import GENERATED, table
from espi.resources import catalogue
from espi.resources.declare import UNBOUNDED, Field, Resource, Simple, Struct, paths

CODES = "resources/codes.md"


def every() -> dict[str, str]:
    """A page for each resource, one for the codes and one that lists them all."""
    resources = list(catalogue.REGISTRY.values())
    found = {f"resources/{_slug(resource.element)}.md": _page(resource) for resource in resources}
    return {"resources/README.md": _index(resources), CODES: _codes(resources), **found}


def _slug(element: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", element).lower()


def _index(resources: list[Resource]) -> str:
    rows = [(f"[{one.element}]({_slug(one.element)}.md)", one.link_prefix, one.doc) for one in resources]
    return f"# Resources of ESPI 4.0\n\n{GENERATED}\n\n{table(('resource', 'schema', 'meaning'), rows)}\n"


def _page(resource: Resource) -> str:
    parts = [f"# {resource.element}", GENERATED, resource.doc]
    if resource.deprecated:
        parts.append(f"Deprecated: {resource.deprecated}")
    if resource.aliases:
        parts.append(f"Also read under the name {', '.join(resource.aliases)}.")
    parts.append(f"Namespace: `{resource.namespace}`")
    if resource.param:
        parts.append("Paths below the resource endpoint:\n\n" + "\n".join(f"- `{path}`" for path in paths(resource)))
    if resource.blocks:
        named = ", ".join(f"FB_{block.number:02d} {block.name}" for block in resource.blocks)
        parts.append(f"Function blocks: {named}.")
    for struct in _structs(resource.struct):
        heading = "Elements" if struct is resource.struct else struct.name
        parts.extend(_section(heading, struct))
    return "\n\n".join(parts) + "\n"


def _section(heading: str, struct: Struct) -> Iterator[str]:
    yield f"## {heading}"
    if heading != "Elements" and struct.doc:
        yield struct.doc
    if not struct.fields:
        yield "No elements of its own."
        return
    rows = [(f"`{one.name}`", _type(one), _many(one), one.unit, one.since, one.doc) for one in struct.fields]
    yield table(("element", "type", "how many", "unit", "since", "meaning"), rows)


def _type(field: Field) -> str:
    if isinstance(field.type, Struct):
        return f"[{field.type.name}](#{field.type.name.lower()})"
    return f"[{field.type.name}](codes.md#{field.type.name.lower()})" if field.type.codes else field.type.name


def _many(field: Field) -> str:
    least, most = field.many
    return f"{least}..{'n' if most == UNBOUNDED else most}"


def _structs(struct: Struct) -> Iterator[Struct]:
    """A type and every type below it, each once."""
    seen: dict[str, Struct] = {}
    waiting = [struct]
    while waiting:
        one = waiting.pop(0)
        if one.name not in seen:
            seen[one.name] = one
            waiting.extend(field.type for field in one.fields if isinstance(field.type, Struct))
    yield from seen.values()


def _codes(resources: Iterable[Resource]) -> str:
    kinds: dict[str, Simple] = {}
    for resource in resources:
        for struct in _structs(resource.struct):
            for field in struct.fields:
                if isinstance(field.type, Simple) and field.type.codes:
                    kinds[field.type.name] = field.type
    parts = ["# Codes", GENERATED]
    for name, kind in sorted(kinds.items()):
        parts.append(f"## {name}")
        if kind.doc:
            parts.append(kind.doc)
        parts.append(table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in kind.codes.items()]))
    return "\n\n".join(parts) + "\n"

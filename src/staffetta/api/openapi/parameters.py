"""Parameters of calls, and headers of answers, as components or in place."""

from staffetta.api.openapi.schemas import Field
from staffetta.api.openapi.tree import Named, Tree


def query(name: str, field: Field) -> Tree:
    """A parameter of the query; it may be absent, and one without a value counts as absent."""
    return {**_placed("query", name, field, required=False), "allowEmptyValue": True}


def in_path(component: str, name: str, field: Field) -> Named:
    """What stands in braces in paths."""
    return Named("parameters", component, _placed("path", name, field, required=True))


def request_header(name: str, field: Field) -> Tree:
    """A header of a request, a callback's too."""
    return _placed("header", name, field, required=field.required)


def answer_header(component: str, field: Field) -> Named:
    """A header of answers."""
    schema = dict(field.schema)
    return Named("headers", component, {"description": schema.pop("description"), "schema": schema})


def _placed(place: str, name: str, field: Field, *, required: bool) -> Tree:
    schema = dict(field.schema)
    said = schema.pop("description")
    return {"name": name, "in": place, "required": required, "description": said, "schema": schema}

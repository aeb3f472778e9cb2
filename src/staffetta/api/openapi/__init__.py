"""What the services are, for machines: OpenAPI 3.1, made from the code that answers.

`document.document(service, language)` is the whole of it: a document as a dict. Types, numbers,
limits and sentences come from the code: request bodies from the structs that parse them, refusals
from the errors and tables that answer them, scopes from the matcher's catalogue. Beside each stand
words for a reader, and an example.

To add a service: a module here, or a package when it is large, that makes one `Service` (see
`calls`): its name, room, version, tags, calls and how it refuses; then a line in `services`.

A call that only refuses, since it lacks what stands in another's path, is in `refusing`, and its
refusals are among those of the other.

To add a call: one `Call` in its service's tuple. What it names (objects, headers, parameters) is
put into the document's components by being named. A test compares the calls with those that the
room serves, both ways, and another one their examples with their schemas.

- `schemas`: fields and objects: `body_of` the struct that a parser decodes, `asked` a body that is
  parsed by hand, `described` an answer.
- `calls`: calls, replies and refusals. A refusal shows itself: give the error, or a function that
  raises it, and its status, number and sentence are what the service answers to it.
- `parameters`: what stands in queries, paths and headers.
- `general`: what calls have in common: tokens, rates, bodies, faults.
- `words`: every text for a reader is `words("...")`, with `{name}` for what comes from the code.
- `languages`: its translations, in `translations/`. `make messages` brings the catalogues up to
  date; a test refuses what is not translated.

`make openapi` writes the documents to docs/openapi; a test compares them. Nothing here answers a
call of a service or knows the database.
"""

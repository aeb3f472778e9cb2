"""The references that people read: a page for each service, in each language, and a page to try it.

They are made from the same documents that machines read (`openapi.document`): nothing that a call
takes or answers is said here a second time. `view` turns a document into what a page shows,
`samples` holds the code beside each call, `pages` answers requests.
"""

"""The web console: pages for people, rendered on the server.

Owns what is shown and asked, and who may see which page. What a page does, it does through the
use-cases that the API and the commands use.
"""

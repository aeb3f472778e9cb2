"""Certifying a carrier: connect as its links would, send a script, learn how the carrier speaks.

`script` says what is sent, `observed` what came back, the `learn_*` modules what follows from it,
all pure; `talk` and `certify` are the edge. Nothing here touches accounts, money or messages.
"""

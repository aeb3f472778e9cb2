"""A carrier over SMPP: the asyncio shell around `staffetta.smpp`, where we are the ESME."""

"""The life of a message: accept, dispatch, settle, report, expire. Owns the Connector contract."""

"""SMPP 3.4 without I/O: bytes in, PDUs and events out, time as an argument.

How a shell drives a `session.Session`. Make a Session when the connection is there, with the role
of this end. Hand every piece that comes in to `receive_data`, and act on each event it returns.
Call `tick` at `next_deadline` or a little later (each second is enough) and act on its events
alike. After `receive_data`, `tick` and anything you asked the session to do, write what
`data_to_send` returns: all that gathered in one turn of the loop in one write. When `state` is
CLOSED, write the rest and close the connection; octets that still come in are ignored. When the
connection is gone for whatever reason, call `connection_lost` once: it gives back the contexts of
all requests without an answer, apart by whether they were ever handed out by `data_to_send`. `now`
is one monotonic clock's seconds, read by the shell.

As ESME: `bind`, wait for Bound (BindRefused closes the session). Send while there is `room`; each
request carries a context of the caller's, which comes back exactly once, with ResponseReceived,
PeerNacked, RequestTimedOut or from `connection_lost`. Events keep the order of the wire, so a shell
that acts on them one by one sees an acceptance before the delivery report behind it. To stop: send
no more, wait until `open_count` is 0, `unbind`.

As SMSC: wait for BindRequested, then `accept_bind` or `refuse_bind` (which closes the session); in
between nothing else is taken. The rest is alike.

Rules of the session itself, which the shell cannot get wrong:
- enquire_link is answered at once in every state but CLOSED, unbind too, and closes the session.
- Each RequestReceived is answered by the shell, when it likes and in any order, by `respond` or
  `refuse`; an answer after the end is dropped, and the peer brings the request again.
- A request that the state does not allow is answered with INVBNDSTS (a second bind with ALYBND),
  an unknown one with generic_nack INVCMDID, one that cannot be read with generic_nack. A
  deliver_sm that cannot be read is answered as taken, because a refusal would stop the flow, and
  comes as Quarantined. Answers are never answered.
- A command_length that cannot be is answered with generic_nack INVCMDLEN and ends the session.
- Any PDU that comes shows that the peer lives. After a silence one enquire_link asks; after a
  further silence the session is dead.

LocalProtocolError says that the shell asked for what it may not; then nothing was sent or changed.
"""

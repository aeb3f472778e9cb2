"""The benchmarks: whole systems on one machine, each row of the goals a file in `rows`.

Run them with `python -m bench`. Nothing in the product imports this package, and it reaches the
product as its users do: by the installed command, HTTP and SMPP. It reads the database only to see
whether messages have arrived where they should.
"""

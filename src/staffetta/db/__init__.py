"""PostgreSQL: the embedded server, the pool, migrations, partitions. Alone imports the driver."""

"""The database: opening it by URL, tables and loaders to SQL, writes as one statement, idempotency records.

All that differs between SQLite and PostgreSQL ends here; nothing above may ask which of them it talks to.
SQL is written with `:name` parameters and a few `{macros}`, see `sql.py`.
"""

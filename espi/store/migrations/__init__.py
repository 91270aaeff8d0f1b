"""The schema's history (Alembic). `Database.migrate` runs it; there is no alembic.ini."""

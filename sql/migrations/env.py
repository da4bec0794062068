"""Run by Alembic: moves a history along on the connection that it was given."""

from alembic import context

from sql.migrations import VERSION_TABLE

given = context.config.attributes
context.configure(
    connection=given["connection"],
    version_table=VERSION_TABLE,
    version_table_schema=given["history"].schema,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

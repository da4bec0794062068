"""What works are filtered by stands among their words."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)

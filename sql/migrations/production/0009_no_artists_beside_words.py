"""The artists of a work are not kept beside its words."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)

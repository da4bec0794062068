"""An import is recognised by what its members hold, and no longer by the bytes of the archive."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)

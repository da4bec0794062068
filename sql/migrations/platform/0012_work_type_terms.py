"""Terms of work types in the Art & Architecture Thesaurus."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)

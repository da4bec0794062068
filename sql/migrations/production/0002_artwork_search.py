"""What readers search by: the words of a release's artworks, their facets, and what is live, in views."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)

"""What museums say of the places and the materials of their artworks, and what is known of these."""

from sql.migrations.revision import from_sql

revision, down_revision, upgrade, downgrade = from_sql(__file__)

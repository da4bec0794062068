INSERT INTO ops.archive_import (source, year, files, content_hash, contract, partial)
VALUES (%(source)s, %(year)s, %(files)s, %(content_hash)s, %(contract)s, %(partial)s)
RETURNING id

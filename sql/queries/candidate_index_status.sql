SELECT object_number, digest, vectors, contracts, contents FROM ops.index_status WHERE museum = %(museum)s

"""A local HTTP server that speaks six museums' dialects, for the demo, the tests and the benchmarks.

It is an independent reading of the APIs: nothing here imports `museum_assets.museums`, so that a misunderstanding in
a museum's reader cannot hide behind the same misunderstanding in the server that tests it.
"""

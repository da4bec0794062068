"""A local HTTP server that speaks the museums' dialects, for the demo, the tests and the benchmarks.

It is an independent reading of the APIs: nothing here imports a museum's reader, so that a misunderstanding in
it cannot hide behind the same misunderstanding in the server that tests it.
"""

NOT_SIMULATED = "/not-simulated/"
"""In the addresses of museums that the simulator cannot play; nothing answers there."""

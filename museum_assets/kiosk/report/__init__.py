"""How a museum's exhibitions are doing, as tables and as a chart."""

"""The assets of declared sources."""

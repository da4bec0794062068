"""What everybody sees: pages and a JSON API over the live releases, and nothing of the work behind them."""

"""What operators do with the whole platform: starting it, preparing its databases, closing lost runs."""

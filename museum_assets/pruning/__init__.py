"""What only tells of the past, removed by one policy: Dagster's history and the platform's own."""

"""What is known of makers and works besides what their museum says: authorities, facts, colours."""

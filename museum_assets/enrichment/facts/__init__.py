"""What is known of works and makers besides what their museum says, each source in a stage of its own."""

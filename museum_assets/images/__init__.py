"""Images: fetching them safely, making thumbnails, and showing a few of them at once."""

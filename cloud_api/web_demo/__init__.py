"""A page that coaches in the browser."""

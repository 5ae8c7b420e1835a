"""What a ticket opens in the browser."""

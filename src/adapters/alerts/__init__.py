"""Ways of telling a person who is not looking at the screen, and what sends along all of them."""

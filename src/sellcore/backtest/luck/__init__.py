"""How likely the best of many rules is luck: from returns alone, wherever they come from."""

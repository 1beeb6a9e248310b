"""How a number comes about: card -> signal values -> dimension scores -> rank with coverage."""

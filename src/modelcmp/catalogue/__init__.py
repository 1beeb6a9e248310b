"""What a model is: cards, the tables they are held against, and how both are read."""

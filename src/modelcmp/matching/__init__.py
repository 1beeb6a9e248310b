"""What people look for: needs in words, search logs, and the match graph made of both."""

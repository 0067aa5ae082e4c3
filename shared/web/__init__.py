"""What the web pages of both roles share: look, words and protection; knows no page itself."""

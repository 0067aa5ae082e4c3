"""What the node's pages share: look, words, sign-in and protection; opens no record."""

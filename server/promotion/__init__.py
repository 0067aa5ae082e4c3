"""Whether a challenger replaces the model in use, and its way to the hospitals."""

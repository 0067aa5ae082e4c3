"""The federation's contract as it changes: proposed, published, accepted hospital by hospital."""

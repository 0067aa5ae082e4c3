"""What the coordinator sees of models in service: answers of hospitals, and what they mean.

Everything a hospital answers is a count or a sum that merges with those of other hospitals and
other days. Whether something changed, and whether the world did or the feed of one hospital, is
decided by a function of such answers alone.
"""

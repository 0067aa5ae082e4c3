"""Gradient boosting from sums of histograms: equal to training on the pooled rows, split for split.

A hospital says only how much gradient and hessian lies in each bin of each column, summed over its
rows in each node of a tree; sums over hospitals are those of the pooled rows. All sums are of whole
numbers, so neither the order of hospitals nor how patients are spread over them changes a digit.
After Chen and Guestrin 2016 (the gain) and Ke et al. 2017 (histograms, sibling by subtraction).
"""

"""An engine that ranks diseases by what is published of them, and by nothing else.

It learns from no hospital and fits no parameter: what it says can be traced to annotations. It is
what a hospital has before the federation has learned, and what rankings that learned are held
against. The modules are imported by name.
"""

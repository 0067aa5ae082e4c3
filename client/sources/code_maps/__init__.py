"""Tables from one code system to another, or to a contract's codes, in files of their own."""

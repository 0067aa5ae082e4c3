"""Pages and figures that people see: one look, English and Spanish, on screen and on paper."""

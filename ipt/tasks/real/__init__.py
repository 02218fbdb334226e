"""Questions made of real pictures that the user has: their files in, the same questions out (paper 2.1, 2.2, 2.3)."""

"""The visibility judge (paper 2.2, the TIFA-style filter): who looks, how often, and which questions that drops."""

"""Privacy: what is kept off the chain, and how it is given out."""

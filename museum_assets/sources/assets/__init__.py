"""The asset of rehearsals."""

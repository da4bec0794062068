"""`make bench`: each figure the documentation states, measured beside what it is compared with, in one table."""

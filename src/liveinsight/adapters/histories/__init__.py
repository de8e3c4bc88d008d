"""The past, as files tell it: ours, what other trackers kept, and what web servers logged.

`files.py` knows which is which; each of the others knows its own, and none of the others.
"""

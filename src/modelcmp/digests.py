"""The one digest that names content, loaded without OpenSSL.

`hashlib` brings that library along, which takes a thirtieth of a whole command and is no use here.
"""

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter that keeps it elsewhere
    from hashlib import blake2b

__all__ = ["blake2b"]

"""What somebody entered on a page comes again with it: in another language, after a fault, after signing in
again.
"""

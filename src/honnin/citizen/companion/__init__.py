"""A page on this machine by which a browser reaches the card: a site asks, the person sees who asks for what
and types the PIN there, and the answer goes back to that site.

A site never calls it: it sends the browser here, and the browser is sent back. Nothing that a page of another
origin fetches, frames or posts is answered, and nobody but the user who started it (`access`). It keeps no
PIN, and writes down no request.
"""

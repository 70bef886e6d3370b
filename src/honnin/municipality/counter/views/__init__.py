"""The counter's pages. They translate between the browser and `services`, and decide nothing.

Every change is a POST that ends in a redirect; sending it twice finds the work done. Who is no clerk sees
nothing, and a clerk sees the applications of their own municipality.
"""

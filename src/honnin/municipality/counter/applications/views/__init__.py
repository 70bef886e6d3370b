"""The pages that all applications share. They translate between browser and `services`, and decide nothing.

Every change is a POST that ends in a redirect. Sent twice, it does nothing twice: the second answer leads to
what the first one did, or says why the act cannot be done any more. Who is no clerk sees nothing, and a clerk
sees the applications of their own municipality.
"""

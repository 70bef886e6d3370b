"""What stands against an act at a counter: who the applicant and the clerk are, and whether the law lets
them.
"""

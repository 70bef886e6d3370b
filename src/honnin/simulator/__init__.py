"""What a test installation is played with: invented people, their cards, and stories that are checked step by
step.
"""

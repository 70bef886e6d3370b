"""What a role is declared of: its chores, its rooms on the start page, the accounts that it invents."""

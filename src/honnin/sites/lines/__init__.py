"""Lines between roles: inside this process, and to those on other machines."""

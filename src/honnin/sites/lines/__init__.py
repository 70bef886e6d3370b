"""How the roles of this process reach each other and those on other machines."""

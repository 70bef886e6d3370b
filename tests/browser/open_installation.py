"""`python -m tests.browser.open_installation`: the process that opens the browsers' installation."""

import os

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
    django.setup()
    from tests.browser.cast import people
    from tests.browser.installation import main

    main(people)

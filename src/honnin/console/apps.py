from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import pre_save

from honnin.console import opaque


class ConsoleConfig(AppConfig):
    name = "honnin.console"
    label = "console"

    def ready(self) -> None:
        from django.contrib.auth.models import User

        from honnin.console.entered.kept_files import forget_all
        from honnin.console.signing_in.sessions import begin_at_sign_in
        from honnin.console.signing_in.sign_in import keep_normalised
        from honnin.console.signing_in.sign_in_log import signed_in, signed_out

        opaque.register()
        user_logged_in.connect(begin_at_sign_in)
        user_logged_in.connect(signed_in)
        user_logged_out.connect(forget_all)
        user_logged_out.connect(signed_out)
        pre_save.connect(keep_normalised, sender=User)

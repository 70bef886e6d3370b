"""Error messages for a wrong command line: click's sentences in the present language."""

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand, NoSuchOption

from honnin.cli.terminal.words import _, several
from honnin.errors import between_sentences
from honnin.sites.language import present_language
from honnin.translation import message

_MISSING = {
    "argument": message("{what} is missing."),
    "option": message("The option {what} is missing."),
}
_MEANT = message("Did you mean {names}?")


def usage_error(error: click.ClickException) -> str:
    """The whole message: usage of the command, where to find help, what is wrong."""
    if isinstance(error, NoArgsIsHelpError):
        return error.format_message()
    problem = what_is_wrong(error)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return problem
    option = max(context.command.get_help_option_names(context), key=len, default="--help")
    hint = _("Try '{command} {option}' for help.").format(command=context.command_path, option=option)
    return f"{context.get_usage()}\n{hint}\n\n{problem}"


def what_is_wrong(error: click.ClickException) -> str:
    """The last of it alone."""
    return _("Error: {message}").format(message=_sentence(error))


def _sentence(error: click.ClickException) -> str:
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return _missing(error, error.param)
    if isinstance(error, NoSuchOption | NoSuchCommand) and error.possibilities:
        names = several(f"'{each}'" for each in error.possibilities)
        return _joined(error.message, _(_MEANT).format(names=names))
    return error.format_message()


def _missing(error: click.MissingParameter, parameter: click.Parameter) -> str:
    sentence = _(_MISSING[parameter.param_type_name]).format(what=parameter.get_error_hint(error.ctx))
    choices = parameter.type.get_missing_message(parameter, error.ctx)
    return _joined(sentence, choices) if choices else sentence


def _joined(*sentences: str) -> str:
    return between_sentences(present_language()).join(sentences)
